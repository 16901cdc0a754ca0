// Rotary position embedding and gated activations.
#include "support.h"

using ct::attempt;
using ct::own;

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

// MARK: Gates

at::Tensor activated(const at::Tensor &x, ct_gate activation) {
    switch (activation) {
    case CT_GATE_SILU: return at::silu(x);
    case CT_GATE_GELU: return at::gelu(x);
    case CT_GATE_GELU_TANH: return at::gelu(x, "tanh");
    case CT_GATE_RELU: return at::relu(x);
    }
    TORCH_CHECK(false, "there is no activation ", static_cast<int>(activation));
}

at::Tensor plain_gated(const at::Tensor &gate, const at::Tensor &up, ct_gate activation) {
    const auto wide = gate.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    return (activated(gate.to(wide), activation) * up.to(wide)).to(gate.scalar_type());
}

void check_gated(const at::Tensor &gate, const at::Tensor &up) {
    TORCH_CHECK(gate.sizes() == up.sizes() && gate.scalar_type() == up.scalar_type(), "gate and up have one shape and type, not ",
                gate.scalar_type(), gate.sizes(), " and ", up.scalar_type(), up.sizes());
}

}  // namespace

extern "C" {

ct_status ct_rotary(ct_tensor x, ct_tensor cosines, ct_tensor sines, ct_tensor positions, int64_t heads, ct_tensor *out) {
    return ct_rotary_reference(x, cosines, sines, positions, heads, out);
}
ct_status ct_rotary_reference(ct_tensor x, ct_tensor cosines, ct_tensor sines, ct_tensor positions, int64_t heads, ct_tensor *out) {
    return attempt({x, cosines, sines, positions}, [&] {
        check_rotary(x->value, cosines->value, sines->value, positions->value, heads);
        *out = own(plain_rotary(x->value, cosines->value, sines->value, positions->value, heads));
    });
}
ct_status ct_gated(ct_tensor gate, ct_tensor up, ct_gate activation, ct_tensor *out) { return ct_gated_reference(gate, up, activation, out); }
ct_status ct_gated_reference(ct_tensor gate, ct_tensor up, ct_gate activation, ct_tensor *out) {
    return attempt({gate, up}, [&] {
        check_gated(gate->value, up->value);
        *out = own(plain_gated(gate->value, up->value, activation));
    });
}
ct_status ct_gather_rows_into(ct_tensor destination, ct_tensor indices, ct_tensor source) {
    return attempt({destination, indices, source}, [&] {
        at::NoGradGuard guard;
        destination->value.index_copy_(0, indices->value, source->value.to(destination->value.scalar_type()));
    });
}

}  // extern "C"
