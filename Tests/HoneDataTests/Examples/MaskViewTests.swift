import HoneData
import Testing

@Suite("MaskView")
struct MaskViewTests {
    @Test("shows a row piece by piece")
    func segments() throws {
        let encoder = CausalEncoder(
            tokenizer: CharacterTokens(), tokens: EndTokens(stops: [2], end: 2, begin: 1, addsBegin: true), maximum: 99)
        let view = MaskView(try encoder.mark(.promptCompletion(prompt: "a ", completion: "b ", somewhere))) { id in
            id < 5 ? CharacterTokens.special[Int(id) - 1] : nil
        }
        #expect(view.segments.map(\.text) == ["<s>", "a", " ", "b", "</s>", " "])
        #expect(view.segments.map(\.isLearned) == [false, false, false, true, true, false])
        #expect(view.segments.map(\.isSpecial) == [true, false, false, false, true, false])
        #expect(view.segments.map { $0.id == nil } == [false, false, true, false, false, true])
    }

    @Test("a part of a row shows its own text only, and places count from its first token")
    func parts() throws {
        let encoder = CausalEncoder(tokenizer: CharacterTokens(), tokens: EndTokens(stops: [2], end: 2), maximum: 3, tooLong: .split)
        let marked = try encoder.mark(.text("ab cd", somewhere))
        let ranges = encoder.ranges(of: marked)
        #expect(ranges == [0..<3, 2..<5])
        let rows = try encoder.encode([.text("ab cd", somewhere)], split: .train).rows
        #expect(zip(rows, ranges).allSatisfy { $0.ids == Array(marked.ids[$1]) })
        let views = ranges.map { MaskView(marked, range: $0) { $0 == 2 ? "</s>" : nil } }
        #expect(views.map { $0.segments.map(\.text) } == [["a", "b", " ", "c"], ["c", "d", "</s>"]])
        #expect(views[1].segments.map(\.position) == [0, 1, 2] && views[0].segments.map(\.position) == [0, 1, nil, 2])
        #expect(CausalEncoder(tokenizer: CharacterTokens(), tokens: chatTokens, maximum: 3).ranges(of: marked).isEmpty)
    }

    @Test("the segments' texts are the row's text")
    func complete() throws {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let text = "x" + generator.text(20, from: ["a", " ", "\n", "é", "👋🏽", "<s>", "e\u{301}"])
            let encoder = CausalEncoder(tokenizer: CharacterTokens(joins: ["a"]), tokens: EndTokens(stops: []), maximum: 99)
            let view = MaskView(try encoder.mark(.text(text, somewhere))) { _ in nil }
            #expect(view.segments.map(\.text).joined() == text, "seed \(seed)")
        }
    }
}
