import Testing

@testable import HoneText

@Suite("PreTokenizer")
struct PreTokenizerTests {
    private func words(_ kind: PreTokenizerKind?, _ text: String) -> [String] {
        let bytes = Array(text.utf8)
        var index = 0, found: [String] = []
        while let word = PreTokenizer(kind, properties: .shared).nextWord(bytes, &index, bytes.count) {
            found.append(String(decoding: bytes[word], as: UTF8.self))
        }
        return found
    }

    @Test("spaces separate and punctuation stands alone")
    func bert() {
        #expect(words(.bert, "  Hey friend!\u{3000}you?!? ") == ["Hey", "friend", "!", "you", "?", "!", "?"])
        #expect(words(.bert, "«é»a_b") == ["«", "é", "»", "a", "_", "b"])
        #expect(words(.bert, " \t\n").isEmpty)
        #expect(words(.bert, "").isEmpty)
    }

    @Test("without a pre-tokenizer the text is one word")
    func none() {
        #expect(words(nil, " a b ") == [" a b "])
        #expect(words(nil, "").isEmpty)
    }
}
