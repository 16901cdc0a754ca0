// Tested by LayerTests.swift.
public import HoneTensors

/// The activation functions that checkpoints name. Source: Transformers `ACT2FN`.
public enum Activation: String, Sendable, CaseIterable {
    case gelu
    case geluNew = "gelu_new"
    case geluTanh = "gelu_pytorch_tanh"
    case relu
    case silu
    case swish
    case tanh

    public func callAsFunction(_ x: Tensor) throws(TensorError) -> Tensor {
        switch self {
        case .gelu: try x.gelu()
        case .geluNew, .geluTanh: try x.geluTanh()
        case .relu: try x.relu()
        case .silu, .swish: try x.silu()
        case .tanh: try x.tanh()
        }
    }
}
