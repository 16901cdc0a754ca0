// Tested by TokenizerFolderTests.swift

import Foundation

/// What `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json` and `config.json` say about a tokenizer.
///
/// Keys that have nothing to do with ids are not read.
struct TokenizerSettings {
    /// A special token named by the files, with its id where they say it.
    struct Named {
        var text: String
        var id: Int32?
        var flags: JSONField?
    }

    /// Special tokens by role.
    struct Roles {
        var bos, eos, pad, unk: Named?
        var others: [Named] = []

        var all: [Named] { [bos, eos, pad, unk].compactMap { $0 } + others }
    }

    var special = Roles()
    /// `added_tokens_decoder` and `added_tokens.json`, in the order of ids.
    var added: [Named] = []
    var family: TokenizerFamily?
    var className: String?
    var addsBOS, addsEOS, addsPrefixSpace, lowercases, stripsAccents, separatesChinese: Bool?
    var extraIDs: Int?
    var cls, sep: String?

    init() {}

    /// Reads the files that are there.
    init(folder: URL) throws(TokenizerError) {
        if let map = try Self.field(folder, "special_tokens_map.json") { try readRoles(map) }
        if let tokens = try Self.field(folder, "added_tokens.json") {
            for (text, id) in try tokens.members() { added.append(Named(text: text, id: try id.tokenID(), flags: nil)) }
        }
        if let config = try Self.field(folder, "tokenizer_config.json") { try readConfig(config) }
        if family == nil, let type = try Self.field(folder, "config.json")?.optional("model_type") {
            family = TokenizerFamily(name: try type.string())
            if className == nil { className = try type.string() }
        }
        added.sort { $0.id ?? 0 < $1.id ?? 0 }
        if family == .roberta { nameRobertaTokens() }
    }

    /// Gives RoBERTa's names to the special tokens that the files leave unsaid.
    private mutating func nameRobertaTokens() {
        func standard(_ text: String) -> Named { Named(text: text, id: nil, flags: nil) }
        special.bos = special.bos ?? standard("<s>")
        special.eos = special.eos ?? standard("</s>")
        special.pad = special.pad ?? standard("<pad>")
        special.unk = special.unk ?? standard("<unk>")
        (cls, sep) = (cls ?? "<s>", sep ?? "</s>")
        if special.others.allSatisfy({ [cls, sep].contains($0.text) }) { special.others.append(standard("<mask>")) }
    }

    private static func field(_ folder: URL, _ name: String) throws(TokenizerError) -> JSONField? {
        let path = folder.appending(path: name)
        guard FileManager.default.fileExists(atPath: path.path) else { return nil }
        return JSONField(node: try JSONParser.parse(TokenizerFolder.read(path), file: path.path), path: "", file: path.path)
    }

    private mutating func readConfig(_ field: JSONField) throws(TokenizerError) {
        try readRoles(field)
        if let name = try field.optional("tokenizer_class") {
            className = try name.string()
            family = TokenizerFamily(name: try name.string())
        }
        addsBOS = try field.optional("add_bos_token")?.bool()
        addsEOS = try field.optional("add_eos_token")?.bool()
        addsPrefixSpace = try field.optional("add_prefix_space")?.bool()
        lowercases = try field.optional("do_lower_case")?.bool()
        stripsAccents = try field.optional("strip_accents")?.bool()
        separatesChinese = try field.optional("tokenize_chinese_chars")?.bool()
        extraIDs = try field.optional("extra_ids")?.integer(in: 0...100_000)
        guard let decoder = try field.optional("added_tokens_decoder") else { return }
        for (key, value) in try decoder.members() {
            guard let id = Int32(key), id >= 0 else { throw value.invalid(expected: "a token under the number of its id") }
            let text = try value.required("content").string()
            added.removeAll { $0.text == text }
            added.append(Named(text: text, id: id, flags: value))
        }
    }

    private mutating func readRoles(_ field: JSONField) throws(TokenizerError) {
        special.bos = try Self.named(field.optional("bos_token")) ?? special.bos
        special.eos = try Self.named(field.optional("eos_token")) ?? special.eos
        special.pad = try Self.named(field.optional("pad_token")) ?? special.pad
        special.unk = try Self.named(field.optional("unk_token")) ?? special.unk
        cls = try Self.named(field.optional("cls_token"))?.text ?? cls
        sep = try Self.named(field.optional("sep_token"))?.text ?? sep
        var others: [Named] = []
        for key in ["cls_token", "sep_token", "mask_token"] { if let token = try Self.named(field.optional(key)) { others.append(token) } }
        if let list = try field.optional("additional_special_tokens") {
            for item in try list.items() { if let token = try Self.named(item) { others.append(token) } }
        }
        for token in others where !special.others.contains(where: { $0.text == token.text }) { special.others.append(token) }
    }

    /// Reads a text, or an object with `content`.
    private static func named(_ field: JSONField?) throws(TokenizerError) -> Named? {
        guard let field else { return nil }
        if case .string(let text) = field.node.value { return Named(text: text, id: nil, flags: nil) }
        if case .bool = field.node.value { return nil }
        return Named(text: try field.required("content").string(), id: nil, flags: field)
    }

    /// The family; an error where the files do not say.
    func requiredFamily(file: String) throws(TokenizerError) -> TokenizerFamily {
        guard let family else {
            let known = TokenizerFamily.allCases.map(\.rawValue).joined(separator: ", ")
            throw .unreadable(
                file: file,
                reason: "how it cuts text into words depends on its family, and "
                    + (className.map { "“\($0)” is none that Hone knows" } ?? "no tokenizer_config.json or config.json beside it names one")
                    + ". Known: \(known); set tokenizer_class")
        }
        return family
    }

    /// The added tokens as `tokenizer.json` would list them: those of the files, then `more`; new ones get the ids that follow.
    func addedTokens(after vocabulary: Vocabulary, more: [String]) -> JSONValue {
        var list = added
        for token in special.all + more.map({ Named(text: $0, id: nil, flags: nil) }) where !list.contains(where: { $0.text == token.text })
        {
            list.append(token)
        }
        let specials = Set((special.all.map(\.text) + more).map { Array($0.utf8) })
        var next = Int32(vocabulary.modelCount)
        var rows: [(id: Int32, value: JSONValue)] = []
        for token in list {
            var id = vocabulary.id(of: token.text) ?? token.id ?? next
            if vocabulary.id(of: token.text) == nil { (id, next) = (token.id ?? next, max(next, (token.id ?? next) + 1)) }
            func flag(_ name: String, _ standard: Bool) -> JSONValue {
                guard let found = try? token.flags?.optional(name)?.bool() else { return .bool(standard) }
                return .bool(found)
            }
            let isSpecial = specials.contains(Array(token.text.utf8))
            let value = JSONMaker.object([
                "id": .integer(Int(id)), "content": .string(token.text), "single_word": flag("single_word", false),
                "lstrip": flag("lstrip", false), "rstrip": flag("rstrip", false), "normalized": flag("normalized", !isSpecial),
                "special": flag("special", isSpecial),
            ])
            rows.append((id, value))
        }
        return JSONMaker.array(rows.sorted { $0.id < $1.id }.map(\.value))
    }

    /// The special tokens with the ids of `vocabulary`; one that it lacks is left out.
    func specialTokens(_ vocabulary: Vocabulary) -> SpecialTokens {
        func find(_ token: Named?) -> SpecialTokens.Token? {
            guard let token, let id = vocabulary.id(of: token.text) else { return nil }
            return SpecialTokens.Token(text: token.text, id: id)
        }
        var result = SpecialTokens()
        (result.bos, result.eos, result.pad, result.unk) = (find(special.bos), find(special.eos), find(special.pad), find(special.unk))
        result.additional = special.others.compactMap(find)
        return result
    }
}

extension TokenizerFile {
    /// The parts of a SentencePiece model: what that library does, without special tokens.
    init(_ model: SentencePieceModel, file: String) throws(TokenizerError) {
        let rows = model.pieces.map { JSONMaker.array([.string($0.text), .number(Double($0.score))]) }
        let root = JSONMaker.object([
            "model": JSONMaker.object([
                "type": .string("Unigram"), "unk_id": .integer(Int(model.unknownID)), "vocab": JSONMaker.array(rows),
            ])
        ])
        try self.init(JSONField(node: JSONNode(value: root, line: 1), path: "", file: file))
        (self.model, normalizer, decoder) = (model.model, [.sentencePiece(model.normalizer)], model.decoder)
    }

    /// Adds tokens that are looked for in the text itself.
    mutating func add(_ tokens: JSONValue, file: String) throws(TokenizerError) {
        let field = JSONField(node: JSONNode(value: tokens, line: 1), path: "added_tokens", file: file)
        addedTokens = try Self.addedTokens(field, &vocabulary)
    }

    /// Puts `start` before and `end` behind each text; nil puts nothing.
    ///
    /// - Parameters:
    ///   - doubled: RoBERTa's form, with two `end` between a pair.
    ///   - secondType: the type id of the second text.
    mutating func surround(
        start: String?, end: String?, doubled: Bool = false, secondType: Int32 = 0, file: String
    ) throws(TokenizerError) {
        func id(_ token: String?) throws(TokenizerError) -> [Int32] {
            guard let token else { return [] }
            guard let id = vocabulary.id(of: token) else {
                throw .wrongValue(file: file, line: 1, path: "special tokens", found: "“\(token)”", expected: "a token of the vocabulary")
            }
            return [id]
        }
        let first = try id(start), last = try id(end)
        func special(_ ids: [Int32], _ type: Int32) -> [PostProcessor.Piece] { ids.isEmpty ? [] : [.special(ids: ids, typeID: type)] }
        postProcessor.single = special(first, 0) + [.first(typeID: 0)] + special(last, 0)
        // BERT has no second start; those without a separator begin each text.
        let between = doubled ? special(last, 0) : secondType == 1 || first.isEmpty ? [] : special(first, 0)
        postProcessor.pair = postProcessor.single + between + [.second(typeID: secondType)] + special(last, secondType)
    }
}
