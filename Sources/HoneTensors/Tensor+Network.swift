// Tested by NetworkOperationTests.swift.
internal import CTorch

extension Tensor {
    /// Looks up rows of a table: `[V, D]`, ids `[N]` → `[N, D]`.
    ///
    /// - Parameter sparseGradient: collect the gradient as rows instead of a table.
    public func embedding(_ ids: Tensor, sparseGradient: Bool) throws(TensorError) -> Tensor {
        try Tensor.make("embedding") { ct_embedding(handle, ids.handle, sparseGradient, $0) }
    }

    /// Zeroes each element with probability `p` and scales the others by `1 / (1 − p)`.
    public func dropout(_ p: Double) throws(TensorError) -> Tensor {
        p == 0 ? self : try Tensor.make("dropout") { ct_dropout(handle, p, $0) }
    }

    /// Returns `residual + dropout(x)`, or `dropout(x)` without a residual.
    ///
    /// Each element is zeroed with probability `p` and scaled by `1 / (1 − p)` otherwise; on the CPU the pattern follows from `seed` and
    /// the element's place, is not stored, and is the same for any number of threads.
    public func dropout(_ p: Double, seed: UInt64, addedTo residual: Tensor? = nil) throws(TensorError) -> Tensor {
        if p == 0, residual == nil { return self }
        return try Tensor.make("dropout") { ct_seeded_dropout(handle, residual?.handle, p, seed, $0) }
    }

    /// Normalises the last axis by its mean and variance, `[.., D] → [.., D]`; statistics in float32.
    ///
    /// `(x − mean) / sqrt(variance + ε) · weight + bias`, weight and bias `[D]`. Source: arXiv:1607.06450; PyTorch `layer_norm`.
    public func layerNorm(weight: Tensor, bias: Tensor?, epsilon: Double) throws(TensorError) -> Tensor {
        try Tensor.make("layerNorm") { ct_layer_norm(handle, weight.handle, bias?.handle, epsilon, $0) }
    }

    /// Returns `x Wᵀ + b`: x `[.., in]`, W `[out, in]`, b `[out]` → `[.., out]`.
    ///
    /// Frozen operands cost nothing in the backward pass.
    public func linear(_ weight: Tensor, bias: Tensor?) throws(TensorError) -> Tensor {
        try Tensor.make("linear") { ct_linear(handle, weight.handle, bias?.handle, $0) }
    }

    /// Returns what several linear layers make of one input, in their order: each as ``linear(_:bias:)``.
    ///
    /// Where x has few rows the matrices are read in one go, without a wait between them.
    public func linears(_ layers: [(weight: Tensor, bias: Tensor?)]) throws(TensorError) -> [Tensor] {
        try withExtendedLifetime(layers) { () throws(TensorError) in
            var results = [ct_tensor?](repeating: nil, count: layers.count)
            let weights = layers.map { Optional($0.weight.handle) }, biases = layers.map { $0.bias?.handle }
            try check(ct_linears(handle, weights, biases, Int32(layers.count), &results), "linear")
            return try results.map { result throws(TensorError) in try Tensor(owning: result, "linear") }
        }
    }

    /// Computes what ``linear(_:bias:)`` must give, by libtorch's own operation and derivative.
    package func linearReference(_ weight: Tensor, bias: Tensor?) throws(TensorError) -> Tensor {
        try Tensor.make("linearReference") { ct_linear_reference(handle, weight.handle, bias?.handle, $0) }
    }

    /// Returns `x Wᵀ + b + s · dropout(x) Aᵀ Bᵀ`, a linear layer with a low-rank change, as one node of the graph.
    ///
    /// x `[.., in]`, W `[out, in]`, b `[out]`, A (`down`) `[R, in]`, B (`up`) `[out, R]` → `[.., out]`. Source: arXiv:2106.09685.
    /// - Parameter seed: decides which inputs of the change are dropped; the pattern is that of ``dropout(_:seed:addedTo:)``.
    public func linear(
        _ weight: Tensor, bias: Tensor?, down: Tensor, up: Tensor, scale: Double, dropout: Double, seed: UInt64 = 0
    ) throws(TensorError) -> Tensor {
        try Tensor.make("linear+LoRA") {
            ct_linear_lora(handle, weight.handle, bias?.handle, down.handle, up.handle, scale, dropout, seed, $0)
        }
    }

    /// Attends inside the documents of a flat batch; positions of no document give zeros.
    ///
    /// `softmax(s Q Kᵀ) V` per document and head; probabilities and sums in float32. Source: arXiv:1706.03762, Eq. 1.
    ///
    /// - Parameters:
    ///   - keys: `[N, H·K]`, as `self` (the queries) and `values`.
    ///   - documents: first row and length of each document.
    ///   - dropout: probability that an attention weight is dropped, `0 ..< 1`; the pattern follows from `seed`.
    public func documentAttention(
        keys: Tensor, values: Tensor, documents: Documents, heads: Int, scale: Double, dropout: Double = 0, seed: UInt64 = 0,
        causal: Bool = false
    ) throws(TensorError) -> Tensor {
        try Tensor.make("documentAttention") {
            ct_document_attention(
                handle, keys.handle, values.handle, documents.starts.handle, documents.lengths.handle, Int64(documents.longest),
                Int64(heads), scale, dropout, seed, causal, $0)
        }
    }

    /// Computes by plain operations what attention inside documents must give.
    ///
    /// The oracle of ``documentAttention(keys:values:documents:heads:scale:dropout:seed:causal:)``, without dropout.
    package func documentAttentionReference(
        keys: Tensor, values: Tensor, documents: Documents, heads: Int, scale: Double, causal: Bool = false
    ) throws(TensorError) -> Tensor {
        try Tensor.make("documentAttentionReference") {
            ct_document_attention_reference(
                handle, keys.handle, values.handle, documents.starts.handle, documents.lengths.handle, Int64(documents.longest),
                Int64(heads), scale, causal, $0)
        }
    }

    /// Attends over dense batches: `softmax(s Q Kᵀ + mask) V`, `[B, H, T, K]` → `[B, H, T, K]`.
    ///
    /// Source: PyTorch `scaled_dot_product_attention`. Departures: none.
    public func scaledDotProductAttention(
        keys: Tensor, values: Tensor, mask: Tensor? = nil, dropout: Double = 0, causal: Bool = false, scale: Double
    ) throws(TensorError) -> Tensor {
        try Tensor.make("scaledDotProductAttention") {
            ct_scaled_dot_product_attention(handle, keys.handle, values.handle, mask?.handle, dropout, causal, scale, $0)
        }
    }

    /// Returns the summed cross-entropy of logits `[B, C]` against class indices `[B]`, in float32 nats.
    ///
    /// Source: PyTorch `cross_entropy(reduction="sum", label_smoothing:, weight:)`.
    public func crossEntropy(_ targets: Tensor, weight: Tensor? = nil, smoothing: Double = 0) throws(TensorError) -> Tensor {
        try Tensor.make("crossEntropy") { ct_cross_entropy(handle, targets.handle, weight?.handle, smoothing, $0) }
    }

    /// Returns the summed binary cross-entropy of logits against targets in `0 ... 1` of the same shape, in nats.
    ///
    /// Source: PyTorch `binary_cross_entropy_with_logits(reduction="sum")`.
    public func binaryCrossEntropy(_ targets: Tensor, weight: Tensor? = nil, positiveWeight: Tensor? = nil) throws(TensorError) -> Tensor {
        try Tensor.make("binaryCrossEntropy") {
            ct_binary_cross_entropy(handle, targets.handle, weight?.handle, positiveWeight?.handle, $0)
        }
    }

    /// Returns the sum of squares of all elements, accumulated in float64.
    ///
    /// Of a sparse tensor, the stored rows count. The result is the same for any number of threads.
    public func sumOfSquares() throws(TensorError) -> Double {
        var value = 0.0
        try check(ct_sum_of_squares(handle, &value), "sumOfSquares")
        return value
    }
}

/// Says where the `B` documents of a flat batch lie.
public struct Documents {
    /// The first position of each document in the flat batch, int32 `[B]`.
    public let starts: Tensor
    /// The tokens of each document, int32 `[B]`.
    public let lengths: Tensor
    /// The largest of the lengths, in tokens; 0 without documents.
    public let longest: Int

    /// Copies starts and lengths, one of each per document, to the CPU.
    public init(starts: [Int32], lengths: [Int32]) throws(TensorError) {
        self.starts = try Tensor(starts, shape: [starts.count], dtype: .int32)
        self.lengths = try Tensor(lengths, shape: [lengths.count], dtype: .int32)
        longest = Int(lengths.max() ?? 0)
    }

    private init(starts: Tensor, lengths: Tensor, longest: Int) { (self.starts, self.lengths, self.longest) = (starts, lengths, longest) }

    /// Returns the same documents on another device.
    public func to(_ device: Device) throws(TensorError) -> Documents {
        Documents(starts: try starts.to(device), lengths: try lengths.to(device), longest: longest)
    }
}
