public import Foundation

/// Turns text into the token ids of a model and back, as the `tokenizer.json` beside the model says.
///
/// Ids and offsets equal those of the `tokenizers` library. Departures: truncation and padding that the file declares are not applied (the
/// caller decides what happens to long texts); an id that the vocabulary does not have decodes to U+FFFD instead of vanishing; a special
/// token is skipped in decoding also where the normalizer changes its spelling.
///
/// A value that never changes: safe to use from any number of threads.
public final class Tokenizer: Sendable {
    private let vocabulary: Vocabulary
    private let model: TokenModel
    private let normalizer: Normalizer
    private let preTokenizer: PreTokenizer
    private let postProcessor: PostProcessor
    let decoder: TokenDecoder
    private let specialIDs: Set<Int32>
    /// The normalised spelling of added tokens that are matched after normalising, by which the library decodes them.
    private let normalizedSpellings: [Int32: String]
    /// Added tokens looked for in the text as given, and in the normalised text.
    private let givenMatcher: AddedTokenMatcher
    private let normalizedMatcher: AddedTokenMatcher

    /// The truncation that the file declares; not applied.
    public let truncation: DeclaredTruncation?
    /// The padding that the file declares; not applied.
    public let padding: DeclaredPadding?
    /// The id used to fill up rows: the file's padding token, else the special token `[PAD]` or `<pad>`; nil where there is none.
    public let padID: Int32?

    /// Reads `tokenizer.json` in a model's folder.
    ///
    /// - Throws: `noTokenizerFile`, `unreadable`, and what `init(json:file:)` throws.
    public convenience init(folder: URL) throws(TokenizerError) {
        let file = folder.appending(path: "tokenizer.json")
        guard FileManager.default.fileExists(atPath: file.path) else {
            let others = ["vocab.txt", "vocab.json", "merges.txt", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model"]
            let found = others.filter { FileManager.default.fileExists(atPath: folder.appending(path: $0).path) }
            throw .noTokenizerFile(folder: folder.path, found: found)
        }
        let json: Data
        do {
            json = try Data(contentsOf: file)
        } catch {
            throw .unreadable(file: file.path, reason: error.localizedDescription)
        }
        try self.init(json: json, file: file.path)
    }

    /// Reads the content of a `tokenizer.json`.
    ///
    /// - Parameters:
    ///   - json: the file's bytes, UTF-8.
    ///   - file: the name that errors give it.
    /// - Throws: `malformed` and `duplicateKey` for bad JSON, `missingKey`, `wrongValue`, `duplicateID`, and `unsupported` for a component
    ///   or setting that Hone does not have.
    public init(json: Data, file: String) throws(TokenizerError) {
        let parts = try TokenizerFile([UInt8](json), name: file)
        let properties = UnicodeProperties.shared
        let normalizer = Normalizer(stages: parts.normalizer, properties: properties)
        (vocabulary, model, self.normalizer) = (parts.vocabulary, parts.model, normalizer)
        (postProcessor, decoder) = (parts.postProcessor, parts.decoder)
        preTokenizer = PreTokenizer(parts.preTokenizer, properties: properties)
        (truncation, padding) = (parts.truncation, parts.padding)

        let tokens = parts.addedTokens
        specialIDs = Set(tokens.lazy.filter(\.isSpecial).map(\.id))
        padID = parts.padding?.id ?? tokens.first { $0.isSpecial && ["[PAD]", "<pad>"].contains($0.content) }?.id
        // Special tokens come first: of two with the same text the first counts.
        let ordered = tokens.filter(\.isSpecial) + tokens.filter { !$0.isSpecial }
        givenMatcher = AddedTokenMatcher(
            ordered.filter { !$0.isNormalized }.map { (Array($0.content.utf8), $0) }, properties: properties)
        let normalized = ordered.filter(\.isNormalized).map { (bytes: normalizer.normalize($0.content), token: $0) }
        if let nothing = normalized.first(where: { $0.bytes.isEmpty })?.token {
            throw .wrongValue(
                file: file, line: nothing.line, path: "added_tokens",
                found: "“\(nothing.content)”, which the normalizer turns into nothing",
                expected: "a text that is left after normalising, or `normalized: false`")
        }
        normalizedMatcher = AddedTokenMatcher(normalized, properties: properties)
        normalizedSpellings = Dictionary(
            normalized.map { ($0.token.id, String(decoding: $0.bytes, as: UTF8.self)) }, uniquingKeysWith: { first, _ in first })
    }

    /// One more than the highest id: the rows that an embedding of this vocabulary needs.
    public var vocabularySize: Int { vocabulary.size }

    /// The most tokens that the file's truncation setting allows, special tokens included; nil where it has none.
    public var declaredMaximumLength: Int? { truncation?.maximumLength }

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
        var scratch = NormalizedText()
        return encodeIDs(text, pair: pair, &scratch)
    }

    /// Encodes many texts on up to `threads` threads; result `i` equals `encodeIDs(texts[i])`.
    ///
    /// - Parameter threads: 1 or less runs on the calling thread.
    public func encodeBatch(_ texts: [String], threads: Int) -> [[Int32]] {
        let chunk = 64
        let chunks = (texts.count + chunk - 1) / chunk
        let encode: @Sendable (Int) -> [[Int32]] = { [self] index in
            var scratch = NormalizedText()
            return texts[index * chunk..<min((index + 1) * chunk, texts.count)].map { encodeIDs($0, pair: nil, &scratch) }
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
    private func encodeIDs(_ text: String, pair: String?, _ scratch: inout NormalizedText) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(text.utf8.count / 4 + 8)
        var offsets: [Range<Int>]?
        for piece in pair == nil ? postProcessor.single : postProcessor.pair {
            switch piece {
            case .first: appendTokens(text, &ids, &offsets, &scratch)
            case .second: appendTokens(pair ?? "", &ids, &offsets, &scratch)
            case .special(let special, _): ids += special
            }
        }
        return ids
    }

    private func append(_ text: String, _ typeID: Int32, to result: inout Encoding) {
        var scratch = NormalizedText()
        var offsets: [Range<Int>]? = []
        appendTokens(text, &result.ids, &offsets, &scratch)
        result.offsets += offsets ?? []
        result.typeIDs += repeatElement(typeID, count: result.ids.count - result.typeIDs.count)
        result.isSpecial += repeatElement(false, count: result.ids.count - result.isSpecial.count)
    }

    /// Appends the tokens of one text, and the offsets of each where `offsets` is not nil.
    private func appendTokens(_ text: String, _ ids: inout [Int32], _ offsets: inout [Range<Int>]?, _ scratch: inout NormalizedText) {
        let bytes = Array(text.utf8)
        var scalar: Int32? = offsets == nil ? nil : 0
        for piece in givenMatcher.pieces(bytes, 0..<bytes.count) {
            guard let id = piece.id else {
                scratch.removeAll()
                normalizer.normalize(bytes, piece.range, scalar: &scalar, into: &scratch)
                appendNormalized(scratch, &ids, &offsets)
                continue
            }
            ids.append(id)
            guard let start = scalar else { continue }
            let end = start + Int32(UTF8Text.count(bytes, piece.range))
            offsets?.append(Int(start)..<Int(end))
            scalar = end
        }
    }

    private func appendNormalized(_ text: NormalizedText, _ ids: inout [Int32], _ offsets: inout [Range<Int>]?) {
        for piece in normalizedMatcher.pieces(text.bytes, 0..<text.bytes.count) {
            if let id = piece.id {
                ids.append(id)
                offsets?.append(text.origin(piece.range))
                continue
            }
            var ends: [Int]? = offsets == nil ? nil : []
            var index = piece.range.lowerBound
            while let word = preTokenizer.nextWord(text.bytes, &index, piece.range.upperBound) {
                model.encode(text.bytes, word, into: &ids, ends: &ends)
                guard let made = ends else { continue }
                var start = word.lowerBound
                for end in made {
                    // A complement: the token stands for the same text as the one before.
                    if end < 0, let last = offsets?.last {
                        offsets?.append(last)
                        continue
                    }
                    offsets?.append(text.origin(start..<end))
                    start = end
                }
                ends?.removeAll(keepingCapacity: true)
            }
        }
    }
}
