internal import Foundation

/// A range that holds the true value of a metric with a stated confidence.
public struct Interval: Codable, Sendable, Equatable {
    /// Says how the range was found.
    public enum Method: String, Codable, Sendable {
        /// Percentiles of the metric over samples of the rows.
        case bootstrap
        /// Wilson's score interval for a share.
        case wilson
    }

    /// The metric over all rows.
    public var estimate: Double
    /// The lower end.
    public var low: Double
    /// The upper end.
    public var high: Double
    /// The share of such ranges that hold the true value, above 0 and below 1.
    public var confidence: Double
    /// How the range was found.
    public var method: Method
    /// The number of samples that the ends rest on; 0 for `wilson`.
    public var resamples: Int

    /// Makes an interval from its parts.
    public init(estimate: Double, low: Double, high: Double, confidence: Double, method: Method, resamples: Int) {
        (self.estimate, self.low, self.high) = (estimate, low, high)
        (self.confidence, self.method, self.resamples) = (confidence, method, resamples)
    }

    /// Wilson's interval for a share of right answers; sound also near 0 and 1 and for few rows, where the bootstrap's is too narrow.
    ///
    /// `(p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)`. Source: doi:10.1080/01621459.1927.10502953.
    /// - Throws: `EvaluationError.empty` without rows, `.setting` where `successes` or `confidence` is out of range.
    public static func wilson(successes: Int, count: Int, confidence: Double = 0.95) throws(EvaluationError) -> Interval {
        guard count > 0 else { throw .empty }
        guard (0...count).contains(successes) else {
            throw .setting(name: "successes", value: "\(successes)", expected: "0 ... \(count)")
        }
        let z = try standardScore(confidence: confidence)
        let (p, n) = (Double(successes) / Double(count), Double(count))
        let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
        let low = successes == 0 ? 0 : centre - half
        let high = successes == count ? 1 : centre + half
        return Interval(estimate: p, low: low, high: high, confidence: confidence, method: .wilson, resamples: 0)
    }
}

/// The number of standard deviations that hold the middle `confidence` of a normal distribution.
func standardScore(confidence: Double) throws(EvaluationError) -> Double {
    guard confidence > 0, confidence < 1 else {
        throw .setting(name: "confidence", value: "\(confidence)", expected: "a number above 0 and below 1, such as 0.95")
    }
    return normalQuantile(0.5 + confidence / 2)
}

/// The inverse of the normal distribution function, by bisection on `erfc` to the last bit.
func normalQuantile(_ p: Double) -> Double {
    var (low, high) = (-40.0, 40.0)
    while true {
        let middle = (low + high) / 2
        if middle <= low || middle >= high { return middle }
        if 0.5 * erfc(-middle / 2.0.squareRoot()) < p { low = middle } else { high = middle }
    }
}
