// Errors, versions, threads, devices, randomness.
#include "support.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Config.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <dlfcn.h>
#include <torch/csrc/api/include/torch/version.h>

namespace ct {

std::atomic<int64_t> live_handles{0};
static thread_local std::string last_error;
static thread_local std::string last_shapes;

static std::string describe(const at::Tensor &t) {
    if (!t.defined()) return "none";
    std::string text = c10::toString(t.scalar_type());
    text += "[";
    for (int64_t i = 0; i < t.dim(); ++i) text += (i ? ", " : "") + std::to_string(t.size(i));
    return text + "]";
}

void set_error(const std::string &message, std::initializer_list<ct_tensor> given) {
    last_error = message;
    last_shapes.clear();
    for (ct_tensor t : given) {
        if (!t) continue;
        if (!last_shapes.empty()) last_shapes += ", ";
        last_shapes += describe(t->value);
    }
}

bool looks_like_memory(const std::string &message) {
    return message.find("can't allocate memory") != std::string::npos || message.find("out of memory") != std::string::npos ||
           message.find("not enough memory") != std::string::npos;
}

static at::Generator generator(int32_t type, int32_t index) {
    return at::globalContext().defaultGenerator(
        c10::Device(static_cast<c10::DeviceType>(type), static_cast<c10::DeviceIndex>(type == 0 ? -1 : index)));
}

}  // namespace ct

extern "C" {

ct_status ct_fail(const char *message) {
    ct::set_error(message, {});
    return CT_FAILED;
}
const char *ct_last_error(void) { return ct::last_error.c_str(); }
const char *ct_last_shapes(void) { return ct::last_shapes.c_str(); }
const char *ct_version(void) { return TORCH_VERSION; }
const char *ct_build_summary(void) {
    static const std::string text = at::show_config();
    return text.c_str();
}
const char *ct_cpu_capability(void) {
    static const std::string text = at::get_cpu_capability();
    return text.c_str();
}
bool ct_has_bfloat16_products(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}
void ct_set_threads(int32_t count) { at::set_num_threads(count); }
int32_t ct_threads(void) { return at::get_num_threads(); }

ct_status ct_load_accelerators(void) {
    return ct::attempt({}, [&] {
#if defined(__linux__)
        // The library registers its kernels when it is loaded. Absence is the normal answer of a CPU build.
        static void *library = dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL);
        (void)library;
#endif
    });
}
bool ct_has_cuda(void) { return at::hasCUDA(); }
bool ct_has_mps(void) { return at::hasMPS(); }
int32_t ct_cuda_count(void) {
    if (!at::hasCUDA()) return 0;
    const auto *guard = c10::impl::device_guard_impl_registry[static_cast<size_t>(c10::DeviceType::CUDA)].load();
    return guard ? guard->deviceCount() : 0;
}
ct_status ct_synchronize(int32_t type, int32_t index) {
    return ct::attempt({}, [&] {
        if (type == 0) return;
        const auto *guard = c10::impl::getDeviceGuardImpl(static_cast<c10::DeviceType>(type));
        guard->synchronizeDevice(static_cast<c10::DeviceIndex>(index));
    });
}
ct_status ct_device_memory(int32_t type, int32_t index, int64_t *allocated, int64_t *peak) {
    return ct::attempt({}, [&] {
        *allocated = 0;
        *peak = 0;
        if (type == 0) return;
        auto stats = at::getDeviceAllocator(static_cast<c10::DeviceType>(type))->getDeviceStats(static_cast<c10::DeviceIndex>(index));
        *allocated = stats.allocated_bytes[0].current;
        *peak = stats.allocated_bytes[0].peak;
    });
}
int64_t ct_live_handles(void) { return ct::live_handles.load(); }

ct_status ct_seed(uint64_t seed) {
    return ct::attempt({}, [&] { at::manual_seed(seed); });
}
ct_status ct_random_state(int32_t type, int32_t index, ct_tensor *out) {
    return ct::attempt({}, [&] {
        auto source = ct::generator(type, index);
        std::lock_guard<std::mutex> lock(source.mutex());
        *out = ct::own(source.get_state());
    });
}
ct_status ct_set_random_state(int32_t type, int32_t index, ct_tensor state) {
    return ct::attempt({state}, [&] {
        auto source = ct::generator(type, index);
        std::lock_guard<std::mutex> lock(source.mutex());
        source.set_state(state->value);
    });
}

}  // extern "C"
