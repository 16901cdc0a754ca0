#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// How the learning rate moves: warm-up from 0, then constant, linear or cosine decay to 0.
///
/// Factor at step `t` (from 0) with `W` warm-up steps of `S`: `t / W` below `W`; then 1, `(S − t) / (S − W)`, or
/// `½ (1 + cos(π (t − W) / (S − W)))`. Source: Transformers `get_{constant,linear,cosine}_schedule_with_warmup`. Departures: none.
public struct Schedule: Sendable, Equatable, Codable {
    /// The course of the rate after warm-up.
    public enum Shape: String, Sendable, Codable, CaseIterable { case constant, linear, cosine }

    /// The course after warm-up.
    public var shape: Shape
    /// `W`, the optimizer steps of the rise from 0.
    public var warmupSteps: Int
    /// `S`, the optimizer steps of the whole run, warm-up included.
    public var totalSteps: Int

    /// Makes a schedule; the peak rate is the caller's.
    public init(shape: Shape, warmupSteps: Int, totalSteps: Int) {
        (self.shape, self.warmupSteps, self.totalSteps) = (shape, warmupSteps, totalSteps)
    }

    /// The factor on the peak rate for the update made at `step`, counted from 0; in `0 ... 1`.
    public func factor(at step: Int) -> Double {
        if step < warmupSteps { return Double(step) / Double(max(1, warmupSteps)) }
        let span = Double(max(1, totalSteps - warmupSteps))
        switch shape {
        case .constant: return 1
        case .linear: return max(0, Double(totalSteps - step) / span)
        case .cosine: return max(0, 0.5 * (1 + cos(.pi * Double(step - warmupSteps) / span)))
        }
    }
}
