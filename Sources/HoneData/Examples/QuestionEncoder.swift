import HoneText

/// Turns questions with their contexts into rows of tokens: `question context`, long contexts in windows that overlap.
///
/// Source: Transformers' `run_qa` (truncation `only_second` with a stride). Departures: a question is not stripped.
public struct QuestionEncoder: Sendable {
    /// Makes tokens.
    public var tokenizer: any TextTokenizing
    /// The most tokens of a row, special tokens included.
    public var maximum: Int
    /// How many tokens two windows of one context share.
    public var stride: Int

    /// Makes an encoder.
    public init(tokenizer: any TextTokenizing, maximum: Int, stride: Int) {
        (self.tokenizer, self.maximum, self.stride) = (tokenizer, maximum, stride)
    }

    /// The rows of one split and what was done.
    public struct Result: Sendable {
        /// One row or several for each question, in their order.
        public var windows: [QuestionWindow] = []
        /// The lengths of questions with whole contexts, and what became of them.
        public var lengths: LengthReport
        /// What became of contexts and answers.
        public var report: WindowReport
    }

    /// Encodes questions.
    ///
    /// - Parameter learns: whether every question must say its answers.
    /// - Throws: `DataError.noWindow`; `DataError.maximumTooSmall`; `MaskError.wrongKind` for other examples.
    public func encode(_ examples: [TaskExample], learns: Bool) throws -> Result {
        var result = Result(lengths: LengthReport(policy: .split, maximum: maximum), report: WindowReport(stride: stride))
        var counts: [Int] = []
        let frame = try PairFrame(tokenizer, maximum: maximum)
        var last: (text: String, encoding: Encoding)?
        for (source, example) in examples.enumerated() {
            guard case .question(let question, let place) = example, !learns || question.answers != nil else {
                throw MaskError.wrongKind(at: example.place, expected: "a context, a question and its answers")
            }
            // Neighbours often ask about the same text.
            let context: Encoding
            if let last, last.text == question.context {
                context = last.encoding
            } else {
                context = tokenizer.encode(question.context, pair: nil, addSpecialTokens: false)
                last = (question.context, context)
            }
            let asked = tokenizer.encode(question.question, pair: nil, addSpecialTokens: false).ids
            let windows = try frame.windows(asked, context, of: question, source: source, place, stride: stride)
            counts.append(frame.count + asked.count + context.ids.count)
            result.report.add(windows, question)
            result.windows += windows
        }
        result.lengths.measure(counts)
        result.lengths.rows = result.windows.count
        result.lengths.tokens = result.windows.reduce(0) { $0 + $1.row.ids.count }
        return result
    }
}

/// Holds a question with a part of its context as a row of tokens.
public struct QuestionWindow: Sendable, Equatable {
    /// The tokens, and where the answer stands among them.
    public var row: EncodedRow
    /// The tokens of the row that are the context's.
    public var context: Range<Int>
    /// Where each of them stands in the context, in Unicode scalars.
    public var spans: [TokenSpan]

    /// The scalars of a token of the context, which may be 32 bits each.
    public struct TokenSpan: Sendable, Equatable {
        /// The first scalar.
        public var start: Int32
        /// One more than the last.
        public var end: Int32

        /// Makes a span.
        public init(start: Int32, end: Int32) { (self.start, self.end) = (start, end) }
    }

    /// Makes a window; there is a span for each token of the context.
    public init(row: EncodedRow, context: Range<Int>, spans: [TokenSpan]) { (self.row, self.context, self.spans) = (row, context, spans) }
}

/// Counts what became of contexts and answers.
public struct WindowReport: Codable, Sendable, Equatable {
    /// How many tokens two windows of one context share.
    public var stride: Int
    /// Questions.
    public var questions = 0
    /// Rows: at least one for each question.
    public var windows = 0
    /// Questions whose context needs more than one window.
    public var longContexts = 0
    /// Questions that the context does not answer.
    public var withoutAnswer = 0
    /// Windows without the answer that another part of the context has.
    public var answersOutside = 0

    init(stride: Int) { self.stride = stride }

    mutating func add(_ added: [QuestionWindow], _ question: ContextQuestion) {
        questions += 1
        windows += added.count
        if added.count > 1 { longContexts += 1 }
        guard let answers = question.answers else { return }
        if answers.isEmpty {
            withoutAnswer += 1
        } else {
            answersOutside += added.count { $0.row.target == .span(start: 0, end: 0) }
        }
    }
}

/// What the tokenizer puts around and between a pair.
private struct PairFrame {
    private let front: [Int32], middle: [Int32], back: [Int32]
    private let frontTypes: [Int32], middleTypes: [Int32], backTypes: [Int32]
    private let firstType: Int32, secondType: Int32
    private let maximum: Int

    var count: Int { front.count + middle.count + back.count }

    init(_ tokenizer: any TextTokenizing, maximum: Int) throws(DataError) {
        let letter = tokenizer.encode("a", pair: nil, addSpecialTokens: false).ids.count
        let pair = tokenizer.encode("a", pair: "a", addSpecialTokens: true)
        let places = pair.ids.indices.filter { !pair.isSpecial[$0] }
        let first = places.prefix(letter), second = places.dropFirst(letter)
        let ends = (first.last ?? -1) + 1
        let starts = second.first ?? ends, last = (second.last ?? ends - 1) + 1
        (front, frontTypes) = (Array(pair.ids[..<(first.first ?? 0)]), Array(pair.typeIDs[..<(first.first ?? 0)]))
        (middle, middleTypes) = (Array(pair.ids[ends..<starts]), Array(pair.typeIDs[ends..<starts]))
        (back, backTypes) = (Array(pair.ids[last...]), Array(pair.typeIDs[last...]))
        (firstType, secondType) = (first.first.map { pair.typeIDs[$0] } ?? 0, second.first.map { pair.typeIDs[$0] } ?? 0)
        self.maximum = maximum
        guard maximum > count else { throw .maximumTooSmall(maximum: maximum, special: count) }
    }

    func windows(
        _ asked: [Int32], _ context: Encoding, of question: ContextQuestion, source: Int, _ place: RowPlace, stride: Int
    ) throws(DataError) -> [QuestionWindow] {
        let room = maximum - count - asked.count
        guard context.ids.count <= room || room > stride else {
            throw .noWindow(at: place, question: asked.count, room: max(0, room), stride: stride, maximum: maximum)
        }
        var windows: [QuestionWindow] = []
        var start = 0
        while true {
            let end = min(start + room, context.ids.count)
            windows.append(window(asked, context, start..<end, of: question, source))
            if end == context.ids.count { return windows }
            start += room - stride
        }
    }

    private func window(
        _ asked: [Int32], _ context: Encoding, _ part: Range<Int>, of question: ContextQuestion, _ source: Int
    ) -> QuestionWindow {
        let types =
            frontTypes + [Int32](repeating: firstType, count: asked.count) + middleTypes
            + [Int32](repeating: secondType, count: part.count) + backTypes
        let first = front.count + asked.count + middle.count
        var row = EncodedRow(
            ids: front + asked + middle + context.ids[part] + back, typeIDs: types, target: .none, source: source)
        let spans = context.offsets[part].map { QuestionWindow.TokenSpan(start: Int32($0.lowerBound), end: Int32($0.upperBound)) }
        if let answers = question.answers {
            let found = answers.first.flatMap { Self.tokens(of: $0.range, spans) }
            row.target =
                found.map { .span(start: Int32(first + $0.lowerBound), end: Int32(first + $0.upperBound)) } ?? .span(start: 0, end: 0)
        }
        return QuestionWindow(row: row, context: first..<(first + part.count), spans: spans)
    }

    /// The tokens that hold an answer: the last that begins at or before it, and the first that ends at or after its end; nil if the
    /// window does not hold all of it.
    private static func tokens(of answer: Range<Int>, _ spans: [QuestionWindow.TokenSpan]) -> ClosedRange<Int>? {
        guard let first = spans.first, let last = spans.last, first.start <= answer.lowerBound, last.end >= answer.upperBound else {
            return nil
        }
        let start = (spans.firstIndex { $0.start > answer.lowerBound } ?? spans.count) - 1
        let end = (spans.lastIndex { $0.end < answer.upperBound } ?? -1) + 1
        return start <= end ? start...end : nil
    }
}
