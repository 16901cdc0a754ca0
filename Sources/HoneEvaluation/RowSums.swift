internal import Foundation

/// Numbers of rows that add up, for a metric that the added-up numbers determine: what bootstrap and comparison of texts work on.
///
/// Value, safe anywhere.
public struct RowSums: Sendable, Equatable {
    /// The metric.
    public var metric: MetricName
    /// For each row the numbers that ``MetricName/value(sums:)`` takes.
    public var rows: [[Double]]
    /// For each row a number that is equal where two models were measured against the same; see ``key(_:)``.
    public var keys: [UInt64]

    /// Puts together rows and their keys.
    public init(_ metric: MetricName, rows: [[Double]], keys: [UInt64]) { (self.metric, self.rows, self.keys) = (metric, rows, keys) }

    /// Hashes what a row is measured against (FNV-1a, 64 bits).
    public static func key(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// The metric over all rows; nil where they leave it undefined.
    public var value: Double? { value(rows: Array(rows.indices)) }

    func check() throws(EvaluationError) {
        guard let width = rows.first?.count else { throw .empty }
        guard rows.allSatisfy({ $0.count == width }) else { throw .different(what: "the numbers of sums of the rows") }
        guard keys.count == rows.count else { throw .countMismatch(truths: keys.count, predictions: rows.count) }
        for (row, numbers) in rows.enumerated() {
            if let wrong = numbers.first(where: { !$0.isFinite }) { throw .notFinite(value: "\(wrong)", row: row) }
        }
    }

    /// The metric over a sample of rows; nil where the sample leaves it undefined.
    func value(rows sample: [Int]) -> Double? {
        guard let width = rows.first?.count else { return nil }
        var total = [Double](repeating: 0, count: width)
        for row in sample {
            for place in 0..<width { total[place] += rows[row][place] }
        }
        return metric.value(sums: total)
    }
}

extension MetricName {
    /// The metric of added-up numbers; nil where it has no value, and for metrics that sums do not determine.
    ///
    /// `loss`, `perplexity`, `tokenAccuracy`: `TokenScores.sums`. `bleu`, `chrF`: their `Counts.sums`. Entity metrics: `EntityScores.sums`.
    /// `exactMatch`, `tokenF1`, what is said of questions with and without an answer, ROUGE: the sum of the rows' values, and their number.
    public func value(sums: [Double]) -> Double? {
        func ratio(_ above: Int, _ below: Int) -> Double? {
            sums.count > max(above, below) && sums[below] > 0 ? sums[above] / sums[below] : nil
        }
        switch self {
        case .loss, .exactMatch, .tokenF1, .hasAnswerExactMatch, .hasAnswerF1, .noAnswerAccuracy, .rouge1, .rouge2, .rougeL, .rougeLsum:
            return ratio(0, 1)
        case .perplexity: return ratio(0, 1).map { exp($0) }
        case .tokenAccuracy: return ratio(2, 1)
        case .bleu: return BLEU.Counts(sums: sums).map { BLEU().score($0).value }
        case .chrF: return CHRF.Counts(sums: sums).map { CHRF().score($0) }
        case .entityF1: return sums.count == 3 ? EntityScores.f1(sums: sums) : nil
        // Without entities, precision and recall are 0 as in seqeval.
        case .entityPrecision: return sums.count == 3 ? ratio(2, 1) ?? 0 : nil
        case .entityRecall: return sums.count == 3 ? ratio(2, 0) ?? 0 : nil
        case .accuracy, .macroPrecision, .macroRecall, .macroF1, .weightedF1, .microF1, .matthews, .logLoss, .calibrationError,
            .subsetAccuracy, .pearson, .spearman, .meanSquaredError, .meanAbsoluteError, .rSquared, .chrFPlusPlus:
            return nil
        }
    }
}
