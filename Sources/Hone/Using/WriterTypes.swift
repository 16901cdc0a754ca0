// Tested by WriterTests.swift.
public import HoneData
public import HoneGeneration

/// One message of a conversation with a ``Writer``.
public struct ChatMessage: Sendable, Equatable, Codable {
    /// Who says it: `system`, `user` or `assistant`.
    public var role: String
    /// What is said.
    public var content: String

    /// Makes a message.
    public init(role: String, content: String) { (self.role, self.content) = (role, content) }
}

/// What a ``Writer`` wrote.
public struct WrittenAnswer: Sendable, Equatable, Codable {
    /// The text, without what ended it.
    public var text: String
    /// How many tokens the prompt has.
    public var promptTokens: Int
    /// How many of these had been read for an earlier answer already.
    public var reusedTokens: Int
    /// How many tokens were written, the one that ended it included.
    public var tokens: Int
    /// Why it ended.
    public var finish: HoneGeneration.FinishReason
    /// From the start until the first new token was known.
    public var readSeconds: Double
    /// From the start until the end.
    public var seconds: Double
    /// Log-probabilities of the tokens, where they were asked for.
    public var logprobs: [TokenLogprob]
}

/// What a ``Writer`` reads at a time.
public enum WriterInput: String, Sendable, Codable, CaseIterable {
    /// A whole conversation, through the chat template.
    case conversation
    /// One prompt as it is, which the model goes on with.
    case prompt
    /// One text, of which the model makes another.
    case source
}

/// A prompt as the model sees it.
public struct WriterPrompt: Sendable, Equatable, Codable {
    /// One token of a prompt.
    public struct Token: Sendable, Equatable, Codable {
        /// The token's id.
        public var id: Int32
        /// The text that made it; of a token that was put in, its name.
        public var text: String
        /// Whether it is one of the tokenizer's special tokens.
        public var isSpecial: Bool

        /// Makes a token.
        public init(id: Int32, text: String, isSpecial: Bool) { (self.id, self.text, self.isSpecial) = (id, text, isSpecial) }
    }

    /// The text, as the chat template wrote it.
    public var text: String
    /// Its tokens.
    public var tokens: [Token]

    /// Puts a text and its tokens together.
    public init(text: String, tokens: [Token]) { (self.text, self.tokens) = (text, tokens) }
}

/// One example of a file, ready to be answered.
public struct WriterQuestion: Sendable, Equatable {
    /// Where the example stands.
    public var place: RowPlace
    /// What is asked, in a few words.
    public var text: String
    /// What the file says is right; empty where it says nothing.
    public var expected: [String]
    /// The tokens of the prompt.
    public var promptTokens: Int { prompt.count }
    let prompt: [Int32]
}

/// The answer to one example of a file.
public struct FileAnswer: Sendable, Equatable, Codable {
    /// Where the example stands.
    public var place: RowPlace
    /// What was asked, in a few words.
    public var question: String
    /// What the model wrote, without white space around it.
    public var answer: String
    /// What the file says; empty where it says nothing.
    public var expected: [String]
    /// How many tokens the prompt has.
    public var promptTokens: Int
    /// How many tokens were written.
    public var tokens: Int
    /// Why the answer ended.
    public var finish: HoneGeneration.FinishReason
    /// Log-probabilities of the tokens, where they were asked for.
    public var logprobs: [TokenLogprob] = []
}
