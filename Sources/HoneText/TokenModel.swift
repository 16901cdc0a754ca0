// Tested by WordPieceTests.swift

/// The kinds of `model` that Hone knows: how a word becomes ids.
///
/// A new kind is one file, one case here and the lines the compiler asks for.
enum TokenModel: Sendable {
    case wordPiece(WordPiece)
    case wordLevel(WordLevel)
    case bpe(BPE)
    case unigram(Unigram)
    case sentencePieceBPE(SentencePieceBPE)

    private enum Kind: String, CaseIterable {
        case wordPiece = "WordPiece"
        case wordLevel = "WordLevel"
        case bpe = "BPE"
        case unigram = "Unigram"
    }

    /// - Parameter isByteLevel: the words come as bytes, each of which stands for one character of the vocabulary.
    static func read(_ field: JSONField, vocabulary: Vocabulary, isByteLevel: Bool) throws(TokenizerError) -> TokenModel {
        let kind = try kind(field)
        guard !isByteLevel || kind == .bpe else {
            throw try field.required("type").invalid(expected: "BPE, the only model that Hone runs behind ByteLevel")
        }
        switch kind {
        case .wordPiece: return .wordPiece(try WordPiece(field, vocabulary: vocabulary))
        case .wordLevel: return .wordLevel(try WordLevel(field, vocabulary: vocabulary))
        case .unigram: return .unigram(try Unigram(field, vocabulary: vocabulary))
        case .bpe: return .bpe(try BPE(field, vocabulary: vocabulary, isByteLevel: isByteLevel))
        }
    }

    /// Throws where the model is of a kind that Hone does not have; asked before its vocabulary is read, whose form depends on the kind.
    static func check(_ field: JSONField) throws(TokenizerError) { _ = try kind(field) }

    private static func kind(_ field: JSONField) throws(TokenizerError) -> Kind {
        // Files written before tokenizers 0.9 have no type; these keys belong to one model each.
        if try field.optional("type") == nil {
            if try field.optional("max_input_chars_per_word") != nil { return .wordPiece }
            if try field.optional("merges") != nil { return .bpe }
        }
        let type = try field.required("type")
        let name = try type.string()
        guard let kind = Kind(rawValue: name) else {
            throw .unsupported(
                file: type.file, line: type.node.line, path: type.path, name: name, supported: Kind.allCases.map(\.rawValue))
        }
        return kind
    }

    /// Appends the ids of one word that is not empty; and, where `ends` is not nil, the byte at which each token ends.
    @inline(__always)
    func encode(_ bytes: [UInt8], _ word: Range<Int>, into ids: inout [Int32], ends: inout [Int]?, _ scratch: inout BPEScratch) {
        switch self {
        case .bpe(let model): model.encode(bytes, word, into: &ids, ends: &ends, &scratch)
        case .wordLevel(let model): model.encode(bytes, word, into: &ids, ends: &ends)
        case .wordPiece(let model): model.encode(bytes, word, into: &ids, ends: &ends)
        case .unigram(let model): model.encode(bytes, word, into: &ids, ends: &ends)
        case .sentencePieceBPE(let model): model.encode(bytes, word, into: &ids, ends: &ends)
        }
    }
}
