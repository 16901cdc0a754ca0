// The output head of a language model and its cross-entropy as one node: logits never exist as a whole.
#include "nodes.h"
#include "parallel.h"

using ct::attempt;
using ct::own;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

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

// MARK: The node

/// Logits that are there at once, in bytes: they stay in the last cache, and the product has rows enough to be fast.
constexpr int64_t logit_bytes = 32 << 20;

/// Losses of the rows of `z`, which becomes its gradient if that is wanted, by plain operations.
void lost_anywhere(at::Tensor &z, const at::Tensor &targets, const HeadSettings &s, bool wants_gradient, at::Tensor losses, at::Tensor right) {
    const auto wide = z.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    at::Tensor v = z.to(wide) * s.logit_scale;
    if (s.softcap > 0) v = at::tanh(v / s.softcap) * s.softcap;
    const at::Tensor is_target = targets.ne(-100), index = targets.clamp_min(0).unsqueeze(1), mass = at::logsumexp(v, 1);
    const at::Tensor picked = v.gather(1, index).squeeze(1);
    losses.copy_((mass - (1 - s.smoothing) * picked - s.smoothing * v.mean(1)).masked_fill(is_target.logical_not(), 0));
    right.copy_(v.argmax(1).eq(targets).logical_and(is_target));
    if (!wants_gradient) return;
    const auto classes = static_cast<double>(z.size(1));
    at::Tensor slope = (v - mass.unsqueeze(1)).exp() - s.smoothing / classes;
    slope.scatter_add_(1, index, at::full_like(picked, s.smoothing - 1).unsqueeze(1));
    if (s.softcap > 0) slope.mul_(1 - (v / s.softcap).square());
    z.copy_(slope.mul_(s.logit_scale).masked_fill_(is_target.logical_not().unsqueeze(1), 0));
}

void lost(at::Tensor &z, const at::Tensor &targets, const HeadSettings &s, bool wants_gradient, at::Tensor losses, at::Tensor right) {
    if (!ct::has_rows(z) || !targets.is_cpu()) return lost_anywhere(z, targets, s, wants_gradient, losses, right);
    const ct::HeadCall call{z.mutable_data_ptr(), z.stride(0), z.size(1), targets.const_data_ptr<int64_t>(), losses.mutable_data_ptr<float>(),
                            right.mutable_data_ptr<bool>(), static_cast<float>(s.softcap), static_cast<float>(s.logit_scale),
                            static_cast<float>(s.smoothing), wants_gradient};
    ct::parallel(z.size(0), std::max<int64_t>(1, 4096 / z.size(1)), [&](int64_t a, int64_t b) { ct::rows_of(z).head(call, a, b); });
}

/// Gradients are computed with the value, a part of the rows at a time: dh = s Z W, dW = Σ Zᵀ h, where Z has become the logits' gradient.
struct LinearCrossEntropy : torch::autograd::Function<LinearCrossEntropy> {
    static variable_list forward(AutogradContext *ctx, const at::Tensor &h, const at::Tensor &w, const std::optional<at::Tensor> &b,
                                 const at::Tensor &given, const HeadSettings &s, bool graph) {
        const bool wants_h = graph && h.requires_grad(), wants_w = graph && w.requires_grad(), wants_b = graph && b && b->requires_grad();
        const at::Tensor targets = given.contiguous();
        const int64_t M = h.size(0), V = w.size(0), fit = logit_bytes / std::max<int64_t>(1, V * static_cast<int64_t>(h.element_size()));
        const int64_t part = std::clamp<int64_t>(fit / 32 * 32, 32, std::max<int64_t>(32, M));
        at::Tensor losses = at::zeros({M}, h.options().dtype(at::kFloat)), right = at::zeros({M}, h.options().dtype(at::kBool));
        at::Tensor dh = wants_h ? at::empty_like(h, at::MemoryFormat::Contiguous) : at::Tensor(), dw, db;
        for (int64_t first = 0; first < M; first += part) {
            const int64_t count = std::min(part, M - first);
            const at::Tensor rows = h.narrow(0, first, count);
            at::Tensor z = ct::product(rows, w, b);
            lost(z, targets.narrow(0, first, count), s, wants_h || wants_w || wants_b, losses.narrow(0, first, count), right.narrow(0, first, count));
            if (wants_h) dh.narrow(0, first, count).copy_(ct::product(z, w.t(), std::nullopt));
            if (wants_w) added(dw, z, rows);
            if (wants_b) db = db.defined() ? db.add_(z.sum(0, false, losses.scalar_type())) : z.sum(0, false, losses.scalar_type());
        }
        if (wants_h) ctx->saved_data["dh"] = dh;
        if (wants_w) ctx->saved_data["dw"] = M > 0 ? dw : at::zeros_like(w);
        if (wants_b) ctx->saved_data["db"] = M > 0 ? db : at::zeros_like(*b);
        at::Tensor sum = losses.sum(), count = right.sum();
        ctx->mark_non_differentiable({count, losses});
        ctx->set_materialize_grads(false);
        return {sum, count, losses};
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads) {
        ct::single_backward();
        at::Tensor none;
        auto take = [&](const char *name) {
            auto found = ctx->saved_data.find(name);
            if (found == ctx->saved_data.end()) return none;
            at::Tensor value = found->second.toTensor();
            ctx->saved_data.erase(found);
            // One on the CPU costs no pass over the gradient.
            return grads[0].is_cpu() && grads[0].item<double>() == 1 ? value : value.mul_(grads[0].to(value.scalar_type()));
        };
        const at::Tensor dh = take("dh"), dw = take("dw"), db = take("db");
        return {dh, dw, db, none, none, none};
    }
    /// dW += Zᵀ h; sums of narrow products are kept in float32.
    static void added(at::Tensor &dw, const at::Tensor &z, const at::Tensor &rows) {
        if (!dw.defined()) {
            dw = at::mm(z.t(), rows);
        } else if (dw.scalar_type() == z.scalar_type() && z.scalar_type() != at::kBFloat16 && z.scalar_type() != at::kHalf) {
            dw.addmm_(z.t(), rows);
        } else {
            if (dw.scalar_type() == z.scalar_type()) dw = dw.to(at::kFloat);
            dw.add_(at::mm(z.t(), rows));
        }
    }
};

}  // namespace

extern "C" {

ct_status ct_linear_cross_entropy(ct_tensor h, ct_tensor weight, ct_tensor bias, ct_tensor targets, double softcap, double logit_scale,
                                  double smoothing, ct_tensor *loss, ct_tensor *correct, ct_tensor *row_losses) {
    return attempt({h, weight, bias, targets}, [&] {
        const HeadSettings settings{softcap, logit_scale, smoothing};
        const std::optional<at::Tensor> b = ct::optional(bias);
        check_head(h->value, weight->value, b, targets->value, settings);
        auto found = LinearCrossEntropy::apply(h->value, weight->value, b, targets->value, settings, at::GradMode::is_enabled());
        *loss = own(found[0]);
        *correct = own(found[1]);
        if (row_losses) *row_losses = own(found[2]);
    });
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
