import Foundation
import Testing

@testable import HoneEvaluation

@Suite("Evaluation errors")
struct EvaluationErrorTests {
    static let all: [EvaluationError] = [
        .empty, .classOutside(index: 4, classCount: 3, row: 7), .countMismatch(truths: 2, predictions: 3), .notFinite(value: "nan", row: 1),
        .notProbabilities(sum: 3, row: 1), .different(what: "numbers of classes"),
        .notAvailable(.pearson, kind: "numbers", available: [.accuracy]),
        .undefined(.pearson, reason: "too few rows"), .tag("PER", row: 2), .setting(name: "confidence", value: "95", expected: "below 1"),
    ]

    @Test("every message is a sentence with its facts, and Foundation sees the same text", arguments: all)
    func messages(_ error: EvaluationError) {
        #expect(error.description.hasSuffix("."))
        #expect(error.localizedDescription == error.description)
    }

    @Test("a message names the row, the class and the cure")
    func wording() {
        let text = EvaluationError.classOutside(index: 4, classCount: 3, row: 7).description
        #expect(text.contains("row 7") && text.contains("class 4") && text.contains("0 ..< 3") && text.contains("same labels"))
    }
}
