// Tested by TokenDecoderTests.swift

/// Turns ids into text one at a time, as a model writes them.
///
/// The pieces joined equal `Tokenizer.decode` of all ids. Text is handed out as soon as nothing that may follow can change it: the bytes of
/// a character that is not finished are held back, and so is a run of byte tokens where the decoder judges the run as a whole. The cost of
/// an id does not grow with how many came before.
public struct StreamingDecoder {
    private let tokenizer: Tokenizer
    private let skipsSpecial: Bool
    private var chain: DecoderChain

    /// Starts a text.
    ///
    /// - Parameter skipSpecialTokens: leaves out tokens that the tokenizer marks as special.
    public init(_ tokenizer: Tokenizer, skipSpecialTokens: Bool = true) {
        (self.tokenizer, skipsSpecial, chain) = (tokenizer, skipSpecialTokens, DecoderChain(tokenizer.decoder))
    }

    /// Takes the next id and returns the text that is certain now; may be empty.
    public mutating func push(_ id: Int32) -> String {
        guard let token = tokenizer.spelling(of: id, skipSpecialTokens: skipsSpecial) else { return "" }
        chain.push(Array(token.utf8))
        return chain.take()
    }

    /// Ends the text and returns what was held back.
    ///
    /// The decoder starts a new text after that.
    public mutating func finish() -> String {
        chain.finish()
        defer { chain = DecoderChain(tokenizer.decoder) }
        return chain.take()
    }
}
