import Foundation
import HoneData
import HoneText

/// Reads `text` as examples, as if it were a file with this ending.
func readExamples(
    _ text: String, _ ending: String = "jsonl", format: ExampleFormat? = nil, columns: ExampleColumns = ExampleColumns(),
    options: ExampleOptions = ExampleOptions()
) throws -> ReadExamples {
    try ExampleReader(format: format, columns: columns, options: options).read(Data(text.utf8), ending: ending, name: "rows.\(ending)")
}

/// Chat templates written in Swift, with the habits that real ones have.
struct ChatML: ChatRendering {
    enum Style: String {
        case chatml
        /// Leaves thinking out of every message but the last.
        case thinking
        /// Begins with `<s>`, ends turns with `</s>`, and trims.
        case begin
        /// Writes no end of turn.
        case endless
        /// Leaves system messages out.
        case withoutSystem
        /// Raises an error unless a user speaks last or first.
        case strict
        /// Opens a thought in the generation prompt only.
        case opensThought
    }

    struct Refusal: Error {}

    var style = Style.chatml

    func render(
        messages: [RawJSON], tools: [RawJSON]?, variables: [RawJSON.Member], addGenerationPrompt: Bool
    ) throws -> String {
        if style == .strict, messages.first?["role"]?.string != "user" { throw Refusal() }
        var text = style == .begin ? "<s>" : ""
        for tool in tools ?? [] { text += tool.text + "\n" }
        for (index, message) in messages.enumerated() {
            let role = message["role"]?.string ?? ""
            var content = message["content"]?.string ?? ""
            for call in message["tool_calls"]?.items ?? [] { content += call.text }
            switch style {
            case .begin:
                let said = content.trimmingCharacters(in: .whitespacesAndNewlines)
                text += role == "assistant" ? " \(said)</s>" : "[\(role)] \(said) [/]"
                continue
            case .withoutSystem where role == "system": continue
            case .thinking where index < messages.count - 1:
                if role == "assistant" { content = content.components(separatedBy: "</think>").last ?? "" }
            default: break
            }
            text += "<|im_start|>\(role)\n\(content)\(style == .endless ? "" : "<|im_end|>")\n"
        }
        guard addGenerationPrompt, style != .begin else { return text }
        return text + "<|im_start|>assistant\n" + (style == .opensThought ? "<think>\n" : "")
    }
}

/// A stand-in for a tokenizer: a token for each special text, each other character, and nothing for spaces.
struct CharacterTokens: TextTokenizing {
    static let special = ["<s>", "</s>", "<|im_start|>", "<|im_end|>"]
    /// The id of a token written `text`.
    static func id(_ text: String) -> Int32 {
        special.firstIndex(of: text).map { Int32($0 + 1) } ?? Int32(100 + (text.unicodeScalars.first?.value ?? 0))
    }

    /// The id of a token, `more` included.
    func id(_ text: String) -> Int32 { more.firstIndex(of: text).map { Int32(Self.special.count + $0 + 1) } ?? Self.id(text) }

    /// Characters that are one token with the next.
    var joins: Set<Character> = []
    /// Further special texts; their ids go on behind those of `special`.
    var more: [String] = []
    var wrapsText = false

    func encode(_ text: String, pair: String?, addSpecialTokens: Bool) -> Encoding {
        var result = Encoding()
        func add(_ id: Int32, _ range: Range<Int>, _ isSpecial: Bool) {
            result.ids.append(id)
            result.typeIDs.append(0)
            result.offsets.append(range)
            result.isSpecial.append(isSpecial)
        }
        if addSpecialTokens, wrapsText { add(1, 0..<0, true) }
        var rest = Substring(text)
        var place = 0
        while let first = rest.first {
            var piece = (Self.special + more).first { rest.hasPrefix($0) } ?? String(first)
            if piece.count == 1, joins.contains(first), rest.count > 1 { piece = String(rest.prefix(2)) }
            let length = piece.unicodeScalars.count
            if piece != " " { add(id(piece), place..<place + length, false) }
            place += length
            rest = rest.dropFirst(piece.count)
        }
        if addSpecialTokens, wrapsText { add(2, 0..<0, true) }
        return result
    }
}

let chatTokens = EndTokens(stops: [CharacterTokens.id("<|im_end|>"), CharacterTokens.id("</s>")], end: 2, begin: 1)
let somewhere = RowPlace(file: "rows.jsonl", line: 3)

/// A conversation of turns such as `("u", "hi")` and `("a", "hello")`.
func conversation(_ turns: [(String, String)]) -> Conversation {
    let roles = ["s": "system", "u": "user", "a": "assistant"]
    return Conversation(messages: turns.map { Message(role: roles[$0.0] ?? $0.0, content: $0.1) })
}

extension MarkedTokens {
    /// The learned text, token by token joined.
    var learnedText: String {
        let scalars = Array(text.unicodeScalars)
        return zip(offsets, isLearned).filter(\.1).map { offset, _ in scalars[offset].map(String.init).joined() }.joined()
    }
}
