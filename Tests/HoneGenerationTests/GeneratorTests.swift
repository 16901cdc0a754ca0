import Testing

@testable import HoneGeneration

@Suite("Generator")
struct GeneratorTests {
    private let prompts: [[Int32]] = [[1], [5, 9], [2, 2, 7], [11, 12, 13, 14], [20]]

    private func generator(_ scorer: any TokenScorer, _ settings: SamplingSettings) throws -> Generator {
        try Generator(scorer, settings: settings) { LetterDecoder() }
    }

    private var sampling: SamplingSettings {
        var settings = SamplingSettings()
        (settings.seed, settings.topK, settings.maximumTokens, settings.stopIDs) = (3, 8, 20, [0, 4])
        return settings
    }

    private func text(_ tokens: some Sequence<Int32>) -> String { tokens.map(LetterDecoder.text).joined() }

    @Test("greedy answers equal Transformers'")
    func reference() throws {
        let fixture = try SearchFixture.load()
        for subject in fixture.greedy {
            var settings = SamplingSettings()
            (settings.temperature, settings.maximumTokens, settings.minimumTokens) = (0, subject.maximum, subject.minimum)
            (settings.repetitionPenalty, settings.noRepeatNGramSize, settings.stopIDs) = (subject.repetition, subject.ngram, subject.stops)
            let found = try generator(fixture.scorer, settings).generate([subject.prompt])[0]
            #expect(found.tokens == subject.tokens)
            let isStopped = subject.stops.contains(found.tokens.last ?? -1)
            #expect(found.finish == (isStopped ? .stop : .length))
            #expect(found.text == text(isStopped ? found.tokens.dropLast() : found.tokens))
        }
    }

    @Test("a batch gives each prompt what it gets alone; finished sequences leave")
    func batch() throws {
        let fixture = try SearchFixture.load()
        let scorer = fixture.scorer
        let together = try generator(scorer, sampling).generate(prompts)
        #expect(Set(together.map(\.tokens.count)).count > 1)
        #expect(scorer.lives.last.map { $0.count < prompts.count } == true)
        for (index, prompt) in prompts.enumerated() {
            var alone = try generator(fixture.scorer, sampling).generate([prompt])[0]
            alone.prompt = index
            #expect(alone == together[index])
        }
    }

    @Test("several answers of a prompt differ, come in order, and the first is the single one")
    func samples() throws {
        let fixture = try SearchFixture.load()
        var settings = sampling
        settings.samples = 4
        let found = try generator(fixture.scorer, settings).generate(prompts)
        #expect(found.map(\.prompt) == prompts.indices.flatMap { Array(repeating: $0, count: 4) })
        #expect(found.map(\.sample) == prompts.flatMap { _ in [0, 1, 2, 3] })
        #expect(Set(found.prefix(4).map(\.tokens)).count > 1)
        let single = try generator(fixture.scorer, sampling).generate(prompts)
        #expect(found.filter { $0.sample == 0 }.map(\.tokens) == single.map(\.tokens))
    }

    @Test("what is streamed is the text, and no event holds part of a stop string", arguments: 0..<40)
    func streaming(_ seed: Int) throws {
        var settings = sampling
        (settings.seed, settings.stop, settings.stopIDs) = (UInt64(seed), ["fg", "kb", "w"], [])
        var streamed = Array(repeating: "", count: prompts.count)
        var finishes: [Int: FinishReason] = [:]
        let found = try generator(SearchFixture.load().scorer, settings).generate(prompts) { event in
            #expect(finishes[event.prompt] == nil)
            streamed[event.prompt] += event.text
            finishes[event.prompt] = event.finish
            return .next
        }
        for (index, answer) in found.enumerated() {
            #expect(streamed[index] == answer.text && finishes[index] == answer.finish)
            #expect(!settings.stop.contains { answer.text.contains($0) })
            #expect((answer.finish == .stop) == (answer.stopString != nil))
            if let stop = answer.stopString {
                #expect(text(answer.tokens).hasPrefix(answer.text + stop))
            } else {
                #expect(text(answer.tokens) == answer.text)
            }
        }
    }

    @Test("before the minimum no stop id is chosen and no stop string counts")
    func minimum() throws {
        var settings = sampling
        (settings.minimumTokens, settings.stopIDs, settings.stop) = (12, [0, 3, 4, 5], ["b", "h", "k"])
        for answer in try generator(SearchFixture.load().scorer, settings).generate(prompts) {
            #expect(answer.tokens.count >= 12)
            #expect(!answer.tokens.prefix(12).contains(where: settings.stopIDs.contains))
        }
    }

    @Test("log-probabilities are the model's own, whatever the filters")
    func logprobs() throws {
        let fixture = try SearchFixture.load()
        var settings = sampling
        (settings.logprobs, settings.temperature, settings.topK, settings.repetitionPenalty) = (2, 0.3, 1, 2)
        let answer = try generator(fixture.scorer, settings).generate([[5, 9]])[0]
        #expect(answer.logprobs.map(\.token) == answer.tokens)
        let row = fixture.model.table[(1 * 23 + 9) * 23..<(1 * 23 + 10) * 23]
        let expected = Array(row).withUnsafeBufferPointer { TokenLogprob(token: answer.tokens[0], top: 2, of: $0) }
        #expect(answer.logprobs[0] == expected)
        #expect(answer.logprobs[0].top.count == 2)
    }

    @Test("the callback ends one sequence or all of them")
    func cancel() throws {
        let fixture = try SearchFixture.load()
        var settings = sampling
        settings.stopIDs = []
        var counts = Array(repeating: 0, count: prompts.count)
        let one = try generator(fixture.scorer, settings).generate(prompts) { event in
            counts[event.prompt] += 1
            return event.prompt == 1 && counts[1] == 3 ? .endSequence : .next
        }
        #expect(one[1].finish == .cancelled && one[1].tokens.count == 3 && one[1].text == text(one[1].tokens))
        #expect(one[0].finish == .length && one[0].tokens.count == 20)
        var events = 0
        let all = try generator(fixture.scorer, settings).generate(prompts) { _ in
            events += 1
            return events == 7 ? .endAll : .next
        }
        #expect(events == 7)
        #expect(all.allSatisfy { $0.finish == .cancelled && $0.text == text($0.tokens) })
        #expect(all.map(\.tokens.count) == [2, 2, 1, 1, 1])
    }

    @Test("the model's capacity ends sequences; prompts without room or tokens are refused")
    func limits() throws {
        let scorer = try SearchFixture.load().scorer
        scorer.maximumLength = 5
        var settings = sampling
        settings.stopIDs = []
        let found = try generator(scorer, settings).generate([[1], [1, 2, 3]])
        #expect(found.map(\.tokens.count) == [4, 2] && found.allSatisfy { $0.finish == .capacity })
        #expect(throws: GenerationError.promptTooLong(index: 0, tokens: 5, limit: 5)) {
            try generator(scorer, settings).generate([[1, 2, 3, 4, 5]])
        }
        #expect(throws: GenerationError.emptyPrompt(index: 1)) { try generator(scorer, settings).generate([[1], []]) }
        #expect(try generator(scorer, settings).generate([]).isEmpty)
        settings.stopIDs = [23]
        #expect(throws: GenerationError.self) { try generator(scorer, settings) }
    }

    @Test("penalties and capacity of an encoder's prompts look at the starts only")
    func starts() throws {
        let fixture = try SearchFixture.load()
        var settings = SamplingSettings()
        (settings.temperature, settings.repetitionPenalty, settings.maximumTokens) = (0, 1.5, 4)
        let scorer = fixture.scorer
        let found = try generator(scorer, settings).generate([[5, 9]], starts: [[9]])[0]
        #expect(scorer.sequences[0].starts(with: [5, 9]) && scorer.capacity == 5)
        var scores = Array(fixture.model.table[(1 * 23 + 9) * 23..<(1 * 23 + 10) * 23])
        var penalties = TokenPenalties()
        penalties.repetition = 1.5
        penalties.apply(to: &scores, TokenHistory(prompt: [9]))
        #expect(found.tokens.first == scores.withUnsafeBufferPointer { TokenSelection.best($0)?.id })
        #expect(throws: GenerationError.self) { try generator(scorer, settings).generate([[1]], starts: []) }
    }

    @Test("logits that are not finite, and of another shape, are refused with their place")
    func broken() throws {
        let bad = TableScorer(table: [.nan, 1, 1, 1], period: 1, vocabulary: 2)
        #expect(throws: GenerationError.notFinite(sequence: 1, step: 0)) { try generator(bad, SamplingSettings()).generate([[1], [0]]) }
        #expect(throws: GenerationError.self) { try Logits(values: [1], rows: 1, vocabulary: 2).check(rows: 1, vocabulary: 2, step: 0) }
        #expect(throws: GenerationError.self) { try Logits(values: [1, 2], rows: 1, vocabulary: 2).check(rows: 2, vocabulary: 2, step: 0) }
    }
}
