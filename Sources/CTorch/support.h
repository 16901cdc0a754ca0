// Shared by the C++ files of CTorch: handles, and the one place where exceptions become status codes.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/variable.h>

#include <atomic>
#include <initializer_list>
#include <string>

#include "include/ctorch.h"

struct ct_tensor_s {
    at::Tensor value;
};

namespace ct {

extern std::atomic<int64_t> live_handles;

void set_error(const std::string &message, std::initializer_list<ct_tensor> given);
bool looks_like_memory(const std::string &message);

inline ct_tensor own(at::Tensor value) {
    live_handles.fetch_add(1, std::memory_order_relaxed);
    return new ct_tensor_s{std::move(value)};
}

inline std::optional<at::Tensor> optional(ct_tensor t) {
    return t ? std::optional<at::Tensor>(t->value) : std::nullopt;
}

inline at::TensorOptions options(int32_t dtype, int32_t device_type = 0, int32_t device_index = -1) {
    return at::TensorOptions()
        .dtype(static_cast<c10::ScalarType>(dtype))
        .device(c10::Device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index)));
}

inline at::IntArrayRef span(const int64_t *shape, int32_t rank) { return at::IntArrayRef(shape, static_cast<size_t>(rank)); }

template <typename Body>
ct_status attempt(std::initializer_list<ct_tensor> given, Body &&body) {
    try {
        body();
        return CT_OK;
    } catch (const c10::OutOfMemoryError &error) {
        set_error(error.what_without_backtrace(), given);
        return CT_OUT_OF_MEMORY;
    } catch (const c10::Error &error) {
        std::string message = error.what_without_backtrace();
        set_error(message, given);
        return looks_like_memory(message) ? CT_OUT_OF_MEMORY : CT_FAILED;
    } catch (const std::bad_alloc &) {
        set_error("the system has no memory left", given);
        return CT_OUT_OF_MEMORY;
    } catch (const std::exception &error) {
        set_error(error.what(), given);
        return CT_FAILED;
    } catch (...) {
        set_error("an unknown C++ exception", given);
        return CT_FAILED;
    }
}

/// residual + dropout(x), or dropout(x) for an undefined residual: the same pattern for the same seed and shape. No gradient.
at::Tensor dropped(const at::Tensor &x, const at::Tensor &residual, double p, uint64_t seed);

}  // namespace ct
