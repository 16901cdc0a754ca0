/// A text, or a pair of texts, as token ids, with where each token came from.
///
/// All four lists have one entry for each token, special tokens included.
public struct Encoding: Sendable, Equatable {
    /// The token ids, in `0 ..< vocabularySize`.
    public var ids: [Int32]
    /// Which part each token belongs to, as the post-processor of the file says: for BERT 0, and 1 for the second text of a pair.
    public var typeIDs: [Int32]
    /// The Unicode scalars of the text (of its own text, in a pair) that made the token; `0..<0` for special tokens.
    public var offsets: [Range<Int>]
    /// True for the tokens that the post-processor put in.
    ///
    /// A special token that stood in the text itself is not marked.
    public var isSpecial: [Bool]

    /// Creates an encoding from its lists, which must have the same length.
    public init(ids: [Int32] = [], typeIDs: [Int32] = [], offsets: [Range<Int>] = [], isSpecial: [Bool] = []) {
        (self.ids, self.typeIDs, self.offsets, self.isSpecial) = (ids, typeIDs, offsets, isSpecial)
    }
}
