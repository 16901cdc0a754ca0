import HoneText
import Testing

@Suite("Encoding")
struct EncodingTests {
    @Test("an empty text gives the special tokens alone")
    func empty() throws {
        let encoding = try TokenizerFixture("uncased").tokenizer().encode("")
        #expect(encoding == Encoding(ids: [2, 3], typeIDs: [0, 0], offsets: [0..<0, 0..<0], isSpecial: [true, true]))
        #expect(try TokenizerFixture("bare").tokenizer().encode("") == Encoding())
    }
}
