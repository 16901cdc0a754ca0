// Tested by WordPieceTests.swift

/// The kinds of `model` that Hone knows: how a word becomes ids.
///
/// A new kind (BPE, Unigram) is one file, one case here and the lines the compiler asks for.
enum TokenModel: Sendable {
    case wordPiece(WordPiece)
    case unigram(Unigram)

    private enum Kind: String, CaseIterable {
        case wordPiece = "WordPiece"
        case unigram = "Unigram"
    }

    static func read(_ field: JSONField, vocabulary: Vocabulary) throws(TokenizerError) -> TokenModel {
        switch try kind(field) {
        case .wordPiece: .wordPiece(try WordPiece(field, vocabulary: vocabulary))
        case .unigram: .unigram(try Unigram(field, vocabulary: vocabulary))
        }
    }

    /// Throws where the model is of a kind that Hone does not have; asked before its vocabulary is read, whose form depends on the kind.
    static func check(_ field: JSONField) throws(TokenizerError) { _ = try kind(field) }

    private static func kind(_ field: JSONField) throws(TokenizerError) -> Kind {
        // Files written before tokenizers 0.9 have no type; this key belongs to WordPiece alone.
        if try field.optional("type") == nil, try field.optional("max_input_chars_per_word") != nil { return .wordPiece }
        let type = try field.required("type")
        let name = try type.string()
        guard let kind = Kind(rawValue: name) else {
            throw .unsupported(
                file: type.file, line: type.node.line, path: type.path, name: name, supported: Kind.allCases.map(\.rawValue))
        }
        return kind
    }

    @inline(__always)
    func encode(_ bytes: [UInt8], _ word: Range<Int>, into ids: inout [Int32], ends: inout [Int]?) {
        switch self {
        case .wordPiece(let model): model.encode(bytes, word, into: &ids, ends: &ends)
        case .unigram(let model): model.encode(bytes, word, into: &ids, ends: &ends)
        }
    }
}
