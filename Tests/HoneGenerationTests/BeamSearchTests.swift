import Testing

@testable import HoneGeneration

@Suite("Beam search")
struct BeamSearchTests {
    private func check(_ found: [BeamHypothesis], _ subject: SearchFixture.Beams) {
        #expect(found.map(\.tokens) == subject.sequences, "\(subject)")
        for (own, expected) in zip(found, subject.scores) {
            #expect(abs(own.score - expected) <= 1e-5 * max(1, abs(expected)), "\(own.score), expected \(expected)")
            #expect((own.finish == .stop) == (own.tokens.last.map(subject.stops.contains) ?? false))
        }
    }

    @Test("sequences and scores equal Transformers'")
    func reference() throws {
        let fixture = try SearchFixture.load()
        #expect(fixture.beams.count > 40)
        for subject in fixture.beams {
            check(try BeamSearch(fixture.scorer, settings: subject.settings).generate([subject.prompt])[0], subject)
        }
    }

    @Test("a batch gives each prompt what it gets alone, and finished prompts leave")
    func batch() throws {
        let fixture = try SearchFixture.load()
        var settings = BeamSettings(beams: 3, sequences: 3, maximumTokens: 12, stopIDs: [0, 3, 4])
        settings.earlyStopping = .whenFull
        let prompts: [[Int32]] = [[1], [5, 9], [2, 2, 7], [11, 12], [20]]
        let scorer = fixture.scorer
        let together = try BeamSearch(scorer, settings: settings).generate(prompts)
        #expect(Set(scorer.lives.map(\.count)).count > 1)
        for (prompt, found) in zip(prompts, together) {
            #expect(found == (try BeamSearch(fixture.scorer, settings: settings).generate([prompt])[0]))
        }
    }

    @Test("one beam is the greedy choice")
    func greedy() throws {
        let fixture = try SearchFixture.load()
        for subject in fixture.greedy where subject.repetition == 1 && subject.ngram == 0 && subject.minimum == 0 {
            let settings = BeamSettings(beams: 1, maximumTokens: subject.maximum, stopIDs: subject.stops)
            #expect(try BeamSearch(fixture.scorer, settings: settings).generate([subject.prompt])[0][0].tokens == subject.tokens)
        }
    }

    @Test("the model's capacity ends sequences; prompts without room, without tokens and wrong starts are refused")
    func limits() throws {
        let scorer = try SearchFixture.load().scorer
        scorer.maximumLength = 6
        let search = try BeamSearch(scorer, settings: BeamSettings(beams: 2, maximumTokens: 50))
        let found = try search.generate([[1, 2, 3]])[0][0]
        #expect(found.tokens.count == 3 && found.finish == .capacity)
        #expect(throws: GenerationError.promptTooLong(index: 1, tokens: 6, limit: 6)) { try search.generate([[1], [1, 2, 3, 4, 5, 6]]) }
        #expect(throws: GenerationError.emptyPrompt(index: 0)) { try search.generate([[]]) }
        #expect(throws: GenerationError.self) { try search.generate([[1]], starts: []) }
        #expect(try search.generate([]).isEmpty)
        #expect(throws: GenerationError.self) { try BeamSearch(scorer, settings: BeamSettings(stopIDs: [23])) }
    }
}
