// Rotary position embedding and gated activations.
#include "nodes.h"
#include "parallel.h"

#include <cstring>

using ct::attempt;
using ct::own;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

// MARK: Rotation

/// The twin of plain operations: (a, b) → (a cos − b sin, b cos + a sin) for the column pairs (i, i + R/2) of each head, in float32.
at::Tensor plain_rotary(const at::Tensor &x, const at::Tensor &cosines, const at::Tensor &sines, const at::Tensor &positions, int64_t heads) {
    const auto wide = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    const int64_t half = cosines.size(1);
    at::Tensor value = x.reshape({x.size(0), heads, x.size(1) / heads}).to(wide);
    at::Tensor c = cosines.index_select(0, positions).to(wide).unsqueeze(1), s = sines.index_select(0, positions).to(wide).unsqueeze(1);
    at::Tensor a = value.slice(2, 0, half), b = value.slice(2, half, 2 * half), rest = value.slice(2, 2 * half);
    return at::cat({a * c - b * s, b * c + a * s, rest}, 2).to(x.scalar_type()).reshape(x.sizes());
}

void check_rotary(const at::Tensor &x, const at::Tensor &cosines, const at::Tensor &sines, const at::Tensor &positions, int64_t heads) {
    TORCH_CHECK(x.dim() == 2 && heads > 0 && x.size(1) % heads == 0, "a rotation takes [N, H·K] with ", heads, " heads, not ", x.sizes());
    TORCH_CHECK(cosines.dim() == 2 && cosines.sizes() == sines.sizes(), "cosines and sines are [P, R/2], not ", cosines.sizes(), " and ",
                sines.sizes());
    TORCH_CHECK(2 * cosines.size(1) <= x.size(1) / heads, "the rotation turns ", 2 * cosines.size(1), " columns of heads of ",
                x.size(1) / heads);
    TORCH_CHECK(positions.dim() == 1 && positions.size(0) == x.size(0) && positions.scalar_type() == at::kLong,
                "positions are int64 [N], one per row");
    if (!positions.is_cpu()) return;
    const at::Tensor rows = positions.contiguous();
    for (int64_t i = 0; i < rows.numel(); ++i) {
        const int64_t row = rows.const_data_ptr<int64_t>()[i];
        TORCH_CHECK(row >= 0 && row < cosines.size(0), "position ", row, " of row ", i, " is outside the table of ", cosines.size(0), " positions");
    }
}

/// Turns each row by the angle of its position, or back; saves nothing but the angles.
struct Rotary : torch::autograd::Function<Rotary> {
    static at::Tensor forward(AutogradContext *ctx, const at::Tensor &x, const at::Tensor &cosines, const at::Tensor &sines,
                              const at::Tensor &positions, int64_t heads) {
        ctx->save_for_backward({cosines, sines, positions});
        ctx->saved_data["heads"] = heads;
        return turned(x, cosines, sines, positions, heads, 1);
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads) {
        ct::single_backward();
        auto saved = ctx->get_saved_variables();
        at::Tensor none;
        return {turned(grads[0], saved[0], saved[1], saved[2], ctx->saved_data["heads"].toInt(), -1), none, none, none, none};
    }
    static at::Tensor turned(const at::Tensor &given, const at::Tensor &cosines, const at::Tensor &sines, const at::Tensor &positions,
                             int64_t heads, float sign) {
        const at::Tensor x = ct::has_rows(given) ? given : given.contiguous(), c = cosines.contiguous(), s = sines.contiguous(),
                         rows = positions.contiguous();
        at::Tensor y = at::empty(x.sizes(), x.options());
        const ct::RotaryCall call{x.const_data_ptr(), x.stride(0), y.mutable_data_ptr(), c.const_data_ptr<float>(), s.const_data_ptr<float>(),
                                  rows.const_data_ptr<int64_t>(), heads, x.size(1) / heads, c.size(1), sign};
        ct::parallel(x.size(0), std::max<int64_t>(1, 16384 / std::max<int64_t>(1, x.size(1))),
                     [&](int64_t a, int64_t b) { ct::rows_of(x).rotate(call, a, b); });
        return y;
    }
};

// MARK: Gates

at::Tensor activated(const at::Tensor &x, ct_gate activation) {
    switch (activation) {
    case CT_GATE_SILU: return at::silu(x);
    case CT_GATE_GELU: return at::gelu(x);
    case CT_GATE_GELU_TANH: return at::gelu(x, "tanh");
    case CT_GATE_RELU: return at::relu(x);
    case CT_GATE_TANH: return at::tanh(x);
    }
    TORCH_CHECK(false, "there is no activation ", static_cast<int>(activation));
}

at::Tensor plain_gated(const at::Tensor &gate, const std::optional<at::Tensor> &up, ct_gate activation) {
    const auto wide = gate.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    at::Tensor value = activated(gate.to(wide), activation);
    return (up ? value * up->to(wide) : value).to(gate.scalar_type());
}

void check_gated(const at::Tensor &gate, const std::optional<at::Tensor> &up) {
    TORCH_CHECK(at::isFloatingType(gate.scalar_type()), "an activation takes floating-point tensors, not ", gate.scalar_type());
    TORCH_CHECK(!up || (gate.sizes() == up->sizes() && gate.scalar_type() == up->scalar_type()), "gate and up have one shape and type, not ",
                gate.scalar_type(), gate.sizes(), " and ", up->scalar_type(), up->sizes());
}

/// The operands of a gate.
struct Gate : ct::Recipe {
    at::Tensor gate, up;  // [rows, width]; up undefined for a plain activation
    int activation;

    Gate(const at::Tensor &given, const std::optional<at::Tensor> &other, int activation) : gate(rows(given)), activation(activation) {
        if (other) up = rows(*other);
    }
    static at::Tensor rows(const at::Tensor &x) {
        at::Tensor y = ct::has_rows(x) && x.dim() == 2 ? x : x.contiguous().view({-1, x.dim() > 0 ? x.size(-1) : 1});
        return y.detach();
    }
    ct::GateCall call() const {
        ct::GateCall c{};
        c.gate = gate.const_data_ptr(), c.gate_stride = gate.stride(0), c.width = gate.size(1);
        if (up.defined()) c.up = up.const_data_ptr(), c.up_stride = up.stride(0);
        return c;
    }
    int64_t grain() const { return std::max<int64_t>(1, 8192 / std::max<int64_t>(1, gate.size(1))); }
    at::Tensor make() const override {
        at::Tensor y = at::empty(gate.sizes(), gate.options());
        ct::GateCall c = call();
        c.y = y.mutable_data_ptr();
        ct::parallel(gate.size(0), grain(), [&](int64_t a, int64_t b) { ct::rows_of(gate).gate(activation, c, a, b); });
        return y;
    }
    std::pair<at::Tensor, at::Tensor> back(const at::Tensor &dy, bool wants_gate, bool wants_up) const {
        at::Tensor dgate, dup;
        ct::GateCall c = call();
        c.dy = dy.const_data_ptr();
        if (wants_gate) dgate = at::empty(gate.sizes(), gate.options()), c.dgate = dgate.mutable_data_ptr();
        if (wants_up && up.defined()) dup = at::empty(gate.sizes(), gate.options()), c.dup = dup.mutable_data_ptr();
        ct::parallel(gate.size(0), grain(), [&](int64_t a, int64_t b) { ct::rows_of(gate).gate_back(activation, c, a, b); });
        return {dgate, dup};
    }
};

struct Gated : torch::autograd::Function<Gated> {
    static at::Tensor forward(AutogradContext *ctx, const at::Tensor &gate, const std::optional<at::Tensor> &up, int64_t activation) {
        auto recipe = c10::make_intrusive<Gate>(gate, up, static_cast<int>(activation));
        ctx->saved_data["up"] = up.has_value();
        ct::keep(ctx, recipe);
        return recipe->make().view(gate.sizes());
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads) {
        ct::single_backward();
        auto recipe = c10::static_intrusive_pointer_cast<Gate>(ct::released(ctx));
        const bool both = ctx->saved_data["up"].toBool();
        auto [dgate, dup] = recipe->back(grads[0].contiguous(), ctx->needs_input_grad(0), both && ctx->needs_input_grad(1));
        if (dgate.defined()) dgate = dgate.view(grads[0].sizes());
        if (dup.defined()) dup = dup.view(grads[0].sizes());
        at::Tensor none;
        return {dgate, dup, none};
    }
};

/// destination[indices[i]] = source[i] by copies of whole rows; false where these tensors do not lie so.
bool copied_rows(const at::Tensor &destination, const at::Tensor &indices, const at::Tensor &source) {
    const bool fits = destination.is_cpu() && source.is_cpu() && indices.is_cpu() && destination.dim() == 2 && source.dim() == 2 && indices.dim() == 1 &&
                      destination.size(1) == source.size(1) && indices.size(0) == source.size(0) && indices.scalar_type() == at::kLong &&
                      indices.is_contiguous() && destination.scalar_type() == source.scalar_type() && destination.stride(1) == 1 && source.stride(1) == 1;
    if (!fits || destination.requires_grad()) return false;
    const auto size = static_cast<int64_t>(source.element_size());
    auto *to = static_cast<char *>(destination.mutable_data_ptr());
    const auto *from = static_cast<const char *>(source.const_data_ptr());
    const int64_t *rows = indices.const_data_ptr<int64_t>();
    for (int64_t i = 0; i < indices.size(0); ++i) {
        TORCH_CHECK_INDEX(rows[i] >= 0 && rows[i] < destination.size(0), "row ", rows[i], " is outside a tensor of ", destination.size(0), " rows");
        std::memcpy(to + rows[i] * destination.stride(0) * size, from + i * source.stride(0) * size, static_cast<size_t>(source.size(1) * size));
    }
    return true;
}

void gated(ct_tensor gate, ct_tensor up, ct_gate activation, ct_tensor *out) {
    check_gated(gate->value, ct::optional(up));
    const bool has_kernel = gate->value.is_cpu() && (gate->value.scalar_type() == at::kFloat || gate->value.scalar_type() == at::kBFloat16);
    const auto other = ct::optional(up);
    if (!has_kernel)
        *out = own(plain_gated(gate->value, other, activation));
    else if (ct::wants_graph(gate->value, other))
        *out = own(Gated::apply(gate->value, other, static_cast<int64_t>(activation)));
    else
        *out = own(Gate(gate->value, other, static_cast<int>(activation)).make().view(gate->value.sizes()));
}

}  // namespace

c10::intrusive_ptr<ct::Recipe> ct::gate_recipe_of(const at::Tensor &x) {
    const auto fn = x.grad_fn();
    auto *node = dynamic_cast<torch::autograd::CppNode<Gated> *>(fn.get());
    if (!node) return {};
    auto found = node->ctx_.saved_data.find("recipe");
    if (found == node->ctx_.saved_data.end()) return {};
    return c10::static_intrusive_pointer_cast<Recipe>(found->second.toCapsule());
}

extern "C" {

ct_status ct_rotary(ct_tensor x, ct_tensor cosines, ct_tensor sines, ct_tensor positions, int64_t heads, ct_tensor *out) {
    return attempt({x, cosines, sines, positions}, [&] {
        check_rotary(x->value, cosines->value, sines->value, positions->value, heads);
        const at::Tensor &v = x->value;
        const bool has_kernel = v.is_cpu() && (v.scalar_type() == at::kFloat || v.scalar_type() == at::kBFloat16) &&
                                cosines->value.scalar_type() == at::kFloat && sines->value.scalar_type() == at::kFloat;
        if (!has_kernel)
            *out = own(plain_rotary(v, cosines->value, sines->value, positions->value, heads));
        else if (ct::wants_graph(v))
            *out = own(Rotary::apply(v, cosines->value, sines->value, positions->value, heads));
        else
            *out = own(Rotary::turned(v, cosines->value, sines->value, positions->value, heads, 1));
    });
}
ct_status ct_rotary_reference(ct_tensor x, ct_tensor cosines, ct_tensor sines, ct_tensor positions, int64_t heads, ct_tensor *out) {
    return attempt({x, cosines, sines, positions}, [&] {
        check_rotary(x->value, cosines->value, sines->value, positions->value, heads);
        *out = own(plain_rotary(x->value, cosines->value, sines->value, positions->value, heads));
    });
}
ct_status ct_gated(ct_tensor gate, ct_tensor up, ct_gate activation, ct_tensor *out) {
    return attempt({gate, up}, [&] { gated(gate, up, activation, out); });
}
ct_status ct_gated_reference(ct_tensor gate, ct_tensor up, ct_gate activation, ct_tensor *out) {
    return attempt({gate, up}, [&] {
        check_gated(gate->value, ct::optional(up));
        *out = own(plain_gated(gate->value, ct::optional(up), activation));
    });
}
ct_status ct_gather_rows_into(ct_tensor destination, ct_tensor indices, ct_tensor source) {
    return attempt({destination, indices, source}, [&] {
        at::NoGradGuard guard;
        if (!copied_rows(destination->value, indices->value, source->value))
            destination->value.index_copy_(0, indices->value, source->value.to(destination->value.scalar_type()));
    });
}

}  // extern "C"
