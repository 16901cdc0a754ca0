// Tested by LayerTests.swift.
public import HoneTensors

/// Normalises the last axis, `(x − μ) / sqrt(σ² + ε) · w + b`: `[.., D]` → `[.., D]`; statistics in float32.
///
/// Source: arXiv:1607.06450, PyTorch `LayerNorm`. Departures: none.
public final class LayerNorm: Layer {
    /// `w`, `[D]`, float32.
    public let weight: Parameter
    /// `b`, `[D]`, float32.
    public let bias: Parameter
    /// `ε`, added to the variance.
    public let epsilon: Double

    /// Makes a norm with `w = 1` and `b = 0`, to be loaded.
    public init(_ width: Int, epsilon: Double) throws(TensorError) {
        weight = Parameter("weight", try .ones([width]), decays: false, staysFloat32: true)
        bias = Parameter("bias", try .zeros([width]), decays: false, staysFloat32: true)
        self.epsilon = epsilon
    }

    /// The weight and the bias.
    public var parameters: [Parameter] { [weight, bias] }

    /// Returns the normalised tensor, `[.., D]` → `[.., D]`.
    public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.layerNorm(weight: weight.value, bias: bias.value, epsilon: epsilon) }
}
