public import HoneData
public import HoneOptimizers
public import HoneTensors

/// When something recurring happens.
public enum Interval: Sendable, Equatable {
    case epoch
    case steps(Int)
    case never

    func isDue(step: Int, endsEpoch: Bool) -> Bool {
        switch self {
        case .epoch: endsEpoch
        case .steps(let count): step % count == 0
        case .never: false
        }
    }
}

/// Which number decides what is best, and when to stop waiting for better.
public struct Selection: Sendable, Equatable {
    public var metric: String
    public var higherIsBetter: Bool
    /// Evaluations without improvement that end the training; nil for none.
    public var patience: Int?
    public var minimumImprovement: Double

    public init(metric: String, higherIsBetter: Bool, patience: Int?, minimumImprovement: Double) {
        (self.metric, self.higherIsBetter, self.patience, self.minimumImprovement) = (metric, higherIsBetter, patience, minimumImprovement)
    }

    func isBetter(_ value: Double, than best: Double?) -> Bool {
        guard value.isFinite else { return false }
        guard let best else { return true }
        return higherIsBetter ? value > best + minimumImprovement : value < best - minimumImprovement
    }
}

/// Everything the loop needs to know besides the model, the data and the loss.
public struct TrainingPlan: Sendable, Equatable {
    /// Optimizer steps in all.
    public var totalSteps: Int
    /// Micro-batches per optimizer step.
    public var accumulation: Int
    public var schedule: Schedule
    /// The peak learning rate.
    public var peakRate: Double
    public var clipping: Clipping
    /// Decides dropout; the order of rows is the batch plan's.
    public var seed: UInt64
    public var evaluates: Interval
    public var saves: Interval
    public var selection: Selection?
    /// Newest checkpoints to keep besides the best.
    public var keeps: Int
    /// The type in which products run.
    public var compute: DType
    public var device: Device
    /// Slots per evaluation batch.
    public var evaluationBudget: Int
    public var paddingID: Int32

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

/// How many optimizer steps a number of epochs takes: `⌈batches / accumulation⌉` each, a fraction of the last one rounded up.
public func stepCount(epochs: Double, batches: BatchPlan, accumulation: Int) -> Int {
    var total = 0
    for epoch in 0..<Int(epochs.rounded(.up)) {
        let steps = (batches.batchCount(epoch: epoch) + accumulation - 1) / accumulation
        total += epochs - Double(epoch) >= 1 ? steps : Int((Double(steps) * (epochs - Double(epoch))).rounded(.up))
    }
    return total
}
