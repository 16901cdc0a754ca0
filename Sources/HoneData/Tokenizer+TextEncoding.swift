// Tested by RowEncoderTests.swift

public import HoneText

extension Tokenizer: TextEncoding {
    /// Returns the ids with segments and the marks of special tokens.
    public func encodeText(_ text: String, pair: String?) -> EncodedText {
        let encoding = encode(text, pair: pair)
        return EncodedText(ids: encoding.ids, typeIDs: encoding.typeIDs, isSpecial: encoding.isSpecial)
    }
}
