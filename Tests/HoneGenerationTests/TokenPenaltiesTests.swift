import Testing

@testable import HoneGeneration

@Suite("Token penalties")
struct TokenPenaltiesTests {
    struct Fixture: Decodable {
        struct Case: Decodable {
            var tokens: [Int32]
            var prompt: Int
            var repetition: Float
            var ngram: Int
            var minimum: Int
            var stops: [Int32]
            var scores: [Float]
            var result: [Float?]
        }

        var penalties: [Case]
    }

    private func history(_ tokens: [Int32], prompt: Int) -> TokenHistory {
        var history = TokenHistory(prompt: Array(tokens.prefix(prompt)))
        for token in tokens.dropFirst(prompt) { history.append(token) }
        return history
    }

    @Test(
        "repetition, repeated n-grams and minimum length equal Transformers'",
        arguments: try (loadFixture("processors.json") as Fixture).penalties)
    func reference(_ subject: Fixture.Case) {
        var penalties = TokenPenalties()
        (penalties.repetition, penalties.noRepeatNGramSize) = (subject.repetition, subject.ngram)
        (penalties.minimumTokens, penalties.stopIDs) = (subject.minimum, subject.stops)
        var scores = subject.scores
        penalties.apply(to: &scores, history(subject.tokens, prompt: subject.prompt))
        for (own, expected) in zip(scores, subject.result) {
            #expect(abs(own - (expected ?? -.infinity)) <= 1e-6 || own == expected ?? -.infinity)
        }
    }

    @Test("presence counts once, frequency each time, both only in the answer; tokens beyond the row are passed over")
    func answers() {
        var penalties = TokenPenalties()
        (penalties.presence, penalties.frequency) = (0.5, 0.25)
        var scores: [Float] = [1, 1, 1, 1]
        penalties.apply(to: &scores, history([0, 0, 1, 2, 2, 2, 9], prompt: 2))
        #expect(scores == [1, 0.25, -0.25, 1])
    }
}
