public import HoneTensors

/// AdamW: `w ← w (1 − η λ)`, `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`,
/// `w ← w − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)`.
///
/// Source: arXiv:1711.05101, Algorithm 2, as PyTorch's `torch.optim.AdamW`. Departures: none in the numbers. Rows of a table that never
/// had a gradient are skipped when `λ` is 0, because the formula leaves them as they are; their state takes no memory.
/// State: two float32 tensors per weight.
public final class AdamW: Optimizer {
    /// The settings of AdamW that do not change while training.
    public struct Config: Sendable, Equatable {
        /// `β₁` and `β₂`, the decay of both means, `0 ..< 1`; `ε`, above 0; and `λ`, the weight decay.
        public var beta1, beta2, epsilon, decay: Double

        /// Makes settings; defaults are written in the recipe, once.
        public init(beta1: Double, beta2: Double, epsilon: Double, decay: Double) {
            (self.beta1, self.beta2, self.epsilon, self.decay) = (beta1, beta2, epsilon, decay)
        }
    }

    private struct Moments {
        let first: Tensor, second: Tensor
        var touched: Tensor?
    }

    /// Updates made so far, `t`.
    public private(set) var steps = 0
    private let config: Config
    private let tensors: [OptimizedTensor]
    private var moments: [Moments]

    /// Makes moments of zeros for every weight.
    public init(_ config: Config, _ tensors: [OptimizedTensor]) throws(TensorError) {
        (self.config, self.tensors, moments) = (config, tensors, [])
        for tensor in tensors {
            let device = tensor.master.device
            let shape = tensor.master.shape
            let first = device == .cpu ? try Tensor.lazyZeros(shape) : try Tensor.zeros(shape, device: device)
            let second = device == .cpu ? try Tensor.lazyZeros(shape) : try Tensor.zeros(shape, device: device)
            moments.append(Moments(first: first, second: second))
        }
    }

    /// Updates every weight that has a gradient, in place.
    public func step(gradients: [Tensor?], rate: Double, gradientScale: Double) throws(TensorError) {
        steps += 1
        for index in tensors.indices {
            guard let gradient = gradients[index] else { continue }
            let step = AdamWStep(
                rate: rate, beta1: config.beta1, beta2: config.beta2, epsilon: config.epsilon,
                decay: tensors[index].decays ? config.decay : 0,
                correction1: 1 - power(config.beta1, steps), correction2: 1 - power(config.beta2, steps), gradientScale: gradientScale)
            let state = moments[index]
            if gradient.isSparse {
                var touched = state.touched
                if touched == nil { touched = try Tensor.zeros([tensors[index].master.size(0)], dtype: .uint8) }
                guard let touched else { continue }
                moments[index].touched = touched
                try step.update(tensors[index].master, sparseGradient: gradient, first: state.first, second: state.second, touched: touched)
            } else {
                try step.update(
                    tensors[index].master, gradient: gradient, first: state.first, second: state.second, shadow: tensors[index].shadow)
            }
        }
    }

    /// Returns both moments of every weight as `<key>.exp_avg` and `<key>.exp_avg_sq`, and `<key>.touched` for tables.
    public func state() -> [(name: String, tensor: Tensor)] {
        zip(tensors, moments).flatMap { tensor, state in
            [("\(tensor.key).exp_avg", state.first), ("\(tensor.key).exp_avg_sq", state.second)]
                + (state.touched.map { [("\(tensor.key).touched", $0)] } ?? [])
        }
    }

    /// Puts back the moments that ``state()`` gave, and the number of updates made.
    ///
    /// - Throws: ``OptimizerError`` naming a tensor that is missing or does not fit.
    public func restore(_ state: [String: Tensor], steps: Int) throws(OptimizerError) {
        for index in tensors.indices {
            let key = tensors[index].key
            guard let first = state["\(key).exp_avg"] else { throw .missing(name: "\(key).exp_avg") }
            guard let second = state["\(key).exp_avg_sq"] else { throw .missing(name: "\(key).exp_avg_sq") }
            do throws(TensorError) {
                if let touched = state["\(key).touched"] {
                    moments[index].touched = try touched.cloned()
                    try copyRows(first, into: moments[index].first, touched)
                    try copyRows(second, into: moments[index].second, touched)
                } else {
                    try moments[index].first.copy(from: first)
                    try moments[index].second.copy(from: second)
                }
            } catch { throw .tensor(error) }
        }
        self.steps = steps
    }

    /// Copies used rows only, so that the others still take no memory.
    private func copyRows(_ source: Tensor, into target: Tensor, _ touched: Tensor) throws(TensorError) {
        for (row, flag) in try touched.values(as: UInt8.self).enumerated() where flag == 1 {
            try target.slice(0, row..<(row + 1)).copy(from: source.slice(0, row..<(row + 1)))
        }
    }
}

/// `base` to a whole power by repeated multiplication, the same on every platform.
private func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    var factor = base
    var rest = exponent
    while rest > 0 {
        if rest & 1 == 1 { result *= factor }
        factor *= factor
        rest >>= 1
    }
    return result
}
