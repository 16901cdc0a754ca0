// Tested by RecipeTests.swift.
public import HoneData
public import HoneEvaluation

/// What a model learns.
public enum TaskName: String, Sendable, Codable, CaseIterable {
    /// One label per row.
    case classification
    /// Labels that may hold together.
    case multiLabel
    /// One number per row.
    case regression
    /// To answer: conversations, or prompts and their completions.
    case instruction
    /// To go on with text.
    case text
    /// To fill in hidden tokens of a text.
    case maskedText
    /// To write one text after reading another.
    case sequenceToSequence
    /// One tag per word.
    case tagging
    /// To find the answer to a question in a text.
    case questionAnswering

    /// The kind of row target, for tasks with one target per row; nil for the others.
    public var rows: TaskKind? {
        switch self {
        case .classification: .classification
        case .multiLabel: .multiLabel
        case .regression: .regression
        case .instruction, .text, .maskedText, .sequenceToSequence, .tagging, .questionAnswering: nil
        }
    }

    /// Whether the model writes text, so that what it writes can be scored.
    public var writes: Bool { self == .instruction || self == .sequenceToSequence }

    /// The metrics that are measured, the one that decides first.
    public var metrics: [MetricName] {
        switch self {
        case .classification, .multiLabel, .regression: rows.map { MetricName.metrics(for: $0) } ?? []
        case .text, .maskedText: [.loss, .perplexity, .tokenAccuracy]
        case .instruction, .sequenceToSequence:
            [.loss, .perplexity, .tokenAccuracy, .exactMatch, .tokenF1, .bleu, .chrF, .rouge1, .rouge2, .rougeL]
        case .tagging: [.entityF1, .entityPrecision, .entityRecall, .tokenAccuracy, .loss]
        case .questionAnswering: [.tokenF1, .exactMatch, .hasAnswerF1, .hasAnswerExactMatch, .noAnswerAccuracy, .loss]
        }
    }
}

extension TaskKind {
    /// The task of this kind of row target.
    public var task: TaskName {
        switch self {
        case .classification: .classification
        case .multiLabel: .multiLabel
        case .regression: .regression
        }
    }
}
