import Testing

@testable import HoneEvaluation

/// What rouge-score and NLTK say; written by `Fixtures/make/text_metrics.py`.
struct ROUGEFixture: Decodable {
    struct Case: Decodable, CustomTestStringConvertible {
        var stems: Bool
        var text: String
        var references: [String]
        var scores: [String: [Double]]
        var testDescription: String { "\(text) stems: \(stems)" }
    }

    var rouge: [Case]
    var stems: [[String]]

    static func load() throws -> ROUGEFixture { try loadFixture("rouge.json") }
}

@Suite("ROUGE")
struct ROUGETests {
    @Test("precision, recall and F1 of every kind equal rouge-score's", arguments: try ROUGEFixture.load().rouge)
    func reference(_ subject: ROUGEFixture.Case) throws {
        #expect(subject.scores.count == ROUGE.Kind.allCases.count)
        for kind in ROUGE.Kind.allCases {
            let score = try ROUGE(stems: subject.stems).score(kind, subject.text, references: subject.references)
            let expected = try #require(subject.scores[kind.rawValue])
            for (own, other) in zip(score.sums, expected) { #expect(isClose(own, other, 1e-9), "\(kind): \(score), expected \(expected)") }
        }
    }

    @Test("a text without references is refused")
    func refused() {
        #expect(throws: EvaluationError.self) { try ROUGE().score(.rouge1, "a", references: []) }
    }
}
