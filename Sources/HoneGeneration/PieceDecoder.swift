public import HoneText

/// Turns the tokens of one sequence into text as they come, holding back what may still change.
public protocol PieceDecoder {
    /// Takes the next token and gives the text that is now certain, possibly none.
    mutating func push(_ id: Int32) -> String
    /// Gives the text held back; call once, at the end.
    mutating func finish() -> String
}

extension StreamingDecoder: PieceDecoder {}

extension Generator {
    /// Takes a model, settings and the model's tokenizer; special tokens are no part of texts.
    ///
    /// - Throws: `GenerationError.setting` for settings out of range.
    public init(_ scorer: any TokenScorer, settings: SamplingSettings, tokenizer: Tokenizer) throws(GenerationError) {
        try self.init(scorer, settings: settings) { StreamingDecoder(tokenizer) }
    }
}
