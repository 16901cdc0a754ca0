// Attention over documents of flat batches: grouped heads, caches, windows, soft caps, relative biases; and its twin of plain operations.
#include "attention_kernels.h"
#include "parallel.h"
#include "support.h"

#include <ATen/Parallel.h>

using ct::attempt;
using ct::own;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

// MARK: Operands

struct Operands {
    at::Tensor q, k, v, q_starts, q_lengths, k_starts, k_lengths;
    int64_t longest_q, longest_k;
    std::optional<at::Tensor> bias;
    ct_attention_settings s;
    int64_t width() const { return q.size(1) / s.heads; }
    /// R of a bias [H, 2R - 1].
    int64_t reach() const { return bias ? (bias->size(1) + 1) / 2 : 0; }
};

void check_documents(const char *name, const at::Tensor &starts, const at::Tensor &lengths, int64_t rows, int64_t longest) {
    TORCH_CHECK(starts.scalar_type() == at::kInt && lengths.scalar_type() == at::kInt && starts.dim() == 1 && starts.sizes() == lengths.sizes(),
                "starts and lengths of each ", name, " are int32 of one shape");
    if (!starts.is_cpu() || !lengths.is_cpu()) return;
    const int32_t *start = starts.const_data_ptr<int32_t>(), *length = lengths.const_data_ptr<int32_t>();
    for (int64_t i = 0; i < starts.numel(); ++i) {
        TORCH_CHECK(start[i] >= 0 && length[i] >= 0 && int64_t(start[i]) + length[i] <= rows, name, " ", i, " starts at row ", start[i], " and has ",
                    length[i], " rows; there are ", rows);
        TORCH_CHECK(length[i] <= longest, name, " ", i, " has ", length[i], " rows; the longest is said to have ", longest);
    }
}

void check(const Operands &o) {
    const auto &s = o.s;
    TORCH_CHECK(s.heads > 0 && s.kv_heads > 0 && s.heads % s.kv_heads == 0, s.heads, " query heads cannot share ", s.kv_heads, " key heads evenly");
    TORCH_CHECK(o.q.dim() == 2 && o.k.dim() == 2 && o.v.sizes() == o.k.sizes(), "attention takes q [N, H·K] and k, v [M, G·K], not ", o.q.sizes(),
                ", ", o.k.sizes(), ", ", o.v.sizes());
    TORCH_CHECK(o.q.size(1) % s.heads == 0, "width ", o.q.size(1), " is not a multiple of ", s.heads, " heads");
    TORCH_CHECK(o.k.size(1) == o.width() * s.kv_heads, "keys of ", s.kv_heads, " heads of width ", o.width(), " are ", o.width() * s.kv_heads,
                " wide, not ", o.k.size(1));
    TORCH_CHECK(o.k.scalar_type() == o.q.scalar_type() && o.v.scalar_type() == o.q.scalar_type(), "attention takes q, k, v of one element type, not ",
                o.q.scalar_type(), ", ", o.k.scalar_type(), ", ", o.v.scalar_type());
    TORCH_CHECK(s.dropout >= 0 && s.dropout < 1, "a dropout probability is 0 ..< 1, not ", s.dropout);
    TORCH_CHECK(s.softcap >= 0 && s.window >= 0, "a soft cap and a window are positive, or 0 for none, not ", s.softcap, " and ", s.window);
    TORCH_CHECK(o.q_starts.numel() == o.k_starts.numel(), "there are ", o.q_starts.numel(), " documents of queries and ", o.k_starts.numel(), " of keys");
    check_documents("document", o.q_starts, o.q_lengths, o.q.size(0), o.longest_q);
    check_documents("key document", o.k_starts, o.k_lengths, o.k.size(0), o.longest_k);
    if (!o.bias) return;
    TORCH_CHECK(o.bias->dim() == 2 && o.bias->size(0) == s.heads && o.bias->size(1) % 2 == 1, "a relative bias is [", s.heads, ", 2R - 1], not ",
                o.bias->sizes());
    TORCH_CHECK(o.bias->scalar_type() == at::kFloat, "a relative bias is float32, not ", o.bias->scalar_type());
    TORCH_CHECK(std::max(o.longest_q, o.longest_k) <= o.reach(), "a relative bias of ", o.bias->size(1), " columns reaches ", o.reach(),
                " places; the longest document has ", std::max(o.longest_q, o.longest_k));
}

// MARK: The twin

uint64_t mixed(uint64_t z) {
    z += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

/// 0 or 1 / (1 - p) for each weight [B, H, Tq, Tk]: the numbers that the kernels draw, by integer operations of any device.
at::Tensor pattern(const Operands &o, const at::Tensor &rows, int64_t documents, at::ScalarType type) {
    const int64_t N = o.q.size(0), H = o.s.heads;
    at::Tensor bases = at::empty({N, H}, at::kLong);
    for (int64_t i = 0; i < N * H; ++i)
        bases.mutable_data_ptr<int64_t>()[i] = static_cast<uint32_t>(mixed(o.s.seed + static_cast<uint64_t>(i) * 0xD1342543DE82EF95ull));
    const int64_t whole = 0xFFFFFFFFll;
    at::Tensor base = bases.to(o.q.device()).index_select(0, rows.reshape(-1)).view({documents, o.longest_q, H}).transpose(1, 2).unsqueeze(-1);
    at::Tensor h = (base + at::arange(o.longest_k, base.options()) * 0x9E3779B9ll).bitwise_and_(whole);
    h.bitwise_xor_(h.bitwise_right_shift(16)).mul_(0x7FEB352Dll).bitwise_and_(whole);
    h.bitwise_xor_(h.bitwise_right_shift(15)).mul_(0x846CA68Bll).bitwise_and_(whole);
    h.bitwise_xor_(h.bitwise_right_shift(16));
    const float p = static_cast<float>(o.s.dropout);
    const auto threshold = static_cast<int64_t>(static_cast<uint32_t>(static_cast<double>(p) * 4294967296.0));
    return h.ge(threshold).to(type).mul_(1 / (1 - static_cast<double>(p)));
}

/// For every device: documents are laid side by side in a padded block, masked, and multiplied by plain operations.
/// Half-width operands are widened on the CPU, so that sums and probabilities are float32 as in the kernels.
at::Tensor padded(const Operands &o) {
    const auto &s = o.s;
    const auto longs = at::TensorOptions().dtype(at::kLong).device(o.q.device());
    const int64_t B = o.q_starts.numel(), H = s.heads, G = s.kv_heads, K = o.width(), Tq = o.longest_q, Tk = o.longest_k;
    const bool half = o.q.scalar_type() == at::kBFloat16 || o.q.scalar_type() == at::kHalf;
    const at::ScalarType exact = half ? at::kFloat : o.q.scalar_type(), inner = half && o.q.is_cpu() ? at::kFloat : o.q.scalar_type();
    at::Tensor zero = at::zeros({1}, longs), column_q = at::arange(Tq, longs), column_k = at::arange(Tk, longs);
    at::Tensor length_q = o.q_lengths.to(longs), length_k = o.k_lengths.to(longs);
    at::Tensor real_q = column_q.unsqueeze(0) < length_q.unsqueeze(1), real_k = column_k.unsqueeze(0) < length_k.unsqueeze(1);  // [B, T]
    at::Tensor index_q = at::where(real_q, o.q_starts.to(longs).unsqueeze(1) + column_q, zero);
    at::Tensor index_k = at::where(real_k, o.k_starts.to(longs).unsqueeze(1) + column_k, zero);
    if (B * Tq * Tk == 0 || o.k.size(0) == 0) return at::zeros_like(o.q) + 0 * (o.q.sum() + o.k.sum() + o.v.sum());
    auto gathered = [&](const at::Tensor &x, const at::Tensor &index, const at::Tensor &real, int64_t heads) {
        at::Tensor rows = x.index_select(0, index.reshape(-1)).to(inner).masked_fill(real.logical_not().view({-1, 1}), 0);
        return rows.view({B, real.size(1), G, heads / G, K}).permute({0, 2, 3, 1, 4});  // [B, G, heads / G, T, K]
    };
    at::Tensor ahead = column_k.view({1, 1, Tk}) - (column_q.view({1, Tq, 1}) + (length_k - length_q).view({B, 1, 1}));  // place_k - place_q
    at::Tensor seen = real_q.unsqueeze(2) & real_k.unsqueeze(1);                                                         // [B, Tq, Tk]
    if (s.causal) seen = seen & ahead.le(0);
    if (s.window > 0) seen = seen & (s.causal ? ahead.gt(-s.window) : ahead.abs().le(s.window));
    at::Tensor scores = at::matmul(gathered(o.q, index_q, real_q, H), gathered(o.k, index_k, real_k, G).transpose(-1, -2)).to(exact).mul(s.scale);
    if (s.softcap > 0) scores = scores.div(s.softcap).tanh().mul(s.softcap);
    scores = scores.reshape({B, H, Tq, Tk});
    if (o.bias) {
        at::Tensor place = (ahead + (o.reach() - 1)).clamp(0, o.bias->size(1) - 1);
        scores = scores + o.bias->to(exact).index_select(1, place.reshape(-1)).view({H, B, Tq, Tk}).transpose(0, 1);
    }
    at::Tensor hidden = seen.logical_not().unsqueeze(1);
    at::Tensor weights = at::softmax(scores.masked_fill(hidden, -INFINITY), -1).masked_fill(hidden, 0);
    if (s.dropout > 0) weights = weights * pattern(o, index_q, B, exact);
    at::Tensor mixed = at::matmul(weights.to(inner).view({B, G, H / G, Tq, Tk}), gathered(o.v, index_k, real_k, G));  // [B, G, H / G, Tq, K]
    mixed = mixed.permute({0, 3, 1, 2, 4}).reshape({B * Tq, H * K}).to(o.q.scalar_type());
    at::Tensor rows = real_q.reshape(-1).nonzero().squeeze(1);
    return at::zeros({o.q.size(0), o.q.size(1)}, o.q.options()).index_add(0, index_q.reshape(-1).index_select(0, rows), mixed.index_select(0, rows));
}

// MARK: The node

bool has_kernel(const Operands &o) {
    auto lined = [](const at::Tensor &t) { return t.stride(1) == 1 || t.size(1) == 1; };
    for (const auto &t : {o.q, o.q_starts, o.q_lengths, o.k_starts, o.k_lengths})
        if (!t.is_cpu()) return false;
    if (o.bias && !o.bias->is_cpu()) return false;
    return (o.q.scalar_type() == at::kFloat || o.q.scalar_type() == at::kBFloat16) && lined(o.q) && lined(o.k) && lined(o.v);
}

/// Sizes and addresses of one call, and what they point to.
struct Prepared {
    ct::AttentionCall call{};
    at::Tensor starts[4], ahead, behind;
    double work = 0;  // multiplications of one product

    explicit Prepared(const Operands &o) {
        const auto &s = o.s;
        int index = 0;
        for (const auto &t : {o.q_starts, o.q_lengths, o.k_starts, o.k_lengths}) starts[index++] = t.contiguous();
        call.q = o.q.const_data_ptr(), call.k = o.k.const_data_ptr(), call.v = o.v.const_data_ptr();
        call.q_stride = o.q.stride(0), call.k_stride = o.k.stride(0), call.v_stride = o.v.stride(0);
        call.q_starts = starts[0].const_data_ptr<int32_t>(), call.q_lengths = starts[1].const_data_ptr<int32_t>();
        call.k_starts = starts[2].const_data_ptr<int32_t>(), call.k_lengths = starts[3].const_data_ptr<int32_t>();
        call.documents = o.q_starts.numel(), call.rows = o.q.size(0), call.heads = s.heads, call.kv_heads = s.kv_heads, call.width = o.width();
        call.key_rows = o.k.size(0);
        call.scale = static_cast<float>(s.scale), call.softcap = static_cast<float>(s.softcap), call.dropout = static_cast<float>(s.dropout);
        call.seed = s.seed;
        call.low = s.causal ? 0 : s.window > 0 ? -s.window : -ct::attention_far;
        call.high = s.window == 0 ? ct::attention_far : s.causal ? s.window - 1 : s.window;
        if (o.bias) {
            ahead = at::constant_pad_nd(*o.bias, {0, ct::attention_block}), behind = at::constant_pad_nd(o.bias->flip(1), {0, ct::attention_block});
            call.ahead = ahead.const_data_ptr<float>(), call.behind = behind.const_data_ptr<float>();
            call.bias_stride = ahead.stride(0), call.reach = o.reach();
        }
        for (int64_t d = 0; d < call.documents; ++d) work += static_cast<double>(call.q_lengths[d]) * call.k_lengths[d] * s.heads * o.width();
    }
    Prepared(const Prepared &) = delete;
};

/// Every thread takes the next tasks until none is left: tasks write to places of their own, so results do not depend on who runs them.
void run(const ct::AttentionCall &call, const std::vector<ct::AttentionTask> &tasks, ct::AttentionKernels::Kernel kernel, double work) {
    const auto count = static_cast<int64_t>(tasks.size());
    const int64_t threads = work < 1e5 || at::in_parallel_region() ? 1 : std::min<int64_t>(count, at::get_num_threads());
    if (threads <= 1) {
        for (const auto &task : tasks) kernel(call, task);
        return;
    }
    std::atomic<int64_t> next{0};
    const int64_t batch = std::max<int64_t>(1, count / (threads * 16));
    ct::parallel(threads, 1, [&](int64_t, int64_t) {
        for (int64_t first; (first = next.fetch_add(batch, std::memory_order_relaxed)) < count;)
            for (int64_t i = first; i < std::min(first + batch, count); ++i) kernel(call, tasks[static_cast<size_t>(i)]);
    });
}

/// A document with few queries for its keys reads them once for all its heads, in chunks.
bool is_few(int64_t queries, int64_t keys) { return queries > 0 && queries <= 8 && keys >= 64 && keys >= 4 * queries; }

/// Joins the chunks of a document's keys.
template <typename T>
void join(const ct::AttentionCall &s, int64_t document, int64_t head, int64_t heads, const float *parts, int64_t wide, T *out) {
    const int64_t queries = s.q_lengths[document], chunks = (s.k_lengths[document] + ct::attention_chunk - 1) / ct::attention_chunk;
    const int64_t rows = heads * queries, size = 2 + wide;
    for (int64_t r = 0; r < rows; ++r) {
        float most = -1e30f, sum = 0;
        for (int64_t c = 0; c < chunks; ++c) most = std::max(most, parts[(c * rows + r) * size + 1]);
        std::vector<float> mixed(static_cast<size_t>(s.width), 0.0f);
        for (int64_t c = 0; c < chunks; ++c) {
            const float *part = parts + (c * rows + r) * size, factor = std::exp(part[1] - most);
            sum += part[0] * factor;
            for (int64_t w = 0; w < s.width; ++w) mixed[static_cast<size_t>(w)] += part[2 + w] * factor;
        }
        const int64_t row = s.q_starts[document] + r % queries, h = head + r / queries;
        const float inverse = sum == 0 ? 0.0f : 1.0f / sum;
        for (int64_t w = 0; w < s.width; ++w) out[(row * s.heads + h) * s.width + w] = T(mixed[static_cast<size_t>(w)] * inverse);
        if (s.sums) s.sums[h * s.rows + row] = sum == 0 ? INFINITY : most + std::log(sum);
    }
}

/// The value; fills `sums` [H, N] where it is defined.
at::Tensor computed(const Operands &o, at::Tensor &sums) {
    Prepared p(o);
    auto &call = p.call;
    at::Tensor out = at::zeros({o.q.size(0), o.q.size(1)}, o.q.options());
    call.out = out.mutable_data_ptr();
    call.sums = sums.defined() ? sums.mutable_data_ptr<float>() : nullptr;
    const int64_t share = call.heads / call.kv_heads, limit = (share + ct::attention_heads - 1) / ct::attention_heads;
    const int64_t together = (share + limit - 1) / limit, wide = (call.width + 15) / 16 * 16;
    std::vector<ct::AttentionTask> blocks, chunks;
    int64_t parts = 0;
    double few_work = 0;
    for (int64_t first = (std::max<int64_t>(o.longest_q, 1) - 1) / ct::attention_block * ct::attention_block; first >= 0; first -= ct::attention_block)
        for (int64_t d = 0; d < call.documents; ++d) {
            const int64_t queries = call.q_lengths[d], keys = call.k_lengths[d];
            if (first >= queries || is_few(queries, keys)) continue;
            for (int64_t g = 0; g < call.kv_heads; ++g)
                for (int64_t h = 0; h < share; h += together)
                    blocks.push_back({static_cast<int32_t>(d), static_cast<int32_t>(g * share + h), static_cast<int32_t>(std::min(together, share - h)),
                                      static_cast<int32_t>(first), 0});
        }
    for (int64_t d = 0; d < call.documents; ++d) {
        const int64_t queries = call.q_lengths[d], keys = call.k_lengths[d];
        if (!is_few(queries, keys)) continue;
        few_work += static_cast<double>(queries * keys * call.heads * call.width);
        for (int64_t g = 0; g < call.kv_heads; ++g)
            for (int64_t first = 0; first < keys; first += ct::attention_chunk) {
                chunks.push_back({static_cast<int32_t>(d), static_cast<int32_t>(g * share), static_cast<int32_t>(share), static_cast<int32_t>(first), parts});
                parts += share * queries * (2 + wide);
            }
    }
    const bool half = o.q.scalar_type() == at::kBFloat16;
    const auto kernels = ct::attention_kernels(half);
    run(call, blocks, kernels.forward, p.work - few_work);
    if (chunks.empty()) return out;
    at::Tensor room = at::empty({parts}, at::kFloat);
    call.parts = room.mutable_data_ptr<float>();
    run(call, chunks, kernels.few, few_work);
    for (const auto &task : chunks) {
        if (task.first != 0) continue;
        const float *from = call.parts + task.part;
        if (half)
            join(call, task.document, task.head, task.heads, from, wide, out.mutable_data_ptr<at::BFloat16>());
        else
            join(call, task.document, task.head, task.heads, from, wide, out.mutable_data_ptr<float>());
    }
    return out;
}

struct GroupedAttention : torch::autograd::Function<GroupedAttention> {
    static at::Tensor forward(AutogradContext *ctx, const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &q_starts,
                              const at::Tensor &q_lengths, const at::Tensor &k_starts, const at::Tensor &k_lengths,
                              const std::optional<at::Tensor> &bias, int64_t longest_q, int64_t longest_k, const ct_attention_settings &s) {
        at::Tensor sums = at::empty({s.heads, q.size(0)}, at::kFloat);
        at::Tensor out = computed({q, k, v, q_starts, q_lengths, k_starts, k_lengths, longest_q, longest_k, bias, s}, sums);
        ctx->save_for_backward({q, k, v, q_starts, q_lengths, k_starts, k_lengths, bias.value_or(at::Tensor()), sums, out});
        ctx->saved_data["longest"] = std::vector<int64_t>{longest_q, longest_k};
        ctx->saved_data["whole"] = std::vector<int64_t>{s.heads, s.kv_heads, static_cast<int64_t>(s.seed), s.causal, s.window};
        ctx->saved_data["real"] = std::vector<double>{s.scale, s.softcap, s.dropout};
        return out;
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads) {
        TORCH_CHECK(!at::GradMode::is_enabled(), "a second derivative of this node is not supported");
        auto saved = ctx->get_saved_variables();
        const auto longest = ctx->saved_data["longest"].toIntVector(), whole = ctx->saved_data["whole"].toIntVector();
        const auto real = ctx->saved_data["real"].toDoubleVector();
        const ct_attention_settings s{whole[0], whole[1], real[0], real[1], real[2], static_cast<uint64_t>(whole[2]), whole[3] != 0, whole[4]};
        const Operands o{saved[0], saved[1], saved[2], saved[3], saved[4], saved[5], saved[6], longest[0], longest[1],
                         saved[7].defined() ? std::optional<at::Tensor>(saved[7]) : std::nullopt, s};
        Prepared p(o);
        auto &call = p.call;
        const at::Tensor dout = grads[0].contiguous(), &sums = saved[8], &out = saved[9];
        const int64_t M = o.k.size(0), G = s.kv_heads, share = s.heads / G;
        // Few long documents: each query head collects the gradients of its keys by itself, and heads are added afterwards.
        call.split = share > 1 && call.documents * G < 32;
        const auto wide = call.split ? at::TensorOptions(at::kFloat) : o.k.options();
        const auto shape = call.split ? std::vector<int64_t>{s.heads, M, o.width()} : std::vector<int64_t>{M, o.k.size(1)};
        at::Tensor dq = at::zeros({o.q.size(0), o.q.size(1)}, o.q.options()), dk = at::zeros(shape, wide), dv = at::zeros(shape, wide), dbias, parts;
        call.out = const_cast<void *>(out.const_data_ptr()), call.sums = const_cast<float *>(sums.const_data_ptr<float>());
        call.dout = dout.const_data_ptr(), call.dout_stride = dout.stride(0);
        call.dq = dq.mutable_data_ptr(), call.dk = dk.mutable_data_ptr(), call.dv = dv.mutable_data_ptr();
        if (o.bias && ctx->needs_input_grad(7)) {
            call.dbias_stride = o.longest_q + o.longest_k + 2 * ct::attention_block;
            parts = at::zeros({call.documents, s.heads, call.dbias_stride}, at::kFloat);
            call.dbias = parts.mutable_data_ptr<float>();
        }
        std::vector<ct::AttentionTask> tasks;
        const int64_t together = call.split ? 1 : share;
        for (int64_t d = 0; d < call.documents; ++d)
            for (int64_t h = 0; h < s.heads && call.q_lengths[d] > 0 && call.k_lengths[d] > 0; h += together)
                tasks.push_back({static_cast<int32_t>(d), static_cast<int32_t>(h), static_cast<int32_t>(together), 0, 0});
        run(call, tasks, ct::attention_kernels(o.q.scalar_type() == at::kBFloat16).backward, p.work);
        if (call.split) dk = joined(dk, G).to(o.k.scalar_type()), dv = joined(dv, G).to(o.k.scalar_type());
        if (call.dbias) dbias = collected(call, parts, *o.bias);
        at::Tensor none;
        return {dq, dk, dv, none, none, none, none, dbias, none, none, none};
    }
    /// [H, M, K] → [M, G·K]: sums over the heads of a group, in their order.
    static at::Tensor joined(const at::Tensor &x, int64_t groups) {
        at::Tensor grouped = x.view({groups, x.size(0) / groups, x.size(1), x.size(2)}), sum = grouped.select(1, 0).clone();
        for (int64_t h = 1; h < grouped.size(1); ++h) sum.add_(grouped.select(1, h));
        return sum.transpose(0, 1).reshape({x.size(1), groups * x.size(2)});
    }
    static at::Tensor collected(const ct::AttentionCall &s, const at::Tensor &parts, const at::Tensor &bias) {
        at::Tensor sum = at::zeros_like(bias, at::MemoryFormat::Contiguous);
        const int64_t columns = bias.size(1);
        float *to = sum.mutable_data_ptr<float>();
        const float *from = parts.const_data_ptr<float>();
        for (int64_t d = 0; d < s.documents; ++d)
            for (int64_t h = 0; h < s.heads; ++h)
                for (int64_t x = 0; x < s.q_lengths[d] + s.k_lengths[d] - 1; ++x)
                    to[h * columns + s.reach - 1 - (x - (s.q_lengths[d] - 1))] += from[(d * s.heads + h) * s.dbias_stride + x];
        return sum;
    }
};

at::Tensor attended(const Operands &o) {
    if (!has_kernel(o)) return padded(o);
    const bool graph = at::GradMode::is_enabled() &&
                       (o.q.requires_grad() || o.k.requires_grad() || o.v.requires_grad() || (o.bias && o.bias->requires_grad()));
    at::Tensor none;
    if (!graph) return computed(o, none);
    return GroupedAttention::apply(o.q, o.k, o.v, o.q_starts, o.q_lengths, o.k_starts, o.k_lengths, o.bias, o.longest_q, o.longest_k, o.s);
}

Operands gather(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor q_starts, ct_tensor q_lengths, ct_tensor k_starts, ct_tensor k_lengths,
                int64_t longest_q, int64_t longest_k, ct_tensor bias, const ct_attention_settings &settings) {
    Operands o{q->value,         k->value,  v->value,  q_starts->value,    q_lengths->value, k_starts->value,
               k_lengths->value, longest_q, longest_k, ct::optional(bias), settings};
    check(o);
    return o;
}

/// Every head has keys of its own, and a document's tokens are its keys.
Operands own_keys(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor starts, ct_tensor lengths, int64_t longest, const ct_attention_settings &settings) {
    TORCH_CHECK(k->value.sizes() == q->value.sizes() && v->value.sizes() == q->value.sizes(), "attention takes q, k, v of one shape [N, H·K]");
    return gather(q, k, v, starts, lengths, starts, lengths, longest, longest, nullptr, settings);
}

}  // namespace

extern "C" {

ct_status ct_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor q_starts, ct_tensor q_lengths, ct_tensor k_starts, ct_tensor k_lengths,
                       int64_t longest_q, int64_t longest_k, ct_tensor bias, ct_attention_settings settings, ct_tensor *out) {
    return attempt({q, k, v, q_starts, q_lengths, k_starts, k_lengths, bias}, [&] {
        *out = own(attended(gather(q, k, v, q_starts, q_lengths, k_starts, k_lengths, longest_q, longest_k, bias, settings)));
    });
}
ct_status ct_attention_reference(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor q_starts, ct_tensor q_lengths, ct_tensor k_starts,
                                 ct_tensor k_lengths, int64_t longest_q, int64_t longest_k, ct_tensor bias, ct_attention_settings settings,
                                 ct_tensor *out) {
    return attempt({q, k, v, q_starts, q_lengths, k_starts, k_lengths, bias}, [&] {
        *out = own(padded(gather(q, k, v, q_starts, q_lengths, k_starts, k_lengths, longest_q, longest_k, bias, settings)));
    });
}

ct_status ct_document_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor starts, ct_tensor lengths, int64_t longest, int64_t heads,
                                double scale, double dropout, uint64_t seed, bool causal, ct_tensor *out) {
    return attempt({q, k, v, starts, lengths}, [&] {
        *out = own(attended(own_keys(q, k, v, starts, lengths, longest, {heads, heads, scale, 0, dropout, seed, causal, 0})));
    });
}
ct_status ct_document_attention_reference(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor starts, ct_tensor lengths, int64_t longest,
                                          int64_t heads, double scale, bool causal, ct_tensor *out) {
    return attempt({q, k, v, starts, lengths}, [&] {
        *out = own(padded(own_keys(q, k, v, starts, lengths, longest, {heads, heads, scale, 0, 0, 0, causal, 0})));
    });
}

}  // extern "C"
