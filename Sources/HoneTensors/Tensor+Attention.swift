// Tested by AttentionTests.swift.
internal import CTorch

/// Says how attention weighs keys: heads, scale, and what a query may see.
public struct AttentionSettings: Sendable, Equatable {
    /// The query heads `H`.
    public var heads: Int
    /// The key and value heads `G`; `G` divides `H`, and query head `h` reads key head `h / (H / G)` (arXiv:2305.13245).
    public var keyHeads: Int
    /// The factor of `q·k`, usually `1 / sqrt(K)` for heads of width `K`.
    public var scale: Double
    /// The bound `c` of `c · tanh(score / c)`, applied to the scaled score (Gemma 2, arXiv:2408.00118); nil for none.
    public var softcap: Double?
    /// The probability that an attention weight is dropped, `0 ..< 1`.
    public var dropout: Double
    /// Decides which weights are dropped.
    public var seed: UInt64
    /// Whether a query sees only keys at its own place and before.
    ///
    /// Places count from the first key of a document; its queries are at the last places, so new tokens may follow a cache of keys.
    public var causal: Bool
    /// How far a query sees: causal queries the last `window` keys up to their own place, others `window` keys to each side; nil for all.
    public var window: Int?

    /// Makes settings; every query head has keys of its own unless told otherwise.
    public init(
        heads: Int, keyHeads: Int? = nil, scale: Double, softcap: Double? = nil, dropout: Double = 0, seed: UInt64 = 0,
        causal: Bool = false,
        window: Int? = nil
    ) {
        self.heads = heads
        self.keyHeads = keyHeads ?? heads
        self.scale = scale
        self.softcap = softcap
        self.dropout = dropout
        self.seed = seed
        self.causal = causal
        self.window = window
    }

    private func refusal(_ message: String) -> TensorError {
        TensorError(kind: .invalid, operation: "attention", shapes: "", message: message)
    }

    fileprivate func values() throws(TensorError) -> ct_attention_settings {
        if let window, window < 1 { throw refusal("a window is at least 1 place, not \(window)") }
        if let softcap, softcap <= 0 { throw refusal("a soft cap is positive, not \(softcap)") }
        return ct_attention_settings(
            heads: Int64(heads), kv_heads: Int64(keyHeads), scale: scale, softcap: softcap ?? 0, dropout: dropout, seed: seed,
            causal: causal,
            window: Int64(window ?? 0))
    }
}

extension Tensor {
    /// Attends from the queries `[N, H·K]` of each document to its keys: `softmax(cap(s q·k) + bias) V` per head.
    ///
    /// Probabilities and sums are float32 (float64 for float64 operands). Query rows of no document, and queries that see no key, give
    /// zeros. The result is the same for any number of threads. Sources: arXiv:1706.03762, Eq. 1; arXiv:2205.14135 for the blocks.
    ///
    /// - Parameters:
    ///   - keys: `[M, G·K]`, as `values`.
    ///   - documents: the rows of each document's queries.
    ///   - keyDocuments: the rows of each document's keys, where they are others than the queries' (caches, cross-attention).
    ///   - bias: float32 `[H, 2R − 1]`, added to a score at column `place of the key − place of the query + R − 1`; no document is longer
    ///     than `R`.
    public func attention(
        keys: Tensor, values: Tensor, documents: Documents, keyDocuments: Documents? = nil, bias: Tensor? = nil,
        _ settings: AttentionSettings
    ) throws(TensorError) -> Tensor {
        let plain = try settings.values()
        let other = keyDocuments ?? documents
        return try Tensor.make("attention") {
            ct_attention(
                handle, keys.handle, values.handle, documents.starts.handle, documents.lengths.handle, other.starts.handle,
                other.lengths.handle, Int64(documents.longest), Int64(other.longest), bias?.handle, plain, $0)
        }
    }

    /// Computes by plain operations what ``attention(keys:values:documents:keyDocuments:bias:_:)`` must give, dropped weights included.
    package func attentionReference(
        keys: Tensor, values: Tensor, documents: Documents, keyDocuments: Documents? = nil, bias: Tensor? = nil,
        _ settings: AttentionSettings
    ) throws(TensorError) -> Tensor {
        let plain = try settings.values()
        let other = keyDocuments ?? documents
        return try Tensor.make("attentionReference") {
            ct_attention_reference(
                handle, keys.handle, values.handle, documents.starts.handle, documents.lengths.handle, other.starts.handle,
                other.lengths.handle, Int64(documents.longest), Int64(other.longest), bias?.handle, plain, $0)
        }
    }
}
