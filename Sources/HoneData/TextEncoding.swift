// Tested by RowEncoderTests.swift

/// Holds the tokens of one row with what truncation must know about them.
public struct EncodedText: Sendable, Equatable {
    /// The token ids, special tokens included.
    public var ids: [Int32]
    /// The segment of each token: 0 for the first text, 1 for the second, as the model was trained.
    public var typeIDs: [Int32]
    /// True where the tokenizer added the token (`[CLS]`, `[SEP]`), false where it comes from the text.
    public var isSpecial: [Bool]

    /// Puts the three lists together; they have one length.
    public init(ids: [Int32], typeIDs: [Int32], isSpecial: [Bool]) {
        (self.ids, self.typeIDs, self.isSpecial) = (ids, typeIDs, isSpecial)
    }
}

/// Turns text into token ids; the tokenizer does, and a test can do without one.
public protocol TextEncoding: Sendable {
    /// Returns the ids with special tokens, as fast as possible.
    func encodeIDs(_ text: String, pair: String?) -> [Int32]

    /// Returns the ids with segments and the marks of special tokens.
    func encodeText(_ text: String, pair: String?) -> EncodedText
}
