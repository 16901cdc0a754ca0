public import HoneTensors

/// Stochastic gradient descent with momentum: `g ← g + λ w`, `b ← μ b + g` (`b ← g` at the first step),
/// `w ← w − η b`, or `w ← w − η (g + μ b)` with Nesterov's variant.
///
/// Source: PyTorch's `torch.optim.SGD` with dampening 0. Departures: none. State: one float32 tensor per weight if `μ > 0`.
public final class SGD: Optimizer {
    /// The settings of SGD that do not change while training.
    public struct Config: Sendable, Equatable {
        /// `μ`, the share of the last step kept, `0 ..< 1`, and `λ`, the weight decay.
        public var momentum, decay: Double
        /// Whether Nesterov's variant is used.
        public var nesterov: Bool

        /// Makes settings; defaults are written in the recipe, once.
        public init(momentum: Double, nesterov: Bool, decay: Double) {
            (self.momentum, self.nesterov, self.decay) = (momentum, nesterov, decay)
        }
    }

    /// Updates made so far.
    public private(set) var steps = 0
    private let config: Config
    private let tensors: [OptimizedTensor]
    private let buffers: [Tensor]?

    /// Makes momentum of zeros for every weight, or none if `μ` is 0.
    public init(_ config: Config, _ tensors: [OptimizedTensor]) throws(TensorError) {
        (self.config, self.tensors) = (config, tensors)
        var made: [Tensor] = []
        if config.momentum != 0 { for tensor in tensors { made.append(try .zeros(tensor.master.shape, device: tensor.master.device)) } }
        buffers = config.momentum == 0 ? nil : made
    }

    /// Updates every weight that has a gradient, in place.
    public func step(gradients: [Tensor?], rate: Double, gradientScale: Double) throws(TensorError) {
        for (index, tensor) in tensors.enumerated() {
            guard let gradient = gradients[index] else { continue }
            let step = SGDStep(
                rate: rate, momentum: config.momentum, nesterov: config.nesterov, decay: tensor.decays ? config.decay : 0,
                gradientScale: gradientScale, isFirst: steps == 0)
            try step.update(tensor.master, gradient: gradient, momentumBuffer: buffers?[index], shadow: tensor.shadow)
        }
        steps += 1
    }

    /// Returns the momentum of every weight as `<key>.momentum_buffer`; nothing if `μ` is 0.
    public func state() -> [(name: String, tensor: Tensor)] {
        zip(tensors, buffers ?? []).map { ("\($0.key).momentum_buffer", $1) }
    }

    /// Puts back the momentum that ``state()`` gave, and the number of updates made.
    ///
    /// - Throws: ``OptimizerError`` naming a tensor that is missing or does not fit.
    public func restore(_ state: [String: Tensor], steps: Int) throws(OptimizerError) {
        for (tensor, buffer) in zip(tensors, buffers ?? []) {
            guard let stored = state["\(tensor.key).momentum_buffer"] else { throw .missing(name: "\(tensor.key).momentum_buffer") }
            do { try buffer.copy(from: stored) } catch { throw .tensor(error) }
        }
        self.steps = steps
    }
}
