import Foundation
import HoneData
import Testing

@testable import HoneEvaluation

@Suite("Metric names")
struct MetricNameTests {
    @Test("a value is better only in its metric's direction and beyond the margin")
    func better() {
        #expect(MetricName.macroF1.isBetter(0.6, than: 0.5))
        #expect(!MetricName.macroF1.isBetter(0.5, than: 0.5))
        #expect(!MetricName.macroF1.isBetter(0.6, than: 0.5, margin: 0.2))
        #expect(MetricName.loss.isBetter(0.5, than: 0.6))
        #expect(!MetricName.loss.isBetter(0.55, than: 0.6, margin: 0.1))
    }

    @Test("a value that is not a number is never an improvement, and every number improves on one", arguments: MetricName.allCases)
    func notANumber(_ metric: MetricName) {
        #expect(!metric.isBetter(.nan, than: 0))
        #expect(!metric.isBetter(.nan, than: .nan))
        #expect(metric.isBetter(0, than: .nan))
    }

    @Test("names are what recipes and reports say")
    func names() throws {
        #expect(MetricName(rawValue: "macroF1") == .macroF1)
        let json = try JSONEncoder().encode([MetricName.meanSquaredError: 0.5])
        #expect(String(decoding: json, as: UTF8.self) == #"{"meanSquaredError":0.5}"#)
    }

    @Test("every task has metrics, each once, the loss among them", arguments: TaskKind.allCases)
    func tasks(_ kind: TaskKind) {
        let metrics = MetricName.metrics(for: kind)
        #expect(Set(metrics).count == metrics.count)
        #expect(metrics.contains(.loss))
    }
}
