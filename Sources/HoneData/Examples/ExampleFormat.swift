// Tested by ExampleReaderTests.swift

/// Names the formats that examples are read from.
public enum ExampleFormat: String, Codable, Sendable, CaseIterable {
    /// OpenAI's chat rows, which TRL calls conversational: a list of messages.
    case messages
    /// ShareGPT: a list of turns with `from` and `value`.
    case shareGPT
    /// TRL's conversational prompt-completion: two lists of messages.
    case conversationalPromptCompletion
    /// A prompt and its completion as texts.
    case promptCompletion
    /// Alpaca: an instruction, perhaps an input, and the output.
    case alpaca
    /// Self-instruct: an instruction with a list of instances.
    case selfInstruct
    /// OpenAI's preference rows.
    case openAIPreference
    /// TRL's preference rows: a better and a worse answer.
    case preference
    /// Running text, one on each row.
    case text
    /// A source and a target.
    case pair
    /// Words and tags as two lists.
    case taggedLists
    /// SQuAD as Hugging Face has it: a context, a question and the answers' texts and places.
    case questionAnswering
    /// SQuAD as it was published: articles of paragraphs, each with questions.
    case squad
    /// CoNLL: one token with its tag on each line.
    case conll
    /// A text file.
    case plainText

    /// The format's name for people.
    public var title: String {
        switch self {
        case .messages: "OpenAI chat (TRL conversational)"
        case .shareGPT: "ShareGPT"
        case .conversationalPromptCompletion: "TRL conversational prompt-completion"
        case .promptCompletion: "prompt/completion"
        case .alpaca: "Alpaca"
        case .selfInstruct: "self-instruct"
        case .openAIPreference: "OpenAI preference"
        case .preference: "TRL preference"
        case .text: "TRL language modelling (text)"
        case .pair: "source/target pairs"
        case .taggedLists: "tagged words (lists)"
        case .questionAnswering: "questions with context (SQuAD, flat)"
        case .squad: "SQuAD"
        case .conll: "CoNLL"
        case .plainText: "plain text"
        }
    }

    /// What a row looks like.
    public var shape: String {
        switch self {
        case .messages: #"{"messages": [{"role": "user", "content": …}, {"role": "assistant", "content": …}]}"#
        case .shareGPT: #"{"conversations": [{"from": "human", "value": …}, {"from": "gpt", "value": …}]}"#
        case .conversationalPromptCompletion:
            #"{"prompt": [{"role": "user", "content": …}], "completion": [{"role": "assistant", "content": …}]}"#
        case .promptCompletion: #"{"prompt": "…", "completion": "…"}"#
        case .alpaca: #"{"instruction": "…", "input": "…", "output": "…"}"#
        case .selfInstruct: #"{"instruction": "…", "instances": [{"input": "…", "output": "…"}]}"#
        case .openAIPreference: #"{"input": {"messages": […]}, "preferred_output": […], "non_preferred_output": […]}"#
        case .preference: #"{"prompt": …, "chosen": …, "rejected": …}"#
        case .text: #"{"text": "…"}"#
        case .pair: #"{"source": "…", "target": "…"}"#
        case .taggedLists: #"{"tokens": ["…"], "tags": ["…"]}"#
        case .questionAnswering: #"{"context": "…", "question": "…", "answers": {"text": ["…"], "answer_start": [0]}}"#
        case .squad:
            #"{"data": [{"paragraphs": [{"context": "…", "qas": [{"id": "…", "question": "…", "answers": [{"text": "…", "answer_start": 0}]}]}]}]}"#
        case .conll: "a token, a tab and its tag on each line, with a blank line after each sentence"
        case .plainText: "a text file"
        }
    }
}
