// Compiles kernels.inc once per instruction set.
#include "kernels.h"

#include <cstddef>

using std::size_t;

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
namespace ct::wide {
#include "kernels.inc"
}
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
namespace ct::middle {
#include "kernels.inc"
}
#pragma clang attribute pop
#else
namespace ct::wide {
#include "kernels.inc"
}
namespace ct::middle {
#include "kernels.inc"
}
#endif
namespace ct::plain {
#include "kernels.inc"
}

int ct::instruction_level() {
#if defined(__x86_64__)
    static const int level = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
                                 ? 2
                             : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 1
                                                                                                : 0;
    return level;
#else
    return 0;
#endif
}
