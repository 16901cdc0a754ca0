import Foundation
import HoneData
import Testing

@testable import HoneEvaluation

@Suite("Paired comparison")
struct PairedComparisonTests {
    /// Two models on the same 3-class rows, right about as often as told.
    private func models(rows: Int, _ first: Double, _ second: Double, seed: UInt64 = 2) throws -> (Predictions, Predictions) {
        var random = SplitMix64(state: seed)
        let truths = (0..<rows).map { _ in random.index(below: 3) }
        func model(_ skill: Double) throws -> Predictions {
            let answers = truths.map { Double(random.index(below: 1000)) < skill * 1000 ? $0 : ($0 + 1) % 3 }
            return try Predictions.classes(truths: truths, predictions: answers, classCount: 3)
        }
        return (try model(first), try model(second))
    }

    @Test("a clear gain is better, and seen from the other side worse", arguments: [MetricName.accuracy, .macroF1, .matthews])
    func clear(_ metric: MetricName) throws {
        let (weak, strong) = try models(rows: 300, 0.6, 0.9)
        let gain = try PairedComparison(metric, first: weak, second: strong)
        let loss = try PairedComparison(metric, first: strong, second: weak)
        #expect(gain.verdict == .better && loss.verdict == .worse)
        #expect(isClose(gain.difference.estimate, -loss.difference.estimate))
        #expect(gain.pValue == loss.pValue && gain.pValue < 0.01)
        #expect(gain.difference.low > 0)
        #expect((gain.mcNemar != nil) == (metric == .accuracy))
        #expect(gain.summary.contains("better") && gain.summary.contains("300 rows"))
    }

    @Test("a model against itself is undecided, and no number of rows would decide")
    func same() throws {
        let (model, _) = try models(rows: 50, 0.6, 0.9)
        let comparison = try PairedComparison(.accuracy, first: model, second: model)
        #expect(comparison.verdict == .undecided(moreRows: nil))
        #expect(comparison.pValue == 1 && comparison.mcNemar?.pValue == 1)
        #expect(comparison.difference.low == 0 && comparison.difference.high == 0)
    }

    @Test("a small gain on few rows is undecided and says how many more rows would show it")
    func undecided() throws {
        let (weak, strong) = try models(rows: 40, 0.80, 0.88, seed: 5)
        let comparison = try PairedComparison(.accuracy, first: weak, second: strong)
        guard case .undecided(let moreRows?) = comparison.verdict else {
            Issue.record("\(comparison.verdict)")
            return
        }
        #expect(moreRows > 40)
        #expect(comparison.summary.contains("\(moreRows) more rows"))
    }

    @Test("an error that falls is better")
    func lowerIsBetter() throws {
        let truths = (0..<60).map { Double($0 % 7) }
        let rough = try Predictions.values(truths: truths, predictions: truths.enumerated().map { $1 + Double($0 % 3 - 1) * 2 })
        let fine = try Predictions.values(truths: truths, predictions: truths.enumerated().map { $1 + Double($0 % 3 - 1) })
        #expect(try PairedComparison(.meanSquaredError, first: rough, second: fine).verdict == .better)
        #expect(try PairedComparison(.pearson, first: rough, second: fine).verdict == .better)
    }

    @Test("equally good models are rarely told apart")
    func falseAlarms() throws {
        var bootstrap = Bootstrap()
        bootstrap.resamples = 200
        let alarms = try (0..<100).count { round in
            let (a, b) = try models(rows: 60, 0.75, 0.75, seed: UInt64(round) &* 7919)
            let verdict = try PairedComparison(.accuracy, first: a, second: b, bootstrap: bootstrap).verdict
            return verdict == .better || verdict == .worse
        }
        #expect(alarms <= 8, "\(alarms) of 100")
    }

    @Test("models on other rows are not compared")
    func otherRows() throws {
        let first = try Predictions.classes(truths: [0, 1], predictions: [0, 1], classCount: 2)
        let second = try Predictions.classes(truths: [1, 0], predictions: [0, 1], classCount: 2)
        #expect(throws: EvaluationError.different(what: "the targets of the two models")) {
            try PairedComparison(.accuracy, first: first, second: second)
        }
    }

    @Test("a comparison survives encoding")
    func codable() throws {
        let (weak, strong) = try models(rows: 50, 0.6, 0.9)
        let comparison = try PairedComparison(.accuracy, first: weak, second: strong)
        #expect(try JSONDecoder().decode(PairedComparison.self, from: JSONEncoder().encode(comparison)) == comparison)
    }
}
