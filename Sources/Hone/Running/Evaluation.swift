// Tested by ScoringTests.swift.
internal import HoneData
public import HoneEvaluation

/// A metric with its confidence interval.
public struct MeasuredMetric: Sendable, Equatable, Codable {
    /// The name of the metric, such as `macroF1`; `loss` for the mean loss.
    public var name: String
    /// The metric on all rows.
    public var value: Double
    /// The lower end of the confidence interval; nil for the loss, which has none.
    public var low: Double?
    /// The upper end of the confidence interval; nil for the loss, which has none.
    public var high: Double?
}

/// A row that the model got wrong.
public struct Mistake: Sendable, Equatable, Codable {
    /// The text of the row.
    public var text: String
    /// The second text of the row; nil if rows have one text.
    public var pair: String?
    /// The right answer: a label, labels joined by `, `, or a number.
    public var expected: String
    /// The model's answer, written in the same way.
    public var predicted: String
    /// Probability given to the wrong answer, `0 ... 1`; nil for regression, where `error` says how far off it is.
    public var confidence: Double?
    /// The distance `|predicted − expected|` of a regression; nil for other tasks.
    public var error: Double?
}

/// Everything that is measured on one set of rows.
public struct EvaluationResult: Sendable, Codable, Equatable {
    /// The number of rows measured.
    public var rows: Int
    /// The rows of these that were answered in full; nil where the task writes nothing.
    public var answered: Int?
    /// The level of every interval, such as 0.95.
    public var confidence: Double
    /// Every metric that has a value on these rows, the loss last.
    public var metrics: [MeasuredMetric]
    /// Precision, recall and F1 by class; nil for regression.
    public var report: ClassificationReport?
    /// `[expected][predicted]` counts; nil unless classes exclude each other.
    public var confusion: [[Int]]?
    /// The label names in the order of outputs and of the confusion matrix.
    public var labels: [String]
    /// Every mistake, the most confident first.
    public var mistakes: [Mistake]
    /// What a person should know about the rows, such as how many were left out.
    public var notes: [String] = []
    /// What two models are compared by; stays in memory and is not encoded.
    private(set) var predictions: Predictions?

    private enum CodingKeys: String, CodingKey { case rows, answered, confidence, metrics, report, confusion, labels, mistakes, notes }

    /// Finds a metric by its name; nil if it has no value here.
    public subscript(name: String) -> MeasuredMetric? { metrics.first { $0.name == name } }

    /// What was measured on tokens, answers or entities.
    ///
    /// - Parameter sums: the metrics in the order in which they are shown; the first is what two models are compared by.
    init(
        rows: Int, answered: Int?, _ sums: [RowSums], _ measuring: Measuring, mistakes: [Mistake], labels: [String] = [],
        notes: [String] = []
    ) throws {
        (self.rows, self.answered, confidence) = (rows, answered, measuring.evaluation.confidence)
        (self.mistakes, self.labels, self.notes) = (mistakes, labels, notes)
        let predictions = try Predictions.sums(sums)
        let bootstrap = measuring.bootstrap
        metrics = sums.compactMap { sums in
            guard let value = sums.value else { return nil }
            // One row has no interval; the number itself stays.
            let interval = sums.rows.count > 1 ? try? bootstrap.interval(of: sums.metric, in: predictions) : nil
            return MeasuredMetric(name: sums.metric.rawValue, value: value, low: interval?.low, high: interval?.high)
        }
        self.predictions = predictions
    }

    init(_ scoring: Scoring, logits: [[Float]], rows encoded: [EncodedRow], texts: [TextRow], settings: Recipe.EvaluationSpec, seed: UInt64)
        throws
    {
        let targets = encoded.map(\.target)
        let predictions = try scoring.predictions(logits, targets)
        (rows, confidence, labels) = (encoded.count, settings.confidence, scoring.labels)
        var bootstrap = Bootstrap()
        (bootstrap.confidence, bootstrap.resamples, bootstrap.seed) = (settings.confidence, settings.resamples, seed)
        metrics = []
        // Micro-F1 of classes that exclude each other is the accuracy again.
        for metric in predictions.metrics where !(scoring.task == .classification && metric == .microF1) {
            // An undefined correlation has no value and no interval; it is left out.
            guard let interval = try? bootstrap.interval(of: metric, in: predictions) else { continue }
            metrics.append(MeasuredMetric(name: metric.rawValue, value: interval.estimate, low: interval.low, high: interval.high))
        }
        metrics.append(MeasuredMetric(name: "loss", value: scoring.loss(logits, targets)))
        self.predictions = predictions
        mistakes = []
        if scoring.task == .classification {
            var matrix = ConfusionMatrix(classCount: scoring.labels.count)
            for (row, target) in zip(logits, targets) {
                if case .classIndex(let truth) = target { try matrix.add(truth: Int(truth), prediction: scoring.largest(row)) }
            }
            report = try ClassificationReport(matrix, names: scoring.labels)
            let classes = scoring.labels.indices
            confusion = classes.map { truth in classes.map { matrix[truth, $0] } }
        } else if scoring.task == .multiLabel {
            var scores = MultiLabelScores(labelCount: scoring.labels.count)
            try scores.add(
                truths: targets.flatMap { target -> [Bool] in if case .multiHot(let flags) = target { flags.map { $0 > 0.5 } } else { [] }
                },
                predictions: logits.flatMap { $0.map { $0 > 0 } })
            report = try ClassificationReport(scores, names: scoring.labels)
        }
        mistakes = Self.mistakes(scoring, logits, encoded, texts)
    }

    private static func mistakes(_ scoring: Scoring, _ logits: [[Float]], _ rows: [EncodedRow], _ texts: [TextRow]) -> [Mistake] {
        var found: [Mistake] = []
        for (logits, row) in zip(logits, rows) {
            let (expected, predicted) = (scoring.answer(row.target), scoring.answer(logits))
            guard expected != predicted else { continue }
            let text = texts[row.source]
            var mistake = Mistake(text: text.text, pair: text.pair, expected: expected, predicted: predicted)
            if case .value(let value) = row.target {
                mistake.error = Double(abs(logits[0] - value))
            } else {
                mistake.confidence = scoring.probabilities(logits).max().map(Double.init)
            }
            found.append(mistake)
        }
        return found.sorted { ($0.confidence ?? $0.error ?? 0) > ($1.confidence ?? $1.error ?? 0) }
    }
}
