// Entry points of the CPU kernels that work row by row: norms, rotations, gates, losses, products of few rows.
// row_kernels.cpp picks the widest instruction set that the processor has.
#pragma once

#include <cstdint>

namespace ct {

/// y = x / sqrt(mean(x²) + ε) · (offset + w). Types of x, residual, sum, y and gradients follow from the entry point.
struct NormCall {
    const void *x, *residual;  // [rows, width]; no residual: null
    const float *weight;       // offset + w, [width]
    void *sum, *y;             // sum = residual + x, null without a residual
    float *scale;              // 1 / sqrt(mean(x²) + ε), [rows]
    int64_t rows, width;
    float epsilon;
    bool rounds;               // the normalised value is rounded to the type before the weight multiplies it
    // Backward: x is what was normalised.
    const void *dy, *dsum;     // dsum: null for none
    void *dx;                  // null if not wanted
    float *dweight;            // [chunks, width], chunks of `norm_chunk` rows; null if not wanted
};
/// Rows whose weight gradients are added up before they meet others: sums do not depend on the number of threads.
constexpr int64_t norm_chunk = 64;

/// Turns the column pairs (i, i + half) of each head by the angle of the row's position; `sign` -1 turns back.
struct RotaryCall {
    const void *x;
    int64_t x_stride;
    void *y;  // [rows, heads * width]
    const float *cosines, *sines;
    const int64_t *positions;
    int64_t heads, width, half;
    float sign;
};

/// y = activation(gate) · up, or activation(gate) where `up` is null. Rows of gate and up may lie apart, all others are [rows, width].
struct GateCall {
    const void *gate, *up;
    int64_t gate_stride, up_stride, width;
    void *y;
    const void *dy;
    void *dgate, *dup;
};

/// Cross-entropy of rows of logits, which become their gradients where `wants_gradient`.
struct HeadCall {
    void *logits;
    int64_t stride, classes;
    const int64_t *targets;
    float *losses;
    bool *right;
    float softcap, scale, smoothing;
    bool wants_gradient;
};

/// y[r][o] = Σ_i x[r][i] w[o][i] + bias[o], for few rows r. `turned`: w is [in, out].
struct FewCall {
    const void *x, *w, *bias;
    void *y;
    int64_t rows, in, out, x_stride, w_stride;
    bool turned;
};
/// The most rows for which reading the matrix once, as it lies, beats oneDNN's product, which packs it first. All matrices of SmolLM2-135M on
/// two cores of Zen 4, ms: 8 rows 17 against 39 in float32 and 9 against 29 in bfloat16, 24 rows 47 against 62 and 25 against 40.
constexpr int64_t few_rows = 24, few_turned_rows = 8;

#define CT_ROW_KERNELS(type)                                     \
    void norm_##type(const NormCall &, int64_t, int64_t);         \
    void normed_##type(const NormCall &, int64_t, int64_t);       \
    void norm_back_##type(const NormCall &, int64_t, int64_t);    \
    void rotate_##type(const RotaryCall &, int64_t, int64_t);     \
    void gate_##type(int, const GateCall &, int64_t, int64_t);    \
    void gate_back_##type(int, const GateCall &, int64_t, int64_t); \
    void head_##type(const HeadCall &, int64_t, int64_t);         \
    void few_##type(const FewCall &, int64_t, int64_t);

namespace rows_pairs { CT_ROW_KERNELS(f32) CT_ROW_KERNELS(bf16) }   // AVX-512 with products of pairs of bfloat16
namespace rows_wide { CT_ROW_KERNELS(f32) CT_ROW_KERNELS(bf16) }    // AVX-512
namespace rows_middle { CT_ROW_KERNELS(f32) CT_ROW_KERNELS(bf16) }  // AVX2 with FMA
namespace rows_plain { CT_ROW_KERNELS(f32) CT_ROW_KERNELS(bf16) }

struct RowKernels {
    void (*norm)(const NormCall &, int64_t, int64_t);       // rows first ..< last; fills y, scale and sum
    void (*normed)(const NormCall &, int64_t, int64_t);     // y again, from scale
    void (*norm_back)(const NormCall &, int64_t, int64_t);  // chunks first ..< last
    void (*rotate)(const RotaryCall &, int64_t, int64_t);
    void (*gate)(int, const GateCall &, int64_t, int64_t);
    void (*gate_back)(int, const GateCall &, int64_t, int64_t);
    void (*head)(const HeadCall &, int64_t, int64_t);
    void (*few)(const FewCall &, int64_t, int64_t);         // outputs first ..< last
};

/// The kernels for float32, or for bfloat16 storage.
const RowKernels &row_kernels(bool bfloat16);

}  // namespace ct
