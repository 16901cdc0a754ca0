// Attention over documents of flat batches: grouped heads, caches, windows, soft caps, relative biases; and its twin of plain operations.
#include "support.h"

using ct::attempt;
using ct::own;

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
                "starts and lengths of ", name, " are int32 of one shape");
    if (!starts.is_cpu() || !lengths.is_cpu()) return;
    const int32_t *start = starts.const_data_ptr<int32_t>(), *length = lengths.const_data_ptr<int32_t>();
    for (int64_t i = 0; i < starts.numel(); ++i) {
        TORCH_CHECK(start[i] >= 0 && length[i] >= 0 && int64_t(start[i]) + length[i] <= rows, "document ", i, " of ", name, " starts at row ",
                    start[i], " and has ", length[i], " rows; there are ", rows);
        TORCH_CHECK(length[i] <= longest, "document ", i, " of ", name, " has ", length[i], " rows; the longest is said to have ", longest);
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
    check_documents("queries", o.q_starts, o.q_lengths, o.q.size(0), o.longest_q);
    check_documents("keys", o.k_starts, o.k_lengths, o.k.size(0), o.longest_k);
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

Operands gather(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor q_starts, ct_tensor q_lengths, ct_tensor k_starts, ct_tensor k_lengths,
                int64_t longest_q, int64_t longest_k, ct_tensor bias, const ct_attention_settings &settings) {
    Operands o{q->value,         k->value,  v->value,  q_starts->value,    q_lengths->value, k_starts->value,
               k_lengths->value, longest_q, longest_k, ct::optional(bias), settings};
    check(o);
    return o;
}

}  // namespace

extern "C" {

ct_status ct_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor q_starts, ct_tensor q_lengths, ct_tensor k_starts, ct_tensor k_lengths,
                       int64_t longest_q, int64_t longest_k, ct_tensor bias, ct_attention_settings settings, ct_tensor *out) {
    return attempt({q, k, v, q_starts, q_lengths, k_starts, k_lengths, bias}, [&] {
        *out = own(padded(gather(q, k, v, q_starts, q_lengths, k_starts, k_lengths, longest_q, longest_k, bias, settings)));
    });
}
ct_status ct_attention_reference(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor q_starts, ct_tensor q_lengths, ct_tensor k_starts,
                                 ct_tensor k_lengths, int64_t longest_q, int64_t longest_k, ct_tensor bias, ct_attention_settings settings,
                                 ct_tensor *out) {
    return attempt({q, k, v, q_starts, q_lengths, k_starts, k_lengths, bias}, [&] {
        *out = own(padded(gather(q, k, v, q_starts, q_lengths, k_starts, k_lengths, longest_q, longest_k, bias, settings)));
    });
}

}  // extern "C"
