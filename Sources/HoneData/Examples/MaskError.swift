// Tested by MaskCertificateTests.swift

public import Foundation

/// Says why examples cannot be turned into learned tokens, or why a run on them is refused.
public enum MaskError: Error, Equatable, Sendable {
    /// The chat template would not write a conversation.
    case templateFailed(at: RowPlace, reason: String)
    /// A learned turn cannot be found in what the template wrote.
    case turnNotFound(at: RowPlace, message: Int, reason: String)
    /// A conversation needs a chat template and the model has none.
    case noTemplate(at: RowPlace)
    /// An example is of a kind that the encoder does not take.
    case wrongKind(at: RowPlace, expected: String)
    /// Rows without one learned token.
    case learnsNothing(rows: Int, of: Int, examples: [RowPlace])
    /// Too few learned turns end in a token that stops generation.
    case noStop(turns: Int, ending: Int, cut: Int, examples: [RowPlace])
    /// The template leaves out text of the data.
    case droppedText(count: Int, examples: [DroppedText])
    /// Rows begin with the begin token twice.
    case repeatedBegin(rows: Int, of: Int)
}

extension MaskError: LocalizedError, CustomStringConvertible {
    /// The same text as `description`.
    public var errorDescription: String? { description }

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .templateFailed(let place, let reason):
            "\(place): the chat template cannot write this conversation: \(reason). Correct the row, or use another template."
        case .turnNotFound(let place, let message, let reason):
            "\(place): messages[\(message)] cannot be found in what the chat template wrote: \(reason). Without its place nothing says"
                + " which tokens to learn. Set weight 0 on the message, or use a template that writes every message."
        case .noTemplate(let place):
            "\(place) is a conversation, and the model has no chat template. Add chat_template.jinja to the model's folder, or use"
                + " prompt/completion rows."
        case .wrongKind(let place, let expected):
            "\(place) does not fit the task; expected \(expected). Is data.train the right file?"
        case .learnsNothing(let rows, let all, let examples):
            "\(rows) of \(all) rows learn nothing (\(examples.map(\.description).joined(separator: ", "))): they have no assistant message"
                + " with weight 1, or it was cut off. Correct or remove them, or raise data.maximumTokens."
        case .noStop(let turns, let ending, let cut, let examples):
            "Only \(ending) of \(turns) learned turns end in a token that stops generation (\(cut) were cut off;"
                + " \(examples.map(\.description).joined(separator: ", "))); at least 99 % must, or the model never learns to stop."
                + " Use a chat template that ends turns with a stop token of generation_config, or raise data.maximumTokens."
        case .droppedText(let count, let examples):
            "The chat template leaves out \(count) texts of the data, the first: "
                + examples.map { "\($0.place) \($0.message.map { "messages[\($0)]." } ?? "")\($0.field) “\($0.text)”" }
                .joined(separator: "; ") + ". Remove them from the data, use a template that keeps them, or allow it with data.droppedText."
        case .repeatedBegin(let rows, let all):
            "\(rows) of \(all) rows begin with the begin token more than once: the template writes it and so does the text."
                + " Remove it from the data or from the template."
        }
    }
}
