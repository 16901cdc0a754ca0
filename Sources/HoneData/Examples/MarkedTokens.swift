// Tested by ConversationEncoderTests.swift

import HoneText

/// Names the tokens that begin and end what a causal model reads and writes.
public struct EndTokens: Sendable, Equatable {
    /// The tokens at which generation stops: every end of text and end of turn that it uses.
    public var stops: Set<Int32>
    /// The token put after a text or a completion that has no template; nil puts none.
    public var end: Int32?
    /// The token that begins every text; nil where the model has none.
    public var begin: Int32?
    /// Whether `begin` is put where the text or the template has not written it.
    public var addsBegin: Bool

    /// Makes a set of tokens.
    public init(stops: Set<Int32>, end: Int32? = nil, begin: Int32? = nil, addsBegin: Bool = false) {
        (self.stops, self.end, self.begin, self.addsBegin) = (stops, end, begin, addsBegin)
    }
}

/// Points at text of the data that the template left out.
public struct DroppedText: Codable, Sendable, Equatable {
    /// The row.
    public var place: RowPlace
    /// Which message, counted from 0; nil for the tools.
    public var message: Int?
    /// Which field of it, for example `content`.
    public var field: String
    /// The first characters of the text.
    public var text: String

    /// Points at a text.
    public init(place: RowPlace, message: Int?, field: String, text: String) {
        (self.place, self.message, self.field, self.text) = (place, message, field, text)
    }
}

/// Holds the tokens of one example with what is learned of them, before it becomes a row.
public struct MarkedTokens: Sendable, Equatable {
    /// A learned turn.
    public struct Turn: Sendable, Equatable {
        /// Which message it is, counted from 0.
        public var message: Int
        /// Its learned tokens, the stop token included.
        public var tokens: Range<Int>
        /// Whether its last token is one that stops generation.
        public var endsInStop: Bool
    }

    /// Where the example stands.
    public var place: RowPlace
    /// The text that was tokenised.
    public var text: String
    /// The token ids.
    public var ids: [Int32]
    /// The Unicode scalars of `text` that made each token; `0..<0` for tokens that were put in.
    public var offsets: [Range<Int>]
    /// Whether each token is to be predicted.
    public var isLearned: [Bool]
    /// The learned turns in order.
    public var turns: [Turn] = []
    /// Tokens across the edge of a turn; each belongs to the turn it starts in.
    public var straddling = 0
    /// Turns whose place was found by changing their text, because the template writes a beginning of the conversation differently.
    public var searched = 0
    /// What the template left out.
    public var dropped: [DroppedText] = []
    /// How many begin tokens stand at the front.
    public var beginTokens = 0

    init(_ text: String, with tokenizer: any TextTokenizing, tokens: EndTokens, place: RowPlace) {
        let encoding = tokenizer.encode(text, pair: nil, addSpecialTokens: false)
        (self.text, self.place, ids, offsets) = (text, place, encoding.ids, encoding.offsets)
        isLearned = [Bool](repeating: false, count: ids.count)
        guard let begin = tokens.begin else { return }
        if tokens.addsBegin, ids.first != begin {
            ids.insert(begin, at: 0)
            offsets.insert(0..<0, at: 0)
            isLearned.insert(false, at: 0)
        }
        beginTokens = ids.prefix { $0 == begin }.count
    }

    /// Puts a learned end token after the last one.
    mutating func end(with id: Int32) {
        ids.append(id)
        offsets.append(0..<0)
        isLearned.append(true)
    }

    /// The tokens that start in `span`, counting those that reach over its edges, over its end only if `countsEnd`.
    mutating func tokens(startingIn span: Range<Int>, countsEnd: Bool = true) -> Range<Int> {
        var first: Int?
        var last = 0
        for (index, offset) in offsets.enumerated() where !offset.isEmpty || index > 0 && offset.lowerBound > 0 {
            if offset.lowerBound < span.lowerBound, offset.upperBound > span.lowerBound { straddling += 1 }
            guard span.contains(offset.lowerBound) else { continue }
            if countsEnd, offset.upperBound > span.upperBound { straddling += 1 }
            first = first ?? index
            last = index + 1
        }
        return (first ?? 0)..<(first == nil ? 0 : last)
    }

    /// Makes the row of a causal model of the tokens in `range`, all if nil: position `i` predicts token `i + 1` where that is learned.
    public func causalRow(_ range: Range<Int>? = nil, source: Int) -> EncodedRow {
        let range = range ?? ids.indices
        var targets = [Int32](repeating: TokenTarget.ignored, count: range.count)
        for index in range.dropFirst() where isLearned[index] { targets[index - 1 - range.lowerBound] = ids[index] }
        return EncodedRow(
            ids: Array(ids[range]), typeIDs: [Int32](repeating: 0, count: range.count), target: .perToken(targets), source: source)
    }
}
