import HoneData
import Testing

@testable import HoneEvaluation

@Suite("Regression scores")
struct RegressionScoresTests {
    @Test(
        "errors and correlations equal scikit-learn's and SciPy's, and are nil where those are NaN",
        arguments: try MetricsFixture.load().regression)
    func reference(_ subject: MetricsFixture.Regression) throws {
        var scores = RegressionScores()
        try scores.add(truths: subject.truths, predictions: subject.predictions)
        let values = try scores.values()
        let tolerance = subject.name == "large offset" ? Tolerance.float64Cancellation : Tolerance.float64Sum
        for (metric, expected) in subject.values {
            #expect(isClose(values[metric], expected, tolerance), "\(metric): \(String(describing: values[metric]))")
        }
    }

    @Test("row by row, in two parts and in any order is the same as at once", arguments: 0..<50)
    func streaming(_ seed: Int) throws {
        var random = SplitMix64(seed: 7, epoch: seed)
        let rows = 2 + random.index(below: 60)
        let truths = (0..<rows).map { _ in Double(random.index(below: 9)) }
        let predictions = truths.map { $0 / 2 + Double(random.index(below: 5)) }
        var whole = RegressionScores()
        try whole.add(truths: truths, predictions: predictions)
        var order = Array(0..<rows)
        random.shuffle(&order)
        var (front, back) = (RegressionScores(), RegressionScores())
        for row in order.prefix(rows / 3) { try front.add(truths: [truths[row]], predictions: [predictions[row]]) }
        for row in order.dropFirst(rows / 3) { try back.add(truths: [truths[row]], predictions: [predictions[row]]) }
        front.merge(back)
        #expect(front.count == rows)
        let (merged, expected) = (try front.values(), try whole.values())
        #expect(merged.keys == expected.keys, "seed \(seed)")
        for (metric, value) in expected { #expect(isClose(merged[metric], value), "\(metric), seed \(seed)") }
    }

    @Test("Spearman's correlation is the same after any rising change of units", arguments: 0..<50)
    func rising(_ seed: Int) throws {
        var random = SplitMix64(seed: 9, epoch: seed)
        let truths = (0..<20).map { _ in Double(random.index(below: 9)) }
        let predictions = (0..<20).map { _ in Double(random.index(below: 9)) }
        let plain = RegressionScores(unchecked: truths, predictions)
        let bent = RegressionScores(unchecked: truths.map { $0 * $0 * $0 - 5 }, predictions.map { 3 * $0 })
        #expect(isClose(plain.spearman, bent.spearman), "seed \(seed)")
        if let pearson = plain.pearson { #expect((-1...1).contains(pearson)) }
    }

    @Test("equal values share their mean rank")
    func tied() {
        #expect(ranks([3, 1, 3, 2, 3]) == [4, 1, 4, 2, 4])
        #expect(ranks([0.0, -0.0]) == [1.5, 1.5])
        #expect(ranks([]) == [])
    }

    @Test("numbers that are not finite are refused with their row")
    func refused() throws {
        var scores = RegressionScores()
        try scores.add(truths: [1], predictions: [1])
        #expect(throws: EvaluationError.notFinite(value: "inf", row: 2)) { try scores.add(truths: [1, 2], predictions: [0, .infinity]) }
        #expect(throws: EvaluationError.countMismatch(truths: 1, predictions: 0)) { try scores.add(truths: [1], predictions: []) }
        #expect(scores.count == 1)
        #expect(throws: EvaluationError.empty) { try RegressionScores().values() }
    }
}
