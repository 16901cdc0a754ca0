/// Holds one row as the model sees it, piece by piece, with what is learned; whoever prints it chooses the colours.
public struct MaskView: Sendable, Equatable {
    /// One token, or text that made no token.
    public struct Segment: Sendable, Equatable {
        /// The text: of the token in the row's text, or the name of a token that was put in.
        public var text: String
        /// The token's place in the row; nil for text that made no token, such as the white space that BERT's tokenizer drops.
        public var position: Int?
        /// The token's id; nil for text that made no token.
        public var id: Int32?
        /// Whether the token is learned.
        public var isLearned: Bool
        /// Whether the token is a special one.
        public var isSpecial: Bool

        /// Makes a segment.
        public init(text: String, position: Int? = nil, id: Int32?, isLearned: Bool, isSpecial: Bool) {
            (self.text, self.position, self.id, self.isLearned, self.isSpecial) = (text, position, id, isLearned, isSpecial)
        }
    }

    /// Where the row stands.
    public var place: RowPlace
    /// The segments in order; their texts, those put in aside, are the row's text.
    public var segments: [Segment]

    /// Cuts an example's tokens into segments, or those in `range` that make one row of it.
    ///
    /// - Parameter special: the name of a special token, nil for other tokens.
    public init(_ marked: MarkedTokens, range: Range<Int>? = nil, special: (Int32) -> String?) {
        self.init(
            place: marked.place, text: marked.text, ids: marked.ids, offsets: marked.offsets, isLearned: marked.isLearned, range: range,
            special: special)
    }

    /// Cuts a text into the segments of its tokens.
    ///
    /// - Parameters:
    ///   - offsets: the Unicode scalars of `text` that made each token; empty for tokens that were put in.
    ///   - range: the tokens of the row, all if nil; text before the first and after the last of a part is left out.
    ///   - isWhole: whether the text before the first token and after the last belongs to the row.
    ///   - special: the name of a special token, nil for other tokens.
    public init(
        place: RowPlace, text: String, ids: [Int32], offsets: [Range<Int>], isLearned: [Bool], range: Range<Int>? = nil,
        isWhole: Bool = true, special: (Int32) -> String?
    ) {
        self.place = place
        segments = []
        let range = range ?? ids.indices
        let scalars = Array(text.unicodeScalars)
        func cut(_ range: Range<Int>) -> String {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[range])
            return String(view)
        }
        func gap(to end: Int) {
            guard end > done else { return }
            segments.append(Segment(text: cut(done..<end), id: nil, isLearned: false, isSpecial: false))
            done = end
        }
        var done = isWhole && range.lowerBound == 0 ? 0 : offsets[range].first { !$0.isEmpty }?.lowerBound ?? 0
        for index in range {
            let (id, offset, name) = (ids[index], offsets[index], special(ids[index]))
            if !offset.isEmpty { gap(to: offset.lowerBound) }
            // Several tokens may share a character; the first shows it.
            let end = offset.isEmpty ? done : max(done, offset.upperBound)
            segments.append(
                Segment(
                    text: offset.isEmpty ? name ?? "" : cut(done..<end), position: index - range.lowerBound, id: id,
                    isLearned: isLearned[index], isSpecial: name != nil))
            done = end
        }
        if isWhole, range.upperBound == ids.count { gap(to: scalars.count) }
    }
}
