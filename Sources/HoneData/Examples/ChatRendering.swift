// Tested by ConversationEncoderTests.swift

public import HoneText

/// Writes a conversation as the one text that a chat model reads; the model's chat template does.
public protocol ChatRendering: Sendable {
    /// Returns the text of `messages`.
    ///
    /// - Parameters:
    ///   - messages: objects with `role`, `content` and whatever else the data has.
    ///   - tools: what the model may call; nil for none.
    ///   - variables: further values by name.
    ///   - addGenerationPrompt: true ends the text with what comes before the assistant's next words.
    /// - Throws: what the template raises.
    func render(
        messages: [RawJSON], tools: [RawJSON]?, variables: [RawJSON.Member], addGenerationPrompt: Bool
    ) throws -> String
}

/// Turns text into tokens with the place of each; the tokenizer does.
public protocol TextTokenizing: Sendable {
    /// Encodes a text; special tokens written in it are found, further ones are put around it only under `addSpecialTokens`.
    ///
    /// Offsets count Unicode scalars.
    func encode(_ text: String, pair: String?, addSpecialTokens: Bool) -> Encoding
}

extension Tokenizer: TextTokenizing {}
