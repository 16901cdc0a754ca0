public import HoneData

/// Names a number that says how good predictions are; the raw value is the name in recipes, events and reports.
public enum MetricName: String, Codable, Sendable, CaseIterable, CodingKeyRepresentable {
    /// The share of rows whose class is right.
    case accuracy
    /// The mean over classes of the share of right answers among the rows given that class.
    case macroPrecision
    /// The mean over classes of the share of that class's rows that were found.
    case macroRecall
    /// The mean over classes of the harmonic mean of precision and recall.
    case macroF1
    /// As `macroF1`, each class weighted by its rows.
    case weightedF1
    /// F1 of all decisions counted together.
    case microF1
    /// Matthews correlation coefficient, `-1 ... 1`; 0 for guessing.
    case matthews
    /// The mean of −log p(right class), in nats.
    case logLoss
    /// The mean distance between a model's confidence and its accuracy, `0 ... 1`.
    case calibrationError
    /// The share of rows whose whole set of labels is right.
    case subsetAccuracy
    /// Linear correlation, `-1 ... 1`.
    case pearson
    /// Correlation of ranks, `-1 ... 1`.
    case spearman
    /// The mean of squared errors, in squared units of the target.
    case meanSquaredError
    /// The mean of absolute errors, in units of the target.
    case meanAbsoluteError
    /// The share of the target's variance that is explained; negative where a constant would do better.
    case rSquared
    /// Shared runs of tokens with a reference translation, `0 ... 100`, over the whole corpus.
    case bleu
    /// Shared runs of characters with a reference, `0 ... 100`, over the whole corpus.
    case chrF
    /// As `chrF`, words and pairs of words counted too.
    case chrFPlusPlus
    /// F1 of single tokens shared with a reference, `0 ... 1`.
    case rouge1
    /// F1 of pairs of tokens shared with a reference, `0 ... 1`.
    case rouge2
    /// F1 of the longest common subsequence with a reference, `0 ... 1`.
    case rougeL
    /// As `rougeL`, line by line.
    case rougeLsum
    /// The share of answers equal to a reference, normalised.
    case exactMatch
    /// The mean F1 of words shared with a reference answer, `0 ... 1`.
    case tokenF1
    /// The share of answers equal to a reference, of the questions that have one.
    case hasAnswerExactMatch
    /// The mean F1 of words shared with a reference answer, of the questions that have one, `0 ... 1`.
    case hasAnswerF1
    /// The share of questions without an answer that got none.
    case noAnswerAccuracy
    /// The share of predicted entities that are right.
    case entityPrecision
    /// The share of true entities that were found.
    case entityRecall
    /// F1 of all entities counted together.
    case entityF1
    /// The share of target tokens that were predicted.
    case tokenAccuracy
    /// The exponential of the mean loss per token, at least 1.
    case perplexity
    /// The training objective's mean over the validation rows.
    case loss

    /// Says which way is better.
    public enum Direction: String, Codable, Sendable {
        /// A larger number is better.
        case higher
        /// A smaller number is better.
        case lower
    }

    /// Which way this metric gets better.
    public var direction: Direction {
        switch self {
        case .accuracy, .macroPrecision, .macroRecall, .macroF1, .weightedF1, .microF1, .matthews, .subsetAccuracy, .pearson, .spearman,
            .rSquared, .bleu, .chrF, .chrFPlusPlus, .rouge1, .rouge2, .rougeL, .rougeLsum, .exactMatch, .tokenF1, .hasAnswerExactMatch,
            .hasAnswerF1, .noAnswerAccuracy, .entityPrecision, .entityRecall, .entityF1, .tokenAccuracy:
            .higher
        case .logLoss, .calibrationError, .meanSquaredError, .meanAbsoluteError, .perplexity, .loss: .lower
        }
    }

    /// Whether a value is an improvement by more than `margin`; a value that is not a number never is, and any number beats one.
    public func isBetter(_ value: Double, than best: Double, margin: Double = 0) -> Bool {
        guard !value.isNaN else { return false }
        guard !best.isNaN else { return true }
        return direction == .higher ? value > best + margin : value < best - margin
    }

    /// The metrics that say something about a kind of task, the most telling first.
    public static func metrics(for kind: TaskKind) -> [MetricName] {
        switch kind {
        case .classification:
            [.accuracy, .macroF1, .weightedF1, .matthews, .macroPrecision, .macroRecall, .microF1, .logLoss, .calibrationError, .loss]
        case .multiLabel: [.microF1, .macroF1, .weightedF1, .subsetAccuracy, .loss]
        case .regression: [.pearson, .spearman, .meanSquaredError, .meanAbsoluteError, .rSquared, .loss]
        }
    }
}
