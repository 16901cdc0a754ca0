import Foundation
import Testing

@testable import HoneEvaluation

@Suite("Classification reports")
struct ClassificationReportTests {
    private func matrix() throws -> ConfusionMatrix {
        var matrix = ConfusionMatrix(classCount: 4)
        // Class 0 is sound, 1 goes mostly to 2, 2 goes once to 0, 3 has no rows.
        try matrix.add(
            truths: [0, 0, 0, 1, 1, 1, 1, 2, 2, 2], predictions: [0, 0, 0, 2, 2, 0, 1, 2, 2, 0])
        return matrix
    }

    @Test("the weakest classes come first with their most common confusions")
    func weakest() throws {
        let report = try ClassificationReport(matrix(), names: ["a", "b", "c", "d"])
        #expect(report.rows == 10)
        #expect(report.classes.map(\.name) == ["a", "b", "c", "d"])
        #expect(report.classes.map(\.support) == [3, 4, 3, 0])
        #expect(report.weakest.map(\.line.name) == ["b", "c", "a"])
        #expect(report.weakest[0].confusions.map(\.givenAs) == ["c", "a"])
        #expect(report.weakest[0].confusions.map(\.count) == [2, 1])
        #expect(report.weakest[2].confusions.isEmpty)
    }

    @Test("the number of weak classes listed is limited")
    func limited() throws {
        let report = try ClassificationReport(matrix(), names: ["a", "b", "c", "d"], weakest: 1)
        #expect(report.weakest.map(\.line.name) == ["b"])
        #expect(report.weakest[0].confusions.map(\.givenAs) == ["c"])
    }

    @Test("numbers equal scikit-learn's", arguments: try MetricsFixture.load().classification)
    func reference(_ subject: MetricsFixture.Classification) throws {
        var matrix = ConfusionMatrix(classCount: subject.classCount)
        try matrix.add(truths: subject.truths, predictions: subject.predictions)
        let report = try ClassificationReport(matrix, names: (0..<subject.classCount).map(String.init))
        for (index, line) in report.classes.enumerated() {
            #expect(isClose(line.f1, subject.f1[index]) && line.support == subject.support[index])
        }
    }

    @Test("labels that do not compete have no confusions")
    func multiLabel() throws {
        var scores = MultiLabelScores(labelCount: 2)
        try scores.add(truths: [true, false, true, true], predictions: [true, false, false, true])
        let report = try ClassificationReport(scores, names: ["a", "b"])
        #expect(report.weakest.map(\.line.name) == ["a"])
        #expect(report.weakest[0].confusions.isEmpty)
    }

    @Test("wrong names and no rows are refused")
    func refused() throws {
        #expect(throws: EvaluationError.different(what: "1 names and 4 classes")) { try ClassificationReport(matrix(), names: ["a"]) }
        #expect(throws: EvaluationError.empty) { try ClassificationReport(ConfusionMatrix(classCount: 1), names: ["a"]) }
    }

    @Test("a report survives encoding")
    func codable() throws {
        let report = try ClassificationReport(matrix(), names: ["a", "b", "c", "d"])
        #expect(try JSONDecoder().decode(ClassificationReport.self, from: JSONEncoder().encode(report)) == report)
    }
}
