// Tested by LayerTests.swift.
public import HoneTensors

/// An affine map, `y = x Wᵀ + b`: x `[.., in]` → `[.., out]`.
///
/// `W` is stored as `[out, in]`, as in PyTorch's `Linear`; GPT-2's `Conv1D` stores `[in, out]`, see ``isTransposed``.
public final class Linear: Layer {
    /// The matrix as it is stored: `[out, in]`, or `[in, out]` when transposed.
    public let weight: Parameter
    /// `b`, `[out]`; nil for a layer without.
    public let bias: Parameter?
    /// Whether checkpoints store the matrix as `[in, out]` (Transformers `Conv1D`, PEFT `fan_in_fan_out`).
    public let isTransposed: Bool

    /// Makes a layer of zeros to be loaded or initialised.
    public init(_ input: Int, _ output: Int, bias: Bool = true, isTransposed: Bool = false) throws(TensorError) {
        weight = Parameter("weight", try .lazyZeros(isTransposed ? [input, output] : [output, input]), decays: true)
        self.bias = bias ? Parameter("bias", try .zeros([output]), decays: false) : nil
        self.isTransposed = isTransposed
    }

    /// The weight, then the bias if there is one.
    public var parameters: [Parameter] { [weight] + (bias.map { [$0] } ?? []) }
    /// `in`, the width of the last axis that goes in.
    public var inputWidth: Int { weight.shape[isTransposed ? 0 : 1] }
    /// `out`, the width of the last axis that comes out.
    public var outputWidth: Int { weight.shape[isTransposed ? 1 : 0] }

    /// `W` as `[out, in]` in the type of `x`; a view when the stored layout is the other one.
    public func matrix(for x: Tensor) throws(TensorError) -> Tensor {
        let value = try weight.value(like: x)
        return isTransposed ? try value.transposed(0, 1) : value
    }

    /// Returns `x Wᵀ + b`, `[.., in]` → `[.., out]`.
    public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.linear(matrix(for: x), bias: bias?.value(like: x)) }
}
