// Tested by TokenizerFileTests.swift

/// What the file says about cutting long texts.
///
/// Hone reports it and never cuts by itself.
public struct DeclaredTruncation: Sendable, Equatable {
    /// The most tokens a text may have, special tokens included.
    public var maximumLength: Int
    /// Which text of a pair is cut: `LongestFirst`, `OnlyFirst` or `OnlySecond`.
    public var strategy: String
    /// Tokens that overlapping windows share.
    public var stride: Int
    /// The side that is cut: `Right` or `Left`.
    public var direction: String

    init(_ field: JSONField) throws(TokenizerError) {
        try field.allowOnly(["max_length", "strategy", "stride", "direction"])
        maximumLength = try field.required("max_length").integer(in: 0...Int(Int32.max))
        strategy = try field.required("strategy").string()
        stride = try field.required("stride").integer(in: 0...Int(Int32.max))
        direction = try field.optional("direction")?.string() ?? "Right"
    }
}

/// What the file says about filling up short texts.
///
/// Hone reports it and never fills up by itself.
public struct DeclaredPadding: Sendable, Equatable {
    /// The id of the padding token.
    public var id: Int32
    /// The type id of padding.
    public var typeID: Int32
    /// The padding token.
    public var token: String
    /// The side that is filled: `Right` or `Left`.
    public var direction: String
    /// The length every text gets, or nil for the longest of its batch.
    public var fixedLength: Int?
    /// A number that lengths are rounded up to a multiple of.
    public var multipleOf: Int?

    init(_ field: JSONField) throws(TokenizerError) {
        try field.allowOnly(["strategy", "direction", "pad_to_multiple_of", "pad_id", "pad_type_id", "pad_token"])
        id = try field.required("pad_id").tokenID()
        typeID = try field.required("pad_type_id").tokenID()
        token = try field.required("pad_token").string()
        direction = try field.required("direction").string()
        multipleOf = try field.optional("pad_to_multiple_of")?.integer(in: 1...Int(Int32.max))
        let strategy = try field.required("strategy")
        if case .string("BatchLongest") = strategy.node.value { return }
        try strategy.allowOnly(["Fixed"])
        fixedLength = try strategy.required("Fixed").integer(in: 0...Int(Int32.max))
    }
}
