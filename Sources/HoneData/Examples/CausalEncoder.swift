// Tested by ConversationEncoderTests.swift.

/// Turns examples into rows of a causal language model, with a certificate of what is learned.
///
/// Conversations are encoded by `ConversationEncoder`. Of a prompt and its completion, tokenised as one text, the tokens that start in the
/// completion are learned, and an end token after them. Of a text every token is learned, and the end token.
public struct CausalEncoder: Sendable {
    /// Writes conversations; nil where the model has no chat template.
    public var renderer: (any ChatRendering)?
    /// Makes tokens.
    public var tokenizer: any TextTokenizing
    /// The tokens of beginnings and ends.
    public var tokens: EndTokens
    /// Which turns of a conversation are learned.
    public var learns: LearnedTurns
    /// Whether a prompt and its completion are written as a conversation of one turn.
    public var promptsAreChats: Bool
    /// The most tokens of a row.
    public var maximum: Int
    /// What happens to longer rows.
    public var tooLong: TooLongPolicy
    /// What identifies the chat template in the certificate.
    public var templateHash: String?

    /// Makes an encoder.
    public init(
        renderer: (any ChatRendering)? = nil, tokenizer: any TextTokenizing, tokens: EndTokens, learns: LearnedTurns = .all,
        promptsAreChats: Bool = false, maximum: Int, tooLong: TooLongPolicy = .error, templateHash: String? = nil
    ) {
        (self.renderer, self.tokenizer, self.tokens, self.learns) = (renderer, tokenizer, tokens, learns)
        (self.promptsAreChats, self.maximum, self.tooLong, self.templateHash) = (promptsAreChats, maximum, tooLong, templateHash)
    }

    /// The rows of one split, what the length policy did, and what is learned.
    public struct Result: Sendable {
        /// The rows; `source` is the index of the example.
        public var rows: [EncodedRow]
        /// The lengths.
        public var lengths: LengthReport
        /// What is learned.
        public var certificate: MaskCertificate
    }

    /// Encodes the examples of one split.
    ///
    /// Under `truncate` a row keeps its first tokens, without its end. Under `split` each part begins with the last token of the part
    /// before, so that every token but the first is predicted exactly once; parts that learn nothing are left out and counted.
    /// - Throws: `MaskError` for an example that cannot be encoded; `DataError.tooLong`, `.allTooLong` and `.maximumTooSmall`.
    public func encode(_ examples: [TaskExample], split: SplitName) throws -> Result {
        guard maximum > 1 else { throw DataError.maximumTooSmall(maximum: maximum, special: 1) }
        var result = Result(
            rows: [], lengths: LengthReport(policy: tooLong, maximum: maximum), certificate: MaskCertificate(templateHash: templateHash))
        var lengths: [Int] = []
        var long: [RowPlace] = []
        let hasBegin = tokens.begin != nil
        for (source, example) in examples.enumerated() {
            let marked = try mark(example)
            let count = marked.ids.count
            lengths.append(count)
            guard count > maximum else {
                result.rows.append(marked.causalRow(source: source))
                result.certificate.add(marked, kept: 0..<count, hasBegin: hasBegin)
                continue
            }
            if long.count < LengthReport.exampleCount { long.append(example.place) }
            switch tooLong {
            case .error: break
            case .drop: result.lengths.dropped += 1
            case .truncate:
                result.lengths.truncated += 1
                result.lengths.tokensCut += count - maximum
                result.rows.append(marked.causalRow(0..<maximum, source: source))
                result.certificate.add(marked, kept: 0..<maximum, hasBegin: hasBegin)
            case .split:
                let parts = Self.parts(count, maximum).map { marked.causalRow($0, source: source) }
                let learning = parts.filter { $0.target.targetCount > 0 }
                result.rows += learning
                result.certificate.add(marked, parts: learning, leftOut: parts.count - learning.count, hasBegin: hasBegin)
            }
        }
        result.lengths.measure(lengths)
        result.lengths.examples = tooLong == .split ? [] : long
        let longCount = lengths.count { $0 > maximum }
        if longCount > 0, tooLong != .split {
            if longCount == lengths.count {
                throw DataError.allTooLong(split: split, rows: longCount, shortest: lengths.min() ?? 0, maximum: maximum)
            }
            if tooLong == .error {
                throw DataError.tooLong(
                    split: split, rows: longCount, of: lengths.count, longest: result.lengths.longest, maximum: maximum, examples: long)
            }
        }
        result.lengths.rows = result.rows.count
        result.lengths.tokens = result.rows.reduce(0) { $0 + $1.ids.count }
        return result
    }

    /// Returns which tokens of an example make each of its rows under the length policy: none for a row that is dropped or refused.
    public func ranges(of marked: MarkedTokens) -> [Range<Int>] {
        guard marked.ids.count > maximum else { return [marked.ids.indices] }
        switch tooLong {
        case .error, .drop: return []
        case .truncate: return [0..<maximum]
        case .split: return Self.parts(marked.ids.count, maximum).filter { marked.causalRow($0, source: 0).target.targetCount > 0 }
        }
    }

    /// Returns the tokens of one example before anything is cut, for `MaskView` and for whoever looks at one row.
    public func mark(_ example: TaskExample) throws(MaskError) -> MarkedTokens {
        switch example {
        case .conversation(let conversation, let place): return try mark(conversation, place)
        case .promptCompletion(let prompt, let completion, let place):
            guard !promptsAreChats else {
                let messages = [Message(role: "user", content: prompt), Message(role: "assistant", content: completion)]
                return try mark(Conversation(messages: messages), place)
            }
            return mark(prompt: prompt, completion: completion, place)
        case .text(let text, let place):
            var marked = MarkedTokens(text, with: tokenizer, tokens: tokens, place: place)
            for index in marked.ids.indices.dropFirst() { marked.isLearned[index] = true }
            if let end = tokens.end, !marked.ids.isEmpty { marked.end(with: end) }
            return marked
        case .pair(_, let place), .tagged(_, let place), .preference(_, let place), .question(_, let place):
            throw MaskError.wrongKind(at: place, expected: "a conversation, a prompt with its completion, or text")
        }
    }

    private func mark(_ conversation: Conversation, _ place: RowPlace) throws(MaskError) -> MarkedTokens {
        guard let renderer else { throw MaskError.noTemplate(at: place) }
        return try ConversationEncoder(renderer: renderer, tokenizer: tokenizer, tokens: tokens, learns: learns)
            .encode(conversation, at: place)
    }

    private func mark(prompt: String, completion: String, _ place: RowPlace) -> MarkedTokens {
        var marked = MarkedTokens(prompt + completion, with: tokenizer, tokens: tokens, place: place)
        let start = prompt.unicodeScalars.count
        var range = marked.tokens(startingIn: start..<start + completion.unicodeScalars.count)
        if range.isEmpty { range = marked.ids.count..<marked.ids.count }
        for index in learns == .everything ? marked.ids.indices : range where index > 0 { marked.isLearned[index] = true }
        let hasStop = marked.ids.last.map(tokens.stops.contains) ?? false
        if let end = tokens.end, !hasStop { marked.end(with: end) }
        range = range.lowerBound..<marked.ids.count
        if !range.isEmpty {
            let endsInStop = marked.ids.last.map(tokens.stops.contains) ?? false
            marked.turns = [MarkedTokens.Turn(message: 1, tokens: range, endsInStop: endsInStop)]
        }
        return marked
    }

    /// The parts of `count` tokens, each at most `maximum` long and beginning with the last token of the one before.
    static func parts(_ count: Int, _ maximum: Int) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var start = 0
        repeat {
            let end = min(start + maximum, count)
            parts.append(start..<end)
            start = end - 1
        } while start < count - 1
        return parts
    }
}
