// Tested by DecoderNodeTests.swift.
internal import CTorch

/// The activations of a gated feed-forward layer.
public enum GateActivation: Sendable, CaseIterable {
    /// `x σ(x)`.
    case silu
    /// `x Φ(x)`, exact.
    case gelu
    /// The tanh approximation of `gelu`.
    case geluTanh
    /// `max(x, 0)`.
    case relu
    /// The hyperbolic tangent.
    case tanh

    var code: ct_gate {
        switch self {
        case .silu: CT_GATE_SILU
        case .gelu: CT_GATE_GELU
        case .geluTanh: CT_GATE_GELU_TANH
        case .relu: CT_GATE_RELU
        case .tanh: CT_GATE_TANH
        }
    }
}

extension Tensor {
    // MARK: Norms

    /// Normalises the last axis by the root of its mean square, `[.., D] → [.., D]`; statistics in float32.
    ///
    /// `x / sqrt(mean(x²) + ε) · (offset + weight)`, weight `[D]` in float32 or in x's type. In bfloat16 the normalised value is rounded
    /// before the weight multiplies it if the offset is 0, and not otherwise, as Transformers' Llama and Gemma do. Source: arXiv:1910.07467.
    ///
    /// - Parameter offset: added to the weight; 1 in the Gemma family, which stores the weight's distance from 1.
    public func rmsNorm(weight: Tensor, offset: Double = 0, epsilon: Double) throws(TensorError) -> Tensor {
        try Tensor.make("rmsNorm") { ct_rms_norm(handle, weight.handle, offset, epsilon, $0) }
    }

    /// Computes by plain operations what ``rmsNorm(weight:offset:epsilon:)`` must give.
    package func rmsNormReference(weight: Tensor, offset: Double = 0, epsilon: Double) throws(TensorError) -> Tensor {
        try Tensor.make("rmsNormReference") { ct_rms_norm_reference(handle, weight.handle, offset, epsilon, $0) }
    }

    /// Adds a branch to the residual stream and normalises the sum, in one pass each way.
    ///
    /// `sum = residual + x`, `normalized` as ``rmsNorm(weight:offset:epsilon:)`` of the sum; `residual` has the shape and type of x.
    public func addRMSNorm(
        residual: Tensor, weight: Tensor, offset: Double = 0, epsilon: Double
    ) throws(TensorError) -> (sum: Tensor, normalized: Tensor) {
        var (sum, normalized): (ct_tensor?, ct_tensor?)
        try check(
            ct_add_rms_norm(handle, residual.handle, weight.handle, offset, epsilon, &sum, &normalized), "addRMSNorm")
        return (try Tensor(owning: sum, "addRMSNorm"), try Tensor(owning: normalized, "addRMSNorm"))
    }

    // MARK: Positions

    /// Turns queries or keys `[N, H·K]` by the angles of their positions (rotary position embedding), in float32.
    ///
    /// Per head, `(xᵢ, xᵢ₊ᵣ) → (xᵢ cos − xᵢ₊ᵣ sin, xᵢ₊ᵣ cos + xᵢ sin)` for `i < r`, with `r` half the columns that turn; the columns from
    /// `2r` on pass. Rows may lie apart, as slices of one fused product do. Source: arXiv:2104.09864, in the "rotate half" layout of
    /// Transformers' Llama.
    ///
    /// - Parameters:
    ///   - cosines: `[P, r]`, float32, for every position; `sines` alike.
    ///   - positions: int64 `[N]`, `0 ..< P`.
    public func rotated(cosines: Tensor, sines: Tensor, positions: Tensor, heads: Int) throws(TensorError) -> Tensor {
        try Tensor.make("rotated") { ct_rotary(handle, cosines.handle, sines.handle, positions.handle, Int64(heads), $0) }
    }

    /// Computes by plain operations what ``rotated(cosines:sines:positions:heads:)`` must give.
    package func rotatedReference(cosines: Tensor, sines: Tensor, positions: Tensor, heads: Int) throws(TensorError) -> Tensor {
        try Tensor.make("rotatedReference") {
            ct_rotary_reference(handle, cosines.handle, sines.handle, positions.handle, Int64(heads), $0)
        }
    }

    // MARK: Gates

    /// Returns `activation(gate) · up`, `[N, I]` each, rounded once.
    ///
    /// Rows may lie apart: both may be halves of one product `[N, 2I]`. Source: arXiv:2002.05202, Eq. 5 and 6.
    public static func gated(_ gate: Tensor, _ up: Tensor, _ activation: GateActivation) throws(TensorError) -> Tensor {
        try make("gated") { ct_gated(gate.handle, up.handle, activation.code, $0) }
    }

    /// Computes by plain operations what ``gated(_:_:_:)`` must give.
    package static func gatedReference(_ gate: Tensor, _ up: Tensor, _ activation: GateActivation) throws(TensorError) -> Tensor {
        try make("gatedReference") { ct_gated_reference(gate.handle, up.handle, activation.code, $0) }
    }

    /// Returns `activation(x)`, in x's shape; computed in float32 and rounded once.
    ///
    /// A linear layer that reads the result keeps x and not the result for its gradient.
    public func activated(_ activation: GateActivation) throws(TensorError) -> Tensor {
        try Tensor.make("activated") { ct_gated(handle, nil, activation.code, $0) }
    }

    /// Computes by plain operations what ``activated(_:)`` must give.
    package func activatedReference(_ activation: GateActivation) throws(TensorError) -> Tensor {
        try Tensor.make("activatedReference") { ct_gated_reference(handle, nil, activation.code, $0) }
    }

    // MARK: Head

    /// Returns the summed cross-entropy of a language model's head, without ever holding all logits.
    ///
    /// Logits of x `[M, D]` are `s · (x Wᵀ + b)`, W `[V, D]`, b `[V]`, then `c · tanh(· / c)` if there is a soft cap `c`; the loss is in
    /// float32 nats. Rows with target −100 count nothing. The gradients of x, W and b are computed with the value, a piece of the rows at a
    /// time, if they are wanted.
    ///
    /// - Parameters:
    ///   - targets: int64 `[M]`, classes or −100.
    ///   - softcap: `c`; nil for none.
    ///   - smoothing: the weight of the uniform distribution in the target, `0 ..< 1`.
    /// - Returns: the sum, and the number of rows whose largest logit is the target's (int64).
    public func linearCrossEntropy(
        weight: Tensor, bias: Tensor? = nil, targets: Tensor, softcap: Double? = nil, logitScale: Double = 1, smoothing: Double = 0
    ) throws(TensorError) -> (sum: Tensor, correct: Tensor) {
        var (sum, correct): (ct_tensor?, ct_tensor?)
        try check(
            ct_linear_cross_entropy(
                handle, weight.handle, bias?.handle, targets.handle, softcap ?? 0, logitScale, smoothing, &sum, &correct, nil),
            "linearCrossEntropy")
        return (try Tensor(owning: sum, "linearCrossEntropy"), try Tensor(owning: correct, "linearCrossEntropy"))
    }

    /// Returns what ``linearCrossEntropy(weight:bias:targets:softcap:logitScale:smoothing:)`` does, and the loss of every row.
    ///
    /// - Returns: besides, `rows`, float32 `[M]` without gradient; 0 where the target is −100.
    public func linearCrossEntropyWithRows(
        weight: Tensor, bias: Tensor? = nil, targets: Tensor, softcap: Double? = nil, logitScale: Double = 1, smoothing: Double = 0
    ) throws(TensorError) -> (sum: Tensor, correct: Tensor, rows: Tensor) {
        var (sum, correct, rows): (ct_tensor?, ct_tensor?, ct_tensor?)
        try check(
            ct_linear_cross_entropy(
                handle, weight.handle, bias?.handle, targets.handle, softcap ?? 0, logitScale, smoothing, &sum, &correct, &rows),
            "linearCrossEntropy")
        return (
            try Tensor(owning: sum, "linearCrossEntropy"), try Tensor(owning: correct, "linearCrossEntropy"),
            try Tensor(owning: rows, "linearCrossEntropy")
        )
    }

    /// Computes by plain operations, with all logits, what the node of the head must give.
    package func linearCrossEntropyReference(
        weight: Tensor, bias: Tensor? = nil, targets: Tensor, softcap: Double? = nil, logitScale: Double = 1, smoothing: Double = 0
    ) throws(TensorError) -> (sum: Tensor, correct: Tensor, rows: Tensor) {
        var (sum, correct, rows): (ct_tensor?, ct_tensor?, ct_tensor?)
        try check(
            ct_linear_cross_entropy_reference(
                handle, weight.handle, bias?.handle, targets.handle, softcap ?? 0, logitScale, smoothing, &sum, &correct, &rows),
            "linearCrossEntropyReference")
        return (
            try Tensor(owning: sum, "linearCrossEntropyReference"), try Tensor(owning: correct, "linearCrossEntropyReference"),
            try Tensor(owning: rows, "linearCrossEntropyReference")
        )
    }

    // MARK: Rows in place

    /// Overwrites rows of this table `[C, W]` outside autograd: row `indices[i]` becomes `source[i]`.
    ///
    /// - Parameters:
    ///   - source: `[N, W]`, in this table's element type or another, which is converted.
    ///   - indices: int64 `[N]`, `0 ..< C`, no row twice.
    public func copyRows(from source: Tensor, at indices: Tensor) throws(TensorError) {
        try check(ct_gather_rows_into(handle, indices.handle, source.handle), "copyRows")
    }
}
