// Neural-network operations: ATen's where it is good, custom autograd nodes for the hot paths. Each node has a reference twin.
#include "nodes.h"

using ct::attempt;
using ct::flat;
using ct::own;
using ct::product;
using ct::single_backward;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

// MARK: Products

void check_linear(const at::Tensor &x, const at::Tensor &w, const std::optional<at::Tensor> &b) {
    TORCH_CHECK(w.dim() == 2 && x.dim() >= 1 && x.size(-1) == w.size(1), "a linear layer with weight ", w.sizes(), " takes inputs of width ",
                w.dim() == 2 ? w.size(1) : -1, ", not ", x.sizes());
    TORCH_CHECK(x.scalar_type() == w.scalar_type(), "input is ", x.scalar_type(), ", weight is ", w.scalar_type());
    TORCH_CHECK(!b || (b->dim() == 1 && b->size(0) == w.size(0)), "a linear layer with weight ", w.sizes(), " has a bias of [", w.size(0), "], not ",
                b ? b->sizes() : at::IntArrayRef());
}

/// Keeps an operand that only a weight's gradient needs: by its recipe where there is one.
struct Kept {
    static at::Tensor keep(AutogradContext *ctx, const at::Tensor &x, bool is_needed) {
        if (!is_needed) return {};
        auto recipe = ct::recipe_of(x);
        if (!recipe) return x;
        ct::keep(ctx, std::move(recipe));
        ctx->saved_data["rebuilds"] = true;
        return {};
    }
    static at::Tensor take(AutogradContext *ctx, const at::Tensor &saved) {
        if (ctx->saved_data.find("rebuilds") == ctx->saved_data.end()) return flat(saved);
        return flat(ct::released(ctx)->value());
    }
};

// `needs_input_grad` counts only the tensors that are there: a bias, which may be missing, is the last tensor of a node.
struct Linear : torch::autograd::Function<Linear> {
    static at::Tensor forward(AutogradContext *ctx, const at::Tensor &x, const at::Tensor &w, const std::optional<at::Tensor> &b) {
        ctx->saved_data["bias"] = b.has_value();
        ctx->save_for_backward({Kept::keep(ctx, x, w.requires_grad()), x.requires_grad() ? w : at::Tensor()});
        ctx->saved_data["shape"] = x.sizes();
        return value(x, w, b);
    }
    static at::Tensor value(const at::Tensor &x, const at::Tensor &w, const std::optional<at::Tensor> &b) {
        if (x.dim() == 2) return product(x, w, b);
        auto shape = x.sizes().vec();
        shape.back() = w.size(0);
        return product(flat(x), w, b).view(shape);
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads) {
        single_backward();
        auto saved = ctx->get_saved_variables();
        at::Tensor dy = flat(grads[0]).contiguous(), dx, dw, db;
        if (ctx->needs_input_grad(0)) dx = product(dy, saved[1].t(), std::nullopt).view(ctx->saved_data["shape"].toIntVector());
        if (ctx->needs_input_grad(1)) dw = at::mm(dy.t(), Kept::take(ctx, saved[0]));
        if (ctx->saved_data["bias"].toBool() && ctx->needs_input_grad(2)) db = dy.sum(0);
        return {dx, dw, db};
    }
};

/// Saves x and t = dropout(x) Aᵀ; the pattern is drawn again in backward; with u = dy B: dA = s uᵀ x, dB = s dyᵀ t, dx = dy W + s u A (arXiv:2106.09685).
struct LinearLoRA : torch::autograd::Function<LinearLoRA> {
    static at::Tensor forward(AutogradContext *ctx, const at::Tensor &x, const at::Tensor &w, const at::Tensor &down,
                              const at::Tensor &up, const std::optional<at::Tensor> &b, double scale, double dropout, int64_t seed) {
        ctx->saved_data["bias"] = b.has_value();
        at::Tensor rows = flat(x);
        at::Tensor t = at::mm(branch(rows, dropout, seed), down.t());
        at::Tensor y = product(rows, w, b);
        y.addmm_(t, up.t(), 1, scale);
        ctx->save_for_backward({Kept::keep(ctx, x, down.requires_grad() || w.requires_grad()), w, down, up, t});
        ctx->saved_data["shape"] = x.sizes();
        ctx->saved_data["scale"] = scale;
        ctx->saved_data["dropout"] = dropout;
        ctx->saved_data["seed"] = seed;
        auto shape = x.sizes().vec();
        shape.back() = w.size(0);
        return y.view(shape);
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads) {
        single_backward();
        auto saved = ctx->get_saved_variables();
        const double scale = ctx->saved_data["scale"].toDouble(), dropout = ctx->saved_data["dropout"].toDouble();
        const int64_t seed = ctx->saved_data["seed"].toInt();
        const at::Tensor &w = saved[1], &down = saved[2], &up = saved[3], &t = saved[4];
        at::Tensor dy = flat(grads[0]).contiguous(), u = at::mm(dy, up), dx, dw, db, da, dup;
        if (ctx->needs_input_grad(0)) {
            dx = product(dy, w.t(), std::nullopt);
            if (dropout > 0)
                dx.add_(branch(at::mm(u, down), dropout, seed), scale);
            else
                dx.addmm_(u, down, 1, scale);
            dx = dx.view(ctx->saved_data["shape"].toIntVector());
        }
        at::Tensor x;
        if (ctx->needs_input_grad(1) || ctx->needs_input_grad(2)) x = Kept::take(ctx, saved[0]);
        if (ctx->needs_input_grad(1)) dw = at::mm(dy.t(), x);
        if (ctx->needs_input_grad(2)) da = at::mm(u.t(), branch(x, dropout, seed)).mul_(scale);
        if (ctx->needs_input_grad(3)) dup = at::mm(dy.t(), t).mul_(scale);
        if (ctx->saved_data["bias"].toBool() && ctx->needs_input_grad(4)) db = dy.sum(0);
        at::Tensor none;
        return {dx, dw, da, dup, db, none, none, none};
    }
    /// dropout(x): in backward the same pattern turns a gradient of dropout(x) into one of x.
    static at::Tensor branch(const at::Tensor &x, double dropout, int64_t seed) {
        return dropout > 0 ? ct::dropped(x.contiguous(), at::Tensor(), dropout, static_cast<uint64_t>(seed)) : x;
    }
};

}  // namespace

extern "C" {

ct_status ct_embedding(ct_tensor weight, ct_tensor ids, bool sparse, ct_tensor *out) {
    return attempt({weight, ids}, [&] { *out = own(at::embedding(weight->value, ids->value, -1, false, sparse)); });
}
ct_status ct_dropout(ct_tensor x, double probability, ct_tensor *out) {
    return attempt({x}, [&] { *out = own(at::dropout(x->value, probability, true)); });
}
ct_status ct_layer_norm(ct_tensor x, ct_tensor weight, ct_tensor bias, double epsilon, ct_tensor *out) {
    return attempt({x, weight, bias}, [&] { *out = own(at::layer_norm(x->value, weight->value.sizes(), weight->value, ct::optional(bias), epsilon)); });
}
ct_status ct_linear(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor *out) {
    return attempt({x, weight, bias}, [&] {
        const auto b = ct::optional(bias);
        check_linear(x->value, weight->value, b);
        *out = own(ct::wants_graph(x->value, weight->value, b) ? Linear::apply(x->value, weight->value, b) : Linear::value(x->value, weight->value, b));
    });
}
ct_status ct_linears(ct_tensor x, const ct_tensor *weights, const ct_tensor *biases, int32_t count, ct_tensor *out) {
    return attempt({x}, [&] {
        std::vector<at::Tensor> w;
        std::vector<std::optional<at::Tensor>> b;
        bool graph = false;
        for (int32_t i = 0; i < count; ++i) {
            w.push_back(weights[i]->value);
            b.push_back(ct::optional(biases[i]));
            check_linear(x->value, w.back(), b.back());
            graph = graph || ct::wants_graph(x->value, w.back(), b.back());
        }
        std::vector<at::Tensor> results;
        if (x->value.dim() == 2 && !graph)
            results = ct::products(x->value, w, b);
        else
            for (size_t i = 0; i < w.size(); ++i) results.push_back(graph ? Linear::apply(x->value, w[i], b[i]) : Linear::value(x->value, w[i], b[i]));
        for (size_t i = 0; i < results.size(); ++i) out[i] = own(results[i]);
    });
}
ct_status ct_linear_reference(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor *out) {
    return attempt({x, weight, bias}, [&] { *out = own(at::linear(x->value, weight->value, ct::optional(bias))); });
}
ct_status ct_linear_lora(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor down, ct_tensor up, double scale, double dropout, uint64_t seed,
                         ct_tensor *out) {
    return attempt({x, weight, bias, down, up}, [&] {
        check_linear(x->value, weight->value, ct::optional(bias));
        *out = own(LinearLoRA::apply(x->value, weight->value, down->value, up->value, ct::optional(bias), scale, dropout,
                                     static_cast<int64_t>(seed)));
    });
}
ct_status ct_scaled_dot_product_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor mask, double dropout, bool causal, double scale, ct_tensor *out) {
    return attempt({q, k, v, mask}, [&] {
        *out = own(at::scaled_dot_product_attention(q->value, k->value, v->value, ct::optional(mask), dropout, causal, scale));
    });
}
ct_status ct_cross_entropy(ct_tensor logits, ct_tensor targets, ct_tensor weight, double smoothing, ct_tensor *out) {
    return attempt({logits, targets, weight}, [&] {
        *out = own(at::cross_entropy_loss(logits->value.to(at::kFloat), targets->value, ct::optional(weight), at::Reduction::Sum, -100, smoothing));
    });
}
ct_status ct_binary_cross_entropy(ct_tensor logits, ct_tensor targets, ct_tensor weight, ct_tensor positive, ct_tensor *out) {
    return attempt({logits, targets, weight, positive}, [&] {
        *out = own(at::binary_cross_entropy_with_logits(logits->value.to(at::kFloat), targets->value, ct::optional(weight),
                                                        ct::optional(positive), at::Reduction::Sum));
    });
}

}  // extern "C"
