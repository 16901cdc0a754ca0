// Normalisation by the root mean square, alone and fused with the residual sum.
#include "support.h"

using ct::attempt;
using ct::own;

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

}  // namespace

extern "C" {

ct_status ct_rms_norm(ct_tensor x, ct_tensor weight, double offset, double epsilon, ct_tensor *out) {
    return ct_rms_norm_reference(x, weight, offset, epsilon, out);
}
ct_status ct_rms_norm_reference(ct_tensor x, ct_tensor weight, double offset, double epsilon, ct_tensor *out) {
    return attempt({x, weight}, [&] {
        check_norm(x->value, weight->value);
        *out = own(plain_rms_norm(x->value, weight->value, offset, epsilon));
    });
}
ct_status ct_add_rms_norm(ct_tensor x, ct_tensor residual, ct_tensor weight, double offset, double epsilon, ct_tensor *sum, ct_tensor *out) {
    return attempt({x, residual, weight}, [&] {
        check_norm(x->value, weight->value);
        check_residual(x->value, residual->value);
        at::Tensor total = residual->value + x->value, normal = plain_rms_norm(total, weight->value, offset, epsilon);
        *sum = own(total);
        *out = own(normal);
    });
}

}  // extern "C"
