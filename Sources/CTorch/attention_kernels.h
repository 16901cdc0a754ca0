// Entry points of the CPU kernels of attention; attention_kernels.cpp picks the widest instruction set that the processor has.
#pragma once

#include <cstdint>

namespace ct {

/// Queries of one block.
constexpr int64_t attention_block = 64;
/// The most query heads of one task.
constexpr int64_t attention_heads = 4;
/// A bound of distances that does not bind.
constexpr int64_t attention_far = int64_t{1} << 30;
/// Keys that one task of the path for few queries reads.
constexpr int64_t attention_chunk = 256;

/// One call: operands, settings and results. Strides count elements of a row; types follow from the entry point.
struct AttentionCall {
    const void *q, *k, *v;
    int64_t q_stride, k_stride, v_stride;
    const int32_t *q_starts, *q_lengths, *k_starts, *k_lengths;
    int64_t documents, rows, heads, kv_heads, width;
    float scale, softcap, dropout;
    uint64_t seed;
    int64_t low, high;      // a query at place a sees a key at place b where low <= a - b <= high
    const float *ahead;     // bias of head h at ahead[h * bias_stride + place_k - place_q + reach - 1], or null
    const float *behind;    // the same at behind[h * bias_stride + place_q - place_k + reach - 1]; rows end with `attention_block` zeros
    int64_t bias_stride, reach;
    void *out;              // [rows, heads * width]
    float *sums;            // [heads, rows]: the logarithm of the sum of exponentials, +infinity for no key; or null
    // Few queries: for each chunk of a task, `few` rows of a sum, a maximum and a mix.
    float *parts;
    // Backward.
    const void *dout;
    int64_t dout_stride;
    void *dq;               // [rows, heads * width]
    void *dk, *dv;          // [M, kv_heads * width]; float32 [heads, M, width] where `split`
    bool split;
    int64_t key_rows;
    float *dbias;           // [documents, heads, dbias_stride] at place_q - place_k + queries - 1, or null
    int64_t dbias_stride;
};

/// `heads` query heads from `head` on that read the same key head; queries or keys from `first` on.
struct AttentionTask {
    int32_t document, head, heads, first;
    int64_t part;  // few queries: where the parts of this task begin
};

#define CT_ATTENTION_KERNELS                                            \
    void forward_f32(const AttentionCall &, const AttentionTask &);     \
    void forward_bf16(const AttentionCall &, const AttentionTask &);    \
    void few_f32(const AttentionCall &, const AttentionTask &);         \
    void few_bf16(const AttentionCall &, const AttentionTask &);        \
    void backward_f32(const AttentionCall &, const AttentionTask &);    \
    void backward_bf16(const AttentionCall &, const AttentionTask &);

namespace attention_pairs { CT_ATTENTION_KERNELS }   // AVX-512 with products of pairs of bfloat16
namespace attention_wide { CT_ATTENTION_KERNELS }    // AVX-512
namespace attention_middle { CT_ATTENTION_KERNELS }  // AVX2 with FMA
namespace attention_plain { CT_ATTENTION_KERNELS }

struct AttentionKernels {
    using Kernel = void (*)(const AttentionCall &, const AttentionTask &);
    Kernel forward, few, backward;
};

/// The kernels for float32, or for bfloat16 storage.
AttentionKernels attention_kernels(bool bfloat16);

}  // namespace ct
