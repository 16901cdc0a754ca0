public import Foundation
private import Synchronization

/// Turns text into the token ids of a model and back, as the `tokenizer.json` beside the model says.
///
/// Ids and offsets equal those of the `tokenizers` library. Departures: truncation and padding that the file declares are not applied (the
/// caller decides what happens to long texts); an id that the vocabulary does not have decodes to U+FFFD instead of vanishing; a special
/// token is skipped in decoding also where the normalizer changes its spelling.
///
/// A value that never changes: safe to use from any number of threads.
public final class Tokenizer: Sendable {
    private let vocabulary: Vocabulary
    private let pipeline: TokenizerPipeline
    private let postProcessor: PostProcessor
    let decoder: TokenDecoder
    private let specialIDs: Set<Int32>
    /// The normalised spelling of added tokens that are matched after normalising, by which the library decodes them.
    private let normalizedSpellings: [Int32: String]
    /// Working memory, with the words seen lately; each call takes one of these or begins its own.
    private let pool = Mutex<[EncodeScratch]>([])

    /// The truncation that the file declares; not applied.
    public let truncation: DeclaredTruncation?
    /// The padding that the file declares; not applied.
    public let padding: DeclaredPadding?
    /// The id used to fill up rows: the file's padding token, else the special token `[PAD]` or `<pad>`; nil where there is none.
    public let padID: Int32?

    /// The special tokens that the files beside the model name; empty where the tokenizer was not read from a folder.
    public let specialTokens: SpecialTokens

    /// Reads the tokenizer in a model's folder, from the first of these that is there: `tokenizer.json`; a SentencePiece model or ranks of
    /// tiktoken called `tokenizer.model`, `spiece.model` or `sentencepiece.bpe.model`; `vocab.json` with `merges.txt`; `vocab.txt` of BERT;
    /// a file of tiktoken ranks.
    ///
    /// What those but the first leave open comes from `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json` and
    /// `config.json`.
    ///
    /// - Throws: `noTokenizerFile`, `unreadable`, and what `init(json:file:)` throws.
    public convenience init(folder: URL) throws(TokenizerError) {
        let source = try TokenizerFolder(folder)
        try self.init(source.load(), settings: source.settings, file: folder.path)
    }

    /// The files of a model's folder that ``init(folder:)`` takes ids from; empty where there are none.
    public static func files(in folder: URL) -> [URL] { TokenizerFolder.files(in: folder) }

    /// Reads the content of a SentencePiece model, and does what that library does: no special tokens are added or looked for.
    ///
    /// - Parameter file: the name that errors give it.
    /// - Throws: `unreadable`.
    public convenience init(sentencePiece: Data, file: String) throws(TokenizerError) {
        try self.init(TokenizerFile(SentencePieceModel([UInt8](sentencePiece), file: file), file: file), file: file)
    }

    /// Reads the content of a `tokenizer.json`.
    ///
    /// - Parameters:
    ///   - json: the file's bytes, UTF-8.
    ///   - file: the name that errors give it.
    /// - Throws: `malformed` and `duplicateKey` for bad JSON, `missingKey`, `wrongValue`, `duplicateID`, and `unsupported` for a component
    ///   or setting that Hone does not have.
    public convenience init(json: Data, file: String) throws(TokenizerError) {
        try self.init(TokenizerFile([UInt8](json), name: file), file: file)
    }

    /// Puts the parts together.
    init(_ parts: TokenizerFile, settings: TokenizerSettings = TokenizerSettings(), file: String) throws(TokenizerError) {
        let properties = UnicodeProperties.shared
        let normalizer = Normalizer(stages: parts.normalizer, properties: properties)
        (vocabulary, postProcessor, decoder) = (parts.vocabulary, parts.postProcessor, parts.decoder)
        (truncation, padding) = (parts.truncation, parts.padding)

        let tokens = parts.addedTokens
        specialIDs = Set(tokens.lazy.filter(\.isSpecial).map(\.id))
        specialTokens = settings.specialTokens(parts.vocabulary)
        padID = parts.padding?.id ?? specialTokens.pad?.id ?? tokens.first { $0.isSpecial && ["[PAD]", "<pad>"].contains($0.content) }?.id
        // Special tokens come first: of two with the same text the first counts.
        let ordered = tokens.filter(\.isSpecial) + tokens.filter { !$0.isSpecial }
        let given = ordered.filter { !$0.isNormalized }.map { (bytes: Array($0.content.utf8), token: $0) }
        let normalized = ordered.filter(\.isNormalized).map { (bytes: normalizer.normalize($0.content), token: $0) }
        if let nothing = normalized.first(where: { $0.bytes.isEmpty })?.token {
            throw .wrongValue(
                file: file, line: nothing.line, path: "added_tokens",
                found: "“\(nothing.content)”, which the normalizer turns into nothing",
                expected: "a text that is left after normalising, or `normalized: false`")
        }
        pipeline = TokenizerPipeline(
            givenMatcher: AddedTokenMatcher(given, properties: properties), normalizer: normalizer, keepsText: parts.normalizer.isEmpty,
            normalizedMatcher: AddedTokenMatcher(normalized, properties: properties),
            preTokenizer: PreTokenizer(parts.preTokenizer, properties: properties), model: parts.model)
        normalizedSpellings = Dictionary(
            normalized.map { ($0.token.id, String(decoding: $0.bytes, as: UTF8.self)) }, uniquingKeysWith: { first, _ in first })
    }

    /// One more than the highest id: the rows that an embedding of this vocabulary needs.
    public var vocabularySize: Int { vocabulary.size }

    /// The most tokens that the file's truncation setting allows, special tokens included; nil where it has none.
    public var declaredMaximumLength: Int? { truncation?.maximumLength }

    /// Whether the file marks the token of `id` as special, so that decoding leaves it out.
    public func isSpecial(_ id: Int32) -> Bool { specialIDs.contains(id) }

    /// Returns the id of a token spelt exactly `token`, or nil.
    public func id(of token: String) -> Int32? { vocabulary.id(of: token) }

    /// Returns the token that has `id`, or nil.
    public func token(of id: Int32) -> String? { vocabulary.text(of: id) }

    /// Encodes a text, or a pair, with offsets.
    ///
    /// Nothing is cut or filled up. An empty text gives the special tokens alone.
    ///
    /// - Parameters:
    ///   - pair: the second text, for models that read two.
    ///   - addSpecialTokens: false leaves out what the post-processor would add.
    public func encode(_ text: String, pair: String? = nil, addSpecialTokens: Bool = true) -> Encoding {
        var result = Encoding()
        for piece in pair == nil ? postProcessor.single : postProcessor.pair {
            switch piece {
            case .first(let typeID): append(text, typeID, to: &result)
            case .second(let typeID): append(pair ?? "", typeID, to: &result)
            case .special(let ids, let typeID):
                guard addSpecialTokens else { continue }
                for id in ids {
                    result.ids.append(id)
                    result.typeIDs.append(typeID)
                    result.offsets.append(0..<0)
                    result.isSpecial.append(true)
                }
            }
        }
        return result
    }

    /// Encodes a text, or a pair, to ids with special tokens: the same ids as `encode`, without the cost of offsets.
    public func encodeIDs(_ text: String, pair: String? = nil) -> [Int32] {
        withScratch { encodeIDs(text, pair: pair, &$0) }
    }

    /// Encodes many texts on up to `threads` threads; result `i` equals `encodeIDs(texts[i])`.
    ///
    /// - Parameter threads: 1 or less runs on the calling thread.
    public func encodeBatch(_ texts: [String], threads: Int) -> [[Int32]] {
        let chunk = 64
        let chunks = (texts.count + chunk - 1) / chunk
        let encode: @Sendable (Int) -> [[Int32]] = { [self] index in
            withScratch { scratch in
                texts[index * chunk..<min((index + 1) * chunk, texts.count)].map { encodeIDs($0, pair: nil, &scratch) }
            }
        }
        guard threads > 1, chunks > 1 else { return (0..<chunks).flatMap(encode) }
        return ParallelMap.run(count: chunks, threads: threads, encode).flatMap { $0 }
    }

    /// Turns ids into text as the file's decoder says.
    ///
    /// - Parameter skipSpecialTokens: leaves out tokens that the file marks as special.
    public func decode(_ ids: [Int32], skipSpecialTokens: Bool = true) -> String {
        decoder.decode(ids.compactMap { spelling(of: $0, skipSpecialTokens: skipSpecialTokens) })
    }

    /// What the decoder is given for `id`; nil for nothing.
    func spelling(of id: Int32, skipSpecialTokens: Bool) -> String? {
        if skipSpecialTokens, specialIDs.contains(id) { return nil }
        return normalizedSpellings[id] ?? vocabulary.text(of: id) ?? "\u{FFFD}"
    }
}

extension Tokenizer {
    /// Runs `body` with working memory of an earlier call where there is one.
    private func withScratch<Result>(_ body: (inout EncodeScratch) -> Result) -> Result {
        var scratch = pool.withLock { $0.popLast() } ?? EncodeScratch()
        let result = body(&scratch)
        pool.withLock { $0.append(scratch) }
        return result
    }

    private func encodeIDs(_ text: String, pair: String?, _ scratch: inout EncodeScratch) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(text.utf8.count / 4 + 8)
        var offsets: [Range<Int>]?
        for piece in pair == nil ? postProcessor.single : postProcessor.pair {
            switch piece {
            case .first: pipeline.append(text, &ids, &offsets, &scratch)
            case .second: pipeline.append(pair ?? "", &ids, &offsets, &scratch)
            case .special(let special, _): ids += special
            }
        }
        return ids
    }

    private func append(_ text: String, _ typeID: Int32, to result: inout Encoding) {
        var ids: [Int32] = []
        var offsets: [Range<Int>]? = []
        let addedSpaces = withScratch { scratch in
            pipeline.append(text, &ids, &offsets, &scratch)
            return scratch.addedSpaces
        }
        let found = postProcessor.trims.reduce(offsets ?? []) { trim($0, ids, addedSpaces, addsPrefixSpace: $1.addsPrefixSpace) }
        result.ids += ids
        result.offsets += found
        result.typeIDs += repeatElement(typeID, count: ids.count)
        result.isSpecial += repeatElement(false, count: ids.count)
    }

    private func trim(
        _ offsets: [Range<Int>], _ ids: [Int32], _ addedSpaces: [(index: Int, leading: Int, trailing: Int)], addsPrefixSpace: Bool
    ) -> [Range<Int>] {
        var added = addedSpaces[...]
        return offsets.indices.map { index in
            var spaces = OffsetTrimming.spaces(vocabulary.text(of: ids[index]) ?? "")
            if let next = added.first, next.index == index {
                spaces = (next.leading, next.trailing)
                added.removeFirst()
            }
            return OffsetTrimming.trim(offsets[index], spaces, isFirst: index == 0, addsPrefixSpace: addsPrefixSpace)
        }
    }
}
