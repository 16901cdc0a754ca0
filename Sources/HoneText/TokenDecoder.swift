/// How tokens become text again.
enum TokenDecoder: Equatable, Sendable {
    /// Tokens joined by spaces.
    case spaces
    /// Continuations joined to what is before them; `cleanup` takes out the spaces before English punctuation and contractions.
    case wordPiece(prefix: String, cleanup: Bool)

    /// The kinds of `decoder` that Hone knows.
    private enum Kind: String, CaseIterable { case wordPiece = "WordPiece" }

    static func read(_ field: JSONField) throws(TokenizerError) -> TokenDecoder {
        let type = try field.required("type")
        let name = try type.string()
        guard let kind = Kind(rawValue: name) else {
            throw .unsupported(
                file: type.file, line: type.node.line, path: type.path, name: name, supported: Kind.allCases.map(\.rawValue))
        }
        switch kind {
        case .wordPiece:
            try field.allowOnly(["type", "prefix", "cleanup"])
            return .wordPiece(prefix: try field.required("prefix").string(), cleanup: try field.required("cleanup").bool())
        }
    }

    func decode(_ tokens: [String]) -> String {
        switch self {
        case .spaces: return tokens.joined(separator: " ")
        case .wordPiece(let prefix, let cleanup):
            var text: [UInt8] = []
            for (index, token) in tokens.enumerated() {
                var piece = Array(token.utf8)
                if index > 0 {
                    if piece.starts(with: prefix.utf8) { piece.removeFirst(prefix.utf8.count) } else { piece.insert(0x20, at: 0) }
                }
                text += cleanup ? Self.cleaned(piece) : piece
            }
            return String(decoding: text, as: UTF8.self)
        }
    }

    /// The replacements of the library, in its order; each looks at one token at a time, as there.
    private static let replacements: [(from: String, to: String)] = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"),
        (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ]

    private static func cleaned(_ piece: [UInt8]) -> [UInt8] {
        guard piece.contains(0x20) else { return piece }
        return replacements.reduce(piece) { replace($0, Array($1.from.utf8), Array($1.to.utf8)) }
    }

    private static func replace(_ text: [UInt8], _ pattern: [UInt8], _ replacement: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index...].starts(with: pattern) {
                result += replacement
                index += pattern.count
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }
}
