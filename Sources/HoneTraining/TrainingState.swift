// Tested by TrainingCheckpointTests.swift.

/// Holds what resuming needs besides tensors: counters and the data cursor.
///
/// Random states are not here: they follow from the seed and the step.
public struct TrainingState: Codable, Sendable, Equatable {
    /// Optimizer steps made.
    public var step = 0
    /// The epoch of the next batch, from 0.
    public var epoch = 0
    /// The place of the next batch in its epoch, from 0.
    public var batch = 0
    /// Tokens learned from so far, padding not counted.
    public var tokensSeen = 0
    /// Rows learned from so far, repeats counted.
    public var rowsSeen = 0
    /// The best value of the selection's metric; nil before the first finite one.
    public var bestValue: Double?
    /// The step of the best value.
    public var bestStep: Int?
    /// Evaluations since the best one.
    public var evaluationsSinceBest = 0
    /// Why the training ended before its budget; nil while it may go on.
    public var finish: FinishReason?

    /// Makes the state before the first step.
    public init() {}
}
