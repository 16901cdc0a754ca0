import Foundation
import HoneData
import Testing

@testable import HoneEvaluation

/// How close numbers must be to the reference library's.
enum Tolerance {
    /// The same formula on float64, summed in another order.
    static let float64Sum = 1e-12
    /// Sums of squares about a large mean lose as many digits as the mean has.
    static let float64Cancellation = 1e-7
}

func isClose(_ value: Double?, _ expected: Double?, _ tolerance: Double = Tolerance.float64Sum) -> Bool {
    guard let value, let expected else { return value == nil && expected == nil }
    return abs(value - expected) <= tolerance * max(1, abs(expected))
}

/// What scikit-learn and SciPy say; written by `Fixtures/make/metrics.py`.
struct MetricsFixture: Decodable {
    struct Header: Decodable {
        var command: String
        var seed: Int
        var versions: [String: String]
    }

    struct Classification: Decodable, CustomTestStringConvertible {
        var name: String
        var classCount: Int
        var truths: [Int]
        var predictions: [Int]
        var confusion: [Int]
        var precision: [Double]
        var recall: [Double]
        var f1: [Double]
        var support: [Int]
        var values: [MetricName: Double]
        var testDescription: String { name }
    }

    struct Probability: Decodable, CustomTestStringConvertible {
        var name: String
        var classCount: Int
        var truths: [Int]
        var probabilities: [Float]
        var logLoss: Double
        var topTwo: Double?
        var calibrationError: Double
        var accuracy: Double
        var testDescription: String { name }
    }

    struct Regression: Decodable, CustomTestStringConvertible {
        var name: String
        var truths: [Double]
        var predictions: [Double]
        var values: [MetricName: Double?]
        var testDescription: String { name }
    }

    struct MultiLabel: Decodable, CustomTestStringConvertible {
        var name: String
        var labelCount: Int
        var truths: [Int]
        var predictions: [Int]
        var precision: [Double]
        var recall: [Double]
        var f1: [Double]
        var support: [Int]
        var values: [MetricName: Double]
        var testDescription: String { name }
    }

    struct Wilson: Decodable {
        var successes: Int
        var count: Int
        var confidence: Double
        var low: Double
        var high: Double
    }

    struct Split: Decodable {
        var onlyFirst: Int
        var onlySecond: Int
        var pValue: Double
    }

    struct Percentile: Decodable {
        var values: [Double]
        var shares: [[Double]]
    }

    var header: Header
    var classification: [Classification]
    var probability: [Probability]
    var regression: [Regression]
    var multiLabel: [MultiLabel]
    var wilson: [Wilson]
    var mcNemar: [Split]
    var quantile: [[Double]]
    var percentile: Percentile

    static func load() throws -> MetricsFixture {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/metrics.json")
        return try JSONDecoder().decode(MetricsFixture.self, from: Data(contentsOf: file))
    }
}

/// Random single-label answers that are right about as often as `skill` says.
func randomAnswers(rows: Int, classes: Int, skill: Double, _ random: inout SplitMix64) -> (truths: [Int], predictions: [Int]) {
    let truths = (0..<rows).map { _ in random.index(below: classes) }
    let predictions = truths.map { truth in
        Double(random.index(below: 1000)) < skill * 1000 ? truth : random.index(below: classes)
    }
    return (truths, predictions)
}
