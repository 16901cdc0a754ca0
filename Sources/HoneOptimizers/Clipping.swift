public import HoneTensors

/// Clipping by global norm: `g ← g · min(1, c / (‖g‖ + 10⁻⁶))` over all gradients together.
///
/// Source: arXiv:1211.5063, PyTorch `clip_grad_norm_`. Departures: the factor is returned instead of applied, and the norm is summed in
/// float64.
public struct Clipping: Sendable, Equatable {
    /// `c`; nil measures without clipping.
    public var maximumNorm: Double?

    /// Makes a rule; nil only measures.
    public init(maximumNorm: Double?) { self.maximumNorm = maximumNorm }

    /// Returns the Euclidean norm of all gradients together.
    ///
    /// Sparse gradients must be coalesced.
    public func norm(of gradients: [Tensor?]) throws(TensorError) -> Double {
        var total = 0.0
        for gradient in gradients { if let gradient { total += try gradient.sumOfSquares() } }
        return total.squareRoot()
    }

    /// The factor that brings a norm down to the maximum, at most 1.
    public func factor(norm: Double) -> Double { maximumNorm.map { min(1, $0 / (norm + 1e-6)) } ?? 1 }
}
