public import HoneTensors

/// A weight as an optimizer sees it: named tensors, no model.
public struct OptimizedTensor {
    /// The checkpoint key, which names the state too.
    public let key: String
    /// The float32 values that are updated.
    public let master: Tensor
    /// The tensor that collects the gradient; the master itself when products run in float32.
    public let leaf: Tensor
    /// The narrower copy to refresh after the update; nil if there is none.
    public let shadow: Tensor?
    /// Whether weight decay belongs here.
    public let decays: Bool

    /// Describes one weight.
    public init(key: String, master: Tensor, leaf: Tensor, shadow: Tensor?, decays: Bool) {
        (self.key, self.master, self.leaf, self.shadow, self.decays) = (key, master, leaf, shadow, decays)
    }
}

/// Updates weights from gradients.
///
/// Steps count from 1; state is named tensors, so that a checkpoint can hold it.
public protocol Optimizer: AnyObject {
    /// Updates every weight that has a gradient.
    ///
    /// - Parameters:
    ///   - gradients: one per weight, in the order of construction; nil where a weight had none. Sparse gradients are coalesced.
    ///   - rate: learning rate of this step.
    ///   - gradientScale: factor on every gradient, for averaging and clipping.
    func step(gradients: [Tensor?], rate: Double, gradientScale: Double) throws(TensorError)
    /// Updates made so far.
    var steps: Int { get }
    /// What a checkpoint must hold besides ``steps``, by name.
    func state() -> [(name: String, tensor: Tensor)]
    /// Puts back what ``state()`` gave.
    func restore(_ state: [String: Tensor], steps: Int) throws(OptimizerError)
}

/// Describes why optimizer state cannot be restored.
public enum OptimizerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The state lacks a tensor that this optimizer needs.
    case missing(name: String)
    /// A tensor of the state does not fit the weight it belongs to.
    case tensor(TensorError)

    /// What is missing or does not fit, and what to check.
    public var description: String {
        switch self {
        case .missing(let name): "The checkpoint's optimizer state lacks “\(name)”. Was it written with another optimizer or tuning method?"
        case .tensor(let error): error.description
        }
    }
}

/// Which optimizer, with its settings.
///
/// Defaults are written in the recipe, once.
public enum OptimizerSpec: Sendable, Equatable {
    /// Adam with decoupled weight decay.
    case adamW(AdamW.Config)
    /// Stochastic gradient descent.
    case sgd(SGD.Config)

    /// Makes the optimizer with fresh state for these weights.
    public func make(for tensors: [OptimizedTensor]) throws(TensorError) -> any Optimizer {
        switch self {
        case .adamW(let config): try AdamW(config, tensors)
        case .sgd(let config): try SGD(config, tensors)
        }
    }

    /// Bytes of state per trained parameter.
    public var stateBytesPerParameter: Int {
        switch self {
        case .adamW: 8
        case .sgd(let config): config.momentum == 0 ? 0 : 4
        }
    }
}
