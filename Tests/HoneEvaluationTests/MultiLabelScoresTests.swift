import HoneData
import Testing

@testable import HoneEvaluation

@Suite("Multi-label scores")
struct MultiLabelScoresTests {
    @Test("every metric equals scikit-learn's", arguments: try MetricsFixture.load().multiLabel)
    func reference(_ subject: MetricsFixture.MultiLabel) throws {
        var scores = MultiLabelScores(labelCount: subject.labelCount)
        try scores.add(truths: subject.truths.map { $0 == 1 }, predictions: subject.predictions.map { $0 == 1 })
        for (index, label) in scores.labelScores.enumerated() {
            #expect(isClose(label.precision, subject.precision[index]), "precision of \(index)")
            #expect(isClose(label.recall, subject.recall[index]), "recall of \(index)")
            #expect(isClose(label.f1, subject.f1[index]), "F1 of \(index)")
            #expect(label.support == subject.support[index])
        }
        let values = try scores.values()
        #expect(Set(values.keys) == Set(subject.values.keys))
        for (metric, expected) in subject.values { #expect(isClose(values[metric], expected), "\(metric)") }
    }

    @Test("row by row, and in two parts, is the same as at once", arguments: try MetricsFixture.load().multiLabel)
    func streaming(_ subject: MetricsFixture.MultiLabel) throws {
        let labelCount = subject.labelCount
        let (truths, predictions) = (subject.truths.map { $0 == 1 }, subject.predictions.map { $0 == 1 })
        var whole = MultiLabelScores(labelCount: labelCount)
        try whole.add(truths: truths, predictions: predictions)
        var parts = [MultiLabelScores(labelCount: labelCount), MultiLabelScores(labelCount: labelCount)]
        for (row, start) in stride(from: 0, to: truths.count, by: labelCount).enumerated() {
            try parts[row % 2].add(
                truths: Array(truths[start..<start + labelCount]), predictions: Array(predictions[start..<start + labelCount]))
        }
        try parts[1].merge(parts[0])
        #expect(parts[1] == whole)
    }

    @Test("lengths that are not whole rows are refused")
    func refused() throws {
        var scores = MultiLabelScores(labelCount: 2)
        #expect(throws: EvaluationError.countMismatch(truths: 3, predictions: 3)) {
            try scores.add(truths: [true, true, true], predictions: [true, true, true])
        }
        #expect(throws: EvaluationError.countMismatch(truths: 2, predictions: 4)) {
            try scores.add(truths: [true, true], predictions: [true, true, true, true])
        }
        #expect(throws: EvaluationError.self) { try scores.merge(MultiLabelScores(labelCount: 3)) }
        #expect(throws: EvaluationError.empty) { try scores.values() }
    }
}
