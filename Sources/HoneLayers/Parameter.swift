public import HoneTensors

/// Holds one named weight: the exact values that are saved, and the values that layers compute with.
///
/// Frozen weights may be views of a memory-mapped file. A trainable weight is owned; when the compute type is narrower than float32 the
/// optimizer updates the float32 master in ``stored`` and rounds it into ``value`` (arXiv:1710.03740, section 3.1).
public final class Parameter {
    /// The last part of the checkpoint key, such as `weight`.
    public let name: String
    /// The exact values, in the precision in which they are saved.
    public private(set) var stored: Tensor
    /// What layers compute with; the leaf that collects the gradient when trainable.
    public private(set) var value: Tensor
    /// Whether training changes this weight; decided by ``prepare(trainable:compute:device:leavesNarrow:)``.
    public private(set) var isTrainable = false
    /// Whether weight decay belongs here: matrices yes, biases and norms no.
    public let decays: Bool
    /// Whether the gradient touches few rows and is collected as rows.
    public let isTable: Bool
    /// Whether layers need this weight in float32 whatever the compute type is (norms, embedding tables).
    public let staysFloat32: Bool

    /// Makes a frozen parameter of these values.
    public init(_ name: String, _ value: Tensor, decays: Bool, isTable: Bool = false, staysFloat32: Bool = false) {
        (self.name, stored, self.value) = (name, value, value)
        (self.decays, self.isTable, self.staysFloat32) = (decays, isTable, staysFloat32)
    }

    /// Sizes of the axes, outermost first.
    public var shape: [Int] { stored.shape }
    /// How many numbers it holds.
    public var count: Int { stored.count }

    /// Puts other values in place, as loading a checkpoint does.
    ///
    /// Trainability is decided afterwards by ``prepare(trainable:compute:device:leavesNarrow:)``.
    ///
    /// - Throws: `TensorError` if the shape differs.
    public func load(_ tensor: Tensor) throws(TensorError) {
        guard tensor.shape == stored.shape else {
            throw TensorError(
                kind: .invalid, operation: "Parameter.load", shapes: "\(tensor.shape)", message: "“\(name)” has shape \(stored.shape)")
        }
        (stored, value, isTrainable) = (tensor, tensor, false)
    }

    /// The values in the type of what they meet: ``value``, or a copy for one operation where it was left narrow.
    public func value(like x: Tensor) throws(TensorError) -> Tensor { try value.to(x.dtype) }

    /// Decides what this weight is in a run: frozen or trained, and in which type it computes.
    ///
    /// - Parameter leavesNarrow: a frozen weight that is stored in 16 bits stays so, mapped if it is, and layers widen it for each
    ///   operation: slower, without the memory of a wide copy.
    public func prepare(trainable: Bool, compute: DType, device: Device = .cpu, leavesNarrow: Bool = false) throws(TensorError) {
        let isNarrow = leavesNarrow && !trainable && !staysFloat32 && stored.dtype.byteSize == 2
        let type = staysFloat32 ? DType.float32 : isNarrow ? stored.dtype : compute
        isTrainable = trainable
        if trainable {
            stored = try stored.to(.float32).to(device).detached().cloned()
            value = type == .float32 ? stored : try stored.to(type)
            try value.setRequiresGradient(true)
        } else {
            // A weight that was trained before stops collecting gradients.
            if stored.requiresGradient { stored = try stored.detached() }
            value = try stored.to(type).to(device)
            if value !== stored { stored.releaseFilePages() }
        }
    }

    /// Overwrites the trained values in place, as resuming a run does; the compute copy follows.
    public func restore(_ tensor: Tensor) throws(TensorError) {
        try stored.detached().copy(from: tensor)
        if value !== stored { try value.detached().copy(from: stored) }
    }

    /// The narrower copy that the optimizer must refresh; nil where layers compute with the stored values.
    public var shadow: Tensor? { value === stored ? nil : value }
}
