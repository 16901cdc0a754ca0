// Compiles row_kernels.inc once per instruction set.
#include "row_kernels.h"

#include "kernels.h"

#include <cstddef>
#include <type_traits>
#include <utility>

using std::size_t;

#define CT_ALWAYS inline __attribute__((always_inline))

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), apply_to = function)
#define LANES 16
#define PAIRS 1
namespace ct::rows_pairs {
#include "row_kernels.inc"
}
#undef PAIRS
#define PAIRS 0
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
namespace ct::rows_wide {
#include "row_kernels.inc"
}
#pragma clang attribute pop
#undef LANES
#define LANES 8
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
namespace ct::rows_middle {
#include "row_kernels.inc"
}
#pragma clang attribute pop
#undef LANES
#else
#define PAIRS 0
#endif
#define LANES 4
namespace ct::rows_plain {
#include "row_kernels.inc"
}

#define CT_TABLE(space, type)                                                                                                         \
    {                                                                                                                                 \
        ct::space::norm_##type, ct::space::normed_##type, ct::space::norm_back_##type, ct::space::rotate_##type,                      \
            ct::space::gate_##type, ct::space::gate_back_##type, ct::space::head_##type, ct::space::few_##type                        \
    }

const ct::RowKernels &ct::row_kernels(bool bfloat16) {
#if defined(__x86_64__)
    static const RowKernels tables[4][2] = {{CT_TABLE(rows_plain, f32), CT_TABLE(rows_plain, bf16)},
                                            {CT_TABLE(rows_middle, f32), CT_TABLE(rows_middle, bf16)},
                                            {CT_TABLE(rows_wide, f32), CT_TABLE(rows_wide, bf16)},
                                            {CT_TABLE(rows_pairs, f32), CT_TABLE(rows_pairs, bf16)}};
    static const int level = instruction_level() == 2 && __builtin_cpu_supports("avx512bf16") ? 3 : instruction_level();
    return tables[level][bfloat16];
#else
    static const RowKernels tables[2] = {CT_TABLE(rows_plain, f32), CT_TABLE(rows_plain, bf16)};
    return tables[bfloat16];
#endif
}
