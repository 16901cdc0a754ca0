// Tested by LayerTests.swift.
public import HoneTensors

/// The activation functions that checkpoints name.
///
/// Raw values are the names in `config.json`. Source: Transformers `ACT2FN`.
public enum Activation: String, Sendable, CaseIterable {
    /// `x Φ(x)`, exact.
    case gelu
    /// The tanh approximation of `gelu`, under its older name.
    case geluNew = "gelu_new"
    /// The tanh approximation of `gelu`.
    case geluTanh = "gelu_pytorch_tanh"
    /// `max(x, 0)`.
    case relu
    /// `x σ(x)`.
    case silu
    /// `x σ(x)`, under its older name.
    case swish
    /// The hyperbolic tangent.
    case tanh

    /// Applies the function to each element.
    public func callAsFunction(_ x: Tensor) throws(TensorError) -> Tensor {
        switch self {
        case .gelu: try x.activated(.gelu)
        case .geluNew, .geluTanh: try x.activated(.geluTanh)
        case .relu: try x.activated(.relu)
        case .silu, .swish: try x.activated(.silu)
        case .tanh: try x.activated(.tanh)
        }
    }
}
