import Foundation
import Hone

/// What a chat says besides the answers.
enum ChatText {
    /// What a person should know before the first message.
    static func header(_ writer: Writer, name: String, settings: SamplingSettings) async throws -> [String] {
        let (family, parameters) = try await writer.model
        var lines = ["\(name) · \(family), \(Format.short(parameters)) parameters · \(settings.words)"]
        if let assumption = writer.artifact.assumption { lines.append(assumption) }
        switch try await writer.input {
        case .conversation:
            if let template = try await writer.foreignTemplate {
                lines.append("The folder has no chat template; messages go through Hone's “\(template)”.")
            }
        case .prompt: lines.append("The model was trained on bare prompts: it reads one message at a time, without a template.")
        case .source: lines.append("The model reads one text at a time and does not see what was said before.")
        }
        let ignored = try await writer.ignoredWishes
        if !ignored.isEmpty { lines.append("Not followed of generation_config.json: \(ignored.joined(separator: ", ")).") }
        return lines
    }

    /// What was left out of the conversation.
    static func dropped(_ messages: Int) -> String {
        "(The oldest \(Format.plural(messages, "message")) no longer \(messages == 1 ? "fits" : "fit") into what the model can read, and "
            + "\(messages == 1 ? "was" : "were") left out.)"
    }

    /// Why an answer ended before its end; nil if it did not.
    static func ending(_ answer: WrittenAnswer) -> String? {
        switch answer.finish {
        case .stop: answer.text.allSatisfy(\.isWhitespace) ? "an empty answer: the model ended at once" : nil
        case .length: "ended at \(Format.plural(answer.tokens, "token")); /set max-tokens allows more"
        case .capacity: "ended: the model can hold no more than these \(Format.grouped(answer.promptTokens + answer.tokens)) tokens"
        case .cancelled: "stopped"
        }
    }

    /// How fast it was.
    static func stats(_ answer: WrittenAnswer) -> String {
        let writing = answer.seconds - answer.readSeconds
        let speed = answer.tokens > 1 && writing > 0 ? Double(answer.tokens - 1) / writing : nil
        let reused = answer.reusedTokens > 0 ? ", \(Format.grouped(answer.reusedTokens)) of them known already" : ""
        return "\(Format.plural(answer.tokens, "token"))" + (speed.map { ", \(rate($0)) tokens/s" } ?? "")
            + " · read \(Format.plural(answer.promptTokens, "token"))\(reused) in \(milliseconds(answer.readSeconds))"
    }

    private static func rate(_ number: Double) -> String { String(format: number < 10 ? "%.1f" : "%.0f", number) }

    private static func milliseconds(_ seconds: Double) -> String {
        seconds < 1 ? "\(Int((seconds * 1000).rounded())) ms" : Format.duration(seconds)
    }

    /// A prompt as the model sees it: its text, then each token with its id.
    static func prompt(_ prompt: WriterPrompt, _ console: Console) -> [String] {
        let tokens = prompt.tokens.map { token -> String in
            let text = token.isSpecial ? token.text : "“\(token.text.withoutLineBreaks.printable)”"
            return "\(token.id) \(text)"
        }
        let width = console.width == .max ? 100 : console.width
        return [prompt.text.printable, console.dim("\(Format.plural(tokens.count, "token")):")]
            + tokens.joined(separator: " \u{B7} ").wrapped(to: width).map { console.dim($0) }
    }
}

/// Conversations in a file, one a line, as they are trained on.
enum ChatTranscript {
    private struct Row: Encodable { var messages: [ChatMessage] }

    /// Adds a conversation at the end of a file; makes the file if there is none.
    ///
    /// - Returns: what was done, in a sentence.
    /// - Throws: `CommandError.cannotSave` with the reason.
    static func append(_ messages: [ChatMessage], to path: String) throws -> String {
        let url = URL(filePath: path)
        guard ["jsonl", "ndjson"].contains(url.pathExtension.lowercased()) else { throw CommandError.notJSONLines(path) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let row = try encoder.encode(Row(messages: messages)) + Data("\n".utf8)
        let file = try AppendedFile(url)
        try file.append(row)
        return "Added the conversation (\(Format.plural(messages.count, "message"))) to \(Program.path(url))."
    }
}
