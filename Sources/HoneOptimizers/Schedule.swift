#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// How the learning rate moves: warm-up from 0, then constant, linear or cosine decay to a floor.
///
/// Factor at step `t` (from 0) with `W` warm-up steps of `S` and floor `f`: `t / W` below `W`; then 1, or `f + (1 − f) d` with
/// `d = (S − t) / (S − W)` (linear) or `½ (1 + cos(π (t − W) / (S − W)))` (cosine). Source: Transformers
/// `get_{constant,linear,cosine}_schedule_with_warmup`, with a floor `get_cosine_with_min_lr_schedule_with_warmup` (`min_lr_rate`) and
/// `get_polynomial_decay_schedule_with_warmup` of power 1. Departures: none.
public struct Schedule: Sendable, Equatable, Codable {
    /// The course of the rate after warm-up.
    public enum Shape: String, Sendable, Codable, CaseIterable { case constant, linear, cosine }

    /// The course after warm-up.
    public var shape: Shape
    /// `W`, the optimizer steps of the rise from 0.
    public var warmupSteps: Int
    /// `S`, the optimizer steps of the whole run, warm-up included.
    public var totalSteps: Int

    /// `f`, the factor that decay ends at, `0 ... 1`; a constant rate knows none.
    public var floor: Double

    /// Makes a schedule; the peak rate is the caller's.
    public init(shape: Shape, warmupSteps: Int, totalSteps: Int, floor: Double = 0) {
        (self.shape, self.warmupSteps, self.totalSteps, self.floor) = (shape, warmupSteps, totalSteps, floor)
    }

    /// The factor on the peak rate for the update made at `step`, counted from 0; in `0 ... 1`.
    public func factor(at step: Int) -> Double {
        if step < warmupSteps { return Double(step) / Double(max(1, warmupSteps)) }
        let span = Double(max(1, totalSteps - warmupSteps))
        switch shape {
        case .constant: return 1
        case .linear: return floor + (1 - floor) * max(0, Double(totalSteps - step) / span)
        case .cosine: return floor + (1 - floor) * max(0, 0.5 * (1 + cos(.pi * Double(step - warmupSteps) / span)))
        }
    }
}
