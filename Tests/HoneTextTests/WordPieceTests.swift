import Testing

@testable import HoneText

@Suite("WordPiece")
struct WordPieceTests {
    private func ids(_ text: String, vocab: String = ###"{"[UNK]":0,"a":1,"##b":2,"ab":3,"##c":4}"###) throws -> [Int32] {
        try Tokenizer(json: tokenizerJSON(vocab: vocab), file: "t").encodeIDs(text)
    }

    @Test("takes the longest token, then the longest continuation")
    func longest() throws {
        #expect(try ids("a ab abc abb acb") == [1, 3, 3, 4, 3, 2, 1, 4, 2])
    }

    @Test("a word that cannot be finished is unknown as a whole")
    func unknown() throws {
        #expect(try ids("abx b x ba") == [0, 0, 0, 0])
    }

    @Test("a word is too long by characters, not bytes")
    func tooLong() throws {
        #expect(try ids("abcc abccc") == [3, 4, 4, 0])
        #expect(try ids("éééé ééééé", vocab: ###"{"[UNK]":0,"é":1,"##é":2}"###) == [1, 2, 2, 2, 0])
    }

    @Test("without continuations only whole words are known")
    func noContinuation() throws {
        #expect(try ids("a ab", vocab: #"{"[UNK]":0,"a":1,"b":2}"#) == [1, 0])
    }

    @Test("the trie keeps every token and no other, also after growing")
    func trie() {
        var trie = VocabularyTrie(capacity: 1)
        var random = TestRandom(state: 9)
        var expected: [[UInt8]: Int32] = [:]
        for id in 0..<Int32(3000) {
            let token = (0..<Int.random(in: 1..<8, using: &random)).map { _ in UInt8.random(in: 97...102, using: &random) }
            let before = expected[token]
            #expect(trie.insert(token, id: id) == before)
            if before == nil { expected[token] = id }
        }
        for (token, id) in expected { #expect(trie.id(of: token) == id) }
        #expect(trie.id(of: Array("zz".utf8)) == nil)
        #expect(trie.id(of: []) == nil)
    }
}
