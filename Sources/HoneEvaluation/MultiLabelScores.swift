/// Counts right and wrong labels where a row may have any number of them.
///
/// Value, safe anywhere. Source: scikit-learn 1.9 on indicator matrices with `zero_division=0`. Departures: none; as there, means over
/// labels count every label, also one that never occurs.
public struct MultiLabelScores: Codable, Sendable, Equatable {
    /// Precision, recall and F1 of each label.
    public private(set) var labelScores: [ClassScores]
    /// The number of rows.
    public private(set) var count = 0
    /// The number of rows whose whole set of labels is right.
    public private(set) var exact = 0

    /// Starts without rows.
    public init(labelCount: Int) {
        labelScores = Array(repeating: ClassScores(truePositives: 0, support: 0, predicted: 0), count: labelCount)
    }

    /// Counts a batch of `B` rows.
    ///
    /// - Parameters: `truths`, `predictions`: `[B, L]` row-major, true where a row has, or was given, the label.
    /// - Throws: `EvaluationError.countMismatch` where the two differ in length or are not whole rows; nothing is counted then.
    public mutating func add(truths: [Bool], predictions: [Bool]) throws(EvaluationError) {
        let labelCount = labelScores.count
        guard truths.count == predictions.count, labelCount > 0, truths.count % labelCount == 0 else {
            throw .countMismatch(truths: truths.count, predictions: predictions.count)
        }
        for start in stride(from: 0, to: truths.count, by: labelCount) {
            add(truths[start..<start + labelCount], predictions[start..<start + labelCount])
        }
    }

    mutating func add(_ truth: ArraySlice<Bool>, _ prediction: ArraySlice<Bool>) {
        count += 1
        exact += truth.elementsEqual(prediction) ? 1 : 0
        for (label, (has, given)) in zip(truth, prediction).enumerated() {
            labelScores[label].support += has ? 1 : 0
            labelScores[label].predicted += given ? 1 : 0
            labelScores[label].truePositives += has && given ? 1 : 0
        }
    }

    /// Adds the rows of another part.
    ///
    /// - Throws: `EvaluationError.different` where the labels are not the same in number.
    public mutating func merge(_ other: MultiLabelScores) throws(EvaluationError) {
        guard labelScores.count == other.labelScores.count else {
            throw .different(what: "numbers of labels (\(labelScores.count), \(other.labelScores.count))")
        }
        for index in labelScores.indices { labelScores[index] = [labelScores[index], other.labelScores[index]].total }
        count += other.count
        exact += other.exact
    }

    /// The share of rows whose whole set of labels is right; 0 without rows.
    public var subsetAccuracy: Double { ratio(exact, count) }

    /// F1 of all decisions counted together.
    public var microF1: Double { labelScores.total.f1 }

    /// The mean F1 of the labels.
    public var macroF1: Double { labelScores.unweightedMean(of: \.f1) }

    /// The mean F1 of the labels, each weighted by its rows.
    public var weightedF1: Double { labelScores.weightedMean(of: \.f1) }

    /// Every metric of multi-label classification but the training loss.
    ///
    /// - Throws: `EvaluationError.empty` without rows.
    public func values() throws(EvaluationError) -> [MetricName: Double] {
        guard count > 0 else { throw .empty }
        return [.microF1: microF1, .macroF1: macroF1, .weightedF1: weightedF1, .subsetAccuracy: subsetAccuracy]
    }

    func value(of metric: MetricName) -> Double? {
        switch metric {
        case .microF1: microF1
        case .macroF1: macroF1
        case .weightedF1: weightedF1
        case .subsetAccuracy: subsetAccuracy
        default: nil
        }
    }
}
