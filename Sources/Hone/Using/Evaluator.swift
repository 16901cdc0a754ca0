/// Measures models of every kind.
public enum Evaluator {
    /// Loads a model and measures it on rows.
    ///
    /// Of a classifier before its tuning (``Artifact/untuned()``) that got a new output layer, the frozen encoder is measured with the
    /// nearest class centroid, and the result's notes say so.
    /// - Parameters:
    ///   - precision: the type in which products run.
    ///   - threads: CPU threads; nil for all.
    /// - Throws: what loading and measuring throw, as ``Classifier``, ``Writer``, ``Tagger``, ``MaskFiller`` and ``Answerer`` say.
    public static func evaluate(
        _ artifact: Artifact, on rows: EvaluationRows, precision: Recipe.Precision = .auto, threads: Int? = nil
    ) async throws -> EvaluationResult {
        switch artifact.facts.task {
        case .classification where artifact.isUntuned && rows.recipe.model.head == .new:
            try await CentroidEvaluation().evaluate(artifact, rows, precision, threads)
        case .classification, .multiLabel, .regression:
            try await Classifier(artifact, precision: precision, threads: threads).evaluate(rows)
        case .instruction, .text, .sequenceToSequence:
            try await Writer(artifact, precision: precision, threads: threads).evaluate(rows)
        case .tagging: try await Tagger(artifact, precision: precision, threads: threads).evaluate(rows)
        case .questionAnswering: try await Answerer(artifact, precision: precision, threads: threads).evaluate(rows)
        case .maskedText: try await MaskFiller(artifact, precision: precision, threads: threads).evaluate(rows)
        }
    }
}
