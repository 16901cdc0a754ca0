import Testing

@testable import HoneEvaluation

@Suite("Intervals")
struct IntervalTests {
    @Test("Wilson's interval equals SciPy's")
    func wilson() throws {
        for subject in try MetricsFixture.load().wilson {
            let interval = try Interval.wilson(successes: subject.successes, count: subject.count, confidence: subject.confidence)
            #expect(isClose(interval.low, subject.low) && isClose(interval.high, subject.high), "\(subject)")
        }
    }

    @Test("normal quantiles equal SciPy's")
    func quantiles() throws {
        for pair in try MetricsFixture.load().quantile { #expect(isClose(normalQuantile(pair[0]), pair[1], 1e-9), "\(pair)") }
    }

    @Test("the range holds the share and narrows with more rows", arguments: 1..<40)
    func width(_ successes: Int) throws {
        let few = try Interval.wilson(successes: successes, count: 40)
        let many = try Interval.wilson(successes: successes * 10, count: 400)
        #expect(few.low <= few.estimate && few.estimate <= few.high)
        #expect(many.high - many.low < few.high - few.low)
    }

    @Test("numbers out of range are refused")
    func refused() {
        #expect(throws: EvaluationError.empty) { try Interval.wilson(successes: 0, count: 0) }
        #expect(throws: EvaluationError.self) { try Interval.wilson(successes: 3, count: 2) }
        for confidence in [0, 1, -1, 95, Double.nan] {
            #expect(throws: EvaluationError.self) { try Interval.wilson(successes: 1, count: 2, confidence: confidence) }
        }
    }
}
