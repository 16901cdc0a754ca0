public import Foundation

/// Describes why training stopped with an error, or could not go on.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
    case nonFinite(step: Int, loss: Double, norm: Double, rate: Double)
    case noGradient(keys: [String])
    case notMoving(keys: [String], steps: Int)
    case noTargets(step: Int)
    case checkpointMissing(folder: String)
    case checkpointBroken(folder: String, reason: String)

    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .nonFinite(let step, let loss, let norm, let rate):
            "Training diverged at step \(step): loss \(loss), gradient norm \(norm), learning rate \(rate). The weights of this step were not "
                + "changed. Lower training.learningRate, lengthen the warm-up, or set training.precision to float32."
        case .noGradient(let keys):
            "\(keys.count) trainable weights received no gradient: \(listed(keys)). The loss does not depend on them; freeze them or change tuning."
        case .notMoving(let keys, let steps):
            "\(keys.count) trainable weights had a gradient but did not move in \(steps) steps: \(listed(keys)). Is the learning rate too small?"
        case .noTargets(let step): "Step \(step) has no target to learn."
        case .checkpointMissing(let folder): "\(folder) holds no checkpoint to resume from. Start the training anew."
        case .checkpointBroken(let folder, let reason): "The checkpoint \(folder) cannot be used: \(reason)"
        }
    }
}

private func listed(_ names: [String]) -> String {
    names.prefix(4).map { "“\($0)”" }.joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
}
