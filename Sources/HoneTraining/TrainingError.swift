public import Foundation

/// Describes why training stopped with an error, or could not go on.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
    /// The loss or the gradient of a step is not a finite number.
    case nonFinite(step: Int, loss: Double, norm: Double, rate: Double)
    /// Weights are not finite numbers any more; they were not saved.
    case nonFiniteWeights(step: Int, keys: [String])
    /// The model was prepared so that none of its weights trains.
    case nothingTrains
    /// Trainable tensors are not connected to the loss.
    case noGradient(keys: [String])
    /// Trainable tensors with a gradient are where they were after `steps` steps.
    case notMoving(keys: [String], steps: Int)
    /// The targets of a step have no weight.
    case noTargets(step: Int)
    /// The metric that selects the best weights is not among those measured.
    case metricMissing(metric: String, found: [String])
    /// There is nothing to resume from.
    case checkpointMissing(folder: String)
    /// A checkpoint is damaged, or of another run.
    case checkpointBroken(folder: String, reason: String)
    /// A checkpoint cannot be written.
    case checkpointUnwritable(folder: String, reason: String)

    /// The description.
    public var errorDescription: String? { description }

    /// What happened, where, and what to do.
    public var description: String {
        switch self {
        case .nonFinite(let step, let loss, let norm, let rate):
            "Training diverged at step \(step): loss \(loss), gradient norm \(norm), learning rate \(rate). The weights of this step were not "
                + "changed. Lower training.learningRate, lengthen the warm-up, or set training.precision to float32."
        case .nonFiniteWeights(let step, let keys):
            "Training diverged: \(keys.count) weights are not finite after step \(step): \(listed(keys)). No checkpoint was written of them. "
                + "Lower training.learningRate, or lengthen the warm-up."
        case .nothingTrains: "No weight of the model trains. Choose another tuning.method, or patterns that match some weights."
        case .noGradient(let keys):
            "\(keys.count) trainable weights received no gradient: \(listed(keys)). The loss does not depend on them; freeze them or change tuning."
        case .notMoving(let keys, let steps):
            "\(keys.count) trainable weights had a gradient but did not move in \(steps) steps: \(listed(keys)). Raise training.learningRate."
        case .noTargets(let step):
            "Step \(step) has no target to learn: the weights of its targets add up to 0. Set training.classWeights above 0, or raise "
                + "training.batchSize."
        case .metricMissing(let metric, let found):
            "The evaluation did not measure “\(metric)”, which selects the best weights; it measured \(listed(found)). Set the metric to one "
                + "of those."
        case .checkpointMissing(let folder): "\(folder) holds no checkpoint to resume from. Start the training anew."
        case .checkpointBroken(let folder, let reason):
            "The checkpoint \(folder) cannot be used: \(reason). Remove that folder to resume from an older checkpoint, or start anew."
        case .checkpointUnwritable(let folder, let reason):
            "The checkpoint \(folder) cannot be written: \(reason). Older checkpoints are as they were; make room or change the folder's "
                + "permissions, then resume."
        }
    }
}

private func listed(_ names: [String]) -> String {
    let shown = names.prefix(4).map { "“\($0)”" }.joined(separator: ", ")
    return names.isEmpty ? "nothing" : shown + (names.count > 4 ? " and \(names.count - 4) more" : "")
}
