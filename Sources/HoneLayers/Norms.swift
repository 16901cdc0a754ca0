// Tested by LayerTests.swift.
public import HoneTensors

/// Normalises the last axis, `(x − μ) / sqrt(σ² + ε) · w + b`: `[.., D]` → `[.., D]`; statistics in float32.
///
/// Source: arXiv:1607.06450, PyTorch `LayerNorm`. Departures: none.
public final class LayerNorm: Layer {
    /// `w`, `[D]`, float32.
    public let weight: Parameter
    /// `b`, `[D]`, float32; nil for a norm without.
    public let bias: Parameter?
    /// `ε`, added to the variance.
    public let epsilon: Double

    /// Makes a norm with `w = 1` and `b = 0`, to be loaded.
    public init(_ width: Int, epsilon: Double, bias: Bool = true) throws(TensorError) {
        weight = Parameter("weight", try .ones([width]), decays: false, staysFloat32: true)
        self.bias = bias ? Parameter("bias", try .zeros([width]), decays: false, staysFloat32: true) : nil
        self.epsilon = epsilon
    }

    /// The weight, then the bias if there is one.
    public var parameters: [Parameter] { [weight] + (bias.map { [$0] } ?? []) }

    /// Returns the normalised tensor, `[.., D]` → `[.., D]`.
    public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.layerNorm(weight: weight.value, bias: bias?.value, epsilon: epsilon) }
}

/// Normalises the last axis by the root of its mean square, `x / sqrt(mean(x²) + ε) · (o + w)`: `[.., D]` → `[.., D]`.
///
/// Statistics in float32. The offset `o` is 0, or 1 for Gemma. Source: arXiv:1910.07467; Transformers `LlamaRMSNorm`, `GemmaRMSNorm`.
public final class RMSNorm: Layer {
    /// `w`, `[D]`, float32.
    public let weight: Parameter
    /// `o`, added to the weight.
    public let offset: Double
    /// `ε`, added to the mean square.
    public let epsilon: Double

    /// Makes a norm that only normalises, `o + w = 1`, to be loaded.
    public init(_ width: Int, epsilon: Double, offset: Double = 0) throws(TensorError) {
        let fresh = try Tensor.full([width], 1 - offset)
        weight = Parameter("weight", fresh, decays: false, staysFloat32: true)
        (self.offset, self.epsilon) = (offset, epsilon)
    }

    /// The weight.
    public var parameters: [Parameter] { [weight] }

    /// Returns the normalised tensor, `[.., D]` → `[.., D]`, in `x`'s type.
    public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.rmsNorm(weight: weight.value, offset: offset, epsilon: epsilon) }

    /// Returns `residual + x` and its norm, in one pass.
    public func adding(_ x: Tensor, to residual: Tensor) throws -> (sum: Tensor, normalized: Tensor) {
        try x.addRMSNorm(residual: residual, weight: weight.value, offset: offset, epsilon: epsilon)
    }
}
