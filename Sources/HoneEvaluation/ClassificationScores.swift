internal import Foundation
internal import HoneData

/// Collects a classifier's probabilities batch by batch and gives every metric at the end.
///
/// The given class is the one with the highest probability, the first of equals. Value, safe anywhere. Memory does not grow with the rows.
/// Sources: scikit-learn 1.9 (`log_loss` on float64, `top_k_accuracy_score`); calibration: arXiv:1706.04599, Eq. 3, bins of equal width,
/// the upper bound included.
public struct ClassificationScores: Sendable, Equatable {
    /// How often each class was given for each.
    public private(set) var confusion: ConfusionMatrix
    /// The number of first guesses that `topKAccuracy` counts.
    public let topK: Int
    private var negativeLogLikelihood = 0.0
    private var hits = 0
    private var bins: [Bin]

    private struct Bin: Sendable, Equatable {
        var confidence = 0.0
        var correct = 0
        var count = 0
    }

    /// Starts without rows.
    ///
    /// - Precondition: all three numbers are above 0.
    public init(classCount: Int, topK: Int = 3, calibrationBins: Int = 15) {
        precondition(topK > 0 && calibrationBins > 0, "top-k and bins start at 1")
        confusion = ConfusionMatrix(classCount: classCount)
        self.topK = topK
        bins = Array(repeating: Bin(), count: calibrationBins)
    }

    /// Counts a batch of `B` rows.
    ///
    /// - Parameters:
    ///   - probabilities: `[B, C]` row-major, each row a distribution (after softmax).
    ///   - truths: the right class of each row.
    /// - Throws: `EvaluationError.countMismatch`, `.classOutside`, `.notFinite`, or `.notProbabilities` where a row's sum is not 1 within
    ///   0.01; nothing is counted then.
    public mutating func add(probabilities: [Float], truths: [Int]) throws(EvaluationError) {
        let classCount = confusion.classCount
        guard probabilities.count == truths.count * classCount else {
            throw .countMismatch(truths: truths.count, predictions: probabilities.count / classCount)
        }
        let start = confusion.count
        for (row, truth) in truths.enumerated() {
            guard (0..<classCount).contains(truth) else { throw .classOutside(index: truth, classCount: classCount, row: start + row) }
            try check(probabilities[row * classCount..<(row + 1) * classCount], row: start + row)
        }
        for (row, truth) in truths.enumerated() { count(probabilities[row * classCount..<(row + 1) * classCount], truth: truth) }
    }

    private func check(_ p: ArraySlice<Float>, row: Int) throws(EvaluationError) {
        if let bad = p.first(where: { !$0.isFinite }) { throw .notFinite(value: "\(bad)", row: row) }
        let sum = p.reduce(0.0) { $0 + Double($1) }
        guard abs(sum - 1) <= 0.01, p.allSatisfy({ $0 >= 0 }) else { throw .notProbabilities(sum: sum, row: row) }
    }

    private mutating func count(_ p: ArraySlice<Float>, truth: Int) {
        let start = p.startIndex
        var best = start
        for index in p.indices where p[index] > p[best] { best = index }
        let own = p[start + truth]
        // Equal scores: the later class comes first, as in scikit-learn's reversed stable sort.
        let ahead = p.indices.count { p[$0] > own || (p[$0] == own && $0 > start + truth) }
        hits += ahead < topK ? 1 : 0
        negativeLogLikelihood -= log(min(max(Double(own), .ulpOfOne), 1 - .ulpOfOne))
        confusion.count(truth: truth, prediction: best - start)
        let confidence = Double(p[best])
        let bin = min(max(Int((confidence * Double(bins.count)).rounded(.up)) - 1, 0), bins.count - 1)
        bins[bin].confidence += confidence
        bins[bin].correct += best - start == truth ? 1 : 0
        bins[bin].count += 1
    }

    /// Adds the rows of another part.
    ///
    /// - Throws: `EvaluationError.different` where the two were made with other numbers.
    public mutating func merge(_ other: ClassificationScores) throws(EvaluationError) {
        guard topK == other.topK, bins.count == other.bins.count else { throw .different(what: "numbers of guesses or bins") }
        try confusion.merge(other.confusion)
        negativeLogLikelihood += other.negativeLogLikelihood
        hits += other.hits
        for index in bins.indices {
            bins[index].confidence += other.bins[index].confidence
            bins[index].correct += other.bins[index].correct
            bins[index].count += other.bins[index].count
        }
    }

    /// The mean of −log p(right class), in nats, with p clipped to `ε ... 1 − ε`, ε = 2⁻⁵²; 0 without rows.
    public var logLoss: Double { confusion.count == 0 ? 0 : negativeLogLikelihood / Double(confusion.count) }

    /// The share of rows whose class is among the `topK` most probable; 0 without rows.
    public var topKAccuracy: Double { ratio(hits, confusion.count) }

    /// The expected distance between confidence and accuracy, `0 ... 1`; 0 without rows.
    public var calibrationError: Double {
        let total = confusion.count
        return total == 0 ? 0 : bins.reduce(0) { $0 + abs($1.confidence - Double($1.correct)) } / Double(total)
    }

    /// Every metric of classification but the training loss.
    ///
    /// - Throws: `EvaluationError.empty` without rows.
    public func values() throws(EvaluationError) -> [MetricName: Double] {
        guard confusion.count > 0 else { throw .empty }
        var values: [MetricName: Double] = [.logLoss: logLoss, .calibrationError: calibrationError]
        for metric in MetricName.metrics(for: .classification) {
            if let value = confusion.value(of: metric) { values[metric] = value }
        }
        return values
    }
}
