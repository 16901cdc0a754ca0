// Tested by LayerTests.swift.
public import HoneTensors

/// An affine map, `y = x Wᵀ + b`: x `[.., in]` → `[.., out]`; `W` is `[out, in]`, as in PyTorch and on disk.
public final class Linear: Layer {
    /// `W`, `[out, in]`.
    public let weight: Parameter
    /// `b`, `[out]`; nil for a layer without.
    public let bias: Parameter?

    /// Makes a layer of zeros to be loaded or initialised.
    public init(_ input: Int, _ output: Int, bias: Bool = true) throws(TensorError) {
        weight = Parameter("weight", try .lazyZeros([output, input]), decays: true)
        self.bias = bias ? Parameter("bias", try .zeros([output]), decays: false) : nil
    }

    /// The weight, then the bias if there is one.
    public var parameters: [Parameter] { [weight] + (bias.map { [$0] } ?? []) }
    /// `in`, the width of the last axis that goes in.
    public var inputWidth: Int { weight.shape[1] }
    /// `out`, the width of the last axis that comes out.
    public var outputWidth: Int { weight.shape[0] }

    /// Returns `x Wᵀ + b`, `[.., in]` → `[.., out]`.
    public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.linear(weight.value, bias: bias?.value) }
}
