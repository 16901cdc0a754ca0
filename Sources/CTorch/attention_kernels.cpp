// Compiles attention_kernels.inc once per instruction set.
#include "attention_kernels.h"

#include "kernels.h"

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), apply_to = function)
#define LANES 16
#define ACROSS 4
#define PAIRS 1
namespace ct::attention_pairs {
#include "attention_kernels.inc"
}
#undef PAIRS
#define PAIRS 0
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
namespace ct::attention_wide {
#include "attention_kernels.inc"
}
#pragma clang attribute pop
#undef LANES
#undef ACROSS
#define LANES 8
#define ACROSS 2
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
namespace ct::attention_middle {
#include "attention_kernels.inc"
}
#pragma clang attribute pop
#undef LANES
#undef ACROSS
#else
#define PAIRS 0
#endif
#define LANES 4
#define ACROSS 2
namespace ct::attention_plain {
#include "attention_kernels.inc"
}

ct::AttentionKernels ct::attention_kernels(bool bfloat16) {
#if defined(__x86_64__)
    if (instruction_level() == 2 && bfloat16 && __builtin_cpu_supports("avx512bf16"))
        return {attention_pairs::forward_bf16, attention_pairs::few_bf16, attention_pairs::backward_bf16};
    if (instruction_level() == 2)
        return bfloat16 ? AttentionKernels{attention_wide::forward_bf16, attention_wide::few_bf16, attention_wide::backward_bf16}
                        : AttentionKernels{attention_wide::forward_f32, attention_wide::few_f32, attention_wide::backward_f32};
    if (instruction_level() == 1)
        return bfloat16 ? AttentionKernels{attention_middle::forward_bf16, attention_middle::few_bf16, attention_middle::backward_bf16}
                        : AttentionKernels{attention_middle::forward_f32, attention_middle::few_f32, attention_middle::backward_f32};
#endif
    return bfloat16 ? AttentionKernels{attention_plain::forward_bf16, attention_plain::few_bf16, attention_plain::backward_bf16}
                    : AttentionKernels{attention_plain::forward_f32, attention_plain::few_f32, attention_plain::backward_f32};
}
