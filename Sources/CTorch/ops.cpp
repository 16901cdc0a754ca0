// The chosen operations. Each is ATen's own; autograd applies where grad mode is on.
#include "support.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

using ct::attempt;
using ct::own;

namespace {

at::Tensor apply(ct_unary op, const at::Tensor &x) {
    switch (op) {
        case CT_NEG: return at::neg(x);
        case CT_ABS: return at::abs(x);
        case CT_EXP: return at::exp(x);
        case CT_LOG: return at::log(x);
        case CT_SQRT: return at::sqrt(x);
        case CT_RSQRT: return at::rsqrt(x);
        case CT_SQUARE: return at::square(x);
        case CT_RECIPROCAL: return at::reciprocal(x);
        case CT_SIGN: return at::sign(x);
        case CT_FLOOR: return at::floor(x);
        case CT_ROUND: return at::round(x);
        case CT_SIN: return at::sin(x);
        case CT_COS: return at::cos(x);
        case CT_TANH: return at::tanh(x);
        case CT_ERF: return at::erf(x);
        case CT_SIGMOID: return at::sigmoid(x);
        case CT_LOG_SIGMOID: return at::log_sigmoid(x);
        case CT_RELU: return at::relu(x);
        case CT_GELU: return at::gelu(x);
        case CT_GELU_TANH: return at::gelu(x, "tanh");
        case CT_SILU: return at::silu(x);
        case CT_SOFTPLUS: return at::softplus(x);
        case CT_IS_FINITE: return at::isfinite(x);
        case CT_IS_NAN: return at::isnan(x);
        case CT_NOT: return at::logical_not(x);
        case CT_SUM_ALL: return at::sum(x);
        case CT_MEAN_ALL: return at::mean(x);
        case CT_MAX_ALL: return at::max(x);
        case CT_MIN_ALL: return at::min(x);
        case CT_ANY: return at::any(x);
        case CT_ALL: return at::all(x);
        case CT_CLONE: return at::clone(x);
        case CT_CONTIGUOUS: return x.contiguous();
        case CT_DETACH: return x.detach();
        case CT_COALESCED: return x.coalesce();
        case CT_SPARSE_INDICES: return x.indices();
        case CT_SPARSE_VALUES: return x.values();
        case CT_DENSE: return x.to_dense();
    }
    TORCH_CHECK(false, "unknown one-operand operation ", static_cast<int>(op));
}

at::Tensor combine(ct_binary op, const at::Tensor &a, const at::Tensor &b) {
    switch (op) {
        case CT_ADD: return at::add(a, b);
        case CT_SUB: return at::sub(a, b);
        case CT_MUL: return at::mul(a, b);
        case CT_DIV: return at::div(a, b);
        case CT_POW: return at::pow(a, b);
        case CT_MATMUL: return at::matmul(a, b);
        case CT_MAXIMUM: return at::maximum(a, b);
        case CT_MINIMUM: return at::minimum(a, b);
        case CT_EQ: return at::eq(a, b);
        case CT_NE: return at::ne(a, b);
        case CT_LT: return at::lt(a, b);
        case CT_LE: return at::le(a, b);
        case CT_GT: return at::gt(a, b);
        case CT_GE: return at::ge(a, b);
        case CT_AND: return at::logical_and(a, b);
        case CT_OR: return at::logical_or(a, b);
    }
    TORCH_CHECK(false, "unknown two-operand operation ", static_cast<int>(op));
}

at::Tensor combine_scalar(ct_binary op, const at::Tensor &a, const at::Scalar &b) {
    switch (op) {
        case CT_ADD: return at::add(a, b);
        case CT_SUB: return at::sub(a, b);
        case CT_MUL: return at::mul(a, b);
        case CT_DIV: return at::div(a, b);
        case CT_POW: return at::pow(a, b);
        case CT_EQ: return at::eq(a, b);
        case CT_NE: return at::ne(a, b);
        case CT_LT: return at::lt(a, b);
        case CT_LE: return at::le(a, b);
        case CT_GT: return at::gt(a, b);
        case CT_GE: return at::ge(a, b);
        case CT_MAXIMUM: return at::clamp_min(a, b);
        case CT_MINIMUM: return at::clamp_max(a, b);
        case CT_MATMUL: case CT_AND: case CT_OR: break;
    }
    TORCH_CHECK(false, "operation ", static_cast<int>(op), " takes no number");
}

at::Tensor reduce(ct_reduction op, const at::Tensor &x, int64_t axis, bool keep) {
    switch (op) {
        case CT_SUM: return at::sum(x, {axis}, keep);
        case CT_MEAN: return at::mean(x, {axis}, keep);
        case CT_MAX: return at::amax(x, {axis}, keep);
        case CT_MIN: return at::amin(x, {axis}, keep);
        case CT_ARGMAX: return at::argmax(x, axis, keep);
        case CT_ARGMIN: return at::argmin(x, axis, keep);
        case CT_LOG_SUM_EXP: return at::logsumexp(x, {axis}, keep);
        case CT_NORM: return at::linalg_vector_norm(x, 2, {axis}, keep);
        case CT_VARIANCE: return at::var(x, {axis}, /*unbiased=*/false, keep);
        case CT_CUMULATIVE_SUM: return at::cumsum(x, axis);
        case CT_SOFTMAX: return at::softmax(x, axis);
        case CT_LOG_SOFTMAX: return at::log_softmax(x, axis);
    }
    TORCH_CHECK(false, "unknown reduction ", static_cast<int>(op));
}

std::vector<at::Tensor> list(const ct_tensor *tensors, int32_t count) {
    std::vector<at::Tensor> result;
    result.reserve(static_cast<size_t>(count));
    for (int32_t i = 0; i < count; ++i) result.push_back(tensors[i]->value);
    return result;
}

}  // namespace

extern "C" {

void ct_release(ct_tensor t) {
    if (!t) return;
    ct::live_handles.fetch_sub(1, std::memory_order_relaxed);
    delete t;
}
ct_status ct_retain_alias(ct_tensor t, ct_tensor *out) {
    return attempt({t}, [&] { *out = own(t->value); });
}
ct_status ct_full(const int64_t *shape, int32_t rank, double value, int32_t dtype, int32_t type, int32_t index, ct_tensor *out) {
    return attempt({}, [&] { *out = own(at::full(ct::span(shape, rank), value, ct::options(dtype, type, index))); });
}
ct_status ct_empty(const int64_t *shape, int32_t rank, int32_t dtype, int32_t type, int32_t index, ct_tensor *out) {
    return attempt({}, [&] { *out = own(at::empty(ct::span(shape, rank), ct::options(dtype, type, index))); });
}
ct_status ct_lazy_zeros(const int64_t *shape, int32_t rank, int32_t dtype, ct_tensor *out) {
    return attempt({}, [&] {
        auto sizes = ct::span(shape, rank);
        size_t bytes = c10::elementSize(static_cast<c10::ScalarType>(dtype));
        for (int64_t size : sizes) {
            TORCH_CHECK(size >= 0, "a size of ", size, " is negative");
            if (__builtin_mul_overflow(bytes, static_cast<size_t>(size), &bytes)) throw std::bad_alloc();
        }
        // calloc writes the zeros itself where it gives memory out again; fresh pages cost nothing until they are written.
        constexpr size_t smallest = size_t{1} << 16;
        const bool is_mapped = bytes >= smallest;
        void *memory = is_mapped ? mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : std::calloc(bytes ? bytes : 1, 1);
        if (!memory || memory == MAP_FAILED) throw std::bad_alloc();
        *out = own(at::from_blob(memory, sizes, [is_mapped, bytes](void *p) { is_mapped ? void(munmap(p, bytes)) : std::free(p); }, ct::options(dtype)));
    });
}
ct_status ct_from_bytes(const void *bytes, const int64_t *shape, int32_t rank, int32_t dtype, ct_tensor *out) {
    return attempt({}, [&] {
        at::Tensor made = at::empty(ct::span(shape, rank), ct::options(dtype));
        std::memcpy(made.data_ptr(), bytes, made.nbytes());
        *out = own(std::move(made));
    });
}
ct_status ct_from_memory(void *bytes, const int64_t *shape, int32_t rank, int32_t dtype, void (*release)(void *), void *context, ct_tensor *out) {
    return attempt({}, [&] {
        *out = own(at::from_blob(bytes, ct::span(shape, rank), [release, context](void *) { release(context); }, ct::options(dtype)));
    });
}
ct_status ct_arange(int64_t start, int64_t end, int64_t step, int32_t dtype, ct_tensor *out) {
    return attempt({}, [&] { *out = own(at::arange(start, end, step, ct::options(dtype))); });
}
ct_status ct_random_normal(const int64_t *shape, int32_t rank, double mean, double deviation, int32_t dtype, ct_tensor *out) {
    return attempt({}, [&] { *out = own(at::empty(ct::span(shape, rank), ct::options(dtype)).normal_(mean, deviation)); });
}
ct_status ct_random_uniform(const int64_t *shape, int32_t rank, double low, double high, int32_t dtype, ct_tensor *out) {
    return attempt({}, [&] { *out = own(at::empty(ct::span(shape, rank), ct::options(dtype)).uniform_(low, high)); });
}

int32_t ct_rank(ct_tensor t) { return static_cast<int32_t>(t->value.dim()); }
int64_t ct_size(ct_tensor t, int32_t axis) { return t->value.sizes()[static_cast<size_t>(axis)]; }
int64_t ct_stride(ct_tensor t, int32_t axis) { return t->value.strides()[static_cast<size_t>(axis)]; }
int64_t ct_count(ct_tensor t) { return t->value.numel(); }
int32_t ct_dtype(ct_tensor t) { return static_cast<int32_t>(t->value.scalar_type()); }
void ct_device(ct_tensor t, int32_t *type, int32_t *index) {
    *type = static_cast<int32_t>(t->value.device().type());
    *index = t->value.device().has_index() ? t->value.device().index() : 0;
}
bool ct_is_contiguous(ct_tensor t) { return !t->value.is_sparse() && t->value.is_contiguous(); }
bool ct_is_sparse(ct_tensor t) { return t->value.is_sparse(); }
void *ct_data(ct_tensor t) { return t->value.is_sparse() ? nullptr : t->value.data_ptr(); }
ct_status ct_copy_out(ct_tensor t, void *bytes, int64_t size) {
    return attempt({t}, [&] {
        at::Tensor host = t->value.detach().to(at::kCPU).contiguous();
        TORCH_CHECK(static_cast<int64_t>(host.nbytes()) == size, "copying ", host.nbytes(), " bytes out into room for ", size);
        std::memcpy(bytes, host.data_ptr(), static_cast<size_t>(size));
    });
}
ct_status ct_item(ct_tensor t, double *out) {
    return attempt({t}, [&] { *out = t->value.item().toDouble(); });
}
ct_status ct_to(ct_tensor t, int32_t dtype, int32_t type, int32_t index, bool copy, ct_tensor *out) {
    return attempt({t}, [&] { *out = own(t->value.to(ct::options(dtype, type, type == 0 ? -1 : index), /*non_blocking=*/false, copy)); });
}

ct_status ct_apply(ct_unary op, ct_tensor x, ct_tensor *out) {
    return attempt({x}, [&] { *out = own(apply(op, x->value)); });
}
ct_status ct_combine(ct_binary op, ct_tensor a, ct_tensor b, ct_tensor *out) {
    return attempt({a, b}, [&] { *out = own(combine(op, a->value, b->value)); });
}
ct_status ct_combine_scalar(ct_binary op, ct_tensor a, double b, ct_tensor *out) {
    return attempt({a}, [&] { *out = own(combine_scalar(op, a->value, b)); });
}
ct_status ct_clamp(ct_tensor x, double low, double high, ct_tensor *out) {
    return attempt({x}, [&] { *out = own(at::clamp(x->value, low, high)); });
}
ct_status ct_where(ct_tensor condition, ct_tensor a, ct_tensor b, ct_tensor *out) {
    return attempt({condition, a, b}, [&] { *out = own(at::where(condition->value, a->value, b->value)); });
}
ct_status ct_masked_fill(ct_tensor x, ct_tensor mask, double value, ct_tensor *out) {
    return attempt({x, mask}, [&] { *out = own(at::masked_fill(x->value, mask->value, value)); });
}
ct_status ct_reduce(ct_reduction op, ct_tensor x, int64_t axis, bool keep, ct_tensor *out) {
    return attempt({x}, [&] { *out = own(reduce(op, x->value, axis, keep)); });
}
ct_status ct_top(ct_tensor x, int64_t count, int64_t axis, ct_tensor *values, ct_tensor *indices) {
    return attempt({x}, [&] {
        auto [v, i] = at::topk(x->value, count, axis);
        *values = own(v);
        *indices = own(i);
    });
}
ct_status ct_sort(ct_tensor x, int64_t axis, bool descending, ct_tensor *values, ct_tensor *indices) {
    return attempt({x}, [&] {
        auto [v, i] = at::sort(x->value, /*stable=*/true, axis, descending);
        *values = own(v);
        *indices = own(i);
    });
}
ct_status ct_reshape(ct_tensor x, const int64_t *shape, int32_t rank, ct_tensor *out) {
    return attempt({x}, [&] { *out = own(at::reshape(x->value, ct::span(shape, rank))); });
}
ct_status ct_expand(ct_tensor x, const int64_t *shape, int32_t rank, ct_tensor *out) {
    return attempt({x}, [&] { *out = own(x->value.expand(ct::span(shape, rank))); });
}
ct_status ct_permute(ct_tensor x, const int64_t *axes, int32_t rank, ct_tensor *out) {
    return attempt({x}, [&] { *out = own(at::permute(x->value, ct::span(axes, rank))); });
}
ct_status ct_transpose(ct_tensor x, int64_t a, int64_t b, ct_tensor *out) {
    return attempt({x}, [&] { *out = own(at::transpose(x->value, a, b)); });
}
ct_status ct_unsqueeze(ct_tensor x, int64_t axis, ct_tensor *out) {
    return attempt({x}, [&] { *out = own(at::unsqueeze(x->value, axis)); });
}
ct_status ct_squeeze(ct_tensor x, int64_t axis, ct_tensor *out) {
    return attempt({x}, [&] {
        TORCH_CHECK(x->value.size(axis) == 1, "axis ", axis, " has size ", x->value.size(axis), "; only an axis of size 1 can be squeezed");
        *out = own(at::squeeze(x->value, axis));
    });
}
ct_status ct_slice(ct_tensor x, int64_t axis, int64_t start, int64_t end, int64_t step, ct_tensor *out) {
    return attempt({x}, [&] {
        int64_t size = x->value.size(axis);
        TORCH_CHECK(0 <= start && start <= end && end <= size, "slice ", start, " ..< ", end, " of an axis of size ", size);
        *out = own(at::slice(x->value, axis, start, end, step));
    });
}
ct_status ct_index_select(ct_tensor x, int64_t axis, ct_tensor indices, ct_tensor *out) {
    return attempt({x, indices}, [&] { *out = own(at::index_select(x->value, axis, indices->value)); });
}
ct_status ct_gather(ct_tensor x, int64_t axis, ct_tensor indices, ct_tensor *out) {
    return attempt({x, indices}, [&] { *out = own(at::gather(x->value, axis, indices->value)); });
}
ct_status ct_index_add(ct_tensor x, int64_t axis, ct_tensor indices, ct_tensor source, ct_tensor *out) {
    return attempt({x, indices, source}, [&] { *out = own(at::index_add(x->value, axis, indices->value, source->value)); });
}
ct_status ct_concat(const ct_tensor *tensors, int32_t count, int64_t axis, ct_tensor *out) {
    return attempt({count > 0 ? tensors[0] : nullptr}, [&] { *out = own(at::cat(list(tensors, count), axis)); });
}
ct_status ct_stack(const ct_tensor *tensors, int32_t count, int64_t axis, ct_tensor *out) {
    return attempt({count > 0 ? tensors[0] : nullptr}, [&] { *out = own(at::stack(list(tensors, count), axis)); });
}
ct_status ct_triangle(ct_tensor x, int64_t diagonal, bool upper, ct_tensor *out) {
    return attempt({x}, [&] { *out = own(upper ? at::triu(x->value, diagonal) : at::tril(x->value, diagonal)); });
}
ct_status ct_flip(ct_tensor x, int64_t axis, ct_tensor *out) {
    return attempt({x}, [&] { *out = own(at::flip(x->value, {axis})); });
}

ct_status ct_copy_into(ct_tensor destination, ct_tensor source) {
    return attempt({destination, source}, [&] {
        at::NoGradGuard none;
        TORCH_CHECK(destination->value.sizes() == source->value.sizes(), "copying into a tensor of another shape");
        destination->value.copy_(source->value);
    });
}
ct_status ct_add_scaled(ct_tensor destination, ct_tensor source, double scale) {
    return attempt({destination, source}, [&] {
        at::NoGradGuard none;
        destination->value.add_(source->value, scale);
    });
}
ct_status ct_scale(ct_tensor destination, double scale) {
    return attempt({destination}, [&] {
        at::NoGradGuard none;
        destination->value.mul_(scale);
    });
}
ct_status ct_fill(ct_tensor destination, double value) {
    return attempt({destination}, [&] {
        at::NoGradGuard none;
        destination->value.fill_(value);
    });
}

bool ct_grad_mode(void) { return at::GradMode::is_enabled(); }
void ct_set_grad_mode(bool enabled) { at::GradMode::set_enabled(enabled); }
bool ct_requires_grad(ct_tensor t) { return t->value.requires_grad(); }
ct_status ct_set_requires_grad(ct_tensor t, bool value) {
    return attempt({t}, [&] { t->value.set_requires_grad(value); });
}
ct_status ct_grad(ct_tensor t, ct_tensor *out) {
    return attempt({t}, [&] {
        const at::Tensor &grad = t->value.grad();
        *out = grad.defined() ? own(grad) : nullptr;
    });
}
ct_status ct_set_grad(ct_tensor t, ct_tensor grad) {
    return attempt({t, grad}, [&] { t->value.mutable_grad() = grad ? grad->value : at::Tensor(); });
}
bool ct_has_graph(ct_tensor t) { return t->value.grad_fn() != nullptr; }
ct_status ct_backward(ct_tensor loss, ct_tensor seed) {
    return attempt({loss, seed}, [&] { loss->value.backward(seed ? seed->value : at::Tensor()); });
}

}  // extern "C"
