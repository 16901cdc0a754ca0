/// What is put around one text or a pair: special tokens, and which type id each part gets; and how offsets are trimmed before.
struct PostProcessor: Equatable, Sendable {
    enum Piece: Equatable, Sendable {
        case first(typeID: Int32)
        case second(typeID: Int32)
        case special(ids: [Int32], typeID: Int32)
    }

    /// Takes the whitespace that a token begins and ends with out of its offsets.
    struct Trim: Equatable, Sendable {
        /// Whether the first token begins with a space that is not in the text.
        var addsPrefixSpace: Bool
    }

    /// The kinds of `post_processor` that Hone knows.
    ///
    /// A new kind is one case and the function that turns it into pieces.
    enum Kind: String, CaseIterable {
        case bert = "BertProcessing"
        case byteLevel = "ByteLevel"
        case roberta = "RobertaProcessing"
        case sequence = "Sequence"
        case template = "TemplateProcessing"
    }

    var single: [Piece]
    var pair: [Piece]
    /// Applied one after the other to the offsets of each text.
    var trims: [Trim] = []

    /// No special tokens; the second text of a pair has type 1.
    static let none = PostProcessor(single: [.first(typeID: 0)], pair: [.first(typeID: 0), .second(typeID: 1)])

    static func read(_ field: JSONField, vocabulary: Vocabulary) throws(TokenizerError) -> PostProcessor {
        let type = try field.required("type")
        let name = try type.string()
        guard let kind = Kind(rawValue: name) else {
            throw .unsupported(
                file: type.file, line: type.node.line, path: type.path, name: name, supported: Kind.allCases.map(\.rawValue))
        }
        switch kind {
        case .bert: return try bert(field, vocabulary)
        case .template: return try template(field, vocabulary)
        case .byteLevel: return try byteLevel(field)
        case .roberta: return try roberta(field, vocabulary)
        case .sequence: return try sequence(field, vocabulary)
        }
    }

    /// `use_regex` belongs to the pre-tokenizer of the same name and does nothing here.
    private static func byteLevel(_ field: JSONField) throws(TokenizerError) -> PostProcessor {
        try field.allowOnly(["type", "add_prefix_space", "trim_offsets", "use_regex"])
        _ = try field.optional("use_regex")?.bool()
        let trim = Trim(addsPrefixSpace: try field.required("add_prefix_space").bool())
        var result = PostProcessor.none
        result.trims = try field.required("trim_offsets").bool() ? [trim] : []
        return result
    }

    /// `<s> A </s>` and `<s> A </s> </s> B </s>`, all of type 0.
    private static func roberta(_ field: JSONField, _ vocabulary: Vocabulary) throws(TokenizerError) -> PostProcessor {
        try field.allowOnly(["type", "sep", "cls", "trim_offsets", "add_prefix_space"])
        let start = try namedToken(field.required("cls"), vocabulary), end = try namedToken(field.required("sep"), vocabulary)
        let trim = Trim(addsPrefixSpace: try field.required("add_prefix_space").bool())
        let trims = try field.required("trim_offsets").bool() ? [trim] : []
        let single: [Piece] = [.special(ids: [start], typeID: 0), .first(typeID: 0), .special(ids: [end], typeID: 0)]
        let pair = single + [.special(ids: [end], typeID: 0), .second(typeID: 0), .special(ids: [end], typeID: 0)]
        return PostProcessor(single: single, pair: pair, trims: trims)
    }

    /// Any number of ByteLevel, and at most one of those that put tokens around.
    private static func sequence(_ field: JSONField, _ vocabulary: Vocabulary) throws(TokenizerError) -> PostProcessor {
        try field.allowOnly(["type", "processors"])
        var result = PostProcessor.none
        for item in try field.required("processors").items() {
            let processor = try read(item, vocabulary: vocabulary)
            result.trims += processor.trims
            guard processor.single != none.single || processor.pair != none.pair else { continue }
            guard result.single == none.single, result.pair == none.pair else {
                throw item.invalid(expected: "nothing else that puts tokens around the text")
            }
            (result.single, result.pair) = (processor.single, processor.pair)
        }
        return result
    }

    /// `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`.
    private static func bert(_ field: JSONField, _ vocabulary: Vocabulary) throws(TokenizerError) -> PostProcessor {
        try field.allowOnly(["type", "sep", "cls"])
        let start = try namedToken(field.required("cls"), vocabulary), end = try namedToken(field.required("sep"), vocabulary)
        let single: [Piece] = [.special(ids: [start], typeID: 0), .first(typeID: 0), .special(ids: [end], typeID: 0)]
        return PostProcessor(single: single, pair: single + [.second(typeID: 1), .special(ids: [end], typeID: 1)])
    }

    /// Reads `["[CLS]", 101]`.
    private static func namedToken(_ field: JSONField, _ vocabulary: Vocabulary) throws(TokenizerError) -> Int32 {
        let items = try field.items()
        guard items.count == 2 else { throw field.invalid(expected: "a token and its id") }
        let text = try items[0].string(), id = try items[1].tokenID()
        guard vocabulary.id(of: text) == id else { throw items[1].invalid(expected: "the id of “\(text)” in the vocabulary") }
        return id
    }

    private static func template(_ field: JSONField, _ vocabulary: Vocabulary) throws(TokenizerError) -> PostProcessor {
        try field.allowOnly(["type", "single", "pair", "special_tokens"])
        var specials: [(name: String, ids: [Int32])] = []
        for (name, value) in try field.required("special_tokens").members() {
            try value.allowOnly(["id", "ids", "tokens"])
            var ids: [Int32] = []
            for item in try value.required("ids").items() {
                let id = try item.tokenID()
                guard vocabulary.text(of: id) != nil else { throw item.invalid(expected: "an id of the vocabulary") }
                ids.append(id)
            }
            specials.append((name, ids))
        }
        let single = try pieces(field.required("single"), specials), pair = try pieces(field.required("pair"), specials)
        try check(single, first: 1, second: 0, field.required("single"))
        try check(pair, first: 1, second: 1, field.required("pair"))
        return PostProcessor(single: single, pair: pair)
    }

    private static func pieces(_ field: JSONField, _ specials: [(name: String, ids: [Int32])]) throws(TokenizerError) -> [Piece] {
        var pieces: [Piece] = []
        for item in try field.items() {
            try item.allowOnly(["Sequence", "SpecialToken"])
            if let sequence = try item.optional("Sequence") {
                let id = try sequence.required("id"), typeID = try sequence.required("type_id").tokenID()
                switch try id.string() {
                case "A": pieces.append(.first(typeID: typeID))
                case "B": pieces.append(.second(typeID: typeID))
                default: throw id.invalid(expected: "“A” or “B”")
                }
            } else {
                let special = try item.required("SpecialToken")
                let id = try special.required("id")
                let name = try id.string()
                guard let found = specials.first(where: { $0.name == name }) else { throw id.invalid(expected: "a key of special_tokens") }
                pieces.append(.special(ids: found.ids, typeID: try special.required("type_id").tokenID()))
            }
        }
        return pieces
    }

    private static func check(_ pieces: [Piece], first: Int, second: Int, _ field: JSONField) throws(TokenizerError) {
        let found = pieces.reduce(into: (0, 0)) { counts, piece in
            switch piece {
            case .first: counts.0 += 1
            case .second: counts.1 += 1
            case .special: break
            }
        }
        guard found == (first, second) else {
            throw field.invalid(expected: second == 0 ? "a template with A once and without B" : "a template with A once and B once")
        }
    }
}
