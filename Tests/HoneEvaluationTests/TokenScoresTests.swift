import Foundation
import Testing

@testable import HoneEvaluation

@Suite("Scores of tokens")
struct TokenScoresTests {
    @Test("the mean is over tokens, not over parts, and perplexity is its exponential")
    func mean() throws {
        var scores = TokenScores()
        try scores.add(lossSum: 6, tokens: 3, right: 1)
        var other = TokenScores()
        try other.add(lossSum: 1, tokens: 4, right: 4)
        scores.merge(other)
        let values = try scores.values()
        #expect(values[.loss] == 1)
        #expect(values[.perplexity] == exp(1))
        #expect(values[.tokenAccuracy] == 5.0 / 7)
        #expect(TokenScores.perplexity(sums: scores.sums) == exp(1))
        #expect(TokenScores.perplexity(sums: [0, 0, 0]) == nil)
    }

    @Test("the range of perplexity holds the value")
    func range() throws {
        let sums = (0..<40).map { [Double($0 % 7), 5, 2] }
        let range = try Bootstrap().interval(of: .perplexity, sums: sums, value: TokenScores.perplexity(sums:))
        #expect(range.low < range.estimate && range.estimate < range.high)
        #expect(throws: EvaluationError.empty) { try Bootstrap().interval(of: .perplexity, sums: []) { $0[0] } }
        #expect(throws: EvaluationError.different(what: "the numbers of sums of the rows")) {
            try Bootstrap().interval(of: .perplexity, sums: [[1], [1, 2]]) { $0[0] }
        }
    }

    @Test("nothing to judge, losses that are not numbers and impossible counts are refused")
    func refused() {
        var scores = TokenScores()
        #expect(throws: EvaluationError.empty) { try scores.values() }
        #expect(throws: EvaluationError.notFinite(value: "inf", row: 0)) { try scores.add(lossSum: .infinity, tokens: 1, right: 0) }
        #expect(throws: EvaluationError.setting(name: "right", value: "3", expected: "0 ... the number of tokens, here 2")) {
            try scores.add(lossSum: 1, tokens: 2, right: 3)
        }
        #expect(scores == TokenScores())
    }
}
