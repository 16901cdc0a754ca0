import HoneData
import Testing

@testable import HoneEvaluation

@Suite("Confusion matrices")
struct ConfusionMatrixTests {
    @Test("counts and every metric equal scikit-learn's", arguments: try MetricsFixture.load().classification)
    func reference(_ subject: MetricsFixture.Classification) throws {
        var matrix = ConfusionMatrix(classCount: subject.classCount)
        try matrix.add(truths: subject.truths, predictions: subject.predictions)
        #expect(matrix.counts == subject.confusion)
        #expect(matrix.support == subject.support)
        for (index, scores) in matrix.classScores.enumerated() {
            #expect(isClose(scores.precision, subject.precision[index]), "precision of \(index)")
            #expect(isClose(scores.recall, subject.recall[index]), "recall of \(index)")
            #expect(isClose(scores.f1, subject.f1[index]), "F1 of \(index)")
        }
        for (metric, expected) in subject.values {
            #expect(isClose(matrix.value(of: metric), expected), "\(metric): \(String(describing: matrix.value(of: metric))), \(expected)")
        }
    }

    @Test("batches, parts and orders of rows do not matter", arguments: 0..<50)
    func streaming(_ seed: Int) throws {
        var random = SplitMix64(seed: 3, epoch: seed)
        let classes = 1 + random.index(below: 6)
        let (truths, predictions) = randomAnswers(rows: 1 + random.index(below: 200), classes: classes, skill: 0.5, &random)
        var whole = ConfusionMatrix(classCount: classes)
        try whole.add(truths: truths, predictions: predictions)
        var order = Array(truths.indices)
        random.shuffle(&order)
        let cut = random.index(below: truths.count + 1)
        var (front, back) = (ConfusionMatrix(classCount: classes), ConfusionMatrix(classCount: classes))
        for row in order[..<cut] { try front.add(truth: truths[row], prediction: predictions[row]) }
        for row in order[cut...] { try back.add(truth: truths[row], prediction: predictions[row]) }
        try back.merge(front)
        #expect(back == whole, "seed \(seed)")
    }

    @Test("metrics stay in their bounds and reach the top only without errors", arguments: 0..<200)
    func bounds(_ seed: Int) throws {
        var random = SplitMix64(seed: 5, epoch: seed)
        let classes = 2 + random.index(below: 4)
        let (truths, predictions) = randomAnswers(rows: 1 + random.index(below: 20), classes: classes, skill: 0.8, &random)
        var matrix = ConfusionMatrix(classCount: classes)
        try matrix.add(truths: truths, predictions: predictions)
        for metric in [MetricName.accuracy, .macroPrecision, .macroRecall, .macroF1, .weightedF1, .microF1] {
            let value = try #require(matrix.value(of: metric))
            #expect((0...1).contains(value), "\(metric), seed \(seed)")
            #expect((value > 1 - 1e-12) == (truths == predictions), "\(metric), seed \(seed)")
        }
        #expect((-1 - 1e-12...1 + 1e-12).contains(matrix.matthews), "seed \(seed)")
    }

    @Test("a class out of range is named with its row, and nothing of its batch is counted")
    func outside() throws {
        var matrix = ConfusionMatrix(classCount: 2)
        try matrix.add(truths: [0, 1], predictions: [0, 1])
        #expect(throws: EvaluationError.classOutside(index: 2, classCount: 2, row: 3)) {
            try matrix.add(truths: [0, 1], predictions: [0, 2])
        }
        #expect(throws: EvaluationError.classOutside(index: -1, classCount: 2, row: 2)) { try matrix.add(truth: -1, prediction: 0) }
        #expect(throws: EvaluationError.countMismatch(truths: 1, predictions: 2)) { try matrix.add(truths: [0], predictions: [0, 1]) }
        #expect(throws: EvaluationError.self) { try matrix.merge(ConfusionMatrix(classCount: 3)) }
        #expect(matrix.count == 2)
    }

    @Test("a matrix without rows gives zeros, not NaN")
    func noRows() {
        let matrix = ConfusionMatrix(classCount: 3)
        for metric in MetricName.metrics(for: .classification) { #expect((matrix.value(of: metric) ?? 0) == 0) }
    }
}
