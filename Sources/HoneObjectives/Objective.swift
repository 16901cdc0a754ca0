public import HoneData
public import HoneTensors

/// What a loss returns: the sum over its targets and the number that the loop divides by, once per optimizer step.
public struct LossTerms {
    /// One float32 element, in nats (or squared units for regression).
    public let sum: Tensor
    /// The divisor of this batch: targets, or their total class weight.
    public let weight: Double
    /// How many targets the largest logit met, int64 of one element; nil where it is not counted.
    public let correct: Tensor?

    /// Puts together the numbers of one batch.
    public init(sum: Tensor, weight: Double, correct: Tensor? = nil) { (self.sum, self.weight, self.correct) = (sum, weight, correct) }
}

/// Which loss, with its settings.
public enum ObjectiveSpec: Sendable, Equatable {
    /// One class per row.
    case classification(CrossEntropy)
    /// Labels that may hold together.
    case multiLabel(BinaryCrossEntropy)
    /// One number per row.
    case regression(MeanSquaredError)

    /// The divisor that targets bring, known before any forward pass, so that any split into micro-batches gives the same gradient.
    public func weight(of targets: [EncodedTarget]) -> Double {
        switch self {
        case .classification(let loss): loss.weight(of: targets)
        case .multiLabel(let loss): loss.weight(of: targets)
        case .regression: Double(targets.count)
        }
    }

    /// The summed loss of logits `[B, C]` against `targets`.
    ///
    /// - Throws: ``ObjectiveError`` if a target is of another kind, or logits and targets do not fit; `TensorError` if weights do not.
    public func callAsFunction(_ logits: Tensor, _ targets: [EncodedTarget]) throws -> LossTerms {
        guard logits.rank == 2, logits.size(0) == targets.count else {
            throw ObjectiveError.rows(logits: logits.shape, targets: targets.count)
        }
        return switch self {
        case .classification(let loss): try loss(logits, targets)
        case .multiLabel(let loss): try loss(logits, targets)
        case .regression(let loss): try loss(logits, targets)
        }
    }
}

/// Describes targets that an objective cannot learn.
public enum ObjectiveError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A row's target is of another kind than the loss learns.
    case wrongTarget(expected: String, row: Int)
    /// Logits and targets are not of one batch.
    case rows(logits: [Int], targets: Int)
    /// The model has not as many outputs as the targets need.
    case outputs(found: Int, needed: Int, row: Int)
    /// A class that the model has no output for.
    case classOutside(index: Int, outputs: Int, row: Int)
    /// An answer begins or ends at a token that the row does not have.
    case spanOutside(place: Int, length: Int, row: Int)

    /// Which row of the batch does not fit, and what to check.
    public var description: String {
        switch self {
        case .rows(let logits, let targets): "Logits of shape \(logits) do not belong to \(targets) targets."
        case .outputs(let found, let needed, let row):
            "Row \(row) of the batch needs \(needed) outputs; the model has \(found). Does the model's head fit the task?"
        case .classOutside(let index, let outputs, let row):
            "Row \(row) of the batch has class \(index); the model's classes are 0 ..< \(outputs). Do the labels belong to this model?"
        case .spanOutside(let place, let length, let row):
            "Row \(row) of the batch has an answer at token \(place); its tokens are 0 ..< \(length). Were rows cut after they were encoded?"
        case .wrongTarget(let expected, let row): "Row \(row) of the batch has no \(expected) to learn. Does task.kind fit the labels?"
        }
    }
}
