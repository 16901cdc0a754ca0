public import HoneData
public import HoneOptimizers
public import HoneTensors

/// Says when something recurring happens.
public enum Interval: Sendable, Equatable {
    /// After the last step of each epoch.
    case epoch
    /// After every so many optimizer steps, at least 1.
    case steps(Int)
    /// Not at all.
    case never

    func isDue(step: Int, endsEpoch: Bool) -> Bool {
        switch self {
        case .epoch: endsEpoch
        case .steps(let count): step.isMultiple(of: count)
        case .never: false
        }
    }
}

/// Says which number decides what is best, and when to stop waiting for better.
public struct Selection: Sendable, Equatable {
    /// The metric's name, one of those that the evaluation returns.
    public var metric: String
    /// Whether a higher number is better.
    public var higherIsBetter: Bool
    /// Evaluations in a row without improvement that end the training, at least 1; nil for no end.
    public var patience: Int?
    /// By how much a number must be better than the best to count, at least 0; in the metric's unit.
    public var minimumImprovement: Double

    /// Makes a selection from all of its settings.
    public init(metric: String, higherIsBetter: Bool, patience: Int?, minimumImprovement: Double) {
        (self.metric, self.higherIsBetter, self.patience, self.minimumImprovement) = (metric, higherIsBetter, patience, minimumImprovement)
    }

    /// NaN and infinities are never better.
    func isBetter(_ value: Double, than best: Double?) -> Bool {
        guard value.isFinite else { return false }
        guard let best else { return true }
        return higherIsBetter ? value > best + minimumImprovement : value < best - minimumImprovement
    }
}

/// Holds everything the loop needs to know besides the model, the data and the loss.
public struct TrainingPlan: Sendable, Equatable {
    /// Optimizer steps in all.
    public var totalSteps: Int
    /// Batches of the batch plan per optimizer step, at least 1; the last step of an epoch may have fewer.
    public var accumulation: Int
    /// How the learning rate moves.
    public var schedule: Schedule
    /// The peak learning rate.
    public var peakRate: Double
    /// The limit on the gradient's norm.
    public var clipping: Clipping
    /// Decides dropout; the order of rows is the batch plan's.
    public var seed: UInt64
    /// When the validation rows are measured; also after the last step, unless never.
    public var evaluates: Interval
    /// When a checkpoint is written; also after the last step, unless never.
    ///
    /// The best weights, and a run that is interrupted, are saved whatever this says.
    public var saves: Interval
    /// What is best; nil to keep no best.
    public var selection: Selection?
    /// Newest checkpoints to keep besides the best, at least 1.
    public var keeps: Int
    /// The type in which products run.
    public var compute: DType
    /// Where the model lies.
    public var device: Device
    /// The most slots of an evaluation batch.
    public var evaluationBudget: Int
    /// The id in slots of no row.
    public var paddingID: Int32
    /// Whether blocks keep only their input and compute the rest again for the gradient.
    public var checkpointsBlocks = false
    /// The most slots that go forward and backward at once; nil for whole batches.
    ///
    /// A batch with more goes in parts, whose gradients add up to the same; dropout draws anew for each part.
    public var slotsAtOnce: Int?

    /// Makes a plan from all of its settings.
    public init(
        totalSteps: Int, accumulation: Int, schedule: Schedule, peakRate: Double, clipping: Clipping, seed: UInt64, evaluates: Interval,
        saves: Interval, selection: Selection?, keeps: Int, compute: DType, device: Device, evaluationBudget: Int, paddingID: Int32
    ) {
        (self.totalSteps, self.accumulation, self.schedule, self.peakRate) = (totalSteps, accumulation, schedule, peakRate)
        (self.clipping, self.seed, self.evaluates, self.saves) = (clipping, seed, evaluates, saves)
        (self.selection, self.keeps, self.compute, self.device) = (selection, keeps, compute, device)
        (self.evaluationBudget, self.paddingID) = (evaluationBudget, paddingID)
    }
}

/// Counts the optimizer steps of a number of epochs: `⌈batches / accumulation⌉` each, a fraction of the last one rounded up.
///
/// Without a token budget cheap; with one, every epoch's batches are made.
/// - Precondition: `epochs` is finite and not negative, `accumulation` is at least 1.
public func stepCount(epochs: Double, batches: BatchPlan, accumulation: Int) -> Int {
    precondition(epochs.isFinite && epochs >= 0 && accumulation >= 1, "\(epochs) epochs of \(accumulation) micro-batches cannot be counted")
    var total = 0
    for epoch in 0..<Int(epochs.rounded(.up)) {
        let steps = (batches.batchCount(epoch: epoch) + accumulation - 1) / accumulation
        let part = min(1, epochs - Double(epoch)) * Double(steps)
        total += Int((part - 1e-9 * Double(steps)).rounded(.up))  // 1.1 epochs are 1.1000000000000001; that must not make a step
    }
    return total
}
