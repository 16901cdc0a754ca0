public import HoneTensors

/// Stochastic gradient descent with momentum: `g ← g + λ w`, `b ← μ b + g` (`b ← g` at the first step),
/// `w ← w − η b`, or `w ← w − η (g + μ b)` with Nesterov's variant.
///
/// Source: PyTorch's `torch.optim.SGD` with dampening 0. Departures: none. State: one float32 tensor per weight if `μ > 0`.
public final class SGD: Optimizer {
    public struct Config: Sendable, Equatable {
        public var momentum, decay: Double
        public var nesterov: Bool

        public init(momentum: Double, nesterov: Bool, decay: Double) {
            (self.momentum, self.nesterov, self.decay) = (momentum, nesterov, decay)
        }
    }

    public private(set) var steps = 0
    private let config: Config
    private let tensors: [OptimizedTensor]
    private let buffers: [Tensor]?

    public init(_ config: Config, _ tensors: [OptimizedTensor]) throws(TensorError) {
        (self.config, self.tensors) = (config, tensors)
        var made: [Tensor] = []
        if config.momentum != 0 { for tensor in tensors { made.append(try .zeros(tensor.master.shape, device: tensor.master.device)) } }
        buffers = config.momentum == 0 ? nil : made
    }

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

    public func state() -> [(name: String, tensor: Tensor)] {
        zip(tensors, buffers ?? []).map { ("\($0.key).momentum_buffer", $1) }
    }

    public func restore(_ state: [String: Tensor], steps: Int) throws(OptimizerError) {
        for (tensor, buffer) in zip(tensors, buffers ?? []) {
            guard let stored = state["\(tensor.key).momentum_buffer"] else { throw .missing(name: "\(tensor.key).momentum_buffer") }
            do { try buffer.copy(from: stored) } catch { throw .tensor(error) }
        }
        self.steps = steps
    }
}
