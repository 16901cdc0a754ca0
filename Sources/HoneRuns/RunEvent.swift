public import Foundation

/// Says one thing that happened in a run.
///
/// Each event is one flat line of JSON with its `type`, its `time` and its payload. A non-finite number is written as the string
/// `"NaN"`, `"Infinity"` or `"-Infinity"`: a loss that ran away must reach the log. Losses are means per target, in nats (or squared
/// units for a regression); `seconds` count from the start of the process, or for an evaluation what it took.
public enum RunEvent: Sendable, Equatable {
    /// A process began to work on the run.
    case started(run: RunID, pid: Int32)
    /// What is about to be done.
    case plan(
        rows: Int, tokens: Int, steps: Int, trainableParameters: Int, totalParameters: Int, predictedBytes: Int?, predictedSeconds: Double?)
    /// One optimizer step; `index` counts from 1, `epoch` is a fraction, `tokens` and `rows` are those of this step.
    case step(
        index: Int, epoch: Double, loss: Double, gradientNorm: Double?, learningRate: Double, tokens: Int, rows: Int, seconds: Double)
    /// An evaluation after `step` optimizer steps.
    case evaluation(step: Int, split: String, metrics: [String: Double], seconds: Double)
    /// A text that the model wrote at an evaluation, going on with `prompt`.
    case sample(step: Int, prompt: String, text: String)
    /// A checkpoint was put in place; `folder` is relative to the run's folder.
    case checkpoint(step: Int, folder: String, isBest: Bool)
    /// Something a person should know, with counts.
    case warning(code: String, message: String, counts: [String: Int])
    /// A guard stopped the run.
    case guardTripped(name: String, step: Int, message: String)
    /// The run came to its end.
    case finished(step: Int, reason: String)
    /// The run broke.
    case failed(step: Int, message: String)
    /// The run was stopped from outside, and saved.
    case interrupted(step: Int, reason: String)
    /// The run goes on from the checkpoint of `step`: what the log says of later steps no longer holds.
    case resumed(step: Int)

    /// The optimizer step that the event speaks of; nil where it speaks of none.
    public var step: Int? {
        switch self {
        case .started, .plan, .warning: nil
        case .step(let index, _, _, _, _, _, _, _): index
        case .evaluation(let step, _, _, _), .sample(let step, _, _), .checkpoint(let step, _, _), .guardTripped(_, let step, _),
            .finished(let step, _),
            .failed(let step, _), .interrupted(let step, _), .resumed(let step):
            step
        }
    }
}

/// An event and its time.
public struct TimedEvent: Sendable, Equatable {
    /// When it happened; the log keeps milliseconds.
    public var time: Date
    /// What happened.
    public var event: RunEvent

    /// Puts a time to an event.
    public init(time: Date, event: RunEvent) {
        self.time = time
        self.event = event
    }
}

extension TimedEvent: Codable {
    private enum Key: String, CodingKey { case time }

    /// Reads a line of the log.
    public init(from decoder: any Decoder) throws {
        time = try decoder.container(keyedBy: Key.self).decode(Date.self, forKey: .time)
        event = try RunEvent(from: decoder)
    }

    /// Writes time and payload into one flat object.
    public func encode(to encoder: any Encoder) throws {
        var box = encoder.container(keyedBy: Key.self)
        try box.encode(time, forKey: .time)
        try event.encode(to: encoder)
    }
}
