/// Counts how often each true class was given each class, and derives every metric of single-label classification.
///
/// Value, safe anywhere. Rows may come in any order and in any batches; matrices of parts add up to the matrix of the whole.
/// Source: scikit-learn 1.9 with `zero_division=0`. Departures: none. As there, means over classes (`macro…`) leave out classes that are
/// neither a row's class nor any prediction.
public struct ConfusionMatrix: Codable, Sendable, Equatable {
    /// The number of classes, `C`.
    public let classCount: Int
    /// Row counts, `[C, C]` row-major: the true class chooses the row, the given class the column.
    public private(set) var counts: [Int]

    /// Starts without rows.
    ///
    /// - Precondition: `classCount > 0`.
    public init(classCount: Int) {
        precondition(classCount > 0, "a confusion matrix needs at least one class")
        self.classCount = classCount
        counts = Array(repeating: 0, count: classCount * classCount)
    }

    /// Counts a batch of rows.
    ///
    /// - Throws: `EvaluationError.countMismatch`, or `.classOutside` for the first wrong row; nothing is counted then.
    public mutating func add(truths: [Int], predictions: [Int]) throws(EvaluationError) {
        guard truths.count == predictions.count else { throw .countMismatch(truths: truths.count, predictions: predictions.count) }
        let start = count
        for (row, (truth, prediction)) in zip(truths, predictions).enumerated() {
            for index in [truth, prediction] where !(0..<classCount).contains(index) {
                throw .classOutside(index: index, classCount: classCount, row: start + row)
            }
        }
        for (truth, prediction) in zip(truths, predictions) { counts[truth * classCount + prediction] += 1 }
    }

    /// Counts one row.
    ///
    /// - Throws: `EvaluationError.classOutside`.
    public mutating func add(truth: Int, prediction: Int) throws(EvaluationError) {
        try add(truths: [truth], predictions: [prediction])
    }

    /// Adds the rows of another part.
    ///
    /// - Throws: `EvaluationError.different` where the classes are not the same in number.
    public mutating func merge(_ other: ConfusionMatrix) throws(EvaluationError) {
        guard classCount == other.classCount else { throw .different(what: "numbers of classes (\(classCount), \(other.classCount))") }
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    /// Counts one row whose classes are known to be in range.
    mutating func count(truth: Int, prediction: Int) { counts[truth * classCount + prediction] += 1 }

    /// The number of rows of class `truth` that were given class `prediction`.
    public subscript(truth: Int, prediction: Int) -> Int { counts[truth * classCount + prediction] }

    /// The number of rows.
    public var count: Int { counts.reduce(0, +) }

    /// The number of rows whose class is right.
    public var correct: Int { (0..<classCount).reduce(0) { $0 + self[$1, $1] } }

    /// The number of rows of each class.
    public var support: [Int] {
        (0..<classCount).map { truth in counts[truth * classCount..<(truth + 1) * classCount].reduce(0, +) }
    }

    /// The number of rows that were given each class.
    public var predicted: [Int] {
        (0..<classCount).map { prediction in (0..<classCount).reduce(0) { $0 + self[$1, prediction] } }
    }

    /// Precision, recall and F1 of each class, in the order of the classes.
    public var classScores: [ClassScores] {
        let (support, predicted) = (support, predicted)
        return (0..<classCount).map { ClassScores(truePositives: self[$0, $0], support: support[$0], predicted: predicted[$0]) }
    }

    /// The share of rows whose class is right; 0 without rows.
    public var accuracy: Double { ratio(correct, count) }

    /// The mean precision of the classes that occur.
    public var macroPrecision: Double { classScores.macroMean(of: \.precision) }

    /// The mean recall of the classes that occur.
    public var macroRecall: Double { classScores.macroMean(of: \.recall) }

    /// The mean F1 of the classes that occur.
    public var macroF1: Double { classScores.macroMean(of: \.f1) }

    /// The mean F1 of the classes, each weighted by its rows.
    public var weightedF1: Double { classScores.weightedMean(of: \.f1) }

    /// Matthews correlation for any number of classes, `-1 ... 1`; 0 where rows or predictions are all of one class.
    ///
    /// `(c·s − Σ pₖtₖ) / √((s² − Σ pₖ²)(s² − Σ tₖ²))` with `c` right rows of `s`, `pₖ` predictions and `tₖ` rows of class `k`.
    /// Source: doi:10.1016/j.compbiolchem.2004.09.006.
    public var matthews: Double {
        let (t, p) = (support.map(Double.init), predicted.map(Double.init))
        let s = Double(count)
        let covariance = Double(correct) * s - zip(p, t).reduce(0) { $0 + $1.0 * $1.1 }
        let spread = (s * s - p.reduce(0) { $0 + $1 * $1 }) * (s * s - t.reduce(0) { $0 + $1 * $1 })
        return spread == 0 ? 0 : covariance / spread.squareRoot()
    }

    /// The value of a metric that class counts alone determine; nil for the others.
    func value(of metric: MetricName) -> Double? {
        switch metric {
        case .accuracy, .microF1: accuracy
        case .macroPrecision: macroPrecision
        case .macroRecall: macroRecall
        case .macroF1: macroF1
        case .weightedF1: weightedF1
        case .matthews: matthews
        default: nil
        }
    }
}
