internal import Foundation

/// Says in one word whether the second of two models is better than the first.
public enum Verdict: Codable, Sendable, Equatable {
    /// The second model is better, beyond chance at the stated confidence.
    case better
    /// The second model is worse, beyond chance at the stated confidence.
    case worse
    /// The rows do not decide it.
    ///
    /// `moreRows` is about how many more would show the measured difference in four cases of five, were it the true one; nil where
    /// there is no difference to show, or no practical number of rows would do.
    case undecided(moreRows: Int?)
}

/// Compares two models on the same rows.
///
/// Rows are drawn with replacement, the same rows for both models, and the metric's difference is taken on each sample. The p-value is
/// the share of samples whose difference, shifted to a mean of no effect, is at least as large as the measured one, `(1 + k) / (1 + B)`.
/// Where rows are right or wrong and the metric counts them (`accuracy`, `subsetAccuracy`, `microF1` of classes, `exactMatch`), McNemar's
/// exact test is added. The verdict needs every one of these to agree: the range leaves out 0, and each p-value is below `1 − confidence`.
/// One comparison is one chance of error: choose the metric before looking.
public struct PairedComparison: Codable, Sendable, Equatable {
    /// The metric compared.
    public let metric: MetricName
    /// The number of rows.
    public let rows: Int
    /// The first model's value, the baseline.
    public let first: Double
    /// The second model's value.
    public let second: Double
    /// Second minus first, with its range.
    public let difference: Interval
    /// The paired bootstrap's two-sided p-value, above 0, at most 1.
    public let pValue: Double
    /// McNemar's test, where the metric counts right rows.
    public let mcNemar: McNemar?
    /// Whether the second model is better.
    public let verdict: Verdict

    /// Compares a second model with a first.
    ///
    /// - Throws: `EvaluationError.different` where the two have other rows; otherwise as `Bootstrap.interval(of:in:)`.
    public init(_ metric: MetricName, first: Predictions, second: Predictions, bootstrap: Bootstrap = Bootstrap()) throws(EvaluationError) {
        guard first.sharesTruths(with: second, metric) else {
            let isOfTokens = first.sums(metric) != nil && [.loss, .perplexity, .tokenAccuracy].contains(metric)
            throw .different(what: isOfTokens ? "the target tokens of the two models" : "the targets of the two models")
        }
        let values = (try first.value(of: metric), try second.value(of: metric))
        let measured = values.1 - values.0
        let differences = try bootstrap.distribution(of: metric, rows: first.count(for: metric)) { sample in
            guard let a = first.value(of: metric, rows: sample), let b = second.value(of: metric, rows: sample) else { return nil }
            return b - a
        }
        let tail = (1 - bootstrap.confidence) / 2
        let difference = Interval(
            estimate: measured, low: percentile(differences, tail), high: percentile(differences, 1 - tail),
            confidence: bootstrap.confidence, method: .bootstrap, resamples: differences.count)
        let countsRows =
            [.accuracy, .subsetAccuracy, .exactMatch].contains(metric) || (metric == .microF1 && first.metrics.contains(.accuracy))
        var mcNemar: McNemar?
        if countsRows, let a = first.isRight(metric), let b = second.isRight(metric) { mcNemar = McNemar(first: a, second: b) }
        let pValue = Self.pValue(differences, measured: measured)
        let isDecided =
            (difference.low > 0 || difference.high < 0) && max(pValue, mcNemar?.pValue ?? 0) < 1 - bootstrap.confidence
        (self.metric, rows, self.first, self.second) = (metric, first.count(for: metric), values.0, values.1)
        (self.difference, self.pValue, self.mcNemar) = (difference, pValue, mcNemar)
        if isDecided {
            verdict = metric.isBetter(values.1, than: values.0) ? .better : .worse
        } else {
            verdict = .undecided(moreRows: try Self.moreRows(difference, differences, rows: first.count(for: metric)))
        }
    }

    private static func pValue(_ differences: [Double], measured: Double) -> Double {
        let centre = differences.reduce(0, +) / Double(differences.count)
        // A hair of slack, so that equal differences reached by other sums count as equal.
        let extreme = differences.count { abs($0 - centre) >= abs(measured) * (1 - 1e-9) }
        return Double(1 + extreme) / Double(1 + differences.count)
    }

    /// Normal approximation: `n (z_{α/2} + z_{0.8})² s² / d²` rows in all, with `s` the spread of the differences over samples.
    private static func moreRows(_ difference: Interval, _ samples: [Double], rows: Int) throws(EvaluationError) -> Int? {
        let centre = samples.reduce(0, +) / Double(samples.count)
        let spread = (samples.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(samples.count)).squareRoot()
        let z = try standardScore(confidence: difference.confidence) + normalQuantile(0.8)
        guard difference.estimate != 0, spread > 0 else { return nil }
        let needed = Double(rows) * (z * spread / difference.estimate) * (z * spread / difference.estimate)
        guard needed < 10_000_000 else { return nil }
        return max(1, Int(needed.rounded(.up)) - rows)
    }

    /// The outcome in one or two sentences.
    public var summary: String {
        let share = Self.percent(difference.confidence)
        let facts =
            "\(metric.rawValue) went from \(Self.short(first)) to \(Self.short(second)) on \(rows) rows (difference "
            + "\(Self.short(difference.estimate)), \(share) range \(Self.short(difference.low)) to \(Self.short(difference.high)))"
        switch verdict {
        case .better: return "The second model is better: \(facts)."
        case .worse: return "The second model is worse: \(facts)."
        case .undecided(let moreRows):
            let advice = moreRows.map { " If the difference is real, about \($0) more rows would show it." } ?? ""
            return "These rows do not decide which model is better: \(facts).\(advice)"
        }
    }

    private static func short(_ value: Double) -> String { String(format: "%.4g", value) }

    private static func percent(_ value: Double) -> String { String(format: "%g %%", value * 100) }
}
