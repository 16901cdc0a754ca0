// Neural-network operations: ATen's where it is good, custom autograd nodes for the hot paths. Each node has a reference twin.
#include "kernels.h"
#include "parallel.h"
#include "support.h"

#include <ATen/core/dispatch/Dispatcher.h>

using ct::attempt;
using ct::own;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

// MARK: Products

using Pointwise = at::Tensor(const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, std::string_view,
                             c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);

/// oneDNN's linear on dense tensors, if this libtorch has it (x86-64 builds do).
const std::optional<c10::TypedOperatorHandle<Pointwise>> &onednn_linear() {
    static const auto handle = []() -> std::optional<c10::TypedOperatorHandle<Pointwise>> {
        auto found = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
        if (!found) return std::nullopt;
        return found->typed<Pointwise>();
    }();
    return handle;
}

/// x Wᵀ + b. In float32 on CPU oneDNN's product is faster than MKL's on the processors measured (Benchmarks/README.md).
at::Tensor product(const at::Tensor &x, const at::Tensor &w, const std::optional<at::Tensor> &b) {
    if (x.is_cpu() && x.scalar_type() == at::kFloat && w.scalar_type() == at::kFloat && x.dim() == 2 && x.size(0) > 0 && onednn_linear())
        return onednn_linear()->call(x, w, b, "none", c10::List<std::optional<at::Scalar>>(), "");
    return at::linear(x, w, b);
}

at::Tensor flat(const at::Tensor &x) { return x.dim() == 2 ? x : x.reshape({-1, x.size(-1)}); }

void check_linear(const at::Tensor &x, const at::Tensor &w) {
    TORCH_CHECK(w.dim() == 2 && x.dim() >= 1 && x.size(-1) == w.size(1), "a linear layer with weight ", w.sizes(), " takes inputs of width ",
                w.dim() == 2 ? w.size(1) : -1, ", not ", x.sizes());
    TORCH_CHECK(x.scalar_type() == w.scalar_type(), "input is ", x.scalar_type(), ", weight is ", w.scalar_type());
}

void single_backward() { TORCH_CHECK(!at::GradMode::is_enabled(), "a second derivative of this node is not supported"); }

// `needs_input_grad` counts only the tensors that are there: a bias, which may be missing, is the last tensor of a node.
struct Linear : torch::autograd::Function<Linear> {
    static at::Tensor forward(AutogradContext *ctx, const at::Tensor &x, const at::Tensor &w, const std::optional<at::Tensor> &b) {
        ctx->saved_data["bias"] = b.has_value();
        ctx->save_for_backward({w.requires_grad() ? x : at::Tensor(), x.requires_grad() ? w : at::Tensor()});
        ctx->saved_data["shape"] = x.sizes();
        auto shape = x.sizes().vec();
        shape.back() = w.size(0);
        return product(flat(x), w, b).view(shape);
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads) {
        single_backward();
        auto saved = ctx->get_saved_variables();
        at::Tensor dy = flat(grads[0]).contiguous(), dx, dw, db;
        if (ctx->needs_input_grad(0)) dx = product(dy, saved[1].t(), std::nullopt).view(ctx->saved_data["shape"].toIntVector());
        if (ctx->needs_input_grad(1)) dw = at::mm(dy.t(), flat(saved[0]));
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
        ctx->save_for_backward({down.requires_grad() || w.requires_grad() ? x : at::Tensor(), w, down, up, t});
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
        if (ctx->needs_input_grad(1)) dw = at::mm(dy.t(), flat(saved[0]));
        if (ctx->needs_input_grad(2)) da = at::mm(u.t(), branch(flat(saved[0]), dropout, seed)).mul_(scale);
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

// MARK: Attention inside documents

ct::DocumentAttention describe(const at::Tensor &q, const at::Tensor &starts, const at::Tensor &lengths, int64_t heads, double scale,
                               double dropout, uint64_t seed, bool causal) {
    return {starts.const_data_ptr<int32_t>(), lengths.const_data_ptr<int32_t>(), starts.numel(), heads, q.size(1) / heads,
            static_cast<float>(scale), static_cast<float>(dropout), seed, causal};
}

const uint16_t *half(const at::Tensor &t) { return static_cast<const uint16_t *>(t.const_data_ptr()); }
uint16_t *half_out(at::Tensor &t) { return static_cast<uint16_t *>(t.mutable_data_ptr()); }

struct Attention : torch::autograd::Function<Attention> {
    static at::Tensor forward(AutogradContext *ctx, const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &starts,
                              const at::Tensor &lengths, int64_t heads, double scale, double dropout, int64_t seed, bool causal) {
        ctx->save_for_backward({q, k, v, starts, lengths});
        for (auto [name, value] : {std::pair{"heads", at::IValue(heads)}, {"scale", scale}, {"dropout", dropout}, {"seed", seed}, {"causal", causal}})
            ctx->saved_data[name] = value;
        at::Tensor out = at::zeros({q.size(0), q.size(1)}, q.options());
        auto s = describe(q, starts, lengths, heads, scale, dropout, static_cast<uint64_t>(seed), causal);
        const int64_t strides[3] = {q.stride(0), k.stride(0), v.stride(0)};
        ct::parallel(s.documents * heads, 4, [&](int64_t first, int64_t last) {
            if (q.scalar_type() == at::kFloat)
                CT_CALL(attend_f32, s, q.const_data_ptr<float>(), k.const_data_ptr<float>(), v.const_data_ptr<float>(), strides,
                        out.mutable_data_ptr<float>(), first, last);
            else
                CT_CALL(attend_bf16, s, half(q), half(k), half(v), strides, half_out(out), first, last);
        });
        return out;
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads) {
        single_backward();
        auto saved = ctx->get_saved_variables();
        const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2];
        auto s = describe(q, saved[3], saved[4], ctx->saved_data["heads"].toInt(), ctx->saved_data["scale"].toDouble(),
                          ctx->saved_data["dropout"].toDouble(), static_cast<uint64_t>(ctx->saved_data["seed"].toInt()),
                          ctx->saved_data["causal"].toBool());
        at::Tensor dout = grads[0].contiguous();
        at::Tensor dq = at::zeros({q.size(0), q.size(1)}, q.options()), dk = at::zeros_like(dq), dv = at::zeros_like(dq);
        const int64_t strides[3] = {q.stride(0), k.stride(0), v.stride(0)};
        ct::parallel(s.documents * s.heads, 4, [&](int64_t first, int64_t last) {
            if (q.scalar_type() == at::kFloat)
                CT_CALL(attend_backward_f32, s, q.const_data_ptr<float>(), k.const_data_ptr<float>(), v.const_data_ptr<float>(), strides,
                        dout.const_data_ptr<float>(), dq.mutable_data_ptr<float>(), dk.mutable_data_ptr<float>(), dv.mutable_data_ptr<float>(),
                        first, last);
            else
                CT_CALL(attend_backward_bf16, s, half(q), half(k), half(v), strides, half(dout), half_out(dq), half_out(dk), half_out(dv),
                        first, last);
        });
        at::Tensor none;
        return {dq, dk, dv, none, none, none, none, none, none, none};
    }
};

/// The twin of the node, for every device: documents are laid side by side in a padded block, masked, and multiplied by plain ops.
at::Tensor padded_attention(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &starts, const at::Tensor &lengths,
                            int64_t longest, int64_t heads, double scale, double dropout, bool causal) {
    auto longs = at::TensorOptions().dtype(at::kLong).device(q.device());
    at::Tensor from = starts.to(longs), length = lengths.to(longs), column = at::arange(longest, longs);
    at::Tensor real = column.unsqueeze(0) < length.unsqueeze(1);                                          // [B, T]
    at::Tensor index = at::where(real, from.unsqueeze(1) + column.unsqueeze(0), at::zeros({1}, longs));  // [B, T]
    const int64_t B = starts.numel(), T = longest, K = q.size(1) / heads;
    auto gathered = [&](const at::Tensor &x) {
        return x.index_select(0, index.reshape(-1)).view({B, T, heads, K}).transpose(1, 2);  // [B, H, T, K]
    };
    at::Tensor seen = real.unsqueeze(1).unsqueeze(2);  // [B, 1, 1, T]
    if (causal) seen = seen & (column.unsqueeze(0) <= column.unsqueeze(1)).unsqueeze(0).unsqueeze(0);
    at::Tensor scores = at::matmul(gathered(q), gathered(k).transpose(-1, -2)).mul(scale).masked_fill(seen.logical_not(), -INFINITY);
    at::Tensor weights = at::softmax(scores, -1, at::kFloat).masked_fill(real.logical_not().unsqueeze(1).unsqueeze(3), 0).to(q.scalar_type());
    if (dropout > 0) weights = at::dropout(weights, dropout, true);
    at::Tensor mixed = at::matmul(weights, gathered(v)).transpose(1, 2).reshape({B * T, heads * K});
    at::Tensor rows = real.reshape(-1).nonzero().squeeze(1);
    return at::zeros_like(q).index_add(0, index.reshape(-1).index_select(0, rows), mixed.index_select(0, rows));
}

void check_attention(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &starts, const at::Tensor &lengths, int64_t heads) {
    TORCH_CHECK(q.dim() == 2 && k.sizes() == q.sizes() && v.sizes() == q.sizes(), "attention takes q, k, v of one shape [N, H·K]");
    TORCH_CHECK(k.scalar_type() == q.scalar_type() && v.scalar_type() == q.scalar_type(), "attention takes q, k, v of one element type, not ",
                q.scalar_type(), ", ", k.scalar_type(), ", ", v.scalar_type());
    TORCH_CHECK(heads > 0 && q.size(1) % heads == 0, "width ", q.size(1), " is not a multiple of ", heads, " heads");
    TORCH_CHECK(starts.scalar_type() == at::kInt && lengths.scalar_type() == at::kInt && starts.sizes() == lengths.sizes(),
                "starts and lengths are int32 of one shape");
    if (!starts.is_cpu() || !lengths.is_cpu()) return;
    const int32_t *start = starts.const_data_ptr<int32_t>(), *length = lengths.const_data_ptr<int32_t>();
    for (int64_t i = 0; i < starts.numel(); ++i)
        TORCH_CHECK(start[i] >= 0 && length[i] >= 0 && int64_t(start[i]) + length[i] <= q.size(0), "document ", i, " starts at row ", start[i],
                    " and has ", length[i], " rows; there are ", q.size(0));
}

bool has_kernel(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &starts) {
    auto lined = [](const at::Tensor &t) { return t.stride(1) == 1; };
    return q.is_cpu() && starts.is_cpu() && (q.scalar_type() == at::kFloat || q.scalar_type() == at::kBFloat16) && lined(q) && lined(k) && lined(v);
}

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
        check_linear(x->value, weight->value);
        *out = own(Linear::apply(x->value, weight->value, ct::optional(bias)));
    });
}
ct_status ct_linear_reference(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor *out) {
    return attempt({x, weight, bias}, [&] { *out = own(at::linear(x->value, weight->value, ct::optional(bias))); });
}
ct_status ct_linear_lora(ct_tensor x, ct_tensor weight, ct_tensor bias, ct_tensor down, ct_tensor up, double scale, double dropout, uint64_t seed,
                         ct_tensor *out) {
    return attempt({x, weight, bias, down, up}, [&] {
        check_linear(x->value, weight->value);
        *out = own(LinearLoRA::apply(x->value, weight->value, down->value, up->value, ct::optional(bias), scale, dropout,
                                     static_cast<int64_t>(seed)));
    });
}
ct_status ct_document_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor starts, ct_tensor lengths, int64_t longest, int64_t heads,
                                double scale, double dropout, uint64_t seed, bool causal, ct_tensor *out) {
    return attempt({q, k, v, starts, lengths}, [&] {
        check_attention(q->value, k->value, v->value, starts->value, lengths->value, heads);
        TORCH_CHECK(dropout >= 0 && dropout < 1, "a dropout probability is 0 ..< 1, not ", dropout);
        *out = own(has_kernel(q->value, k->value, v->value, starts->value)
                       ? Attention::apply(q->value, k->value, v->value, starts->value, lengths->value, heads, scale, dropout,
                                          static_cast<int64_t>(seed), causal)
                       : padded_attention(q->value, k->value, v->value, starts->value, lengths->value, longest, heads, scale, dropout, causal));
    });
}
ct_status ct_document_attention_reference(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor starts, ct_tensor lengths, int64_t longest,
                                          int64_t heads, double scale, bool causal, ct_tensor *out) {
    return attempt({q, k, v, starts, lengths}, [&] {
        check_attention(q->value, k->value, v->value, starts->value, lengths->value, heads);
        *out = own(padded_attention(q->value, k->value, v->value, starts->value, lengths->value, longest, heads, scale, 0, causal));
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
