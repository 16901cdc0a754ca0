import Foundation

/// Says which turns of a conversation are learned.
public enum LearnedTurns: String, Codable, Sendable, CaseIterable {
    /// Every assistant message, but those with weight 0.
    case all
    /// The last assistant message whose weight is not 0.
    case last
    /// Every token, whoever speaks.
    case everything
}

/// Turns a conversation into tokens and finds out which are learned, from the conversation and not from tags in the template.
///
/// The whole conversation is written and tokenised once. An assistant's turn begins where the text of the messages before it ends with the
/// generation prompt, and ends where the text of the messages up to it ends; both must be beginnings of the whole. Where a template writes
/// a beginning differently (it strips earlier thinking, or its generation prompt is not what it writes for turns of the past), the message
/// is given another text and the place where the two writings differ is the turn. A token belongs to the turn it starts in. The turn's
/// stop token is learned, what follows it is not.
public struct ConversationEncoder: Sendable {
    /// Writes conversations.
    public var renderer: any ChatRendering
    /// Makes tokens.
    public var tokenizer: any TextTokenizing
    /// The tokens of beginnings and ends.
    public var tokens: EndTokens
    /// Which turns are learned.
    public var learns: LearnedTurns

    /// Makes an encoder.
    public init(renderer: any ChatRendering, tokenizer: any TextTokenizing, tokens: EndTokens, learns: LearnedTurns = .all) {
        (self.renderer, self.tokenizer, self.tokens, self.learns) = (renderer, tokenizer, tokens, learns)
    }

    /// Encodes one conversation.
    ///
    /// - Throws: `MaskError.templateFailed` with what the template raised; `MaskError.turnNotFound`.
    public func encode(_ conversation: Conversation, at place: RowPlace) throws(MaskError) -> MarkedTokens {
        let whole: String
        do {
            whole = try render(conversation, conversation.messages[...], false)
        } catch {
            throw MaskError.templateFailed(at: place, reason: error.localizedDescription)
        }
        var marked = MarkedTokens(whole, with: tokenizer, tokens: tokens, place: place)
        let scalars = Array(whole.unicodeScalars)
        var finder = TurnFinder(encoder: self, conversation: conversation, scalars: scalars, place: place)
        var spans: [Int: Range<Int>] = [:]
        for message in learnedMessages(conversation) {
            let span = try finder.span(of: message)
            spans[message] = span
            add(span, message, scalars, &marked)
        }
        marked.searched = finder.searched
        if learns == .everything { marked.isLearned = [Bool](repeating: true, count: marked.ids.count) }
        if !marked.isLearned.isEmpty { marked.isLearned[0] = false }
        marked.dropped = DroppedTextFinder(scalars: scalars, spans: spans, place: place).find(in: conversation)
        return marked
    }

    /// The indices of the messages that are learned.
    func learnedMessages(_ conversation: Conversation) -> [Int] {
        let learned = conversation.messages.indices.filter { index in
            conversation.messages[index].isAssistant && conversation.messages[index].learned != false
        }
        return learns == .last ? Array(learned.suffix(1)) : learned
    }

    func render(_ conversation: Conversation, _ messages: ArraySlice<Message>, _ prompt: Bool) throws -> String {
        try renderer.render(
            messages: messages.map(\.raw), tools: conversation.tools, variables: conversation.variables, addGenerationPrompt: prompt)
    }

    private func add(_ span: Range<Int>, _ message: Int, _ scalars: [Unicode.Scalar], _ marked: inout MarkedTokens) {
        var range = marked.tokens(startingIn: span)
        guard !range.isEmpty else { return }
        var endsInStop = false
        if let stop = range.last(where: { tokens.stops.contains(marked.ids[$0]) }) {
            range = range.lowerBound..<stop + 1
            endsInStop = true
        } else {
            // Some templates write the stop token with what follows the turn.
            let next = (range.upperBound..<marked.ids.count).first { index in
                let offset = marked.offsets[index]
                return tokens.stops.contains(marked.ids[index]) || !scalars[offset].allSatisfy(\.properties.isWhitespace)
            }
            if let next, tokens.stops.contains(marked.ids[next]) {
                range = range.lowerBound..<next + 1
                endsInStop = true
            }
        }
        for index in range { marked.isLearned[index] = true }
        marked.turns.append(MarkedTokens.Turn(message: message, tokens: range, endsInStop: endsInStop))
    }
}

/// Finds the places of turns in a written conversation.
struct TurnFinder {
    let encoder: ConversationEncoder
    let conversation: Conversation
    let scalars: [Unicode.Scalar]
    let place: RowPlace
    var searched = 0

    /// Stands in for a message's text; private use, so no text begins or ends like it.
    private static let stand = "\u{F8FE}\u{F8FF}"

    /// The scalars of the whole that the assistant is to write as message `index`.
    mutating func span(of index: Int) throws(MaskError) -> Range<Int> {
        let messages = conversation.messages
        let start = length(messages[..<index], true)
        let end = length(messages[...index], false)
        if let start, let end, start < end { return start..<end }
        searched += 1
        let text = try difference(index)
        let found = min(start ?? text.lowerBound, text.lowerBound)..<max(text.upperBound, end ?? 0)
        guard !found.isEmpty else {
            throw MaskError.turnNotFound(at: place, message: index, reason: "the template writes nothing for it")
        }
        return found
    }

    /// How long the text of some first messages is, if it is a beginning of the whole; white space at its end makes no difference.
    private func length(_ messages: ArraySlice<Message>, _ prompt: Bool) -> Int? {
        // A template may refuse a conversation that ends here; then the place is found by comparing.
        guard let text = try? encoder.render(conversation, messages, prompt) else { return nil }
        let beginning = Array(text.unicodeScalars)
        if scalars.starts(with: beginning) { return beginning.count }
        guard !prompt else { return nil }
        let trimmed = beginning.dropLast(beginning.reversed().prefix { $0.properties.isWhitespace }.count)
        return !trimmed.isEmpty && scalars.starts(with: trimmed) ? trimmed.count : nil
    }

    /// Where the whole differs when the message says something else.
    private func difference(_ index: Int) throws(MaskError) -> Range<Int> {
        var messages = conversation.messages
        guard messages[index].content?.isEmpty == false else {
            throw MaskError.turnNotFound(
                at: place, message: index,
                reason: "the messages before it are no beginning of the whole, and it has no text to look for")
        }
        messages[index] = messages[index].saying(Self.stand)
        let other: [Unicode.Scalar]
        do {
            other = Array(try encoder.render(conversation, messages[...], false).unicodeScalars)
        } catch {
            throw MaskError.turnNotFound(at: place, message: index, reason: error.localizedDescription)
        }
        let prefix = zip(scalars, other).prefix { $0 == $1 }.count
        let room = min(scalars.count, other.count) - prefix
        let suffix = zip(scalars.reversed(), other.reversed()).prefix { $0 == $1 }.count
        guard other.contains("\u{F8FE}") else {
            throw MaskError.turnNotFound(at: place, message: index, reason: "the template leaves its text out")
        }
        return prefix..<scalars.count - min(suffix, room)
    }
}

/// Finds text of a conversation that is not in what the template wrote; white space makes no difference.
struct DroppedTextFinder {
    let scalars: [Unicode.Scalar]
    let spans: [Int: Range<Int>]
    let place: RowPlace

    func find(in conversation: Conversation) -> [DroppedText] {
        let whole = Self.squeezed(scalars[...])
        var dropped: [DroppedText] = []
        func check(_ text: String, _ message: Int?, _ field: String, in written: [UInt8]) {
            let wanted = Self.squeezed(Array(text.unicodeScalars)[...])
            if wanted.isEmpty || Self.contains(written, wanted) { return }
            // Tool results and arguments may be written as JSON.
            let quoted = RawJSON.quoted(text).dropFirst().dropLast()
            if Self.contains(written, Self.squeezed(Array(quoted.unicodeScalars)[...])) { return }
            dropped.append(DroppedText(place: place, message: message, field: field, text: String(text.prefix(60))))
        }
        for (index, message) in conversation.messages.enumerated() {
            let written = spans[index].map { Self.squeezed(scalars[$0]) } ?? whole
            if let content = message.content { check(content, index, "content", in: written) }
            for key in ["reasoning_content", "thinking", "reasoning"] {
                if case .string(let text)? = message.raw[key] { check(text, index, key, in: written) }
            }
            for (number, call) in message.toolCalls.enumerated() {
                let function = call["function"] ?? call
                let parts = [function["name"]?.string].compactMap(\.self) + (function["arguments"]?.strings ?? [])
                for part in parts { check(part, index, "tool_calls[\(number)]", in: written) }
            }
        }
        for (number, tool) in (conversation.tools ?? []).enumerated() {
            if let name = (tool["function"] ?? tool)["name"]?.string { check(name, nil, "tools[\(number)]", in: whole) }
        }
        return dropped
    }

    private static func squeezed(_ scalars: ArraySlice<Unicode.Scalar>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(scalars.count)
        for scalar in scalars where !scalar.properties.isWhitespace { bytes.append(contentsOf: UTF8.encode(scalar) ?? .init()) }
        return bytes
    }

    private static func contains(_ bytes: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard let first = wanted.first, wanted.count <= bytes.count else { return wanted.isEmpty }
        return bytes.withUnsafeBufferPointer { bytes in
            wanted.withUnsafeBufferPointer { wanted in
                for start in 0...(bytes.count - wanted.count) where bytes[start] == first {
                    var offset = 1
                    while offset < wanted.count, bytes[start + offset] == wanted[offset] { offset += 1 }
                    if offset == wanted.count { return true }
                }
                return false
            }
        }
    }
}
