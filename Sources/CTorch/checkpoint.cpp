// Activation checkpointing: a segment of a network that keeps its inputs only, and is computed again when its gradient is wanted.
#include "nodes.h"

#include <torch/csrc/autograd/autograd.h>

using ct::attempt;
using ct::own;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

/// The segment as the caller gave it; its context is released with the last node that may run it.
struct Segment : torch::CustomClassHolder {
    ct_segment run;
    void (*release)(void *);
    void *context;

    Segment(ct_segment run, void (*release)(void *), void *context) : run(run), release(release), context(context) {}
    ~Segment() override { release(context); }
    Segment(const Segment &) = delete;

    at::Tensor operator()(at::TensorList inputs) const {
        std::vector<ct_tensor> handles;
        for (const auto &input : inputs) handles.push_back(own(input));
        ct_tensor out = nullptr;
        const ct_status status = run(context, handles.data(), static_cast<int32_t>(handles.size()), &out);  // takes the handles
        TORCH_CHECK(status == CT_OK && out, ct_last_error());
        at::Tensor value = out->value;
        ct_release(out);
        return value;
    }
};

/// The last tensor of the list is a leaf without meaning that asks for a gradient, so that the weights inside get theirs even where no input
/// needs one.
struct Checkpoint : torch::autograd::Function<Checkpoint> {
    static at::Tensor forward(AutogradContext *ctx, at::TensorList given, const c10::intrusive_ptr<Segment> &segment) {
        const at::TensorList inputs = given.slice(0, given.size() - 1);
        ctx->save_for_backward(inputs.vec());
        ctx->saved_data["segment"] = c10::IValue::make_capsule(segment);
        at::Tensor y = (*segment)(inputs);
        for (const auto &input : inputs) TORCH_CHECK(!y.is_same(input), "a segment must not return its input");
        return y;
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads) {
        ct::single_backward();
        auto found = ctx->saved_data.find("segment");
        TORCH_CHECK(found != ctx->saved_data.end(), "this node has gone backward once, and what it kept is gone");
        auto segment = c10::static_intrusive_pointer_cast<Segment>(found->second.toCapsule());
        ctx->saved_data.erase(found);
        variable_list inputs, results;
        {
            const auto saved = ctx->get_saved_variables();
            for (size_t i = 0; i < saved.size(); ++i) inputs.push_back(saved[i].detach().requires_grad_(ctx->needs_input_grad(i)));
        }
        {
            at::AutoGradMode graph(true);
            at::Tensor y = (*segment)(inputs);
            // Leaves inside collect their gradients here.
            if (y.requires_grad()) torch::autograd::backward({y}, {grads[0]});
        }
        for (auto &input : inputs) results.push_back(input.grad());
        results.emplace_back();
        results.emplace_back();
        return results;
    }
};

}  // namespace

extern "C" ct_status ct_checkpoint(const ct_tensor *inputs, int32_t count, ct_segment run, void (*release)(void *), void *context, ct_tensor *out) {
    // Made first: the context is released whatever happens.
    auto segment = c10::make_intrusive<Segment>(run, release, context);
    return attempt({}, [&] {
        std::vector<at::Tensor> all;
        for (int32_t i = 0; i < count; ++i) all.push_back(inputs[i]->value);
        all.push_back(at::empty({0}).requires_grad_(true));
        *out = own(Checkpoint::apply(at::TensorList(all), segment));
    });
}
