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
    return x.dim() == 2 && x.size(0) > 0 && x.size(0) <= ct::few_rows && ct::has_rows(x) && w.is_cpu() && w.scalar_type() == x.scalar_type() &&
           w.size(0) > 0 && w.size(1) > 0 && (w.stride(1) == 1 || w.stride(0) == 1) && (!b || (b->scalar_type() == x.scalar_type() && b->is_contiguous()));
}

at::Tensor few(const at::Tensor &x, const at::Tensor &w, const std::optional<at::Tensor> &b) {
    at::Tensor y = at::empty({x.size(0), w.size(0)}, x.options());
    const bool turned = w.stride(1) != 1;
    const ct::FewCall call{x.const_data_ptr(), w.const_data_ptr(), b ? b->const_data_ptr() : nullptr, y.mutable_data_ptr(), x.size(0), w.size(1), w.size(0),
                           x.stride(0), turned ? w.stride(1) : w.stride(0), turned};
    ct::parallel(w.size(0), std::max<int64_t>(16, 65536 / w.size(1)), [&](int64_t a, int64_t b) { ct::rows_of(x).few(call, a, b); });
    return y;
}

}  // namespace

at::Tensor ct::product(const at::Tensor &x, const at::Tensor &w, const std::optional<at::Tensor> &b) {
    if (is_few(x, w, b)) return few(x, w, b);
    // In float32 on CPU oneDNN's product is faster than MKL's on the processors measured (Benchmarks/README.md).
    if (x.is_cpu() && x.scalar_type() == at::kFloat && w.scalar_type() == at::kFloat && x.dim() == 2 && x.size(0) > 0 && onednn_linear())
        return onednn_linear()->call(x, w, b, "none", c10::List<std::optional<at::Scalar>>(), "");
    return at::linear(x, w, b);
}

c10::intrusive_ptr<ct::Recipe> ct::recipe_of(const at::Tensor &x) {
    if (!x.grad_fn()) return {};
    auto found = norm_recipe_of(x);
    return found ? found : gate_recipe_of(x);
}
