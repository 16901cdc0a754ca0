internal import HoneData

/// Collects predicted numbers batch by batch and gives errors and correlations at the end.
///
/// Value, safe anywhere. Holds 16 bytes a row, for ranks need every row. Sources: scikit-learn 1.9 (errors, `r2_score`), SciPy 1.17
/// (`pearsonr`, `spearmanr`; ranks of equal values are averaged). Departures: where those give NaN, the value is nil.
public struct RegressionScores: Codable, Sendable, Equatable {
    /// The targets in the order they came.
    public private(set) var truths: [Double] = []
    /// The predictions in the order they came.
    public private(set) var predictions: [Double] = []

    /// Starts without rows.
    public init() {}

    /// Collects a batch of rows.
    ///
    /// - Throws: `EvaluationError.countMismatch`, or `.notFinite` for the first such row; nothing is collected then.
    public mutating func add(truths: [Double], predictions: [Double]) throws(EvaluationError) {
        guard truths.count == predictions.count else { throw .countMismatch(truths: truths.count, predictions: predictions.count) }
        for (row, (truth, prediction)) in zip(truths, predictions).enumerated() {
            for value in [truth, prediction] where !value.isFinite { throw .notFinite(value: "\(value)", row: count + row) }
        }
        self.truths += truths
        self.predictions += predictions
    }

    /// Adds the rows of another part, after those here.
    public mutating func merge(_ other: RegressionScores) {
        truths += other.truths
        predictions += other.predictions
    }

    init(unchecked truths: [Double], _ predictions: [Double]) {
        (self.truths, self.predictions) = (truths, predictions)
    }

    /// The number of rows.
    public var count: Int { truths.count }

    /// The mean of squared errors; nil without rows.
    public var meanSquaredError: Double? { mean(zip(truths, predictions).lazy.map { ($0 - $1) * ($0 - $1) }) }

    /// The mean of absolute errors; nil without rows.
    public var meanAbsoluteError: Double? { mean(zip(truths, predictions).lazy.map { abs($0 - $1) }) }

    /// The coefficient of determination, `1 − Σ(y − ŷ)² / Σ(y − ȳ)²`; nil for fewer than two rows.
    ///
    /// Where all targets are equal it is 1 for perfect predictions and 0 for others, as scikit-learn has it.
    public var rSquared: Double? {
        guard count >= 2, let centre = mean(truths) else { return nil }
        let residual = zip(truths, predictions).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let total = truths.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
        if total == 0 { return residual == 0 ? 1 : 0 }
        return 1 - residual / total
    }

    /// The linear correlation, `-1 ... 1`; nil for fewer than two rows or where targets or predictions are all equal.
    public var pearson: Double? { correlation(truths, predictions) }

    /// The correlation of ranks, `-1 ... 1`, equal values sharing their mean rank; nil where `pearson` would be.
    public var spearman: Double? { correlation(ranks(truths), ranks(predictions)) }

    /// Every metric of regression that has a value but the training loss.
    ///
    /// - Throws: `EvaluationError.empty` without rows.
    public func values() throws(EvaluationError) -> [MetricName: Double] {
        guard count > 0 else { throw .empty }
        var values: [MetricName: Double] = [:]
        for metric in MetricName.metrics(for: .regression) { values[metric] = value(of: metric) }
        return values
    }

    func value(of metric: MetricName) -> Double? {
        switch metric {
        case .pearson: pearson
        case .spearman: spearman
        case .meanSquaredError: meanSquaredError
        case .meanAbsoluteError: meanAbsoluteError
        case .rSquared: rSquared
        default: nil
        }
    }
}

/// Ranks from 1; equal values share the mean of their ranks.
func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = Array(repeating: 0.0, count: values.count)
    var start = 0
    while start < order.count {
        var end = start + 1
        while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
        let shared = Double(start + 1 + end) / 2
        for place in start..<end { ranks[order[place]] = shared }
        start = end
    }
    return ranks
}

/// Pearson's correlation from centred values scaled to length 1, so that large and small units do not overflow; nil where undefined.
func correlation(_ x: [Double], _ y: [Double]) -> Double? {
    guard x.count >= 2, let dx = direction(x), let dy = direction(y) else { return nil }
    return min(max(zip(dx, dy).reduce(0) { $0 + $1.0 * $1.1 }, -1), 1)
}

/// The centred values divided by their length; nil where all are equal.
private func direction(_ values: [Double]) -> [Double]? {
    guard let first = values.first, values.contains(where: { $0 != first }), let centre = mean(values) else { return nil }
    let centred = values.map { $0 - centre }
    let largest = centred.reduce(0) { max($0, abs($1)) }
    guard largest > 0, largest.isFinite else { return nil }
    let scaled = centred.map { $0 / largest }
    let length = scaled.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return scaled.map { $0 / length }
}

private func mean(_ values: some Collection<Double>) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}
