// Optimizer kernels: one pass over weight, gradient and state; clipping is a factor, not a pass of its own.
#include "kernels.h"
#include "parallel.h"
#include "support.h"

#include <cmath>

using ct::attempt;

namespace {

constexpr int64_t grain = 1 << 15;

ct::AdamWStep prepared(const ct_adamw_settings &s) {
    return {static_cast<float>(1 - s.rate * s.decay), static_cast<float>(s.beta1), static_cast<float>(s.beta2),
            static_cast<float>(1 - s.beta1), static_cast<float>(1 - s.beta2), static_cast<float>(s.rate / s.correction1),
            static_cast<float>(1 / std::sqrt(s.correction2)), static_cast<float>(s.epsilon),
            static_cast<float>(s.gradient_scale)};
}

void check_dense(const at::Tensor &t, const at::Tensor &like, const char *name) {
    TORCH_CHECK(!t.is_sparse() && t.is_contiguous() && t.sizes() == like.sizes(), name, " must be dense, contiguous and of the weight's shape ",
                like.sizes(), ", not ", t.sizes());
}

/// The same arithmetic by plain operations, for devices without the kernel.
void adamw_anywhere(at::Tensor &w, const at::Tensor &gradient, at::Tensor &m, at::Tensor &v, const ct_adamw_settings &s) {
    at::Tensor g = gradient.to(w.scalar_type()).mul(s.gradient_scale);
    w.mul_(1 - s.rate * s.decay);
    m.lerp_(g, 1 - s.beta1);
    v.mul_(s.beta2).addcmul_(g, g, 1 - s.beta2);
    w.addcdiv_(m, v.sqrt().div_(std::sqrt(s.correction2)).add_(s.epsilon), -s.rate / s.correction1);
}

}  // namespace

extern "C" {

ct_status ct_adamw(ct_tensor weight, ct_tensor gradient, ct_tensor first, ct_tensor second, ct_tensor shadow, ct_adamw_settings settings) {
    return attempt({weight, gradient, first, second, shadow}, [&] {
        at::NoGradGuard none;
        at::Tensor w = weight->value.detach(), m = first->value, v = second->value, g = gradient->value.contiguous();
        TORCH_CHECK(w.scalar_type() == at::kFloat && w.is_contiguous(), "the master weight must be contiguous float32");
        check_dense(g, w, "the gradient");
        check_dense(m, w, "the first moment");
        check_dense(v, w, "the second moment");
        if (shadow) check_dense(shadow->value, w, "the bfloat16 copy");
        const bool half = g.scalar_type() == at::kBFloat16;
        if (!w.is_cpu() || !(half || g.scalar_type() == at::kFloat)) {
            adamw_anywhere(w, g, m, v, settings);
            if (shadow) shadow->value.detach().copy_(w);
            return;
        }
        const auto step = ct::AdamWStep(prepared(settings));
        float *wp = w.mutable_data_ptr<float>(), *mp = m.mutable_data_ptr<float>(), *vp = v.mutable_data_ptr<float>();
        uint16_t *sp = shadow ? static_cast<uint16_t *>(shadow->value.mutable_data_ptr()) : nullptr;
        const void *gp = g.const_data_ptr();
        ct::parallel(w.numel(), grain, [&](int64_t a, int64_t b) {
            if (half)
                CT_CALL(adamw_bf16, step, b - a, wp + a, static_cast<const uint16_t *>(gp) + a, mp + a, vp + a, sp ? sp + a : nullptr);
            else
                CT_CALL(adamw_f32, step, b - a, wp + a, static_cast<const float *>(gp) + a, mp + a, vp + a, sp ? sp + a : nullptr);
        });
    });
}

ct_status ct_adamw_rows(ct_tensor weight, ct_tensor indices, ct_tensor values, ct_tensor first, ct_tensor second, ct_tensor touched, ct_adamw_settings settings) {
    return attempt({weight, indices, values, first, second, touched}, [&] {
        at::NoGradGuard none;
        at::Tensor w = weight->value.detach(), m = first->value, v = second->value;
        at::Tensor rows = indices->value.reshape(-1).contiguous(), g = values->value.to(at::kFloat).contiguous();
        TORCH_CHECK(w.is_cpu() && w.scalar_type() == at::kFloat && w.is_contiguous() && w.dim() == 2, "row updates need a contiguous float32 matrix on CPU");
        TORCH_CHECK(g.dim() == 2 && g.size(0) == rows.numel() && g.size(1) == w.size(1), "gradient rows ", g.sizes(), " do not fit ", w.sizes());
        check_dense(m, w, "the first moment");
        check_dense(v, w, "the second moment");
        const auto step = prepared(settings);
        const int64_t width = w.size(1), count = w.size(0);
        uint8_t *seen = touched->value.mutable_data_ptr<uint8_t>();
        const int64_t *row = rows.const_data_ptr<int64_t>();
        std::vector<int32_t> place(static_cast<size_t>(count), -1);
        for (int64_t i = 0; i < rows.numel(); ++i) {
            TORCH_CHECK(0 <= row[i] && row[i] < count && place[static_cast<size_t>(row[i])] < 0, "gradient rows must be coalesced and inside the table");
            place[static_cast<size_t>(row[i])] = static_cast<int32_t>(i);
            seen[row[i]] = 1;
        }
        float *wp = w.mutable_data_ptr<float>(), *mp = m.mutable_data_ptr<float>(), *vp = v.mutable_data_ptr<float>();
        const float *gp = g.const_data_ptr<float>();
        ct::parallel(count, 256, [&](int64_t a, int64_t b) {
            for (int64_t i = a; i < b; ++i) {
                const int64_t at = i * width;
                if (place[static_cast<size_t>(i)] >= 0)
                    CT_CALL(adamw_f32, step, width, wp + at, gp + place[static_cast<size_t>(i)] * width, mp + at, vp + at, nullptr);
                else if (seen[i])
                    CT_CALL(adamw_zero, step, width, wp + at, mp + at, vp + at);
                else if (step.decay_factor != 1.0f)
                    for (int64_t k = 0; k < width; ++k) wp[at + k] *= step.decay_factor;
            }
        });
    });
}

ct_status ct_sgd(ct_tensor weight, ct_tensor gradient, ct_tensor momentum_buffer, ct_tensor shadow, double rate, double momentum, bool nesterov,
                 double decay, double gradient_scale, bool first_step) {
    return attempt({weight, gradient, momentum_buffer, shadow}, [&] {
        at::NoGradGuard none;
        at::Tensor w = weight->value.detach(), g = gradient->value;
        if (g.is_sparse()) g = g.to_dense();
        g = g.to(w.scalar_type()).mul(gradient_scale);
        if (decay != 0) g.add_(w, decay);
        if (momentum != 0) {
            TORCH_CHECK(momentum_buffer, "momentum needs a buffer");
            at::Tensor buffer = momentum_buffer->value;
            first_step ? buffer.copy_(g) : buffer.mul_(momentum).add_(g);
            g = nesterov ? g.add(buffer, momentum) : buffer;
        }
        w.add_(g, -rate);
        if (shadow) shadow->value.detach().copy_(w);
    });
}

ct_status ct_sum_of_squares(ct_tensor tensor, double *out) {
    return attempt({tensor}, [&] {
        at::NoGradGuard none;
        at::Tensor t = tensor->value.is_sparse() ? tensor->value.values() : tensor->value;
        const bool half = t.scalar_type() == at::kBFloat16;
        if (!t.is_cpu() || !t.is_contiguous() || !(half || t.scalar_type() == at::kFloat)) {
            *out = t.to(at::kDouble).square().sum().item().toDouble();
            return;
        }
        // Fixed blocks, summed in order: the same result for every number of threads.
        constexpr int64_t block = 1 << 16;
        const int64_t count = t.numel(), blocks = (count + block - 1) / block;
        std::vector<double> parts(static_cast<size_t>(blocks));
        const void *p = t.const_data_ptr();
        ct::parallel(blocks, 1, [&](int64_t a, int64_t b) {
            for (int64_t i = a; i < b; ++i) {
                const int64_t from = i * block, size = std::min(block, count - from);
                parts[static_cast<size_t>(i)] = half ? CT_CALL(squares_bf16, size, static_cast<const uint16_t *>(p) + from)
                                                     : CT_CALL(squares_f32, size, static_cast<const float *>(p) + from);
            }
        });
        double total = 0;
        for (double part : parts) total += part;
        *out = total;
    });
}

}  // extern "C"
