// Tested by ExampleReaderTests.swift

/// Holds one example of a generative or sequence task with the place it was read from.
public enum TaskExample: Sendable, Equatable {
    /// Messages; the assistant's are learned.
    case conversation(Conversation, RowPlace)
    /// A text and how it goes on; what follows the prompt is learned.
    case promptCompletion(prompt: String, completion: String, RowPlace)
    /// Running text, all of it learned.
    case text(String, RowPlace)
    /// A source and its target, for models with an encoder and a decoder.
    case pair(SequencePair, RowPlace)
    /// Words, each with its tag.
    case tagged(TaggedWords, RowPlace)
    /// A prompt with a better and a worse answer.
    case preference(Preference, RowPlace)
    /// A question, the text that answers it, and where it does.
    case question(ContextQuestion, RowPlace)

    /// Where the example stands.
    public var place: RowPlace {
        switch self {
        case .conversation(_, let place), .promptCompletion(_, _, let place), .text(_, let place), .pair(_, let place),
            .tagged(_, let place), .preference(_, let place), .question(_, let place):
            place
        }
    }
}

/// Holds a source text and its target.
public struct SequencePair: Sendable, Equatable {
    /// What is read.
    public var source: String
    /// What is to be written.
    public var target: String
    /// All texts that count as right, `target` first; metrics with several references use them.
    public var references: [String]

    /// Makes a pair; without `references` the target is the only one.
    public init(source: String, target: String, references: [String]? = nil) {
        (self.source, self.target, self.references) = (source, target, references ?? [target])
    }
}

/// Holds a sentence as words with one tag each.
public struct TaggedWords: Sendable, Equatable {
    /// The words as written.
    public var words: [String]
    /// The tags, as many as words.
    public var tags: [String]

    /// Puts words and tags of one length together.
    public init(words: [String], tags: [String]) {
        (self.words, self.tags) = (words, tags)
    }
}

/// Holds a prompt with a better and a worse answer.
public struct Preference: Sendable, Equatable {
    /// What both answers follow.
    public var prompt: [Message]
    /// The better answer.
    public var chosen: [Message]
    /// The worse answer.
    public var rejected: [Message]
    /// The tools the model may call.
    public var tools: [RawJSON]?

    /// Makes a preference.
    public init(prompt: [Message], chosen: [Message], rejected: [Message], tools: [RawJSON]? = nil) {
        (self.prompt, self.chosen, self.rejected, self.tools) = (prompt, chosen, rejected, tools)
    }
}
