import Testing

@testable import HoneEvaluation

@Suite("Scores of answers")
struct AnswerScoresTests {
    struct Fixture: Decodable {
        struct Answer: Decodable {
            var text: String
            var references: [String]
            var exact: Double
            var f1: Double
        }

        var answers: [Answer]
    }

    @Test("exact match and F1 equal SQuAD's, row by row, in the mean and merged")
    func reference() throws {
        let fixture: Fixture = try loadFixture("answers.json")
        var (whole, front, back) = (AnswerScores(), AnswerScores(), AnswerScores())
        for (row, answer) in fixture.answers.enumerated() {
            try whole.add(answer.text, references: answer.references)
            if row < 5 {
                try front.add(answer.text, references: answer.references)
            } else {
                try back.add(answer.text, references: answer.references)
            }
        }
        for (row, answer) in fixture.answers.enumerated() {
            #expect(whole.rows(of: .exactMatch)?[row] == answer.exact, "\(answer.text)")
            #expect(isClose(whole.rows(of: .tokenF1)?[row], answer.f1, 1e-9), "\(answer.text)")
        }
        front.merge(back)
        #expect(front == whole)
        let count = Double(fixture.answers.count)
        #expect(isClose(try whole.values()[.exactMatch], fixture.answers.reduce(0) { $0 + $1.exact } / count))
        #expect(isClose(try whole.values()[.tokenF1], fixture.answers.reduce(0) { $0 + $1.f1 } / count))
        #expect(whole.rows(of: .bleu) == nil)
    }

    @Test("no rows and no references are refused")
    func refused() {
        var scores = AnswerScores()
        #expect(throws: EvaluationError.empty) { try scores.values() }
        #expect(throws: EvaluationError.self) { try scores.add("a", references: []) }
    }
}
