// C ABI over libtorch. The only header that Swift sees; no policy lives behind it.
//
// Conventions: every function returns a ct_status; results come through `out` pointers, and are written only on CT_OK. A ct_tensor
// received through `out` is owned by the caller and released with ct_release. After a failure, ct_last_error() describes it:
// libtorch's message without its backtrace, and the shapes of the tensors that were given.
#ifndef CTORCH_H
#define CTORCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor_s *ct_tensor;

typedef enum ct_status { CT_OK = 0, CT_FAILED = 1, CT_OUT_OF_MEMORY = 2 } ct_status;

// MARK: Library

const char *ct_last_error(void);
/// Records a failure outside this library as the last error, and returns CT_FAILED.
ct_status ct_fail(const char *message);
const char *ct_last_shapes(void);
const char *ct_version(void);
const char *ct_build_summary(void);
const char *ct_cpu_capability(void);
bool ct_has_bfloat16_products(void);
void ct_set_threads(int32_t count);
int32_t ct_threads(void);
/// Loads libtorch_cuda beside libtorch_cpu if it is there; a CPU build answers CT_OK and stays a CPU build.
ct_status ct_load_accelerators(void);
bool ct_has_cuda(void);
bool ct_has_mps(void);
int32_t ct_cuda_count(void);
ct_status ct_synchronize(int32_t device_type, int32_t device_index);
/// Bytes held and peak bytes held by the allocator of an accelerator.
ct_status ct_device_memory(int32_t device_type, int32_t device_index, int64_t *allocated, int64_t *peak);
/// Bytes of the large blocks of CPU tensors in use, and the most there ever were.
void ct_cpu_memory(int64_t *used, int64_t *most);
/// Gives blocks that wait for the next tensor back to the system.
void ct_release_cached_memory(void);
/// Handles alive in this process, made by this library and not yet released.
int64_t ct_live_handles(void);

// MARK: Randomness

ct_status ct_seed(uint64_t seed);
ct_status ct_random_state(int32_t device_type, int32_t device_index, ct_tensor *out);
ct_status ct_set_random_state(int32_t device_type, int32_t device_index, ct_tensor state);

// MARK: Life of a tensor. Device types: 0 CPU, 1 CUDA, 13 MPS; element types are c10::ScalarType numbers.

void ct_release(ct_tensor tensor);
ct_status ct_retain_alias(ct_tensor tensor, ct_tensor *out);
ct_status ct_full(const int64_t *shape, int32_t rank, double value, int32_t dtype, int32_t device_type, int32_t device_index, ct_tensor *out);
ct_status ct_empty(const int64_t *shape, int32_t rank, int32_t dtype, int32_t device_type, int32_t device_index, ct_tensor *out);
/// Zeros whose pages the system hands out only when they are first written (CPU).
ct_status ct_lazy_zeros(const int64_t *shape, int32_t rank, int32_t dtype, ct_tensor *out);
ct_status ct_from_bytes(const void *bytes, const int64_t *shape, int32_t rank, int32_t dtype, ct_tensor *out);
/// A tensor over memory that somebody else owns; `release(context)` is called once when the last user is gone.
ct_status ct_from_memory(void *bytes, const int64_t *shape, int32_t rank, int32_t dtype, void (*release)(void *), void *context, ct_tensor *out);
ct_status ct_arange(int64_t start, int64_t end, int64_t step, int32_t dtype, ct_tensor *out);
ct_status ct_random_normal(const int64_t *shape, int32_t rank, double mean, double deviation, int32_t dtype, ct_tensor *out);
ct_status ct_random_uniform(const int64_t *shape, int32_t rank, double low, double high, int32_t dtype, ct_tensor *out);

int32_t ct_rank(ct_tensor tensor);
int64_t ct_size(ct_tensor tensor, int32_t axis);
int64_t ct_stride(ct_tensor tensor, int32_t axis);
int64_t ct_count(ct_tensor tensor);
int32_t ct_dtype(ct_tensor tensor);
void ct_device(ct_tensor tensor, int32_t *type, int32_t *index);
bool ct_is_contiguous(ct_tensor tensor);
bool ct_is_sparse(ct_tensor tensor);
/// Address of the first element (CPU tensors); identifies shared storage.
void *ct_data(ct_tensor tensor);
ct_status ct_copy_out(ct_tensor tensor, void *bytes, int64_t size);
ct_status ct_item(ct_tensor tensor, double *out);
ct_status ct_to(ct_tensor tensor, int32_t dtype, int32_t device_type, int32_t device_index, bool copy, ct_tensor *out);

// MARK: Operations

typedef enum ct_unary {
    CT_NEG, CT_ABS, CT_EXP, CT_LOG, CT_SQRT, CT_RSQRT, CT_SQUARE, CT_RECIPROCAL, CT_SIGN, CT_FLOOR, CT_ROUND,
    CT_SIN, CT_COS, CT_TANH, CT_ERF, CT_SIGMOID, CT_LOG_SIGMOID, CT_RELU, CT_GELU, CT_GELU_TANH, CT_SILU, CT_SOFTPLUS,
    CT_IS_FINITE, CT_IS_NAN, CT_NOT, CT_SUM_ALL, CT_MEAN_ALL, CT_MAX_ALL, CT_MIN_ALL, CT_ANY, CT_ALL,
    CT_CLONE, CT_CONTIGUOUS, CT_DETACH, CT_COALESCED, CT_SPARSE_INDICES, CT_SPARSE_VALUES, CT_DENSE
} ct_unary;
ct_status ct_apply(ct_unary op, ct_tensor x, ct_tensor *out);

typedef enum ct_binary {
    CT_ADD, CT_SUB, CT_MUL, CT_DIV, CT_POW, CT_MATMUL, CT_MAXIMUM, CT_MINIMUM,
    CT_EQ, CT_NE, CT_LT, CT_LE, CT_GT, CT_GE, CT_AND, CT_OR
} ct_binary;
ct_status ct_combine(ct_binary op, ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_combine_scalar(ct_binary op, ct_tensor a, double b, ct_tensor *out);
ct_status ct_clamp(ct_tensor x, double low, double high, ct_tensor *out);
ct_status ct_where(ct_tensor condition, ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_masked_fill(ct_tensor x, ct_tensor mask, double value, ct_tensor *out);

typedef enum ct_reduction {
    CT_SUM, CT_MEAN, CT_MAX, CT_MIN, CT_ARGMAX, CT_ARGMIN, CT_LOG_SUM_EXP, CT_NORM, CT_VARIANCE, CT_CUMULATIVE_SUM, CT_SOFTMAX, CT_LOG_SOFTMAX
} ct_reduction;
ct_status ct_reduce(ct_reduction op, ct_tensor x, int64_t axis, bool keep_axis, ct_tensor *out);
ct_status ct_top(ct_tensor x, int64_t count, int64_t axis, ct_tensor *values, ct_tensor *indices);
ct_status ct_sort(ct_tensor x, int64_t axis, bool descending, ct_tensor *values, ct_tensor *indices);

ct_status ct_reshape(ct_tensor x, const int64_t *shape, int32_t rank, ct_tensor *out);
ct_status ct_expand(ct_tensor x, const int64_t *shape, int32_t rank, ct_tensor *out);
ct_status ct_permute(ct_tensor x, const int64_t *axes, int32_t rank, ct_tensor *out);
ct_status ct_transpose(ct_tensor x, int64_t a, int64_t b, ct_tensor *out);
ct_status ct_unsqueeze(ct_tensor x, int64_t axis, ct_tensor *out);
ct_status ct_squeeze(ct_tensor x, int64_t axis, ct_tensor *out);
ct_status ct_slice(ct_tensor x, int64_t axis, int64_t start, int64_t end, int64_t step, ct_tensor *out);
ct_status ct_index_select(ct_tensor x, int64_t axis, ct_tensor indices, ct_tensor *out);
ct_status ct_gather(ct_tensor x, int64_t axis, ct_tensor indices, ct_tensor *out);
ct_status ct_index_add(ct_tensor x, int64_t axis, ct_tensor indices, ct_tensor source, ct_tensor *out);
ct_status ct_concat(const ct_tensor *tensors, int32_t count, int64_t axis, ct_tensor *out);
ct_status ct_stack(const ct_tensor *tensors, int32_t count, int64_t axis, ct_tensor *out);
ct_status ct_triangle(ct_tensor x, int64_t diagonal, bool upper, ct_tensor *out);
ct_status ct_flip(ct_tensor x, int64_t axis, ct_tensor *out);

// MARK: In place, outside autograd

ct_status ct_copy_into(ct_tensor destination, ct_tensor source);
ct_status ct_add_scaled(ct_tensor destination, ct_tensor source, double scale);
ct_status ct_scale(ct_tensor destination, double scale);
ct_status ct_fill(ct_tensor destination, double value);
/// destination[indices[i]] = source[i]: destination [C, W], indices int64 [N], source [N, W].
ct_status ct_gather_rows_into(ct_tensor destination, ct_tensor indices, ct_tensor source);

// MARK: Autograd

bool ct_grad_mode(void);
void ct_set_grad_mode(bool enabled);
bool ct_requires_grad(ct_tensor tensor);
ct_status ct_set_requires_grad(ct_tensor tensor, bool value);
/// Null in `out` where there is no gradient.
ct_status ct_grad(ct_tensor tensor, ct_tensor *out);
ct_status ct_set_grad(ct_tensor tensor, ct_tensor grad_or_null);
bool ct_has_graph(ct_tensor tensor);
ct_status ct_backward(ct_tensor loss, ct_tensor seed_or_null);
/// Computes a segment; takes the handles of its inputs, gives a handle of its own.
/// A segment that fails says why by ct_fail.
typedef ct_status (*ct_segment)(void *context, const ct_tensor *inputs, int32_t count, ct_tensor *out);
/// Runs a segment without a graph and keeps its inputs only; backward runs it again with one. Every tensor with a graph that the segment
/// reads must be among the inputs. `release(context)` is called once.
ct_status ct_checkpoint(const ct_tensor *inputs, int32_t count, ct_segment run, void (*release)(void *), void *context, ct_tensor *out);

// MARK: Neural-network operations and custom autograd nodes. A null tensor means "none" where the name says so.

ct_status ct_embedding(ct_tensor weight, ct_tensor ids, bool sparse_gradient, ct_tensor *out);
ct_status ct_dropout(ct_tensor x, double probability, ct_tensor *out);
/// residual + dropout(x), or dropout(x) without a residual; the pattern follows from `seed` on CPU, from the generator elsewhere.
ct_status ct_seeded_dropout(ct_tensor x, ct_tensor residual_or_null, double probability, uint64_t seed, ct_tensor *out);
ct_status ct_layer_norm(ct_tensor x, ct_tensor weight, ct_tensor bias_or_null, double epsilon, ct_tensor *out);
/// y = x / sqrt(mean(x²) + ε) · (offset + w) over the last axis, w float32 or x's type; statistics in float32.
ct_status ct_rms_norm(ct_tensor x, ct_tensor weight, double offset, double epsilon, ct_tensor *out);
ct_status ct_rms_norm_reference(ct_tensor x, ct_tensor weight, double offset, double epsilon, ct_tensor *out);
/// sum = residual + x and its norm; one node.
ct_status ct_add_rms_norm(ct_tensor x, ct_tensor residual, ct_tensor weight, double offset, double epsilon, ct_tensor *sum, ct_tensor *out);
/// y = x Wᵀ + b, x [N, in], W [out, in]. Frozen operands get no product in backward.
ct_status ct_linear(ct_tensor x, ct_tensor weight, ct_tensor bias_or_null, ct_tensor *out);
/// The same of `count` layers that read one x; `biases` holds null where a layer has none.
ct_status ct_linears(ct_tensor x, const ct_tensor *weights, const ct_tensor *biases, int32_t count, ct_tensor *out);
ct_status ct_linear_reference(ct_tensor x, ct_tensor weight, ct_tensor bias_or_null, ct_tensor *out);
/// y = x Wᵀ + b + scale · dropout(x) Aᵀ Bᵀ, A [R, in], B [out, R]; one node.
ct_status ct_linear_lora(ct_tensor x, ct_tensor weight, ct_tensor bias_or_null, ct_tensor down, ct_tensor up, double scale, double dropout, uint64_t seed, ct_tensor *out);
/// Attention inside documents of a flat batch: q, k, v [N, H·K]; document i is rows starts[i] ..< starts[i] + lengths[i] (int32).
/// Rows of no document give zeros. `seed` drives the dropout of probabilities.
ct_status ct_document_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor starts, ct_tensor lengths, int64_t longest, int64_t heads, double scale, double dropout, uint64_t seed, bool causal, ct_tensor *out);
ct_status ct_document_attention_reference(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor starts, ct_tensor lengths, int64_t longest, int64_t heads, double scale, bool causal, ct_tensor *out);
/// Attention of grouped heads over documents of flat batches: q [N, H·K], k, v [M, G·K]; query head h reads key head h / (H / G).
typedef struct ct_attention_settings {
    int64_t heads, kv_heads;
    double scale;    // multiplies q·k
    double softcap;  // 0: none; else score = softcap * tanh(score / softcap)
    double dropout;
    uint64_t seed;
    bool causal;     // query i of a document with n_q queries and n_k keys is at place i + (n_k - n_q) and sees keys at places <= its own
    int64_t window;  // 0: none. Causal: place_q - place_k < window; otherwise |place_q - place_k| <= window
} ct_attention_settings;
/// Documents of queries and of keys are rows starts[i] ..< starts[i] + lengths[i] (int32). `bias_or_null`: float32 [H, 2R - 1], added to the
/// score at column place_k - place_q + R - 1. Query rows of no document, and queries that see no key, give zeros.
ct_status ct_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor q_starts, ct_tensor q_lengths, ct_tensor k_starts, ct_tensor k_lengths, int64_t longest_q, int64_t longest_k, ct_tensor bias_or_null, ct_attention_settings settings, ct_tensor *out);
ct_status ct_attention_reference(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor q_starts, ct_tensor q_lengths, ct_tensor k_starts, ct_tensor k_lengths, int64_t longest_q, int64_t longest_k, ct_tensor bias_or_null, ct_attention_settings settings, ct_tensor *out);
ct_status ct_scaled_dot_product_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor mask_or_null, double dropout, bool causal, double scale, ct_tensor *out);
/// Rotary position embedding of x [N, H·K]: turns the pairs (i, i + R/2) of the first R columns of each head by the angle of the row's
/// position; cosines and sines [P, R/2] float32, positions int64 [N]. Rows may lie apart.
ct_status ct_rotary(ct_tensor x, ct_tensor cosines, ct_tensor sines, ct_tensor positions, int64_t heads, ct_tensor *out);
ct_status ct_rotary_reference(ct_tensor x, ct_tensor cosines, ct_tensor sines, ct_tensor positions, int64_t heads, ct_tensor *out);
typedef enum ct_gate { CT_GATE_SILU, CT_GATE_GELU, CT_GATE_GELU_TANH, CT_GATE_RELU, CT_GATE_TANH } ct_gate;
/// activation(gate) · up, [N, I], or activation(gate) without an up; rows may lie apart (the halves of one product).
ct_status ct_gated(ct_tensor gate, ct_tensor up_or_null, ct_gate activation, ct_tensor *out);
ct_status ct_gated_reference(ct_tensor gate, ct_tensor up_or_null, ct_gate activation, ct_tensor *out);
/// Cross-entropy of the logits s · (h Wᵀ + b), then softcap · tanh(· / softcap) unless softcap is 0; h [M, D], W [V, D], targets int64 [M],
/// -100 ignored. Gives the sum in float32, the number of rows whose largest logit is the target's (int64), and, where `row_losses_or_null`
/// is not null, the losses of rows without gradient.
ct_status ct_linear_cross_entropy(ct_tensor h, ct_tensor weight, ct_tensor bias_or_null, ct_tensor targets, double softcap, double logit_scale, double smoothing, ct_tensor *loss, ct_tensor *correct, ct_tensor *row_losses_or_null);
ct_status ct_linear_cross_entropy_reference(ct_tensor h, ct_tensor weight, ct_tensor bias_or_null, ct_tensor targets, double softcap, double logit_scale, double smoothing, ct_tensor *loss, ct_tensor *correct, ct_tensor *row_losses_or_null);
/// Summed losses, in float32.
ct_status ct_cross_entropy(ct_tensor logits, ct_tensor targets, ct_tensor weight_or_null, double smoothing, ct_tensor *out);
ct_status ct_binary_cross_entropy(ct_tensor logits, ct_tensor targets, ct_tensor weight_or_null, ct_tensor positive_weight_or_null, ct_tensor *out);

// MARK: Optimizer kernels, in place, outside autograd

typedef struct ct_adamw_settings {
    double rate, beta1, beta2, epsilon, decay, correction1, correction2, gradient_scale;
} ct_adamw_settings;
/// One AdamW step on a dense gradient (float32 or bfloat16). `shadow_or_null` (bfloat16) receives the rounded new weights.
ct_status ct_adamw(ct_tensor weight, ct_tensor gradient, ct_tensor first, ct_tensor second, ct_tensor shadow_or_null, ct_adamw_settings settings);
/// One AdamW step on a coalesced row-sparse gradient. Rows that never had a gradient have zero moments: only decay moves them.
ct_status ct_adamw_rows(ct_tensor weight, ct_tensor indices, ct_tensor values, ct_tensor first, ct_tensor second, ct_tensor touched, ct_adamw_settings settings);
/// One SGD step with momentum (PyTorch's definition). `first_step` copies the gradient into the momentum.
ct_status ct_sgd(ct_tensor weight, ct_tensor gradient, ct_tensor momentum_or_null, ct_tensor shadow_or_null, double rate, double momentum, bool nesterov, double decay, double gradient_scale, bool first_step);
/// Sum of squares, accumulated in float64, of a dense tensor or of a coalesced sparse tensor's values.
ct_status ct_sum_of_squares(ct_tensor tensor, double *out);

#ifdef __cplusplus
}
#endif
#endif
