import Testing

@testable import HoneEvaluation

@Suite("Predictions")
struct PredictionsTests {
    @Test("metrics of classes equal the reducer's", arguments: try MetricsFixture.load().classification)
    func classes(_ subject: MetricsFixture.Classification) throws {
        let predictions = try Predictions.classes(
            truths: subject.truths, predictions: subject.predictions, classCount: subject.classCount)
        for metric in predictions.metrics { #expect(isClose(try predictions.value(of: metric), subject.values[metric]), "\(metric)") }
    }

    @Test("metrics of labels equal the reducer's", arguments: try MetricsFixture.load().multiLabel)
    func labels(_ subject: MetricsFixture.MultiLabel) throws {
        let predictions = try Predictions.labels(
            truths: subject.truths.map { $0 == 1 }, predictions: subject.predictions.map { $0 == 1 }, labelCount: subject.labelCount)
        for metric in predictions.metrics { #expect(isClose(try predictions.value(of: metric), subject.values[metric]), "\(metric)") }
    }

    @Test("a metric of another task, and one without a value, are errors that say so")
    func errors() throws {
        let classes = try Predictions.classes(truths: [0], predictions: [0], classCount: 2)
        #expect(throws: EvaluationError.notAvailable(.pearson, kind: "one class for each row", available: classes.metrics)) {
            try classes.value(of: .pearson)
        }
        let values = try Predictions.values(truths: [1, 2], predictions: [3, 3])
        let error = #expect(throws: EvaluationError.self) { try values.value(of: .pearson) }
        #expect(error?.description.contains("pearson") == true)
    }

    @Test("no rows, rows of different number and wrong classes are refused")
    func refused() {
        #expect(throws: EvaluationError.empty) { try Predictions.classes(truths: [], predictions: [], classCount: 2) }
        #expect(throws: EvaluationError.empty) { try Predictions.values(truths: [], predictions: []) }
        #expect(throws: EvaluationError.empty) { try Predictions.labels(truths: [], predictions: [], labelCount: 2) }
        #expect(throws: EvaluationError.self) { try Predictions.classes(truths: [0], predictions: [2], classCount: 2) }
        #expect(throws: EvaluationError.self) { try Predictions.values(truths: [0], predictions: [.nan]) }
        #expect(throws: EvaluationError.self) { try Predictions.labels(truths: [true], predictions: [true], labelCount: 2) }
    }
}
