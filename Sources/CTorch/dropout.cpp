// Dropout whose pattern follows from a seed and the element's place: nothing is stored, and every thread draws its own part.
#include "kernels.h"
#include "parallel.h"
#include "support.h"

#include <ATen/CPUGeneratorImpl.h>

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

bool has_kernel(const at::Tensor &x) { return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16); }

}  // namespace

at::Tensor ct::dropped(const at::Tensor &x, const at::Tensor &residual, double p, uint64_t seed) {
    if (!has_kernel(x)) {
        at::Tensor kept = at::empty(x.sizes(), at::kFloat).bernoulli_(1 - p, at::detail::createCPUGenerator(seed)).to(x.options());
        at::Tensor y = x * kept.div_(1 - p);
        return residual.defined() ? residual + y : y;
    }
    at::Tensor y = at::empty_like(x, at::MemoryFormat::Contiguous);
    const bool single = x.scalar_type() == at::kFloat;
    const void *from = x.const_data_ptr(), *beside = residual.defined() ? residual.const_data_ptr() : nullptr;
    void *to = y.mutable_data_ptr();
    const int64_t count = x.numel(), blocks = (count + 1023) / 1024;
    ct::parallel(blocks, 16, [&](int64_t a, int64_t b) {
        const int64_t first = a * 1024, last = std::min(b * 1024, count);
        if (single)
            CT_CALL(dropout_f32, seed, static_cast<float>(p), static_cast<const float *>(from), static_cast<const float *>(beside),
                    static_cast<float *>(to), first, last);
        else
            CT_CALL(dropout_bf16, seed, static_cast<float>(p), static_cast<const uint16_t *>(from), static_cast<const uint16_t *>(beside),
                    static_cast<uint16_t *>(to), first, last);
    });
    return y;
}

namespace {

struct SeededDropout : torch::autograd::Function<SeededDropout> {
    static at::Tensor forward(AutogradContext *ctx, const at::Tensor &x, const std::optional<at::Tensor> &residual, double p, int64_t seed) {
        ctx->saved_data["p"] = p;
        ctx->saved_data["seed"] = seed;
        ctx->saved_data["residual"] = residual.has_value();
        return ct::dropped(x.contiguous(), residual ? residual->contiguous() : at::Tensor(), p, static_cast<uint64_t>(seed));
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads) {
        TORCH_CHECK(!at::GradMode::is_enabled(), "a second derivative of this node is not supported");
        at::Tensor dx;
        if (ctx->needs_input_grad(0))
            dx = ct::dropped(grads[0].contiguous(), at::Tensor(), ctx->saved_data["p"].toDouble(), static_cast<uint64_t>(ctx->saved_data["seed"].toInt()));
        at::Tensor none;
        return {dx, ctx->saved_data["residual"].toBool() ? grads[0] : none, none, none};
    }
};

}  // namespace

extern "C" ct_status ct_seeded_dropout(ct_tensor x, ct_tensor residual, double p, uint64_t seed, ct_tensor *out) {
    return ct::attempt({x, residual}, [&] {
        TORCH_CHECK(0 <= p && p < 1, "dropout probability ", p, " is not in 0 ..< 1");
        const at::Tensor &value = x->value;
        TORCH_CHECK(!residual || (residual->value.sizes() == value.sizes() && residual->value.scalar_type() == value.scalar_type()),
                    "the residual must have the shape and type of x");
        if (p > 0)
            *out = ct::own(SeededDropout::apply(value, ct::optional(residual), p, static_cast<int64_t>(seed)));
        else
            *out = ct::own(residual ? at::add(residual->value, value) : value);
    });
}
