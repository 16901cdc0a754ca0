import HoneData
import Testing

@testable import HoneEvaluation

@Suite("Bootstrap")
struct BootstrapTests {
    private func answers(rows: Int, skill: Double = 0.7, seed: UInt64 = 1) throws -> Predictions {
        var random = SplitMix64(state: seed)
        let (truths, predictions) = randomAnswers(rows: rows, classes: 3, skill: skill, &random)
        return try Predictions.classes(truths: truths, predictions: predictions, classCount: 3)
    }

    @Test("percentiles equal NumPy's")
    func percentiles() throws {
        let fixture = try MetricsFixture.load().percentile
        for pair in fixture.shares { #expect(isClose(percentile(fixture.values, pair[0]), pair[1]), "\(pair)") }
    }

    @Test("the same seed gives the same range, another seed another")
    func deterministic() throws {
        let subject = try answers(rows: 60)
        var bootstrap = Bootstrap()
        let first = try bootstrap.interval(of: .macroF1, in: subject)
        #expect(try bootstrap.interval(of: .macroF1, in: subject) == first)
        bootstrap.seed += 1
        #expect(try bootstrap.interval(of: .macroF1, in: subject) != first)
        #expect(first.estimate == (try subject.value(of: .macroF1)))
        #expect(first.low < first.estimate && first.estimate < first.high)
    }

    @Test("for accuracy the range is close to Wilson's")
    func wilson() throws {
        let subject = try answers(rows: 400)
        var bootstrap = Bootstrap()
        bootstrap.resamples = 4000
        let interval = try bootstrap.interval(of: .accuracy, in: subject)
        let accuracy = try subject.value(of: .accuracy)
        let wilson = try Interval.wilson(successes: Int((accuracy * 400).rounded()), count: 400)
        #expect(abs(interval.low - wilson.low) < 0.01 && abs(interval.high - wilson.high) < 0.01)
    }

    @Test("about 95 of 100 ranges hold the true accuracy")
    func coverage() throws {
        var bootstrap = Bootstrap()
        bootstrap.resamples = 300
        // With skill s and 3 classes, a row is right with probability s + (1 − s) / 3.
        let held = try (0..<200).count { round in
            let interval = try bootstrap.interval(of: .accuracy, in: answers(rows: 100, skill: 0.7, seed: UInt64(round) &* 977))
            return interval.low <= 0.8 && 0.8 <= interval.high
        }
        #expect((180...199).contains(held), "\(held) of 200")
    }

    @Test("samples without a value are left out, and too many of them are an error")
    func undefined() throws {
        var bootstrap = Bootstrap()
        bootstrap.resamples = 200
        let few = try Predictions.values(truths: [1, 2, 3], predictions: [1, 3, 2])
        let interval = try bootstrap.interval(of: .pearson, in: few)
        #expect(interval.resamples < 200 && interval.resamples > 100)
        let error = #expect(throws: EvaluationError.self) {
            try bootstrap.interval(of: .pearson, estimate: 0, rows: 3) { $0[0] == 0 && $0[1] == 0 ? 1 : nil }
        }
        #expect(error?.description.contains("of 200 samples") == true)
    }

    @Test("settings out of range are refused")
    func settings() throws {
        let subject = try answers(rows: 5)
        var bootstrap = Bootstrap()
        bootstrap.resamples = 99
        #expect(throws: EvaluationError.setting(name: "resamples", value: "99", expected: "at least 100")) {
            try bootstrap.interval(of: .accuracy, in: subject)
        }
        bootstrap = Bootstrap()
        bootstrap.confidence = 95
        #expect(throws: EvaluationError.self) { try bootstrap.interval(of: .accuracy, in: subject) }
    }
}
