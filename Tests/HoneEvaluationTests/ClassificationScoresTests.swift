import HoneData
import Testing

@testable import HoneEvaluation

@Suite("Classification scores")
struct ClassificationScoresTests {
    @Test("log loss, top-k accuracy and calibration equal the reference", arguments: try MetricsFixture.load().probability)
    func reference(_ subject: MetricsFixture.Probability) throws {
        var scores = ClassificationScores(classCount: subject.classCount, topK: 2)
        try scores.add(probabilities: subject.probabilities, truths: subject.truths)
        #expect(isClose(scores.logLoss, subject.logLoss))
        #expect(isClose(scores.calibrationError, subject.calibrationError))
        #expect(isClose(scores.confusion.accuracy, subject.accuracy))
        if let expected = subject.topTwo { #expect(isClose(scores.topKAccuracy, expected)) }
    }

    @Test("row by row, and in two parts, is the same as at once", arguments: try MetricsFixture.load().probability)
    func streaming(_ subject: MetricsFixture.Probability) throws {
        let classCount = subject.classCount
        var whole = ClassificationScores(classCount: classCount)
        try whole.add(probabilities: subject.probabilities, truths: subject.truths)
        var parts = [ClassificationScores(classCount: classCount), ClassificationScores(classCount: classCount)]
        for (row, truth) in subject.truths.enumerated() {
            try parts[row % 2].add(probabilities: Array(subject.probabilities[row * classCount..<(row + 1) * classCount]), truths: [truth])
        }
        try parts[0].merge(parts[1])
        #expect(parts[0].confusion == whole.confusion)
        let (merged, expected) = (try parts[0].values(), try whole.values())
        #expect(merged.count == expected.count)
        for (metric, value) in expected { #expect(isClose(merged[metric], value), "\(metric)") }
        #expect(isClose(parts[0].topKAccuracy, whole.topKAccuracy))
    }

    @Test("logits, numbers that are not finite, wrong lengths and wrong classes are refused and not counted")
    func refused() throws {
        var scores = ClassificationScores(classCount: 2)
        #expect(throws: EvaluationError.notProbabilities(sum: 3, row: 1)) {
            try scores.add(probabilities: [0.5, 0.5, 1, 2], truths: [0, 1])
        }
        #expect(throws: EvaluationError.notProbabilities(sum: 1, row: 0)) { try scores.add(probabilities: [-1, 2], truths: [0]) }
        #expect(throws: EvaluationError.notFinite(value: "nan", row: 0)) { try scores.add(probabilities: [.nan, 1], truths: [0]) }
        #expect(throws: EvaluationError.countMismatch(truths: 2, predictions: 1)) {
            try scores.add(probabilities: [0.5, 0.5], truths: [0, 1])
        }
        #expect(throws: EvaluationError.classOutside(index: 2, classCount: 2, row: 0)) {
            try scores.add(probabilities: [0.5, 0.5], truths: [2])
        }
        #expect(throws: EvaluationError.empty) { try scores.values() }
        #expect(scores == ClassificationScores(classCount: 2))
    }

    @Test("a certain and wrong answer costs a finite loss")
    func certain() throws {
        var scores = ClassificationScores(classCount: 2)
        try scores.add(probabilities: [0, 1], truths: [0])
        #expect(scores.logLoss.isFinite && scores.logLoss > 36)
        #expect(scores.calibrationError == 1)
    }
}
