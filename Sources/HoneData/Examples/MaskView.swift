/// Holds one row as the model sees it, piece by piece, with what is learned; whoever prints it chooses the colours.
public struct MaskView: Sendable, Equatable {
    /// One token, or text that made no token.
    public struct Segment: Sendable, Equatable {
        /// The text: of the token in the row's text, or the name of a token that was put in.
        public var text: String
        /// The token's id; nil for text that made no token, such as the white space that BERT's tokenizer drops.
        public var id: Int32?
        /// Whether the token is learned.
        public var isLearned: Bool
        /// Whether the token is a special one.
        public var isSpecial: Bool

        /// Makes a segment.
        public init(text: String, id: Int32?, isLearned: Bool, isSpecial: Bool) {
            (self.text, self.id, self.isLearned, self.isSpecial) = (text, id, isLearned, isSpecial)
        }
    }

    /// Where the row stands.
    public var place: RowPlace
    /// The segments in order; their texts, those put in aside, are the row's text.
    public var segments: [Segment]

    /// Cuts a row into segments.
    ///
    /// - Parameter special: the name of a special token, nil for other tokens.
    public init(_ marked: MarkedTokens, special: (Int32) -> String?) {
        place = marked.place
        segments = []
        let scalars = Array(marked.text.unicodeScalars)
        var done = 0
        func text(_ range: Range<Int>) -> String {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[range])
            return String(view)
        }
        for (index, id) in marked.ids.enumerated() {
            let offset = marked.offsets[index]
            let name = special(id)
            if offset.isEmpty {
                segments.append(
                    Segment(text: name ?? "", id: id, isLearned: marked.isLearned[index], isSpecial: name != nil))
                continue
            }
            if offset.lowerBound > done {
                segments.append(Segment(text: text(done..<offset.lowerBound), id: nil, isLearned: false, isSpecial: false))
                done = offset.lowerBound
            }
            // Several tokens may share a character; the first shows it.
            let range = done..<max(done, offset.upperBound)
            segments.append(Segment(text: text(range), id: id, isLearned: marked.isLearned[index], isSpecial: name != nil))
            done = range.upperBound
        }
        if done < scalars.count {
            segments.append(Segment(text: text(done..<scalars.count), id: nil, isLearned: false, isSpecial: false))
        }
    }
}
