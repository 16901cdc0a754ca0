// Tested by TrainerTests.swift.
public import Foundation

/// What the loop reports. Values only, so that a terminal, a file and a page can read the same stream.
public enum TrainingEvent: Codable, Sendable, Equatable {
    /// One optimizer step. `index` counts from 1; `loss` is the mean per target, in nats; `rate` is the learning rate of this step.
    case step(index: Int, epoch: Double, loss: Double, norm: Double, rate: Double, tokens: Int, rows: Int)
    case evaluation(step: Int, metrics: [String: Double], seconds: Double)
    case checkpoint(step: Int, folder: URL, isBest: Bool)
    case warning(code: String, message: String)
    case resumed(step: Int)
}

/// What an observer of events answers.
public enum Decision: Sendable, Equatable {
    case proceed
    /// End after this step; everything is saved first.
    case stop(reason: String)
}

public typealias Observer = (TrainingEvent) -> Decision

/// Why the loop came to its end without an error.
public enum FinishReason: Sendable, Equatable, Codable {
    case budgetSpent
    case earlyStopping(metric: String, evaluations: Int)
    /// Stopped from outside and saved; the run can go on.
    case interrupted(reason: String)
}
