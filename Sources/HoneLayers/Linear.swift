// Tested by LayerTests.swift.
public import HoneTensors

/// An affine map, `y = x Wᵀ + b`: x `[.., in]` → `[.., out]`; `W` is `[out, in]`, as in PyTorch and on disk.
public final class Linear: Layer {
    public let weight: Parameter
    public let bias: Parameter?

    /// Makes a layer of zeros to be loaded or initialised.
    public init(_ input: Int, _ output: Int, bias: Bool = true) throws(TensorError) {
        weight = Parameter("weight", try .lazyZeros([output, input]), decays: true)
        self.bias = bias ? Parameter("bias", try .zeros([output]), decays: false) : nil
    }

    public var parameters: [Parameter] { [weight] + (bias.map { [$0] } ?? []) }
    public var inputWidth: Int { weight.shape[1] }
    public var outputWidth: Int { weight.shape[0] }

    public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.linear(weight.value, bias: bias?.value) }
}
