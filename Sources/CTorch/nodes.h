// What the nodes of the hot paths share: products, and operands that are computed again instead of being kept.
#pragma once

#include "row_kernels.h"
#include "support.h"

#include <vector>

namespace ct {

/// x Wᵀ + b by the fastest way known, x [M, in], W [out, in]; no gradient.
at::Tensor product(const at::Tensor &x, const at::Tensor &w, const std::optional<at::Tensor> &b);

/// The same of several matrices.
std::vector<at::Tensor> products(const at::Tensor &x, const std::vector<at::Tensor> &weights, const std::vector<std::optional<at::Tensor>> &biases);

inline at::Tensor flat(const at::Tensor &x) { return x.dim() == 2 ? x : x.reshape({-1, x.size(-1)}); }

inline void single_backward() { TORCH_CHECK(!at::GradMode::is_enabled(), "a second derivative of this node is not supported"); }

/// Whether anything that a node reads waits for a gradient; else the node's value is computed without the node.
inline bool waits(const at::Tensor &x) { return x.requires_grad(); }
inline bool waits(const std::optional<at::Tensor> &x) { return x && x->requires_grad(); }
template <typename... Operands>
bool wants_graph(const Operands &...operands) { return at::GradMode::is_enabled() && (waits(operands) || ...); }

/// Whether the kernels take a tensor as it lies: CPU, float32 or bfloat16, elements of a row side by side.
inline bool has_rows(const at::Tensor &x) {
    return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) && x.dim() >= 1 && (x.stride(-1) == 1 || x.size(-1) == 1);
}
inline const RowKernels &rows_of(const at::Tensor &x) { return row_kernels(x.scalar_type() == at::kBFloat16); }

/// The output of a cheap operation, which can be computed again from what the operation keeps anyway.
///
/// A node that needs such an output as an operand keeps the recipe; the first that asks in backward computes the value, and it lives until
/// the last holder lets go. Recipes hold tensors without a graph.
struct Recipe : torch::CustomClassHolder {
    virtual at::Tensor make() const = 0;
    const at::Tensor &value() {
        if (!made_.defined()) made_ = make();
        return made_;
    }

  private:
    at::Tensor made_;
};

/// The recipe of a tensor, if a node of norms.cpp or pointwise.cpp made it; null otherwise.
c10::intrusive_ptr<Recipe> recipe_of(const at::Tensor &x);
c10::intrusive_ptr<Recipe> norm_recipe_of(const at::Tensor &x);
c10::intrusive_ptr<Recipe> gate_recipe_of(const at::Tensor &x);

inline void keep(torch::autograd::AutogradContext *ctx, c10::intrusive_ptr<Recipe> recipe) {
    ctx->saved_data["recipe"] = c10::IValue::make_capsule(std::move(recipe));
}
/// The kept recipe, which the node lets go.
inline c10::intrusive_ptr<Recipe> released(torch::autograd::AutogradContext *ctx) {
    auto found = ctx->saved_data.find("recipe");
    TORCH_CHECK(found != ctx->saved_data.end(), "this node has gone backward once, and what it kept is gone");
    auto recipe = c10::static_intrusive_pointer_cast<Recipe>(found->second.toCapsule());
    ctx->saved_data.erase(found);
    return recipe;
}

}  // namespace ct
