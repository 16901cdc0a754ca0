// Tested by RunTests.swift.
public import HoneEvaluation

extension EvaluationResult {
    /// Compares this result with an earlier one on the same rows; `better` means that this one is.
    ///
    /// - Parameters:
    ///   - other: the baseline.
    ///   - metric: the number to compare; nil for the most telling one of the task.
    /// - Throws: `EvaluationError` if rows or labels differ, or the metric has no value here.
    public func compared(with other: EvaluationResult, on metric: MetricName? = nil, seed: UInt64 = 17) throws -> PairedComparison {
        guard let mine = predictions, let theirs = other.predictions,
            !mine.holdsLabels || labels == other.labels
        else {
            throw EvaluationError.different(what: "the rows or labels of the two models")
        }
        guard let name = metric ?? mine.metrics.first else { throw EvaluationError.empty }
        var bootstrap = Bootstrap()
        (bootstrap.confidence, bootstrap.seed) = (confidence, seed)
        return try PairedComparison(name, first: theirs, second: mine, bootstrap: bootstrap)
    }

    /// Compares the answers that were written, by chrF: a lower loss alone does not make them better.
    ///
    /// - Returns: nil where one of the two wrote none.
    /// - Throws: as ``compared(with:on:seed:)``.
    public func comparedAnswers(with other: EvaluationResult) throws -> PairedComparison? {
        guard self["chrF"] != nil, other["chrF"] != nil else { return nil }
        return try compared(with: other, on: .chrF)
    }
}
