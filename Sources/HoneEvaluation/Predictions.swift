/// The targets and a model's answers for a list of rows: what bootstrap and comparison work on.
public struct Predictions: Sendable, Equatable {
    enum Content: Sendable, Equatable {
        case classes(truths: [Int], predictions: [Int], classCount: Int)
        case labels(truths: [Bool], predictions: [Bool], labelCount: Int)
        case values(truths: [Double], predictions: [Double])
        case sums([RowSums])
    }

    let content: Content

    /// Holds one class for each row.
    ///
    /// - Throws: `EvaluationError` where lengths differ, a class is out of range, or there are no rows.
    public static func classes(truths: [Int], predictions: [Int], classCount: Int) throws(EvaluationError) -> Predictions {
        var probe = ConfusionMatrix(classCount: classCount)
        try probe.add(truths: truths, predictions: predictions)
        guard !truths.isEmpty else { throw .empty }
        return Predictions(content: .classes(truths: truths, predictions: predictions, classCount: classCount))
    }

    /// Holds any number of labels for each row, `[B, L]` row-major.
    ///
    /// - Throws: `EvaluationError` where lengths differ or are not whole rows, or there are no rows.
    public static func labels(truths: [Bool], predictions: [Bool], labelCount: Int) throws(EvaluationError) -> Predictions {
        var probe = MultiLabelScores(labelCount: labelCount)
        try probe.add(truths: truths, predictions: predictions)
        guard !truths.isEmpty else { throw .empty }
        return Predictions(content: .labels(truths: truths, predictions: predictions, labelCount: labelCount))
    }

    /// Holds a number for each row.
    ///
    /// - Throws: `EvaluationError` where lengths differ, a number is not finite, or there are no rows.
    public static func values(truths: [Double], predictions: [Double]) throws(EvaluationError) -> Predictions {
        var probe = RegressionScores()
        try probe.add(truths: truths, predictions: predictions)
        guard !truths.isEmpty else { throw .empty }
        return Predictions(content: .values(truths: truths, predictions: predictions))
    }

    /// Holds for each metric numbers of rows that add up; metrics may be of different rows, such as all of them and those answered in full.
    ///
    /// - Throws: `EvaluationError` where there are no rows, or the rows of a metric hold different numbers of numbers or keys.
    public static func sums(_ list: [RowSums]) throws(EvaluationError) -> Predictions {
        guard !list.isEmpty else { throw .empty }
        for sums in list { try sums.check() }
        return Predictions(content: .sums(list))
    }

    /// The number of rows; where metrics are of different rows, those of the first metric.
    public var count: Int {
        switch content {
        case .classes(let truths, _, _): truths.count
        case .labels(let truths, _, let labelCount): truths.count / labelCount
        case .values(let truths, _): truths.count
        case .sums(let list): list.first?.rows.count ?? 0
        }
    }

    /// The number of rows that a metric is of.
    public func count(for metric: MetricName) -> Int { sums(metric)?.rows.count ?? count }

    func sums(_ metric: MetricName) -> RowSums? {
        guard case .sums(let list) = content else { return nil }
        return list.first { $0.metric == metric }
    }

    /// Whether rows hold numbers of classes or labels, which mean the same only where the labels and their order are the same.
    public var holdsLabels: Bool {
        switch content {
        case .classes, .labels: true
        case .values, .sums: false
        }
    }

    /// The metrics that these predictions determine.
    public var metrics: [MetricName] {
        switch content {
        case .classes: [.accuracy, .macroF1, .weightedF1, .microF1, .matthews, .macroPrecision, .macroRecall]
        case .labels: [.microF1, .macroF1, .weightedF1, .subsetAccuracy]
        case .values: [.pearson, .spearman, .meanSquaredError, .meanAbsoluteError, .rSquared]
        case .sums(let list): list.map(\.metric)
        }
    }

    /// The value of a metric over all rows.
    ///
    /// - Throws: `EvaluationError.notAvailable` for a metric that needs more than these predictions, `.undefined` where it has no value.
    public func value(of metric: MetricName) throws(EvaluationError) -> Double {
        try require(metric)
        guard let value = value(of: metric, rows: Array(0..<count(for: metric))) else {
            throw .undefined(metric, reason: "there are too few rows, or targets or predictions are all equal")
        }
        return value
    }

    func require(_ metric: MetricName) throws(EvaluationError) {
        guard metrics.contains(metric) else { throw .notAvailable(metric, kind: kind, available: metrics) }
    }

    /// The value over a sample of rows; nil where the sample leaves it undefined.
    func value(of metric: MetricName, rows: [Int]) -> Double? {
        switch content {
        case .classes(let truths, let predictions, let classCount):
            var matrix = ConfusionMatrix(classCount: classCount)
            for row in rows { matrix.count(truth: truths[row], prediction: predictions[row]) }
            return matrix.value(of: metric)
        case .labels(let truths, let predictions, let labelCount):
            var scores = MultiLabelScores(labelCount: labelCount)
            for row in rows {
                scores.add(truths[row * labelCount..<(row + 1) * labelCount], predictions[row * labelCount..<(row + 1) * labelCount])
            }
            return scores.value(of: metric)
        case .values(let truths, let predictions):
            return RegressionScores(unchecked: rows.map { truths[$0] }, rows.map { predictions[$0] }).value(of: metric)
        case .sums: return sums(metric)?.value(rows: rows)
        }
    }

    /// Whether two models answered the same questions, as far as `metric` goes.
    func sharesTruths(with other: Predictions, _ metric: MetricName) -> Bool {
        switch (content, other.content) {
        case (.classes(let a, _, let m), .classes(let b, _, let n)): a == b && m == n
        case (.labels(let a, _, let m), .labels(let b, _, let n)): a == b && m == n
        case (.values(let a, _), .values(let b, _)): a == b
        case (.sums, .sums): sums(metric)?.keys == other.sums(metric)?.keys
        default: false
        }
    }

    /// Whether each row is wholly right; nil for numbers, which are not right or wrong.
    func isRight(_ metric: MetricName) -> [Bool]? {
        switch content {
        case .classes(let truths, let predictions, _): zip(truths, predictions).map { $0 == $1 }
        case .labels(let truths, let predictions, let labelCount):
            (0..<count).map {
                truths[$0 * labelCount..<($0 + 1) * labelCount].elementsEqual(predictions[$0 * labelCount..<($0 + 1) * labelCount])
            }
        case .values: nil
        case .sums: metric == .exactMatch ? sums(metric)?.rows.map { $0[0] > 0 } : nil
        }
    }

    private var kind: String {
        switch content {
        case .classes: "one class for each row"
        case .labels: "sets of labels"
        case .values: "numbers"
        case .sums: "these answers"
        }
    }
}
