import HoneText

/// Turns tagged words into rows: a word's tag stands at its first token, nothing is learned at its other tokens and at special tokens.
///
/// Each word is tokenised by itself, as Transformers does for text that is already split into words.
public struct TaggedEncoder: Sendable {
    /// Makes tokens.
    public var tokenizer: any TextTokenizing
    /// The tags.
    public var tags: LabelSet
    /// The most tokens of a row, special tokens included.
    public var maximum: Int
    /// What happens to longer sentences; `split` cuts between words.
    public var tooLong: TooLongPolicy
    /// Whether a space stands before every word but the first, for tokenizers that make it part of the token and do not add it.
    public var hasLeadingSpaces: Bool
    /// Stands for a word that makes no token, for example an invisible character; nil leaves such words out and counts them.
    public var unknownID: Int32?

    /// Makes an encoder.
    public init(
        tokenizer: any TextTokenizing, tags: LabelSet, maximum: Int, tooLong: TooLongPolicy = .error, hasLeadingSpaces: Bool = false,
        unknownID: Int32? = nil
    ) {
        (self.tokenizer, self.tags, self.maximum, self.tooLong) = (tokenizer, tags, maximum, tooLong)
        (self.hasLeadingSpaces, self.unknownID) = (hasLeadingSpaces, unknownID)
    }

    /// One row of tagged words with the word that each token belongs to.
    public struct Row: Sendable, Equatable {
        /// The tokens and, for each, the index of its tag.
        public var row: EncodedRow
        /// For each token the word of the example it is the first token of; -1 for others.
        public var words: [Int32]
    }

    /// The rows of one split and what was done.
    public struct Result: Sendable {
        /// The rows; under `split` a sentence may have several.
        public var rows: [Row]
        /// The lengths.
        public var lengths: LengthReport
        /// Words that made no token and so have no prediction.
        public var wordsWithoutToken = 0
        /// Words that were cut off.
        public var wordsCut = 0
    }

    /// Encodes sentences.
    ///
    /// - Throws: `DataError.unknownTag`; `DataError.tooLong` under `error`; `DataError.allTooLong`; `DataError.maximumTooSmall`;
    ///   `MaskError.wrongKind` for examples without tags.
    public func encode(_ examples: [TaskExample], split: SplitName) throws -> Result {
        var result = Result(rows: [], lengths: LengthReport(policy: tooLong, maximum: maximum))
        let frame = tokenizer.encode("", pair: nil, addSpecialTokens: true)
        // What stands before and after the text is told apart with a text of one letter.
        let letter = tokenizer.encode("a", pair: nil, addSpecialTokens: true)
        let front = letter.isSpecial.prefix(while: \.self).count
        let room = maximum - frame.ids.count
        guard room > 0 else { throw DataError.maximumTooSmall(maximum: maximum, special: frame.ids.count) }
        var lengths: [Int] = []
        var (long, longCount): ([RowPlace], Int) = ([], 0)
        for (source, example) in examples.enumerated() {
            guard case .tagged(let sentence, let place) = example else {
                throw MaskError.wrongKind(at: example.place, expected: "words with a tag each")
            }
            let words = try pieces(sentence, place, &result)
            let count = words.reduce(0) { $0 + $1.ids.count }
            lengths.append(count + frame.ids.count)
            var parts = [words[...]]
            if count > room {
                longCount += 1
                if long.count < LengthReport.exampleCount { long.append(place) }
                if tooLong == .error || tooLong == .drop { continue }
                parts = Self.parts(words, room)
                if parts.isEmpty { throw DataError.allTooLong(split: split, rows: 1, shortest: count, maximum: maximum) }
                if tooLong == .truncate {
                    result.wordsCut += words.count - parts[0].count
                    result.lengths.truncated += 1
                    parts = [parts[0]]
                }
                result.lengths.tokensCut += count - parts.joined().reduce(0) { $0 + $1.ids.count }
            }
            for part in parts { result.rows.append(row(part, frame.ids, front, source)) }
        }
        result.lengths.measure(lengths)
        if tooLong != .split { result.lengths.examples = long }
        if longCount > 0, longCount == examples.count, tooLong != .split, tooLong != .truncate {
            throw DataError.allTooLong(split: split, rows: longCount, shortest: lengths.min() ?? 0, maximum: maximum)
        }
        if longCount > 0, tooLong == .error {
            throw DataError.tooLong(
                split: split, rows: longCount, of: examples.count, longest: result.lengths.longest, maximum: maximum, examples: long)
        }
        if tooLong == .drop { result.lengths.dropped = longCount }
        result.lengths.rows = result.rows.count
        result.lengths.tokens = result.rows.reduce(0) { $0 + $1.row.ids.count }
        return result
    }

    /// Returns the tags of training examples: `O` first, then by code point.
    ///
    /// - Throws: `DataError.badLabelList` if there are fewer than two.
    public static func tags(of examples: [TaskExample]) throws(DataError) -> LabelSet {
        var names = Set<String>()
        for case .tagged(let sentence, _) in examples { names.formUnion(sentence.tags) }
        let sorted = names.subtracting(["O"]).sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
        return try LabelSet((names.contains("O") ? ["O"] : []) + sorted, origin: .train)
    }

    /// Whether a word inside a sentence is another token than the same word at its beginning, because the space before it belongs to it.
    public static func wordsNeedSpaces(_ tokenizer: any TextTokenizing) -> Bool {
        tokenizer.encode("a", pair: nil, addSpecialTokens: true).ids != tokenizer.encode(" a", pair: nil, addSpecialTokens: true).ids
    }

    private struct Piece {
        var word: Int
        var tag: Int32
        var ids: [Int32]
    }

    private func pieces(_ sentence: TaggedWords, _ place: RowPlace, _ result: inout Result) throws(DataError) -> [Piece] {
        var pieces: [Piece] = []
        for (index, word) in sentence.words.enumerated() {
            let name = sentence.tags[index]
            guard let tag = tags.index(of: name) else {
                throw DataError.unknownTag(at: place, tag: name, nearest: NearestName.find(name, in: tags.names))
            }
            let text = hasLeadingSpaces && index > 0 ? " " + word : word
            var ids = tokenizer.encode(text, pair: nil, addSpecialTokens: false).ids
            if ids.isEmpty {
                result.wordsWithoutToken += 1
                guard let unknownID else { continue }
                ids = [unknownID]
            }
            pieces.append(Piece(word: index, tag: Int32(tag), ids: ids))
        }
        return pieces
    }

    /// Parts with at most `room` tokens, cut between words; a word of more tokens stands alone with its first ones.
    private static func parts(_ words: [Piece], _ room: Int) -> [ArraySlice<Piece>] {
        var parts: [[Piece]] = []
        var used = room + 1
        for var word in words {
            if word.ids.count > room { word.ids = Array(word.ids.prefix(room)) }
            if used + word.ids.count > room {
                parts.append([])
                used = 0
            }
            parts[parts.count - 1].append(word)
            used += word.ids.count
        }
        return parts.map { $0[...] }
    }

    private func row(_ words: ArraySlice<Piece>, _ frame: [Int32], _ front: Int, _ source: Int) -> Row {
        var ids = Array(frame.prefix(front))
        var targets = [Int32](repeating: TokenTarget.ignored, count: front)
        var places = [Int32](repeating: -1, count: front)
        for word in words {
            ids += word.ids
            targets += [word.tag] + [Int32](repeating: TokenTarget.ignored, count: word.ids.count - 1)
            places += [Int32(word.word)] + [Int32](repeating: -1, count: word.ids.count - 1)
        }
        let back = frame.dropFirst(front)
        ids += back
        targets += back.map { _ in TokenTarget.ignored }
        places += back.map { _ in -1 }
        let types = [Int32](repeating: 0, count: ids.count)
        return Row(row: EncodedRow(ids: ids, typeIDs: types, target: .perToken(targets), source: source), words: places)
    }
}
