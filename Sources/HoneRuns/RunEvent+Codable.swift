// Tested by RunEventTests.swift

extension RunEvent: Codable {
    enum Kind: String, Codable, CaseIterable {
        case started, plan, step, evaluation, sample, checkpoint, warning, guardTripped, finished, failed, interrupted, resumed
    }

    private enum Key: String, CodingKey {
        case type, run, pid, rows, tokens, steps, trainableParameters, totalParameters, predictedBytes, predictedSeconds
        case index, epoch, loss, gradientNorm, learningRate, seconds, step, split, metrics, folder, isBest, code, message, counts, name
        case reason, prompt, text
    }

    private typealias Box = KeyedDecodingContainer<Key>

    /// The `type` of the event's line.
    var kind: Kind {
        switch self {
        case .started: .started
        case .plan: .plan
        case .step: .step
        case .evaluation: .evaluation
        case .sample: .sample
        case .checkpoint: .checkpoint
        case .warning: .warning
        case .guardTripped: .guardTripped
        case .finished: .finished
        case .failed: .failed
        case .interrupted: .interrupted
        case .resumed: .resumed
        }
    }

    /// Writes a flat object with the event's `type`.
    public func encode(to encoder: any Encoder) throws {
        var box = encoder.container(keyedBy: Key.self)
        try box.encode(kind, forKey: .type)
        switch self {
        case .plan, .step, .evaluation: try encodeNumbers(into: &box)
        case .started(let run, let pid):
            try box.encode(run, forKey: .run)
            try box.encode(pid, forKey: .pid)
        case .sample(let step, let prompt, let text):
            try box.encode(step, forKey: .step)
            try box.encode(prompt, forKey: .prompt)
            try box.encode(text, forKey: .text)
        case .checkpoint(let step, let folder, let isBest):
            try box.encode(step, forKey: .step)
            try box.encode(folder, forKey: .folder)
            try box.encode(isBest, forKey: .isBest)
        case .warning(let code, let message, let counts):
            try box.encode(code, forKey: .code)
            try box.encode(message, forKey: .message)
            try box.encode(counts, forKey: .counts)
        case .guardTripped(let name, let step, let message):
            try box.encode(name, forKey: .name)
            try box.encode(step, forKey: .step)
            try box.encode(message, forKey: .message)
        case .failed(let step, let message):
            try box.encode(step, forKey: .step)
            try box.encode(message, forKey: .message)
        case .finished(let step, let reason), .interrupted(let step, let reason):
            try box.encode(step, forKey: .step)
            try box.encode(reason, forKey: .reason)
        case .resumed(let step):
            try box.encode(step, forKey: .step)
        }
    }

    private func encodeNumbers(into box: inout KeyedEncodingContainer<Key>) throws {
        switch self {
        case .plan(let rows, let tokens, let steps, let trainable, let total, let bytes, let seconds):
            try box.encode(rows, forKey: .rows)
            try box.encode(tokens, forKey: .tokens)
            try box.encode(steps, forKey: .steps)
            try box.encode(trainable, forKey: .trainableParameters)
            try box.encode(total, forKey: .totalParameters)
            try box.encodeIfPresent(bytes, forKey: .predictedBytes)
            try box.encodeIfPresent(seconds, forKey: .predictedSeconds)
        case .step(let index, let epoch, let loss, let norm, let rate, let tokens, let rows, let seconds):
            try box.encode(index, forKey: .index)
            try box.encode(epoch, forKey: .epoch)
            try box.encode(loss, forKey: .loss)
            try box.encodeIfPresent(norm, forKey: .gradientNorm)
            try box.encode(rate, forKey: .learningRate)
            try box.encode(tokens, forKey: .tokens)
            try box.encode(rows, forKey: .rows)
            try box.encode(seconds, forKey: .seconds)
        case .evaluation(let step, let split, let metrics, let seconds):
            try box.encode(step, forKey: .step)
            try box.encode(split, forKey: .split)
            try box.encode(metrics, forKey: .metrics)
            try box.encode(seconds, forKey: .seconds)
        default: break
        }
    }

    /// Reads a flat object by its `type`.
    public init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: Key.self)
        switch try box.decode(Kind.self, forKey: .type) {
        case .started: self = .started(run: try box.decode(RunID.self, forKey: .run), pid: try box.decode(Int32.self, forKey: .pid))
        case .plan: self = try Self.plan(box)
        case .step: self = try Self.step(box)
        case .evaluation:
            self = .evaluation(
                step: try box.decode(Int.self, forKey: .step), split: try box.decode(String.self, forKey: .split),
                metrics: try box.decode([String: Double].self, forKey: .metrics), seconds: try box.decode(Double.self, forKey: .seconds))
        case .sample:
            self = .sample(
                step: try box.decode(Int.self, forKey: .step), prompt: try box.decode(String.self, forKey: .prompt),
                text: try box.decode(String.self, forKey: .text))
        case .checkpoint:
            self = .checkpoint(
                step: try box.decode(Int.self, forKey: .step), folder: try box.decode(String.self, forKey: .folder),
                isBest: try box.decode(Bool.self, forKey: .isBest))
        case .warning:
            self = .warning(
                code: try box.decode(String.self, forKey: .code), message: try box.decode(String.self, forKey: .message),
                counts: try box.decode([String: Int].self, forKey: .counts))
        case .guardTripped:
            self = .guardTripped(
                name: try box.decode(String.self, forKey: .name), step: try box.decode(Int.self, forKey: .step),
                message: try box.decode(String.self, forKey: .message))
        case .finished:
            self = .finished(step: try box.decode(Int.self, forKey: .step), reason: try box.decode(String.self, forKey: .reason))
        case .failed: self = .failed(step: try box.decode(Int.self, forKey: .step), message: try box.decode(String.self, forKey: .message))
        case .interrupted:
            self = .interrupted(step: try box.decode(Int.self, forKey: .step), reason: try box.decode(String.self, forKey: .reason))
        case .resumed: self = .resumed(step: try box.decode(Int.self, forKey: .step))
        }
    }

    private static func plan(_ box: Box) throws -> RunEvent {
        .plan(
            rows: try box.decode(Int.self, forKey: .rows), tokens: try box.decode(Int.self, forKey: .tokens),
            steps: try box.decode(Int.self, forKey: .steps), trainableParameters: try box.decode(Int.self, forKey: .trainableParameters),
            totalParameters: try box.decode(Int.self, forKey: .totalParameters),
            predictedBytes: try box.decodeIfPresent(Int.self, forKey: .predictedBytes),
            predictedSeconds: try box.decodeIfPresent(Double.self, forKey: .predictedSeconds))
    }

    private static func step(_ box: Box) throws -> RunEvent {
        .step(
            index: try box.decode(Int.self, forKey: .index), epoch: try box.decode(Double.self, forKey: .epoch),
            loss: try box.decode(Double.self, forKey: .loss), gradientNorm: try box.decodeIfPresent(Double.self, forKey: .gradientNorm),
            learningRate: try box.decode(Double.self, forKey: .learningRate), tokens: try box.decode(Int.self, forKey: .tokens),
            rows: try box.decode(Int.self, forKey: .rows), seconds: try box.decode(Double.self, forKey: .seconds))
    }
}
