// Normalisation by the root of the mean square, alone and fused with the residual sum.
#include "nodes.h"
#include "parallel.h"

using ct::attempt;
using ct::own;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

/// The twin of plain operations, for every device and type. With offset 0 the normalised value is rounded to x's type before the weight
/// multiplies it (Llama); with another offset only the result is rounded (Gemma).
at::Tensor plain_rms_norm(const at::Tensor &x, const at::Tensor &weight, double offset, double epsilon) {
    const auto wide = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    at::Tensor value = x.to(wide), w = weight.to(wide);
    at::Tensor normal = value * (value.square().mean(-1, true) + epsilon).rsqrt();
    if (offset == 0) return (normal.to(x.scalar_type()).to(wide) * w).to(x.scalar_type());
    return (normal * (w + offset)).to(x.scalar_type());
}

void check_norm(const at::Tensor &x, const at::Tensor &weight) {
    TORCH_CHECK(x.dim() >= 1 && weight.dim() == 1 && x.size(-1) == weight.size(0), "a norm with weight ", weight.sizes(),
                " takes inputs of that width, not ", x.sizes());
    TORCH_CHECK(at::isFloatingType(x.scalar_type()) && at::isFloatingType(weight.scalar_type()), "a norm takes floating-point tensors, not ",
                x.scalar_type(), " and ", weight.scalar_type());
}

void check_residual(const at::Tensor &x, const at::Tensor &residual) {
    TORCH_CHECK(x.sizes() == residual.sizes() && x.scalar_type() == residual.scalar_type(), "the residual ", residual.scalar_type(),
                residual.sizes(), " must have the shape and type of x, ", x.scalar_type(), x.sizes());
}

// MARK: Kernels

/// What was normalised, and how: enough to compute the result again.
struct Norm : ct::Recipe {
    at::Tensor x, weight, scale;  // x [.., width] contiguous; offset + w, float32; [rows]
    double epsilon;
    bool rounds;

    Norm(at::Tensor given, const at::Tensor &w, double offset, double epsilon)
        : x(std::move(given)), weight(w.to(at::kFloat).contiguous()), epsilon(epsilon), rounds(offset == 0) {
        if (offset != 0) weight = weight + offset;
    }
    int64_t rows() const { return x.numel() / std::max<int64_t>(1, x.size(-1)); }
    ct::NormCall call() const {
        ct::NormCall c{};
        c.x = x.const_data_ptr(), c.weight = weight.const_data_ptr<float>(), c.rows = rows(), c.width = x.size(-1);
        c.epsilon = static_cast<float>(epsilon), c.rounds = rounds, c.scale = const_cast<float *>(scale.const_data_ptr<float>());
        return c;
    }
    /// Normalises x, or residual + x, which x becomes.
    at::Tensor run(const at::Tensor &residual) {
        at::Tensor y = at::empty_like(x);
        scale = at::empty({rows()}, at::kFloat);
        ct::NormCall c = call();
        c.y = y.mutable_data_ptr();
        at::Tensor sum;
        if (residual.defined()) {
            sum = at::empty_like(x);
            c.residual = residual.const_data_ptr(), c.sum = sum.mutable_data_ptr();
        }
        over_rows(c, ct::rows_of(x).norm);
        if (sum.defined()) x = sum;
        return y;
    }
    at::Tensor make() const override {
        at::Tensor y = at::empty_like(x);
        ct::NormCall c = call();
        c.y = y.mutable_data_ptr();
        over_rows(c, ct::rows_of(x).normed);
        return y;
    }
    static void over_rows(const ct::NormCall &c, void (*kernel)(const ct::NormCall &, int64_t, int64_t)) {
        ct::parallel(c.rows, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, c.width)), [&](int64_t a, int64_t b) { kernel(c, a, b); });
    }
    /// Gradients of x (with `dsum` added) and of the weight; an undefined one is not wanted.
    std::pair<at::Tensor, at::Tensor> back(const at::Tensor &dy, const at::Tensor &dsum, bool wants_x, bool wants_weight) const {
        at::Tensor dx, dw;
        ct::NormCall c = call();
        const int64_t chunks = (c.rows + ct::norm_chunk - 1) / ct::norm_chunk;
        c.dy = dy.const_data_ptr(), c.dsum = dsum.defined() ? dsum.const_data_ptr() : nullptr;
        if (wants_x) dx = at::empty_like(x), c.dx = dx.mutable_data_ptr();
        if (wants_weight) dw = at::zeros({chunks, c.width}, at::kFloat), c.dweight = dw.mutable_data_ptr<float>();
        ct::parallel(chunks, 1, [&](int64_t a, int64_t b) { ct::rows_of(x).norm_back(c, a, b); });
        return {dx, wants_weight ? dw.sum(0) : dw};
    }
};

struct RMSNorm : torch::autograd::Function<RMSNorm> {
    static at::Tensor forward(AutogradContext *ctx, const at::Tensor &x, const at::Tensor &w, double offset, double epsilon) {
        auto norm = c10::make_intrusive<Norm>(x.contiguous().detach(), w, offset, epsilon);
        at::Tensor y = norm->run(at::Tensor());
        ct::keep(ctx, norm);
        return y;
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads) {
        ct::single_backward();
        auto norm = c10::static_intrusive_pointer_cast<Norm>(ct::released(ctx));
        auto [dx, dw] = norm->back(grads[0].contiguous(), at::Tensor(), ctx->needs_input_grad(0), ctx->needs_input_grad(1));
        at::Tensor none;
        return {dx, dw, none, none};
    }
};

struct AddRMSNorm : torch::autograd::Function<AddRMSNorm> {
    static variable_list forward(AutogradContext *ctx, const at::Tensor &x, const at::Tensor &residual, const at::Tensor &w, double offset,
                                 double epsilon) {
        auto norm = c10::make_intrusive<Norm>(x.contiguous().detach(), w, offset, epsilon);
        at::Tensor y = norm->run(residual.contiguous()), sum = norm->x;
        norm->x = sum.detach();  // the recipe must not point back to this node, which the sum will
        ct::keep(ctx, norm);
        ctx->set_materialize_grads(false);
        return {sum, y};
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads) {
        ct::single_backward();
        auto norm = c10::static_intrusive_pointer_cast<Norm>(ct::released(ctx));
        at::Tensor none, dx = grads[0], dw;
        if (grads[1].defined())
            std::tie(dx, dw) = norm->back(grads[1].contiguous(), grads[0].defined() ? grads[0].contiguous() : none,
                                          ctx->needs_input_grad(0) || ctx->needs_input_grad(1), ctx->needs_input_grad(2));
        return {ctx->needs_input_grad(0) ? dx : none, ctx->needs_input_grad(1) ? dx : none, dw, none, none};
    }
};

}  // namespace

c10::intrusive_ptr<ct::Recipe> ct::norm_recipe_of(const at::Tensor &x) {
    const auto node = x.grad_fn();
    AutogradContext *ctx = nullptr;
    if (auto *alone = dynamic_cast<torch::autograd::CppNode<RMSNorm> *>(node.get())) ctx = &alone->ctx_;
    if (auto *sum = dynamic_cast<torch::autograd::CppNode<AddRMSNorm> *>(node.get()); sum && x.output_nr() == 1) ctx = &sum->ctx_;
    if (!ctx) return {};
    auto found = ctx->saved_data.find("recipe");
    if (found == ctx->saved_data.end()) return {};
    return c10::static_intrusive_pointer_cast<Recipe>(found->second.toCapsule());
}

extern "C" {

ct_status ct_rms_norm(ct_tensor x, ct_tensor weight, double offset, double epsilon, ct_tensor *out) {
    return attempt({x, weight}, [&] {
        const at::Tensor &v = x->value, &w = weight->value;
        check_norm(v, w);
        if (!ct::has_rows(v) || !w.is_cpu())
            *out = own(plain_rms_norm(v, w, offset, epsilon));
        else if (ct::wants_graph(v, w))
            *out = own(RMSNorm::apply(v, w, offset, epsilon));
        else
            *out = own(Norm(v.contiguous(), w, offset, epsilon).run(at::Tensor()));
    });
}
ct_status ct_rms_norm_reference(ct_tensor x, ct_tensor weight, double offset, double epsilon, ct_tensor *out) {
    return attempt({x, weight}, [&] {
        check_norm(x->value, weight->value);
        *out = own(plain_rms_norm(x->value, weight->value, offset, epsilon));
    });
}
ct_status ct_add_rms_norm(ct_tensor x, ct_tensor residual, ct_tensor weight, double offset, double epsilon, ct_tensor *sum, ct_tensor *out) {
    return attempt({x, residual, weight}, [&] {
        const at::Tensor &v = x->value, &r = residual->value, &w = weight->value;
        check_norm(v, w);
        check_residual(v, r);
        at::Tensor total, normal;
        if (!ct::has_rows(v) || !r.is_cpu() || !w.is_cpu()) {
            total = r + v;
            normal = plain_rms_norm(total, w, offset, epsilon);
        } else if (ct::wants_graph(v, r, w)) {
            auto both = AddRMSNorm::apply(v, r, w, offset, epsilon);
            total = both[0], normal = both[1];
        } else {
            Norm norm(v.contiguous(), w, offset, epsilon);
            normal = norm.run(r.contiguous());
            total = norm.x;
        }
        *sum = own(total);
        *out = own(normal);
    });
}

}  // extern "C"
