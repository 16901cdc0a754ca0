/// How tokens become text again: stages that each turn a list of tokens into another, of which the last is joined.
///
/// A list without stages joins the tokens by spaces.
struct TokenDecoder: Equatable, Sendable {
    /// One kind of `decoder`, with its settings.
    enum Stage: Equatable, Sendable {
        /// Tokens joined by spaces.
        case spaces
        /// Continuations joined to what is before them; `cleanup` takes out the spaces before English punctuation and contractions.
        case wordPiece(prefix: [UInt8], cleanup: Bool)
        /// Characters that stand for bytes become those bytes; all tokens become one.
        case byteLevel
        /// `<0x41>` becomes the byte; runs that are not UTF-8 become one U+FFFD for each byte.
        case byteFallback
        /// All tokens become one.
        case fuse
        /// Replaces inside each token.
        case replace(TextPattern, with: [UInt8])
        /// Takes up to so many of `content` off both ends of each token.
        case strip(content: [UInt8], start: Int, stop: Int)
        /// The replacement becomes a space; in the first token it goes where a text begins with one.
        case metaspace(replacement: [UInt8], dropsFirst: Bool)
        /// The suffix of a word becomes a space, in the last token nothing.
        case bpe(suffix: [UInt8])
        /// What SentencePiece does with its pieces; `unknown` is what stands for an unknown one.
        case sentencePiece(SentencePieceDecoding)
    }

    /// The kinds of `decoder` that Hone knows.
    private enum Kind: String, CaseIterable {
        case wordPiece = "WordPiece"
        case byteLevel = "ByteLevel"
        case byteFallback = "ByteFallback"
        case fuse = "Fuse"
        case replace = "Replace"
        case strip = "Strip"
        case metaspace = "Metaspace"
        case bpe = "BPEDecoder"
        case sequence = "Sequence"
    }

    var stages: [Stage]

    /// Tokens joined by spaces.
    static let spaces = TokenDecoder(stages: [.spaces])

    static func wordPiece(prefix: String, cleanup: Bool) -> TokenDecoder {
        TokenDecoder(stages: [.wordPiece(prefix: Array(prefix.utf8), cleanup: cleanup)])
    }

    static func read(_ field: JSONField) throws(TokenizerError) -> TokenDecoder { TokenDecoder(stages: try stages(field)) }

    private static func stages(_ field: JSONField) throws(TokenizerError) -> [Stage] {
        let type = try field.required("type")
        let name = try type.string()
        guard let kind = Kind(rawValue: name) else {
            throw .unsupported(
                file: type.file, line: type.node.line, path: type.path, name: name, supported: Kind.allCases.map(\.rawValue))
        }
        switch kind {
        case .wordPiece:
            try field.allowOnly(["type", "prefix", "cleanup"])
            return [.wordPiece(prefix: Array(try field.required("prefix").string().utf8), cleanup: try field.required("cleanup").bool())]
        case .byteLevel:
            try field.allowOnly(["type", "add_prefix_space", "trim_offsets", "use_regex"])
            return [.byteLevel]
        case .byteFallback, .fuse:
            try field.allowOnly(["type"])
            return [kind == .fuse ? .fuse : .byteFallback]
        case .replace:
            try field.allowOnly(["type", "pattern", "content"])
            return [.replace(try TextPattern(field.required("pattern")), with: Array(try field.required("content").string().utf8))]
        case .strip:
            try field.allowOnly(["type", "content", "start", "stop"])
            let content = try field.required("content")
            guard try content.string().unicodeScalars.count == 1 else { throw content.invalid(expected: "one character") }
            let start = try field.required("start").integer(in: 0...Int(Int32.max))
            let stop = try field.required("stop").integer(in: 0...Int(Int32.max))
            return [.strip(content: Array(try content.string().utf8), start: start, stop: stop)]
        case .metaspace: return [try metaspace(field)]
        case .bpe:
            try field.allowOnly(["type", "suffix"])
            return [.bpe(suffix: Array(try field.required("suffix").string().utf8))]
        case .sequence:
            try field.allowOnly(["type", "decoders"])
            var stages: [Stage] = []
            for item in try field.required("decoders").items() { stages += try Self.stages(item) }
            return stages
        }
    }

    /// Reads the settings of today and those of files before tokenizers 0.15, which have `add_prefix_space` alone.
    private static func metaspace(_ field: JSONField) throws(TokenizerError) -> Stage {
        try field.allowOnly(["type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split"])
        let replacement = try field.required("replacement")
        guard try replacement.string().unicodeScalars.count == 1 else { throw replacement.invalid(expected: "one character") }
        var drops = true
        if let scheme = try field.optional("prepend_scheme") {
            guard ["always", "first", "never"].contains(try scheme.string()) else {
                throw scheme.invalid(expected: "“always”, “first” or “never”")
            }
            drops = try scheme.string() != "never"
        } else if let prefix = try field.optional("add_prefix_space") {
            drops = try prefix.bool()
        }
        return .metaspace(replacement: Array(try replacement.string().utf8), dropsFirst: drops)
    }

    func decode(_ tokens: [String]) -> String {
        var states = DecoderChain(self)
        for token in tokens { states.push(Array(token.utf8)) }
        states.finish()
        return states.take()
    }
}
