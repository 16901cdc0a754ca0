// The memory of CPU tensors: large blocks come from the system, and are kept for the next tensor of about their size.
//
// A training step makes and drops the same few hundred tensors again and again. The system's allocator either gives large blocks back, and
// every step pays for fresh pages, or keeps them in a heap that breaks into pieces. Here a block that is dropped waits in a list of its size;
// blocks that wait are given back, the longest waiting first, before more memory is taken than the most that was ever in use and a tenth.
#include "support.h"

#include <c10/core/CPUAllocator.h>

#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <unordered_map>

#include <sys/mman.h>

namespace {

constexpr size_t smallest = size_t{1} << 16;  // below this the system's allocator is good
constexpr size_t page = 4096;
constexpr size_t slack = size_t{32} << 20;

struct Waiting {
    void *memory;
    uint64_t since;
};

class Blocks {
  public:
    static Blocks &shared() {
        static auto *blocks = new Blocks();  // never destroyed: tensors may outlive every static
        return *blocks;
    }

    void *take(size_t bytes) {
        const size_t size = rounded(bytes);
        std::lock_guard lock(mutex_);
        void *memory = waiting(size);
        const size_t given = memory ? sizes_[memory] : size;
        if (!memory) {
            const size_t most = std::max(most_used_, used_ + size);
            give_back_until(most + most / 10 + slack, size);
            memory = map(size);
            if (!memory) {
                give_back_until(0, 0);
                memory = map(size);
            }
            TORCH_CHECK(memory, "DefaultCPUAllocator: not enough memory: you tried to allocate ", bytes, " bytes.");
            sizes_[memory] = size;
            mapped_ += size;
        }
        used_ += given;
        most_used_ = std::max(most_used_, used_);
        return memory;
    }

    /// False if the memory is not of these blocks.
    bool drop(void *memory) {
        std::lock_guard lock(mutex_);
        const auto found = sizes_.find(memory);
        if (found == sizes_.end()) return false;
        used_ -= found->second;
        waiting_[found->second].push_back({memory, ++clock_});
        return true;
    }

    void give_all_back() {
        std::lock_guard lock(mutex_);
        give_back_until(0, 0);
        most_used_ = used_;
    }

    void count(int64_t &used, int64_t &most) {
        std::lock_guard lock(mutex_);
        used = static_cast<int64_t>(used_), most = static_cast<int64_t>(most_used_);
    }

  private:
    std::mutex mutex_;
    std::unordered_map<void *, size_t> sizes_;
    std::map<size_t, std::deque<Waiting>> waiting_;
    size_t used_ = 0, most_used_ = 0, mapped_ = 0;
    uint64_t clock_ = 0;

    /// Eight sizes between a power of two and the next, whole pages: at most an eighth is unused, and unused pages are never touched.
    static size_t rounded(size_t bytes) {
        const int bits = 63 - __builtin_clzll(bytes | 1);
        const size_t step = std::max(page, size_t{1} << (bits > 3 ? bits - 3 : 0));
        return (bytes + step - 1) / step * step;
    }

    /// The block of this size that was dropped last, or one a little larger.
    void *waiting(size_t size) {
        for (auto found = waiting_.lower_bound(size); found != waiting_.end() && found->first <= size + size / 4; ++found) {
            if (found->second.empty()) continue;
            void *memory = found->second.back().memory;
            found->second.pop_back();
            return memory;
        }
        return nullptr;
    }

    /// Unmaps blocks that wait, the oldest first, until `more` bytes fit below the limit.
    void give_back_until(size_t limit, size_t more) {
        while (mapped_ + more > limit) {
            auto oldest = waiting_.end();
            for (auto at = waiting_.begin(); at != waiting_.end(); ++at)
                if (!at->second.empty() && (oldest == waiting_.end() || at->second.front().since < oldest->second.front().since)) oldest = at;
            if (oldest == waiting_.end()) return;
            void *memory = oldest->second.front().memory;
            oldest->second.pop_front();
            mapped_ -= oldest->first;
            sizes_.erase(memory);
            munmap(memory, oldest->first);
        }
    }

    static void *map(size_t size) {
        void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return memory == MAP_FAILED ? nullptr : memory;
    }
};

struct Allocator : c10::Allocator {
    c10::DataPtr allocate(size_t bytes) override {
        void *memory = nullptr;
        if (bytes >= smallest)
            memory = Blocks::shared().take(bytes);
        else if (bytes > 0)
            TORCH_CHECK(posix_memalign(&memory, 64, bytes) == 0, "DefaultCPUAllocator: not enough memory: you tried to allocate ", bytes, " bytes.");
        return {memory, memory, &drop, c10::Device(c10::kCPU)};
    }
    c10::DeleterFnPtr raw_deleter() const override { return &drop; }
    void copy_data(void *to, const void *from, size_t count) const override { std::memcpy(to, from, count); }

    /// Blocks begin a page; what does not is the system allocator's.
    static void drop(void *memory) {
        if (reinterpret_cast<uintptr_t>(memory) % page == 0 && memory && Blocks::shared().drop(memory)) return;
        std::free(memory);
    }
};

Allocator allocator;
const bool installed = [] {
    c10::SetCPUAllocator(&allocator, 1);
    return true;
}();

}  // namespace

extern "C" {

void ct_release_cached_memory(void) { Blocks::shared().give_all_back(); }
void ct_cpu_memory(int64_t *used, int64_t *most) { Blocks::shared().count(*used, *most); }

}  // extern "C"
