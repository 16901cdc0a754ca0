// Entry points of the CPU kernels; kernels.cpp picks the widest instruction set that the processor has.
#pragma once

#include <cstdint>

namespace ct {

/// `gain` is 1 − β, taken in float64: 1 − 0.999f is 1.3e-5 off.
struct AdamWStep {
    float decay_factor, beta1, beta2, gain1, gain2, rate_over_correction1, inverse_root_correction2, epsilon, gradient_scale;
};

#define CT_KERNELS                                                                                                              \
    void adamw_f32(const AdamWStep &, int64_t, float *, const float *, float *, float *, uint16_t *);                            \
    void adamw_bf16(const AdamWStep &, int64_t, float *, const uint16_t *, float *, float *, uint16_t *);                        \
    void adamw_zero(const AdamWStep &, int64_t, float *, float *, float *);                                                      \
    void dropout_f32(uint64_t, float, const float *, const float *, float *, int64_t, int64_t);                                  \
    void dropout_bf16(uint64_t, float, const uint16_t *, const uint16_t *, uint16_t *, int64_t, int64_t);                        \
    double squares_f32(int64_t, const float *);                                                                                  \
    double squares_bf16(int64_t, const uint16_t *);

namespace wide { CT_KERNELS }
namespace middle { CT_KERNELS }
namespace plain { CT_KERNELS }

/// 2 for AVX-512, 1 for AVX2 with FMA, 0 for anything else.
int instruction_level();

}  // namespace ct

#define CT_CALL(name, ...)                                                                  \
    (ct::instruction_level() == 2   ? ct::wide::name(__VA_ARGS__)                           \
     : ct::instruction_level() == 1 ? ct::middle::name(__VA_ARGS__)                         \
                                    : ct::plain::name(__VA_ARGS__))
