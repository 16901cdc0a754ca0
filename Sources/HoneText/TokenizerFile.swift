/// The parts of a `tokenizer.json`, read and checked.
struct TokenizerFile {
    var vocabulary: Vocabulary
    var model: TokenModel
    var addedTokens: [AddedToken]
    var normalizer: [NormalizerStage]
    var preTokenizer: [PreTokenizerStage]
    var postProcessor: PostProcessor
    var decoder: TokenDecoder
    var truncation: DeclaredTruncation?
    var padding: DeclaredPadding?

    private static let keys = [
        "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model",
    ]

    /// Reads the text of a file; `name` is what errors call it.
    init(_ bytes: [UInt8], name: String) throws(TokenizerError) {
        try self.init(JSONField(node: try JSONParser.parse(bytes, file: name), path: "", file: name))
    }

    /// Reads the value of a file.
    init(_ root: JSONField) throws(TokenizerError) {
        try root.allowOnly(Self.keys)
        if let version = try root.optional("version"), try version.string() != "1.0" { throw version.invalid(expected: "“1.0”") }

        let model = try root.required("model")
        try TokenModel.check(model)
        vocabulary = try Vocabulary(model.required("vocab"))
        preTokenizer = try root.optional("pre_tokenizer").map(PreTokenizerKind.read) ?? []
        self.model = try TokenModel.read(model, vocabulary: vocabulary, isByteLevel: preTokenizer.last == .bytes)
        addedTokens = try Self.addedTokens(root.optional("added_tokens"), &vocabulary)

        normalizer = try root.optional("normalizer").map(NormalizerKind.read) ?? []
        postProcessor = .none
        if let field = try root.optional("post_processor") { postProcessor = try PostProcessor.read(field, vocabulary: vocabulary) }
        decoder = try root.optional("decoder").map(TokenDecoder.read) ?? .spaces
        truncation = try root.optional("truncation").map(DeclaredTruncation.init)
        padding = try root.optional("padding").map(DeclaredPadding.init)
        if let padding, vocabulary.text(of: padding.id) != padding.token, let field = try root.optional("padding")?.optional("pad_id") {
            throw field.invalid(expected: "the id of “\(padding.token)” in the vocabulary")
        }
    }

    /// Reads the added tokens and gives the new ones their place in the vocabulary.
    ///
    /// The library ignores the id in the file and counts on from the vocabulary; a file where the two differ would mean different ids
    /// in different programs, so it is refused.
    static func addedTokens(_ field: JSONField?, _ vocabulary: inout Vocabulary) throws(TokenizerError) -> [AddedToken] {
        guard let field else { return [] }
        var tokens: [AddedToken] = []
        var seen = Set<[UInt8]>()
        var highest: Int?
        for item in try field.items() {
            let token = try AddedToken(item)
            guard seen.insert(Array(token.content.utf8)).inserted else {
                throw .duplicateKey(file: item.file, line: item.node.line, path: "\(item.path).content “\(token.content)”")
            }
            let known = vocabulary.id(of: token.content).map(Int.init)
            let count = vocabulary.modelCount
            let expected = known ?? highest.map { $0 >= count ? $0 + 1 : count } ?? count
            guard Int(token.id) == expected else {
                throw try item.required("id").invalid(expected: "\(expected), the id that “\(token.content)” gets from the vocabulary")
            }
            highest = max(highest ?? 0, expected)
            if known == nil { try vocabulary.add(token.content, id: token.id, from: item) }
            tokens.append(token)
        }
        return tokens
    }
}
