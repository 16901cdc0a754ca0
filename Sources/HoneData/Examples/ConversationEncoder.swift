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
/// first stop token behind its text is learned, what follows it is not.
///
/// Templates disagree on two things that data has in one way: arguments of tool calls are given as objects, and as JSON text where the
/// template fails with objects; a message without text has `null`, and an empty text where the template fails with `null` or writes “None”.
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
        let (conversation, whole) = try written(conversation, at: place)
        var marked = MarkedTokens(whole, with: tokenizer, tokens: tokens, place: place)
        let scalars = Array(whole.unicodeScalars)
        var finder = TurnFinder(encoder: self, conversation: conversation, scalars: scalars, place: place)
        var spans: [Int: Range<Int>] = [:]
        for message in learnedMessages(conversation) {
            let place = try finder.place(of: message)
            spans[message] = place.span
            add(place, message, scalars, &marked)
        }
        marked.searched = finder.searched
        if learns == .everything { marked.isLearned = [Bool](repeating: true, count: marked.ids.count) }
        if !marked.isLearned.isEmpty { marked.isLearned[0] = false }
        marked.dropped = DroppedTextFinder(scalars: scalars, spans: spans, place: place).find(in: conversation)
        return marked
    }

    /// The conversation in the spelling that the template takes, and what it writes.
    private func written(_ conversation: Conversation, at place: RowPlace) throws(MaskError) -> (Conversation, String) {
        var reason: String?
        let data = conversation.messages.map(\.raw) + (conversation.tools ?? [])
        let hasNone = data.contains { $0.text.contains("None") }
        for spelling in conversation.spellings {
            do {
                let text = try render(spelling, spelling.messages[...], false)
                // Python's word for nothing is not to be learned as text.
                if !hasNone, text.contains("None"), spelling.hasMissingContent { continue }
                return (spelling, text)
            } catch {
                reason = reason ?? error.localizedDescription
            }
        }
        if reason == nil, let text = try? render(conversation, conversation.messages[...], false) { return (conversation, text) }
        throw MaskError.templateFailed(at: place, reason: reason ?? "it writes “None” for a message without text")
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

    private func add(_ place: TurnFinder.Place, _ message: Int, _ scalars: [Unicode.Scalar], _ marked: inout MarkedTokens) {
        var range = marked.tokens(startingIn: place.span, countsEnd: !place.isLoose)
        guard !range.isEmpty else { return }
        var endsInStop = false
        if let stop = stop(in: range, place, scalars, marked) {
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

extension ConversationEncoder {
    /// The token that stops generation at the end of a turn: the first one behind its text.
    private func stop(
        in range: Range<Int>, _ place: TurnFinder.Place, _ scalars: [Unicode.Scalar], _ marked: MarkedTokens
    ) -> Int? {
        func isStop(_ index: Int) -> Bool { tokens.stops.contains(marked.ids[index]) }
        if let end = place.textEnd {
            return range.first { isStop($0) && marked.offsets[$0].lowerBound >= end } ?? range.last(where: isStop)
        }
        guard var stop = range.last(where: isStop) else { return nil }
        // Some templates end the whole with one more stop token behind that of the turn.
        while let before = range.prefix(upTo: stop).last(where: { index in
            isStop(index) || !scalars[marked.offsets[index]].allSatisfy(\.properties.isWhitespace)
        }), isStop(before) {
            stop = before
        }
        return stop
    }
}

extension Conversation {
    /// Whether a message has no text.
    fileprivate var hasMissingContent: Bool { messages.contains { $0.raw["content"] == .null } }

    /// The same conversation as templates may want it, as it is first.
    fileprivate var spellings: [Conversation] {
        let hasCalls = messages.contains { !$0.toolCalls.isEmpty }
        guard hasCalls || hasMissingContent else { return [self] }
        func respelt(_ change: (Message) -> Message) -> Conversation {
            Conversation(messages: messages.map(change), tools: tools, variables: variables)
        }
        return [
            self, respelt(\.withArgumentsAsText), respelt(\.withEmptyText), respelt { $0.withEmptyText.withArgumentsAsText },
        ]
    }
}

/// Finds the places of turns in a written conversation.
struct TurnFinder {
    /// Where a turn is.
    struct Place {
        /// The scalars that the assistant is to write.
        var span: Range<Int>
        /// Where the message's text ends, if it was looked for.
        var textEnd: Int?
        /// Whether the span may reach into what follows the turn; its stop token ends it then.
        var isLoose = false
    }

    let encoder: ConversationEncoder
    let conversation: Conversation
    let scalars: [Unicode.Scalar]
    let place: RowPlace
    var searched = 0

    /// Stands in for a message's text; private use, so no text begins or ends like it.
    private static let stand = "\u{F8FE}\u{F8FF}"

    /// What the assistant is to write as message `index`.
    mutating func place(of index: Int) throws(MaskError) -> Place {
        let messages = conversation.messages
        let start = length(messages[..<index], true)
        let end = length(messages[...index], false)
        if let start, let end, start < end { return Place(span: start..<end) }
        searched += 1
        // A template may end every conversation with the beginning of the next answer: what both writings share still ends the turn.
        let shared = end ?? sharedLength(messages[...index])
        if let start, start < shared, messages[index].content?.isEmpty != false {
            return Place(span: start..<shared, isLoose: end == nil)
        }
        let text = try difference(index)
        let found = min(start ?? text.lowerBound, text.lowerBound)..<max(text.upperBound, shared)
        guard !found.isEmpty else {
            throw MaskError.turnNotFound(at: place, message: index, reason: "the template writes nothing for it")
        }
        return Place(span: found, textEnd: text.upperBound, isLoose: end == nil && shared > text.upperBound)
    }

    /// How far the text of some first messages goes along with the whole.
    private func sharedLength(_ messages: ArraySlice<Message>) -> Int {
        guard let text = try? encoder.render(conversation, messages, false) else { return 0 }
        return zip(scalars, text.unicodeScalars).prefix { $0 == $1 }.count
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

    /// Where the whole differs when the message says something else; instead of its calls too, if it has nothing but calls.
    private func difference(_ index: Int) throws(MaskError) -> Range<Int> {
        var messages = conversation.messages
        let hasText = messages[index].content?.isEmpty == false
        guard hasText || !messages[index].toolCalls.isEmpty else {
            throw MaskError.turnNotFound(
                at: place, message: index,
                reason: "the messages before it are no beginning of the whole, and it has no text to look for")
        }
        messages[index] = hasText ? messages[index].saying(Self.stand) : Message(role: messages[index].role, content: Self.stand)
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
            let function = tool["function"] ?? tool
            // The name alone may stand in a call.
            guard let text = function["description"]?.string ?? function["name"]?.string else { continue }
            check(text, nil, "tools[\(number)]", in: whole)
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
