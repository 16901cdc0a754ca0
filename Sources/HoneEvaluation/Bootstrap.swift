internal import HoneData

/// Estimates how far a metric could be off by chance, by drawing rows again and again with replacement.
///
/// Percentile method, percentiles interpolated linearly. Source: Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13.
/// The same seed gives the same numbers everywhere. Samples in which the metric has no value (a correlation of equal numbers) are left
/// out and counted out of `Interval.resamples`. Ranges are too narrow below some 30 rows; for accuracy, `Interval.wilson` is not.
public struct Bootstrap: Codable, Sendable, Equatable {
    /// The share of ranges that hold the true value, above 0 and below 1.
    public var confidence = 0.95
    /// The number of samples, at least 100.
    public var resamples = 1000
    /// The start of the random numbers.
    public var seed: UInt64 = 17

    /// Makes a bootstrap with the usual settings.
    public init() {}

    /// Estimates the range of a metric of one model.
    ///
    /// - Throws: `EvaluationError`: a setting is out of range, the metric is not available or has no value, or it has none in more than
    ///   half of the samples.
    /// - Complexity: O(rows · resamples), times log rows for `spearman`.
    public func interval(of metric: MetricName, in predictions: Predictions) throws(EvaluationError) -> Interval {
        let estimate = try predictions.value(of: metric)
        return try interval(of: metric, estimate: estimate, rows: predictions.count(for: metric)) {
            predictions.value(of: metric, rows: $0)
        }
    }

    /// Estimates the range of any statistic of `rows` rows.
    ///
    /// - Parameters:
    ///   - metric: the name used in errors.
    ///   - estimate: the statistic over all rows.
    ///   - rows: the number of rows.
    ///   - statistic: the statistic over a sample of row numbers, nil where it has no value.
    /// - Throws: as `interval(of:in:)`.
    public func interval(
        of metric: MetricName, estimate: Double, rows: Int, statistic: ([Int]) -> Double?
    ) throws(EvaluationError) -> Interval {
        let values = try distribution(of: metric, rows: rows, statistic: statistic)
        let tail = (1 - confidence) / 2
        return Interval(
            estimate: estimate, low: percentile(values, tail), high: percentile(values, 1 - tail), confidence: confidence,
            method: .bootstrap, resamples: values.count)
    }

    /// Estimates the range of a metric of added-up sums, such as BLEU of its counts or perplexity of losses and tokens.
    ///
    /// - Parameters:
    ///   - metric: the name used in errors.
    ///   - sums: for each row, the numbers that add up over rows; all rows have as many.
    ///   - value: the metric of added-up numbers, nil where it has no value.
    /// - Throws: as `interval(of:in:)`; `EvaluationError.different` where rows have different numbers of sums.
    /// - Complexity: O(rows · numbers · resamples).
    public func interval(of metric: MetricName, sums: [[Double]], value: ([Double]) -> Double?) throws(EvaluationError) -> Interval {
        guard let width = sums.first?.count else { throw .empty }
        guard sums.allSatisfy({ $0.count == width }) else { throw .different(what: "the numbers of sums of the rows") }
        func statistic(_ rows: [Int]) -> Double? {
            var total = Array(repeating: 0.0, count: width)
            for row in rows {
                for place in 0..<width { total[place] += sums[row][place] }
            }
            return value(total)
        }
        guard let estimate = statistic(Array(sums.indices)), estimate.isFinite else {
            throw .undefined(metric, reason: "the sums over all rows leave it without a value")
        }
        return try interval(of: metric, estimate: estimate, rows: sums.count, statistic: statistic)
    }

    /// The statistic over every sample, sorted.
    func distribution(of metric: MetricName, rows: Int, statistic: ([Int]) -> Double?) throws(EvaluationError) -> [Double] {
        _ = try standardScore(confidence: confidence)
        guard resamples >= 100 else { throw .setting(name: "resamples", value: "\(resamples)", expected: "at least 100") }
        guard rows > 0 else { throw .empty }
        var random = SplitMix64(state: seed)
        var values: [Double] = []
        values.reserveCapacity(resamples)
        var sample = Array(repeating: 0, count: rows)
        for _ in 0..<resamples {
            for place in sample.indices { sample[place] = random.index(below: rows) }
            if let value = statistic(sample), value.isFinite { values.append(value) }
        }
        guard values.count * 2 > resamples else {
            throw .undefined(metric, reason: "\(resamples - values.count) of \(resamples) samples of the rows leave it without a value")
        }
        return values.sorted()
    }
}

/// The value below which a share of sorted values lies, interpolated linearly (NumPy's default).
func percentile(_ sorted: [Double], _ share: Double) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = Int(place)
    guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
    return sorted[below] + (sorted[below + 1] - sorted[below]) * (place - Double(below))
}
