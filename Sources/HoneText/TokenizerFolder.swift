// Tested by TokenizerFolderTests.swift

import Foundation

/// The tokenizer files of a model's folder, in the order they are looked for.
struct TokenizerFolder {
    static let names = [
        "tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "vocab.json", "vocab.txt", "*.tiktoken",
    ]

    let folder: URL
    /// Class and special tokens, from `tokenizer_config.json` and its like.
    let settings: TokenizerSettings

    init(_ folder: URL) throws(TokenizerError) {
        self.folder = folder
        settings = try TokenizerSettings(folder: folder)
    }

    private func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.appending(path: name).path) }

    static func read(_ url: URL) throws(TokenizerError) -> [UInt8] {
        do {
            return [UInt8](try Data(contentsOf: url))
        } catch {
            throw .unreadable(file: url.path, reason: error.localizedDescription)
        }
    }

    private func json(_ name: String) throws(TokenizerError) -> JSONField {
        let path = folder.appending(path: name)
        return JSONField(node: try JSONParser.parse(Self.read(path), file: path.path), path: "", file: path.path)
    }

    /// The files that decide about ids, of the first kind that is there; empty where nothing is.
    static func files(in folder: URL) -> [URL] {
        let all = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
        let kinds =
            [
                ["tokenizer.json"], ["tokenizer.model"], ["spiece.model"], ["sentencepiece.bpe.model"], ["vocab.json", "merges.txt"],
                ["vocab.txt"],
            ] + all.filter { $0.hasSuffix(".tiktoken") }.map { [$0] }
        let names = kinds.first { $0.allSatisfy(all.contains) } ?? []
        return names.map { folder.appending(path: $0) }
    }

    /// Reads what is there.
    ///
    /// - Throws: `noTokenizerFile` where nothing is.
    func load() throws(TokenizerError) -> TokenizerFile {
        if has("tokenizer.json") { return try TokenizerFile(json("tokenizer.json")) }
        for name in ["tokenizer.model", "spiece.model", "sentencepiece.bpe.model"] where has(name) {
            let path = folder.appending(path: name)
            let bytes = try Self.read(path)
            // A SentencePiece model begins with the key of its first piece, which no line of ranks can begin with.
            if bytes.first == 0x0A { return try sentencePiece(bytes, path.path) }
            return try ranks(bytes, path.path)
        }
        if has("vocab.json"), has("merges.txt") { return try merges() }
        if has("vocab.txt") { return try wordPiece() }
        let all = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
        if let name = all.first(where: { $0.hasSuffix(".tiktoken") }) {
            let path = folder.appending(path: name)
            return try ranks(Self.read(path), path.path)
        }
        throw .noTokenizerFile(folder: folder.path, found: all.filter { ["vocab.json", "merges.txt"].contains($0) })
    }

    private func sentencePiece(_ bytes: [UInt8], _ file: String) throws(TokenizerError) -> TokenizerFile {
        let family = settings.family
        guard family != .xlmRoberta else {
            throw .unreadable(
                file: file,
                reason: "the ids of XLM-RoBERTa and CamemBERT are not those of their SentencePiece models; save it with a tokenizer.json")
        }
        var parts = try TokenizerFile(SentencePieceModel(bytes, file: file), file: file)
        let count = settings.extraIDs ?? (family == .t5 ? 100 : 0)
        // The library numbers them from the end of the vocabulary down.
        let extra = (0..<count).reversed().map { "<extra_id_\($0)>" }
        try parts.add(settings.addedTokens(after: parts.vocabulary, more: extra), file: file)
        let start = settings.special.bos, end = settings.special.eos
        try parts.surround(
            start: settings.addsBOS ?? (family == .llama) ? start?.text : nil, end: settings.addsEOS ?? (family == .t5) ? end?.text : nil,
            file: file)
        return parts
    }

    /// `vocab.json` and `merges.txt` of byte-level BPE.
    private func merges() throws(TokenizerError) -> TokenizerFile {
        let vocab = try json("vocab.json")
        let path = folder.appending(path: "merges.txt")
        guard let text = String(validating: try Self.read(path), as: UTF8.self) else {
            throw .unreadable(file: path.path, reason: "it is not UTF-8")
        }
        var pairs: [JSONNode] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.last == "\r" ? line.dropLast() : line
            if line.isEmpty || number == 0 && line.hasPrefix("#version") { continue }
            pairs.append(JSONNode(value: .string(String(line)), line: number + 1))
        }
        let family = try settings.requiredFamily(file: vocab.file)
        return try byteLevel(vocab.node, pairs, family, ignoresMerges: false, vocab.file)
    }

    /// Ranks of tiktoken: every token with the bytes it stands for, in base64, and its rank.
    private func ranks(_ bytes: [UInt8], _ file: String) throws(TokenizerError) -> TokenizerFile {
        let family = try settings.requiredFamily(file: file)
        let ranks = try TiktokenRanks(bytes, file: file)
        return try byteLevel(ranks.vocabulary, ranks.merges, family, ignoresMerges: true, file)
    }

    private func byteLevel(
        _ vocab: JSONNode, _ merges: [JSONNode], _ family: TokenizerFamily, ignoresMerges: Bool, _ file: String
    ) throws(TokenizerError) -> TokenizerFile {
        let make = JSONMaker.self
        let space = JSONValue.bool(settings.addsPrefixSpace ?? false)
        let byteLevel = make.object([
            "type": .string("ByteLevel"), "add_prefix_space": space, "trim_offsets": .bool(false),
            "use_regex": .bool(family.splitPattern == nil),
        ])
        var preTokenizer = byteLevel
        if let pattern = family.splitPattern {
            let split = make.object([
                "type": .string("Split"), "pattern": make.object(["Regex": .string(pattern)]), "behavior": .string("Isolated"),
                "invert": .bool(false),
            ])
            preTokenizer = make.object(["type": .string("Sequence"), "pretokenizers": make.array([split, byteLevel])])
        }
        let root = make.object([
            "normalizer": family == .qwen2 && !ignoresMerges ? make.object(["type": .string("NFC")]) : .null,
            "pre_tokenizer": preTokenizer,
            "decoder": byteLevel,
            "model": make.object([
                "type": .string("BPE"), "vocab": vocab.value, "merges": .array(merges), "ignore_merges": .bool(ignoresMerges),
            ]),
        ])
        var parts = try TokenizerFile(JSONField(node: JSONNode(value: root, line: 1), path: "", file: file))
        try parts.add(settings.addedTokens(after: parts.vocabulary, more: []), file: file)
        switch family {
        case .roberta:
            try parts.surround(start: settings.cls, end: settings.sep, doubled: true, file: file)
            parts.postProcessor.trims = [PostProcessor.Trim(addsPrefixSpace: settings.addsPrefixSpace ?? false)]
        case .llama:
            try parts.surround(
                start: settings.addsBOS ?? true ? settings.special.bos?.text : nil,
                end: settings.addsEOS ?? false ? settings.special.eos?.text : nil, file: file)
        default:
            try parts.surround(
                start: settings.addsBOS ?? false ? settings.special.bos?.text : nil,
                end: settings.addsEOS ?? false ? settings.special.eos?.text : nil, file: file)
        }
        return parts
    }

    /// `vocab.txt` of BERT: a token on each line.
    private func wordPiece() throws(TokenizerError) -> TokenizerFile {
        let path = folder.appending(path: "vocab.txt")
        let bytes = try Self.read(path)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .unreadable(file: path.path, reason: "it is not UTF-8") }
        var members: [JSONMember] = []
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        if lines.last == "" { lines.removeLast() }
        for (number, line) in lines.enumerated() {
            let token = line.unicodeScalars.last == "\r" ? String(String.UnicodeScalarView(line.unicodeScalars.dropLast())) : line
            members.append(JSONMember(key: token, node: JSONNode(value: .integer(number), line: number + 1)))
        }
        let make = JSONMaker.self
        let lowercase = settings.lowercases ?? true
        let root = make.object([
            "normalizer": make.object([
                "type": .string("BertNormalizer"), "clean_text": .bool(true),
                "handle_chinese_chars": .bool(settings.separatesChinese ?? true),
                "strip_accents": settings.stripsAccents.map { .bool($0) } ?? .null, "lowercase": .bool(lowercase),
            ]),
            "pre_tokenizer": make.object(["type": .string("BertPreTokenizer")]),
            "decoder": make.object(["type": .string("WordPiece"), "prefix": .string("##"), "cleanup": .bool(true)]),
            "model": make.object([
                "type": .string("WordPiece"), "unk_token": .string(settings.special.unk?.text ?? "[UNK]"),
                "continuing_subword_prefix": .string("##"), "max_input_chars_per_word": .integer(100), "vocab": .object(members),
            ]),
        ])
        var parts = try TokenizerFile(JSONField(node: JSONNode(value: root, line: 1), path: "", file: path.path))
        let standard = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].filter { parts.vocabulary.id(of: $0) != nil }
        try parts.add(settings.addedTokens(after: parts.vocabulary, more: standard), file: path.path)
        try parts.surround(
            start: settings.cls ?? "[CLS]", end: settings.sep ?? "[SEP]", secondType: 1, file: path.path)
        return parts
    }
}

/// Builds JSON values in memory.
enum JSONMaker {
    static func object(_ pairs: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(pairs.map { JSONMember(key: $0.key, node: JSONNode(value: $0.value, line: 1)) })
    }

    static func array(_ items: [JSONValue]) -> JSONValue { .array(items.map { JSONNode(value: $0, line: 1) }) }
}

/// The tokens of a tiktoken file as a byte-level vocabulary and its merges.
struct TiktokenRanks {
    var vocabulary: JSONNode
    var merges: [JSONNode]

    /// Reads lines of base64 and rank.
    init(_ bytes: [UInt8], file: String) throws(TokenizerError) {
        var ranks: [[UInt8]: Int] = [:]
        var tokens: [(bytes: [UInt8], rank: Int)] = []
        for (number, line) in bytes.split(separator: 0x0A).enumerated() {
            let parts = line.split(separator: 0x20)
            // Whisper's file has a rank that no bytes belong to.
            if parts.count == 2, parts[0].elementsEqual([0x3D]) { continue }
            guard parts.count == 2, let token = Data(base64Encoded: Data(parts[0])),
                let rank = Int(String(decoding: parts[1], as: UTF8.self).trimmingCharacters(in: .whitespaces)), rank >= 0
            else {
                throw .unreadable(file: file, reason: "line \(number + 1) is not a token in base64 and its rank")
            }
            guard !token.isEmpty else { continue }
            tokens.append(([UInt8](token), rank))
            ranks[[UInt8](token)] = rank
        }
        var members: [JSONMember] = []
        var found: [(rank: Int, left: Int, right: Int, text: String)] = []
        for (token, rank) in tokens {
            members.append(JSONMember(key: Self.spelt(token[...]), node: JSONNode(value: .integer(rank), line: 1)))
            for cut in token.indices.dropFirst() {
                guard let left = ranks[Array(token[..<cut])], let right = ranks[Array(token[cut...])] else { continue }
                found.append((rank, left, right, "\(Self.spelt(token[..<cut])) \(Self.spelt(token[cut...]))"))
            }
        }
        found.sort { ($0.rank, $0.left, $0.right) < ($1.rank, $1.left, $1.right) }
        vocabulary = JSONNode(value: .object(members), line: 1)
        merges = found.map { JSONNode(value: .string($0.text), line: 1) }
    }

    private static func spelt(_ bytes: ArraySlice<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes { text.append(Unicode.Scalar(ByteAlphabet.scalars[Int(byte)]) ?? "\u{FFFD}") }
        return String(text)
    }
}
