import HoneData
import Testing

@Suite("Text, pairs and tags")
struct SequenceEncodersTests {
    static let wrapping = CharacterTokens(wrapsText: true)

    @Test("masked text keeps every token once, with special tokens around each row")
    func maskedText() throws {
        let text = "abcdefghijk"
        let (rows, lengths) = try MaskedTextEncoder(tokenizer: Self.wrapping, maximum: 5).encode([.text(text, somewhere)])
        #expect(rows.map(\.ids.count) == [5, 5, 5, 4])
        #expect(rows.allSatisfy { $0.ids.first == 1 && $0.ids.last == 2 })
        #expect(rows.flatMap { $0.ids.dropFirst().dropLast() } == text.map { CharacterTokens.id(String($0)) })
        #expect(lengths.rows == 4 && lengths.longest == 13)
        #expect(throws: DataError.self) { try MaskedTextEncoder(tokenizer: Self.wrapping, maximum: 2).encode([.text(text, somewhere)]) }
    }

    @Test("pairs: the target ends in the end token, once, also when it is cut")
    func pairs() throws {
        let example = TaskExample.pair(SequencePair(source: "abcd", target: "xyz"), somewhere)
        var encoder = PairEncoder(tokenizer: CharacterTokens(), endID: 2, maximumSource: 6, maximumTarget: 4, prefix: "s:")
        let (rows, source, target) = try encoder.encode([example], split: .train)
        #expect(rows[0].ids.count == 6 && source.longest == 6 && target.longest == 4)
        #expect(rows[0].target == .sequence(ids: ["x", "y", "z"].map(CharacterTokens.id) + [2]))
        encoder.tokenizer = Self.wrapping
        encoder.maximumSource = 8
        #expect(throws: DataError.self) { try encoder.encode([example], split: .train) }
        encoder.tooLong = .truncate
        let cut = try encoder.encode([example], split: .train)
        #expect(cut.rows[0].target == .sequence(ids: [1, CharacterTokens.id("x"), CharacterTokens.id("y"), 2]))
        #expect(cut.target.truncated == 1 && cut.target.tokensCut == 1 && cut.source.truncated == 0)
        encoder.tooLong = .split
        #expect(throws: DataError.cannotSplit(split: .train, rows: 1, what: "a source with its target")) {
            try encoder.encode([example], split: .train)
        }
    }
}
