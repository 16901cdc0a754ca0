// Tested by PreTokenizerTests.swift

/// The kinds of `pre_tokenizer` that Hone knows: how normalised text is cut into words.
///
/// A new kind is one case, its line in `read`, and the stage it needs in `PreTokenizerStage`.
enum PreTokenizerKind: String, CaseIterable {
    case bert = "BertPreTokenizer"
    case byteLevel = "ByteLevel"
    case delimiter = "CharDelimiterSplit"
    case digits = "Digits"
    case metaspace = "Metaspace"
    case punctuation = "Punctuation"
    case sequence = "Sequence"
    case split = "Split"
    case whitespace = "Whitespace"
    case whitespaceSplit = "WhitespaceSplit"

    /// Returns the stages of the component in `field`, in order.
    static func read(_ field: JSONField) throws(TokenizerError) -> [PreTokenizerStage] {
        let type = try field.required("type")
        let name = try type.string()
        guard let kind = PreTokenizerKind(rawValue: name) else {
            throw .unsupported(
                file: type.file, line: type.node.line, path: type.path, name: name, supported: allCases.map(\.rawValue))
        }
        try field.allowOnly(["type"] + kind.keys)
        switch kind {
        case .bert: return [.bert]
        case .whitespace: return [.whitespace]
        case .whitespaceSplit: return [.whitespaceSplit]
        case .digits: return [.digits(individually: try field.required("individual_digits").bool())]
        case .punctuation:
            guard let behavior = try field.optional("behavior") else { return [.punctuation(.isolated)] }
            return [.punctuation(try SplitBehavior.read(behavior))]
        case .delimiter: return [.split(.text(Array(try field.required("delimiter").string().utf8)), .removed, isInverted: false)]
        case .split:
            let pattern = try SplitPattern(field.required("pattern"))
            let behavior = try SplitBehavior.read(field.required("behavior"))
            return [.split(pattern, behavior, isInverted: try field.optional("invert")?.bool() ?? false)]
        case .byteLevel: return try byteLevel(field)
        case .metaspace: return [try metaspace(field)]
        case .sequence: return try sequence(field)
        }
    }

    /// The settings of each kind.
    private var keys: [String] {
        switch self {
        case .bert, .whitespace, .whitespaceSplit: []
        case .digits: ["individual_digits"]
        case .punctuation: ["behavior"]
        case .delimiter: ["delimiter"]
        case .split: ["pattern", "behavior", "invert"]
        case .byteLevel: ["add_prefix_space", "trim_offsets", "use_regex"]
        case .metaspace: ["replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep"]
        case .sequence: ["pretokenizers"]
        }
    }

    /// `trim_offsets` belongs to the post-processor of the same name and does nothing here.
    private static func byteLevel(_ field: JSONField) throws(TokenizerError) -> [PreTokenizerStage] {
        _ = try field.optional("trim_offsets")?.bool()
        let addsSpace = try field.required("add_prefix_space").bool()
        let splits = try field.optional("use_regex")?.bool() ?? true
        return (addsSpace ? [.prefixSpace] : []) + (splits ? [.split(.scanner(.gpt2), .isolated, isInverted: false)] : []) + [.bytes]
    }

    private static func metaspace(_ field: JSONField) throws(TokenizerError) -> PreTokenizerStage {
        let replacement = try field.required("replacement")
        let mark = Array(try replacement.string().unicodeScalars)
        guard mark.count == 1 else { throw replacement.invalid(expected: "one character") }
        var scheme = PrependScheme.always
        if let name = try field.optional("prepend_scheme") {
            guard let known = PrependScheme(rawValue: try name.string()) else {
                throw .unsupported(
                    file: name.file, line: name.node.line, path: name.path, name: try name.string(),
                    supported: PrependScheme.allCases.map(\.rawValue))
            }
            scheme = known
        }
        // Files from before tokenizers 0.15 have this key alone; later ones may have both, which then agree.
        if let adds = try field.optional("add_prefix_space"), try !adds.bool() {
            let isAlone = try field.optional("prepend_scheme") == nil
            guard scheme == .never || isAlone else {
                throw adds.invalid(expected: "true beside prepend_scheme “\(scheme.rawValue)”")
            }
            scheme = .never
        }
        return .metaspace(Array(String(mark[0]).utf8), scheme, splits: try field.optional("split")?.bool() ?? true)
    }

    private static func sequence(_ field: JSONField) throws(TokenizerError) -> [PreTokenizerStage] {
        let items = try field.required("pretokenizers").items()
        var stages: [PreTokenizerStage] = []
        for item in items {
            guard stages.last != .bytes else { throw item.invalid(expected: "nothing behind ByteLevel, whose words are bytes") }
            stages += try read(item)
        }
        return stages
    }
}

/// One step of pre-tokenisation: it cuts each word into smaller ones, or rewrites it.
enum PreTokenizerStage: Equatable, Sendable {
    /// Whitespace separates and is dropped, a punctuation character is a word of its own.
    case bert
    /// Runs of `\w`, and runs of what is neither that nor whitespace.
    case whitespace
    case whitespaceSplit
    case digits(individually: Bool)
    case punctuation(SplitBehavior)
    case split(SplitPattern, SplitBehavior, isInverted: Bool)
    /// A space before each word that does not begin with one.
    case prefixSpace
    /// Spaces become the mark, which may be put in front too; each word then begins at a mark, where `splits`.
    case metaspace([UInt8], PrependScheme, splits: Bool)
    /// From here the model reads bytes.
    case bytes

    var rewrites: Bool {
        switch self {
        case .prefixSpace, .metaspace: true
        default: false
        }
    }
}

/// Where Metaspace puts its mark in front: every word, the word at the very start of the text, or none.
enum PrependScheme: String, CaseIterable, Sendable {
    case always, first, never
}
