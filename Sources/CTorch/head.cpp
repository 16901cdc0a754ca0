// The output head of a language model and its cross-entropy as one node: logits never exist as a whole.
#include "support.h"

using ct::attempt;
using ct::own;

namespace {

struct HeadSettings {
    double softcap, logit_scale, smoothing;
};

/// The twin of plain operations, with all logits: losses of rows (0 where ignored) and which rows are right.
std::pair<at::Tensor, at::Tensor> plain_head(const at::Tensor &h, const at::Tensor &w, const std::optional<at::Tensor> &b,
                                             const at::Tensor &targets, const HeadSettings &s) {
    const auto wide = h.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    at::Tensor logits = at::linear(h.to(wide), w.to(wide), b ? std::optional(b->to(wide)) : std::nullopt);
    if (s.logit_scale != 1) logits = logits * s.logit_scale;
    if (s.softcap > 0) logits = at::tanh(logits / s.softcap) * s.softcap;
    at::Tensor losses = at::cross_entropy_loss(logits, targets, std::nullopt, at::Reduction::None, -100, s.smoothing);
    at::Tensor right = logits.argmax(-1).eq(targets).logical_and(targets.ne(-100));
    return {losses.to(at::kFloat), right};
}

void check_head(const at::Tensor &h, const at::Tensor &w, const std::optional<at::Tensor> &b, const at::Tensor &targets, const HeadSettings &s) {
    TORCH_CHECK(h.dim() == 2 && w.dim() == 2 && h.size(1) == w.size(1), "a head with weight ", w.sizes(), " takes [M, ",
                w.dim() == 2 ? w.size(1) : -1, "], not ", h.sizes());
    TORCH_CHECK(h.scalar_type() == w.scalar_type(), "input is ", h.scalar_type(), ", weight is ", w.scalar_type());
    TORCH_CHECK(!b || (b->dim() == 1 && b->size(0) == w.size(0)), "the bias of a head with ", w.size(0), " rows is one number per row");
    TORCH_CHECK(targets.dim() == 1 && targets.size(0) == h.size(0) && targets.scalar_type() == at::kLong, "targets are int64 [M], one per row");
    TORCH_CHECK(s.softcap >= 0 && s.smoothing >= 0 && s.smoothing < 1, "softcap ", s.softcap, " or smoothing ", s.smoothing, " is out of range");
    if (!targets.is_cpu()) return;
    const at::Tensor rows = targets.contiguous();
    for (int64_t i = 0; i < rows.numel(); ++i) {
        const int64_t t = rows.const_data_ptr<int64_t>()[i];
        TORCH_CHECK(t == -100 || (t >= 0 && t < w.size(0)), "target ", t, " of row ", i, " is not a class of 0 ..< ", w.size(0), " nor -100");
    }
}

}  // namespace

extern "C" {

ct_status ct_linear_cross_entropy(ct_tensor h, ct_tensor weight, ct_tensor bias, ct_tensor targets, double softcap, double logit_scale,
                                  double smoothing, ct_tensor *loss, ct_tensor *correct, ct_tensor *row_losses) {
    return ct_linear_cross_entropy_reference(h, weight, bias, targets, softcap, logit_scale, smoothing, loss, correct, row_losses);
}
ct_status ct_linear_cross_entropy_reference(ct_tensor h, ct_tensor weight, ct_tensor bias, ct_tensor targets, double softcap,
                                            double logit_scale, double smoothing, ct_tensor *loss, ct_tensor *correct, ct_tensor *row_losses) {
    return attempt({h, weight, bias, targets}, [&] {
        const HeadSettings settings{softcap, logit_scale, smoothing};
        check_head(h->value, weight->value, ct::optional(bias), targets->value, settings);
        auto [losses, right] = plain_head(h->value, weight->value, ct::optional(bias), targets->value, settings);
        at::Tensor sum = losses.sum(), count = right.sum();
        *loss = own(sum);
        *correct = own(count);
        if (row_losses) *row_losses = own(losses.detach());
    });
}

}  // extern "C"
