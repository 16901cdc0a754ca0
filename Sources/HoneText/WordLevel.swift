// Tested by PreTokenizerTests.swift

/// WordLevel: a word is a token, or else the unknown token.
///
/// Source: `tokenizers` models::WordLevel. Departure: there a word with neither is an error at the time of encoding; here a vocabulary without
/// the unknown token is refused when it is read.
struct WordLevel: Sendable {
    private let trie: VocabularyTrie
    private let unknown: Int32

    /// Reads the settings of the model beside its vocabulary.
    init(_ field: JSONField, vocabulary: Vocabulary) throws(TokenizerError) {
        try field.allowOnly(["type", "unk_token", "vocab"])
        let unknown = try field.required("unk_token")
        guard let id = vocabulary.id(of: try unknown.string()) else { throw unknown.invalid(expected: "a token of the vocabulary") }
        (self.unknown, trie) = (id, vocabulary.trie)
    }

    @inline(__always)
    func encode(_ bytes: [UInt8], _ word: Range<Int>, into ids: inout [Int32], ends: inout [Int]?) {
        ids.append(trie.id(of: bytes[word]) ?? unknown)
        ends?.append(word.upperBound)
    }
}
