/// WordPiece: a word becomes the longest token it starts with, then the longest continuation of the rest, and so on; a word that cannot be
/// finished, or is too long, becomes the unknown token as a whole.
///
/// Source: `tokenizers` models::WordPiece (the algorithm of BERT's `WordpieceTokenizer`). Departures: none.
struct WordPiece: Sendable {
    private let trie: VocabularyTrie
    private let unknown: Int32
    /// Where a continuation starts in the trie: behind the prefix.
    private let continuation: UInt32
    private let maximumCharacters: Int

    /// Reads the settings of the model beside its vocabulary.
    init(_ field: JSONField, vocabulary: Vocabulary) throws(TokenizerError) {
        try field.allowOnly(["type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"])
        let unknown = try field.required("unk_token")
        guard let id = vocabulary.id(of: try unknown.string()) else { throw unknown.invalid(expected: "a token of the vocabulary") }
        self.unknown = id
        trie = vocabulary.trie
        continuation = trie.node(try field.required("continuing_subword_prefix").string().utf8)
        maximumCharacters = try field.required("max_input_chars_per_word").integer(in: 0...Int(Int32.max))
    }

    /// Appends the ids of one word; and, where `ends` is not nil, the byte at which each token ends.
    @inline(__always)
    func encode(_ bytes: [UInt8], _ word: Range<Int>, into ids: inout [Int32], ends: inout [Int]?) {
        if word.count > maximumCharacters, UTF8Text.count(bytes, word) > maximumCharacters {
            ids.append(unknown)
            ends?.append(word.upperBound)
            return
        }
        let before = ids.count
        var start = word.lowerBound
        var node = VocabularyTrie.root
        while start < word.upperBound {
            var found: Int32 = -1
            var end = start
            var index = start
            while index < word.upperBound, node != VocabularyTrie.none {
                let child = trie.step(from: node, bytes[index])
                guard child != VocabularyTrie.none else { break }
                index += 1
                node = child & ~VocabularyTrie.endsToken
                if child != node { (found, end) = (trie.id(at: node), index) }
            }
            guard found >= 0 else {
                ends?.removeLast(ids.count - before)
                ids.removeLast(ids.count - before)
                ids.append(unknown)
                ends?.append(word.upperBound)
                return
            }
            ids.append(found)
            ends?.append(end)
            (start, node) = (end, continuation)
        }
    }
}
