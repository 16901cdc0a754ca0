// Tested by TokenizerFileTests.swift

/// All tokens of a tokenizer, by text and by id.
///
/// Texts are compared by bytes: composed and decomposed spellings differ.
struct Vocabulary: Sendable {
    private(set) var trie: VocabularyTrie
    private var texts: [Int32: String] = [:]

    /// How many tokens the model itself has, without added ones.
    let modelCount: Int
    /// One more than the highest id.
    private(set) var size = 0

    /// Reads an object of `token: id`, or a list of `[token, score]` where ids count from 0.
    ///
    /// - Throws: `duplicateID`, `wrongValue`.
    init(_ field: JSONField) throws(TokenizerError) {
        if case .array(let items) = field.node.value {
            guard !items.isEmpty else { throw field.invalid(expected: "a list with at least one token") }
            (modelCount, trie) = (items.count, VocabularyTrie(capacity: items.count * 4))
            texts.reserveCapacity(items.count)
            for (index, item) in try field.items().enumerated() {
                guard let token = try item.items().first else { throw item.invalid(expected: "a token and its score") }
                try add(token.string(), id: Int32(index), from: item)
            }
            return
        }
        let members = try field.members()
        guard !members.isEmpty else { throw field.invalid(expected: "an object with at least one token") }
        let length = members.reduce(0) { $0 + $1.key.utf8.count }
        (modelCount, trie) = (members.count, VocabularyTrie(capacity: length / 2))
        texts.reserveCapacity(members.count)
        for (token, value) in members { try add(token, id: value.tokenID(), from: value) }
    }

    /// Adds a token of a text that is not there yet; `field` is where it stands in the file.
    mutating func add(_ token: String, id: Int32, from field: JSONField) throws(TokenizerError) {
        guard trie.nodeCount + token.utf8.count < VocabularyTrie.nodeLimit else {
            throw field.invalid(expected: "a vocabulary of less than 16 MiB of text")
        }
        if let other = texts[id] { throw .duplicateID(file: field.file, id: Int(id), tokens: [other, token]) }
        _ = trie.insert(token.utf8, id: id)
        texts[id] = token
        size = max(size, Int(id) + 1)
    }

    func id(of token: String) -> Int32? { trie.id(of: token.utf8) }

    func text(of id: Int32) -> String? { texts[id] }

    /// All tokens with their ids, in no order.
    var tokens: [Int32: String] { texts }

    /// The tokens of a byte-level vocabulary by the bytes they spell.
    func byteLevelTrie() -> VocabularyTrie {
        var spelt = VocabularyTrie(capacity: trie.nodeCount)
        for (id, token) in texts { if let bytes = ByteAlphabet.bytes(of: token) { _ = spelt.insert(bytes, id: id) } }
        return spelt
    }
}
