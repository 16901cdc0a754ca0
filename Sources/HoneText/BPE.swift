/// Byte-pair encoding: a word becomes characters, then neighbours that have a merge become one, the earliest merge of the file first.
///
/// Source: `tokenizers` models::BPE. Departures: a character that the vocabulary lacks and that has neither byte tokens nor an unknown token
/// vanishes, as there, but in a byte-level vocabulary it does not shift the offsets of what follows; `dropout` other than null or 0 is
/// refused; an unknown token that is needed and is not in the vocabulary is found when the file is read.
struct BPE: Sendable {
    private let merges: BPEMerges
    /// What the characters (the bytes, in a byte-level vocabulary) of a word begin as.
    private let alphabet: BPEAlphabet
    private let isByteLevel: Bool
    private let unknown: Int32?
    private let fusesUnknown: Bool
    /// The tokens of all 256 bytes, where bytes stand in for characters that the vocabulary lacks.
    private let byteTokens: [Int32]
    /// Whole words that are taken as they are; nil where merges decide alone.
    private let wholeWords: VocabularyTrie?
    /// “▁”, where no merge joins anything else to one behind it: words can then be cut there, which finds them in the cache.
    private let cut: [UInt8]

    /// Reads the model beside its vocabulary.
    init(_ field: JSONField, vocabulary: Vocabulary, isByteLevel: Bool) throws(TokenizerError) {
        try field.allowOnly([
            "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges",
            "vocab", "merges",
        ])
        try Self.refuseDropout(field)
        let prefix = try field.optional("continuing_subword_prefix")?.string() ?? ""
        let suffix = try field.optional("end_of_word_suffix")?.string() ?? ""
        self.isByteLevel = isByteLevel
        alphabet = BPEAlphabet(vocabulary, prefix: prefix, suffix: suffix, isByteLevel: isByteLevel)
        fusesUnknown = try field.optional("fuse_unk")?.bool() ?? false
        byteTokens = try Self.byteTokens(field, vocabulary, affixes: prefix + suffix, isByteLevel)
        unknown = try Self.unknown(
            field, vocabulary, mayBeAbsent: isByteLevel ? alphabet.isComplete : !byteTokens.isEmpty && !byteTokens.contains(-1))

        let ignoresMerges = try field.optional("ignore_merges")?.bool() ?? false
        wholeWords = ignoresMerges ? (isByteLevel ? vocabulary.byteLevelTrie() : vocabulary.trie) : nil
        let pairs = try BPEMergeList(field.required("merges"), vocabulary, prefix: prefix)
        merges = BPEMerges(pairs.merges)
        let mark = "▁"
        let mayCut = !isByteLevel && !ignoresMerges && prefix.isEmpty && suffix.isEmpty && vocabulary.id(of: mark) != nil
        cut = mayCut && !pairs.cross(Array(mark.utf8)) ? Array(mark.utf8) : []
    }

    private static func refuseDropout(_ field: JSONField) throws(TokenizerError) {
        guard let dropout = try field.optional("dropout") else { return }
        switch dropout.node.value {
        case .integer(0), .number(0): return
        default: throw dropout.invalid(expected: "null: dropout of merges gives other ids each time")
        }
    }

    private static func byteTokens(
        _ field: JSONField, _ vocabulary: Vocabulary, affixes: String, _ isByteLevel: Bool
    ) throws(TokenizerError) -> [Int32] {
        guard let setting = try field.optional("byte_fallback"), try setting.bool(), !isByteLevel else { return [] }
        guard affixes.isEmpty else {
            throw setting.invalid(expected: "false beside continuing_subword_prefix or end_of_word_suffix")
        }
        return (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return vocabulary.id(of: "<0x\(digits.count < 2 ? "0" : "")\(digits)>") ?? -1
        }
    }

    private static func unknown(_ field: JSONField, _ vocabulary: Vocabulary, mayBeAbsent: Bool) throws(TokenizerError) -> Int32? {
        guard let unknown = try field.optional("unk_token") else { return nil }
        if let id = vocabulary.id(of: try unknown.string()) { return id }
        guard mayBeAbsent else { throw unknown.invalid(expected: "a token of the vocabulary") }
        return nil
    }

    /// Appends the ids of one word; and, where `ends` is not nil, the byte at which each token ends.
    @inline(__always)
    func encode(_ bytes: [UInt8], _ word: Range<Int>, into ids: inout [Int32], ends: inout [Int]?, _ scratch: inout BPEScratch) {
        guard !cut.isEmpty else { return encodeWord(bytes, word, into: &ids, ends: &ends, &scratch) }
        var start = word.lowerBound
        var isMark = true
        var index = start
        while index < word.upperBound {
            let isNext = bytes[index] == cut[0] && index + 2 < word.upperBound && bytes[index + 1] == cut[1] && bytes[index + 2] == cut[2]
            if isNext, !isMark {
                encodeWord(bytes, start..<index, into: &ids, ends: &ends, &scratch)
                start = index
            }
            isMark = isNext
            index += isNext ? 3 : 1
        }
        if start < word.upperBound { encodeWord(bytes, start..<word.upperBound, into: &ids, ends: &ends, &scratch) }
    }

    @inline(__always)
    private func encodeWord(
        _ bytes: [UInt8], _ word: Range<Int>, into ids: inout [Int32], ends: inout [Int]?, _ scratch: inout BPEScratch
    ) {
        guard word.count <= BPEWordCache.longestWord else { return merge(bytes, word, nil, into: &ids, ends: &ends, &scratch) }
        let key = BPEWordCache.key(bytes, word)
        if scratch.cache.find(key, word.lowerBound, into: &ids, ends: &ends) { return }
        merge(bytes, word, key, into: &ids, ends: &ends, &scratch)
    }

    @inline(never)
    private func merge(
        _ bytes: [UInt8], _ word: Range<Int>, _ key: BPEWordCache.Key?, into ids: inout [Int32], ends: inout [Int]?,
        _ scratch: inout BPEScratch
    ) {
        scratch.symbols.removeAll()
        if let id = wholeWords?.id(of: bytes[word]) {
            scratch.symbols.add(id, length: word.count)
        } else {
            split(bytes, word, into: &scratch.symbols)
            merges.apply(&scratch.symbols)
        }
        if let key { scratch.cache.keep(key, scratch.symbols) }
        ids += scratch.symbols.ids
        if ends != nil { for end in scratch.symbols.ends { ends?.append(word.lowerBound + end) } }
    }

    /// Cuts a word into the symbols that merging starts from.
    ///
    /// A run of unknown characters is held back until a known one comes; byte tokens go ahead of it, as in the library.
    private func split(_ bytes: [UInt8], _ word: Range<Int>, into symbols: inout BPESymbols) {
        var index = word.lowerBound
        var heldBack = 0
        while index < word.upperBound {
            var value = UInt32(bytes[index]), length = 1
            if !isByteLevel, value >= 0x80 { (value, length) = UTF8Text.scalar(bytes, at: index) }
            let isFirst = index == word.lowerBound, isLast = index + length == word.upperBound
            let id = alphabet.id(value, isFirst: isFirst, isLast: isLast)
            if id >= 0 {
                if heldBack > 0, let unknown { symbols.add(unknown, length: heldBack) }
                heldBack = 0
                symbols.add(id, length: length)
            } else if !byteTokens.isEmpty, (index..<index + length).allSatisfy({ byteTokens[Int(bytes[$0])] >= 0 }) {
                for place in index..<index + length { symbols.add(byteTokens[Int(bytes[place])], length: 1) }
            } else if let unknown {
                if heldBack > 0, !fusesUnknown {
                    symbols.add(unknown, length: heldBack)
                    heldBack = 0
                }
                heldBack += length
            }
            index += length
        }
        if heldBack > 0, let unknown { symbols.add(unknown, length: heldBack) }
    }
}

/// The ids of single characters, as they are spelt at the start, in the middle and at the end of a word.
struct BPEAlphabet: Sendable {
    /// By `first`, `last`: whether the prefix is absent and the suffix present; one table serves all four where neither is used.
    private var tables: [PagedIDs]
    private let hasAffixes: Bool

    /// Whether every byte has an id in every place.
    var isComplete: Bool { tables.allSatisfy { table in (0..<256).allSatisfy { table[UInt32($0)] >= 0 } } }

    init(_ vocabulary: Vocabulary, prefix: String, suffix: String, isByteLevel: Bool) {
        hasAffixes = !prefix.isEmpty || !suffix.isEmpty
        let affixes = hasAffixes ? [(prefix, ""), ("", ""), (prefix, suffix), ("", suffix)] : [("", "")]
        tables = affixes.map { prefix, suffix in
            let prefix = Array(prefix.unicodeScalars), suffix = Array(suffix.unicodeScalars)
            var table = PagedIDs()
            for (id, token) in vocabulary.tokens {
                let scalars = token.unicodeScalars
                guard token.utf8.count <= 4 + (prefix.count + suffix.count) * 4, scalars.count == prefix.count + 1 + suffix.count,
                    scalars.starts(with: prefix), scalars.suffix(suffix.count).elementsEqual(suffix)
                else { continue }
                let scalar = scalars[scalars.index(scalars.startIndex, offsetBy: prefix.count)].value
                if !isByteLevel { table.set(scalar, id) } else if let byte = ByteAlphabet.byte(of: scalar) { table.set(UInt32(byte), id) }
            }
            return table
        }
    }

    /// The id of a character (a byte, in a byte-level vocabulary), or -1.
    @inline(__always)
    func id(_ value: UInt32, isFirst: Bool, isLast: Bool) -> Int32 {
        hasAffixes ? tables[(isFirst ? 1 : 0) + (isLast ? 2 : 0)][value] : tables[0][value]
    }
}

/// An id for each scalar, or -1, in pages of 256 of which the empty ones are shared.
struct PagedIDs: Sendable {
    private var page = [UInt16](repeating: 0, count: 0x1100)
    private var values = [Int32](repeating: -1, count: 256)

    @inline(__always)
    subscript(_ scalar: UInt32) -> Int32 { values[Int(page[Int(scalar >> 8)]) << 8 | Int(scalar & 0xFF)] }

    mutating func set(_ scalar: UInt32, _ id: Int32) {
        let row = Int(scalar >> 8)
        if page[row] == 0 {
            page[row] = UInt16(values.count >> 8)
            values += repeatElement(-1, count: 256)
        }
        values[Int(page[row]) << 8 | Int(scalar & 0xFF)] = id
    }
}
