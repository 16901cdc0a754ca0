import Foundation
import HoneData
import HoneText
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

    /// A file of Fixtures/make/tokenizer_folders.py.
    private struct Cases: Decodable {
        struct Row: Decodable {
            var words: [String], ids: [Int32], places: [Int]
            init(from decoder: any Decoder) throws {
                var row = try decoder.unkeyedContainer()
                (words, ids, places) = (try row.decode([String].self), try row.decode([Int32].self), try row.decode([Int].self))
            }
        }
        var sentences: [Row]
    }

    private func folder(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "HoneTextTests/Fixtures/folders/\(name)")
    }

    private func encoder(_ tokenizer: Tokenizer, _ tags: LabelSet) -> TaggedEncoder {
        TaggedEncoder(tokenizer: tokenizer, tags: tags, maximum: 64, hasLeadingSpaces: TaggedEncoder.wordsNeedSpaces(tokenizer))
    }

    @Test(
        "words are Transformers' tokens in every kind of tokenizer",
        arguments: ["roberta-prefix", "distilbert", "xlm-roberta", "camembert"])
    func families(_ name: String) throws {
        let cases = try JSONDecoder().decode(Cases.self, from: Data(contentsOf: folder(name).appending(path: "cases.json"))).sentences
        let tokenizer = try Tokenizer(folder: folder(name))
        #expect(cases.count == 5)
        for row in cases {
            let example = Self.example(row.words, row.words.indices.map { $0 == 0 ? "O" : "B-x" })
            let found = try encoder(tokenizer, LabelSet(["O", "B-x"])).encode([example], split: .train).rows[0]
            #expect(found.row.ids == row.ids, "\(name): \(row.words)")
            let firsts = row.places.indices.map { $0 > 0 && row.places[$0] == row.places[$0 - 1] ? -1 : Int32(row.places[$0]) }
            #expect(found.words == firsts, "\(name): \(row.words)")
        }
    }

    @Test("without a space of their own, words are the tokens of the sentence")
    func spaces() throws {
        let tokenizer = try Tokenizer(folder: folder("roberta"))
        #expect(TaggedEncoder.wordsNeedSpaces(tokenizer))
        let words = ["The", "customer", "wrote", "isn't", "#tag"]
        let example = Self.example(words, words.map { _ in "O" })
        let found = try encoder(tokenizer, LabelSet(["O", "B-x"])).encode([example], split: .train).rows[0]
        #expect(found.row.ids == tokenizer.encodeIDs(words.joined(separator: " ")))
    }
}
