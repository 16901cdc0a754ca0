import HoneData
import Testing

@Suite("TaggedEncoder")
struct TaggedEncoderTests {
    static func example(_ words: [String], _ tags: [String]) -> TaskExample {
        .tagged(TaggedWords(words: words, tags: tags), somewhere)
    }

    @Test("the tag stands at the first token of a word")
    func tags() throws {
        let example = Self.example(["ab", "c", " "], ["B-x", "O", "I-x"])
        let tags = try TaggedEncoder.tags(of: [example])
        #expect(tags.names == ["O", "B-x", "I-x"])
        var encoder = TaggedEncoder(tokenizer: CharacterTokens(wrapsText: true), tags: tags, maximum: 9)
        let result = try encoder.encode([example], split: .train)
        #expect(result.rows[0].row.ids == [1] + ["a", "b", "c"].map(CharacterTokens.id) + [2])
        #expect(result.rows[0].row.target == .perToken([-100, 1, -100, 0, -100]))
        #expect(result.rows[0].words == [-1, 0, -1, 1, -1] && result.wordsWithoutToken == 1)
        encoder.unknownID = 9
        #expect(try encoder.encode([example], split: .train).rows[0].row.target == .perToken([-100, 1, -100, 0, 2, -100]))
        #expect(throws: DataError.unknownTag(at: somewhere, tag: "B-y", nearest: "B-x")) {
            try encoder.encode([Self.example(["a"], ["B-y"])], split: .test)
        }
    }

    @Test("long sentences are split between words, or cut and counted")
    func long() throws {
        let words = ["ab", "cd", "ef", "g"]
        let examples = [Self.example(words, ["O", "B-x", "O", "O"]), Self.example(["a"], ["O"])]
        let tags = try TaggedEncoder.tags(of: examples)
        var encoder = TaggedEncoder(tokenizer: CharacterTokens(wrapsText: true), tags: tags, maximum: 6, tooLong: .split)
        let split = try encoder.encode(examples, split: .train)
        #expect(split.rows.map { $0.row.ids.count } == [6, 5, 3] && split.rows.map(\.row.source) == [0, 0, 1])
        #expect(split.rows.flatMap { $0.words.filter { $0 >= 0 } } == [0, 1, 2, 3, 0])
        encoder.tooLong = .truncate
        let cut = try encoder.encode(examples, split: .train)
        #expect(cut.wordsCut == 2 && cut.lengths.tokensCut == 3 && cut.rows.count == 2)
        encoder.tooLong = .drop
        #expect(try encoder.encode(examples, split: .train).lengths.dropped == 1)
        encoder.tooLong = .error
        #expect(throws: DataError.self) { try encoder.encode(examples, split: .train) }
    }
}
