// Tested by TrainerTests.swift.

/// What resuming needs besides tensors: counters and the data cursor. Random states follow from the seed and the step.
public struct TrainingState: Codable, Sendable, Equatable {
    /// Optimizer steps made.
    public var step = 0
    /// Epoch of the next batch, from 0, and the batch's place in it.
    public var epoch = 0
    public var batch = 0
    public var tokensSeen = 0
    public var rowsSeen = 0
    public var bestValue: Double?
    public var bestStep: Int?
    public var evaluationsSinceBest = 0
    public var finish: FinishReason?

    public init() {}
}
