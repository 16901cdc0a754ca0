public import Foundation

/// Reports what the loop did, as values only, so that a terminal, a file and a page can read the same stream.
public enum TrainingEvent: Codable, Sendable, Equatable {
    /// One optimizer step was made.
    ///
    /// `index` counts from 1. `epoch` is the number of epochs behind it, whole right after an epoch's last step. `loss` is the mean per
    /// target, in nats (squared units for regression); `norm` is of the gradient before clipping; `rate` is the learning rate of this step;
    /// `tokens` (without padding) and `rows` are of this step alone.
    case step(index: Int, epoch: Double, loss: Double, norm: Double, rate: Double, tokens: Int, rows: Int)
    /// The validation rows were measured after `step` steps.
    case evaluation(step: Int, metrics: [String: Double], seconds: Double)
    /// A whole checkpoint is on disk.
    case checkpoint(step: Int, folder: URL, isBest: Bool)
    /// Something is odd, and training goes on; `code` is stable, `message` is for people.
    case warning(code: String, message: String)
    /// Training goes on from the checkpoint of `step`.
    case resumed(step: Int)
}

/// What an observer of events answers.
public enum Decision: Sendable, Equatable {
    /// Go on.
    case proceed
    /// End after this step; it is saved first.
    case stop(reason: String)
}

/// Receives every event in order, on the torch thread, and answers whether to go on.
public typealias Observer = (TrainingEvent) -> Decision

/// Why the loop came to its end without an error.
public enum FinishReason: Sendable, Equatable, Codable {
    /// All planned steps were made.
    case budgetSpent
    /// So many evaluations in a row were no better than the best.
    case earlyStopping(metric: String, evaluations: Int)
    /// Stopped from outside and saved; the run can go on.
    case interrupted(reason: String)
}
