// Tested by LayerTests.swift.
public import HoneTensors

/// Layer normalisation over the last axis, `(x − μ) / sqrt(σ² + ε) · w + b`: `[.., D]` → `[.., D]`; statistics in float32.
/// Source: arXiv:1607.06450, PyTorch `LayerNorm`. Departures: none.
public final class LayerNorm: Layer {
    public let weight: Parameter
    public let bias: Parameter
    public let epsilon: Double

    public init(_ width: Int, epsilon: Double) throws(TensorError) {
        weight = Parameter("weight", try .ones([width]), decays: false, staysFloat32: true)
        bias = Parameter("bias", try .zeros([width]), decays: false, staysFloat32: true)
        self.epsilon = epsilon
    }

    public var parameters: [Parameter] { [weight, bias] }

    public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.layerNorm(weight: weight.value, bias: bias.value, epsilon: epsilon) }
}
