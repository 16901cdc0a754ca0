// libtorch's thread pool for code that is compiled without OpenMP.
#pragma once

#include <cstdint>
#include <exception>

extern "C" {
// Exported by libtorch 2.10 and newer (torch/csrc/stable/c/shim.h); declared here because that header guards it by a feature macro.
int32_t torch_parallel_for(int64_t begin, int64_t end, int64_t grain_size, void (*func)(int64_t, int64_t, void *), void *ctx);
}

namespace ct {

/// Calls `body(begin, end)` on disjoint ranges that cover 0 ..< count; `body` must not throw.
template <typename Body>
void parallel(int64_t count, int64_t grain, const Body &body) {
    auto call = [](int64_t begin, int64_t end, void *context) { (*static_cast<const Body *>(context))(begin, end); };
    if (torch_parallel_for(0, count, grain, call, const_cast<void *>(static_cast<const void *>(&body))) != 0) std::terminate();
}

}  // namespace ct
