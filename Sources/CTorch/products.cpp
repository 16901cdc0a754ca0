// Products with a weight: oneDNN's where it is fastest, one pass over the matrix for few rows; and the recipes of operands.
#include "nodes.h"
#include "parallel.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <cstdlib>

namespace {

// oneDNN, and libtorch in front of it, keep the code of every size of a product that they have met: 1,024 by default, close to 1 MB each in
// bfloat16. Rows without padding have many sizes: training a Llama of 260 thousand parameters took 1.0 GB with them, 0.4 GB with 128, in no
// more time. Both variables are read once, at the first product; who sets one keeps the last word.
[[maybe_unused]] const int code_kept =
    setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128", 0) + setenv("LRU_CACHE_CAPACITY", "128", 0);

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

/// Few rows: the time is that of reading the matrix once, so it is read as it lies and by all threads.
bool is_few(const at::Tensor &x, const at::Tensor &w, const std::optional<at::Tensor> &b) {
    if (x.dim() != 2 || x.size(0) == 0 || !ct::has_rows(x) || !w.is_cpu() || w.scalar_type() != x.scalar_type()) return false;
    if (w.size(0) == 0 || w.size(1) == 0 || (w.stride(1) != 1 && w.stride(0) != 1)) return false;
    if (b && (b->scalar_type() != x.scalar_type() || !b->is_contiguous())) return false;
    return x.size(0) <= (w.stride(1) == 1 ? ct::few_rows : ct::few_turned_rows);
}

/// One pass over each matrix, shared out by outputs.
std::vector<at::Tensor> few(const at::Tensor &x, const std::vector<at::Tensor> &weights, const std::vector<std::optional<at::Tensor>> &biases) {
    std::vector<at::Tensor> results;
    std::vector<ct::FewCall> calls;
    std::vector<int64_t> ends;
    for (size_t i = 0; i < weights.size(); ++i) {
        const at::Tensor &w = weights[i];
        const bool turned = w.stride(1) != 1;
        results.push_back(at::empty({x.size(0), w.size(0)}, x.options()));
        calls.push_back({x.const_data_ptr(), w.const_data_ptr(), biases[i] ? biases[i]->const_data_ptr() : nullptr, results.back().mutable_data_ptr(),
                         x.size(0), w.size(1), w.size(0), x.stride(0), turned ? w.stride(1) : w.stride(0), turned});
        ends.push_back((ends.empty() ? 0 : ends.back()) + w.size(0));
    }
    const auto &kernels = ct::rows_of(x);
    ct::parallel(ends.back(), std::max<int64_t>(16, 65536 / x.size(1)), [&](int64_t first, int64_t last) {
        for (size_t i = 0; i < calls.size(); ++i) {
            const int64_t begin = i == 0 ? 0 : ends[i - 1], a = std::max(first, begin), b = std::min(last, ends[i]);
            if (a < b) kernels.few(calls[i], a - begin, b - begin);
        }
    });
    return results;
}

}  // namespace

at::Tensor ct::product(const at::Tensor &x, const at::Tensor &w, const std::optional<at::Tensor> &b) {
    if (is_few(x, w, b)) return few(x, {w}, {b})[0];
    // In float32 on CPU oneDNN's product is faster than MKL's on the processors measured (Benchmarks/README.md).
    if (x.is_cpu() && x.scalar_type() == at::kFloat && w.scalar_type() == at::kFloat && x.dim() == 2 && x.size(0) > 0 && onednn_linear())
        return onednn_linear()->call(x, w, b, "none", c10::List<std::optional<at::Scalar>>(), "");
    return at::linear(x, w, b);
}

std::vector<at::Tensor> ct::products(const at::Tensor &x, const std::vector<at::Tensor> &weights, const std::vector<std::optional<at::Tensor>> &biases) {
    bool all = true;
    for (size_t i = 0; i < weights.size(); ++i) all = all && is_few(x, weights[i], biases[i]);
    if (all) return few(x, weights, biases);
    std::vector<at::Tensor> results;
    for (size_t i = 0; i < weights.size(); ++i) results.push_back(product(x, weights[i], biases[i]));
    return results;
}

c10::intrusive_ptr<ct::Recipe> ct::recipe_of(const at::Tensor &x) {
    if (!x.grad_fn()) return {};
    auto found = norm_recipe_of(x);
    return found ? found : gate_recipe_of(x);
}
