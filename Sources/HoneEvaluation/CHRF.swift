/// Measures how many runs of characters (and words) a text shares with a reference, `0 ... 100`.
///
/// `(1 + β²) P R / (β² P + R)` with `P` and `R` the means over orders of precision and recall of n-grams; of several references each
/// segment takes the one that fits best. Source: doi:10.18653/v1/W15-3049, doi:10.18653/v1/W17-4770; numbers equal sacrebleu 2.6.0.
public struct CHRF: Codable, Sendable, Equatable {
    /// The longest runs of characters, at least 1.
    public var characterOrder = 6
    /// The longest runs of words; 0 for chrF, 2 for chrF++.
    public var wordOrder = 0
    /// How many times as much recall counts as precision.
    public var beta = 2.0
    /// Whether letter case is set aside.
    public var lowercase = false
    /// Whether whitespace counts as characters.
    public var whitespace = false
    /// Whether orders without n-grams count as nearly 0, as in the first implementation, and are not left out.
    public var countsEmptyOrders = false

    /// Makes chrF with the usual settings.
    public init() {}

    /// chrF++: words and pairs of words count too.
    public static var plusPlus: CHRF {
        var settings = CHRF()
        settings.wordOrder = 2
        return settings
    }

    /// Counts for each order, of one segment or of many added up.
    public struct Counts: Codable, Sendable, Equatable {
        /// N-grams of the text.
        public var text: [Int]
        /// N-grams of the reference.
        public var reference: [Int]
        /// N-grams in both.
        public var matches: [Int]

        /// Starts at nothing.
        public init(orders: Int) {
            text = Array(repeating: 0, count: orders)
            (reference, matches) = (text, text)
        }

        /// Reads added-up `sums` back; nil for a list of another form.
        public init?(sums: [Double]) {
            guard !sums.isEmpty, sums.count % 3 == 0 else { return nil }
            let orders = sums.count / 3
            let numbers = sums.map { Int($0) }
            text = Array(numbers[..<orders])
            (reference, matches) = (Array(numbers[orders..<2 * orders]), Array(numbers[(2 * orders)...]))
        }

        /// Adds another segment's counts.
        public mutating func merge(_ other: Counts) throws(EvaluationError) {
            guard text.count == other.text.count else { throw .different(what: "the orders of n-grams") }
            for order in text.indices {
                text[order] += other.text[order]
                reference[order] += other.reference[order]
                matches[order] += other.matches[order]
            }
        }

        /// The counts as numbers that add up over segments, for `Bootstrap.interval(of:sums:value:)`.
        public var sums: [Double] { (text + reference + matches).map(Double.init) }
    }

    /// Counts one segment against the reference that fits it best, the first of equals.
    ///
    /// - Throws: `EvaluationError.setting` without references or with a wrong order.
    public func counts(_ text: String, references: [String]) throws(EvaluationError) -> Counts {
        guard characterOrder >= 1 else { throw .setting(name: "characterOrder", value: "\(characterOrder)", expected: "at least 1") }
        guard wordOrder >= 0 else { throw .setting(name: "wordOrder", value: "\(wordOrder)", expected: "at least 0") }
        guard !references.isEmpty else { throw .setting(name: "references", value: "empty", expected: "at least one text") }
        let own = grams(text)
        var best = Counts(orders: 0)
        var bestScore = -1.0
        for reference in references {
            let other = grams(reference)
            var counts = Counts(orders: characterOrder + wordOrder)
            count(own.characters, other.characters, from: 0, &counts)
            count(own.words, other.words, from: characterOrder, &counts)
            let value = score(counts)
            if value > bestScore { (best, bestScore) = (counts, value) }
        }
        return best
    }

    private func count<Element: Hashable>(
        _ own: [[ArraySlice<Element>: Int]], _ other: [[ArraySlice<Element>: Int]], from start: Int, _ counts: inout Counts
    ) {
        for (order, (a, b)) in zip(own, other).enumerated() {
            counts.text[start + order] = b.isEmpty ? 0 : a.values.reduce(0, +)
            counts.reference[start + order] = b.values.reduce(0, +)
            counts.matches[start + order] = a.reduce(0) { $0 + min($1.value, b[$1.key] ?? 0) }
        }
    }

    private func grams(
        _ text: String
    ) -> (characters: [[ArraySlice<Unicode.Scalar>: Int]], words: [[ArraySlice<SegmentToken>: Int]]) {
        var scalars = Array(text.unicodeScalars)
        if lowercase { scalars = SegmentText.lowercased(scalars) }
        let characters = whitespace ? scalars : scalars.filter { !$0.isPythonSpace }
        let words = wordOrder == 0 ? [] : Self.words(scalars)
        return (
            (1...characterOrder).map { SegmentText.runs(of: $0, in: characters) },
            (0..<wordOrder).map { SegmentText.runs(of: $0 + 1, in: words) }
        )
    }

    /// Words with one mark at the end, or else at the start, set off.
    private static func words(_ text: [Unicode.Scalar]) -> [SegmentToken] {
        SegmentText.words(text).flatMap { word -> [SegmentToken] in
            guard word.count > 1, let first = word.first, let last = word.last else { return [SegmentText.token(word)] }
            if last.isASCIIPunctuation { return [SegmentText.token(word.dropLast()), SegmentText.token(word.suffix(1))] }
            if first.isASCIIPunctuation { return [SegmentText.token(word.prefix(1)), SegmentText.token(word.dropFirst())] }
            return [SegmentText.token(word)]
        }
    }

    /// The score of added-up counts.
    public func score(_ counts: Counts) -> Double {
        let (factor, tiny) = (beta * beta, 1e-16)
        var (precisions, recalls, sum, orders) = (0.0, 0.0, 0.0, 0)
        for order in counts.text.indices {
            let (own, other, both) = (Double(counts.text[order]), Double(counts.reference[order]), Double(counts.matches[order]))
            let precision = own > 0 ? both / own : tiny
            let recall = other > 0 ? both / other : tiny
            let divisor = factor * precision + recall
            sum += divisor > 0 ? (1 + factor) * precision * recall / divisor : tiny
            if own > 0, other > 0 {
                precisions += precision
                recalls += recall
                orders += 1
            }
        }
        if countsEmptyOrders { return 100 * sum / Double(counts.text.count) }
        guard orders > 0, precisions + recalls > 0 else { return 0 }
        let (precision, recall) = (precisions / Double(orders), recalls / Double(orders))
        return 100 * ((1 + factor) * precision * recall) / (factor * precision + recall)
    }

    /// The score of all segments counted together.
    ///
    /// - Throws: `EvaluationError` without segments, where lists differ in length or a segment has no reference.
    public func corpus(_ texts: [String], references: [[String]]) throws(EvaluationError) -> Double {
        guard texts.count == references.count else { throw .countMismatch(truths: references.count, predictions: texts.count) }
        guard !texts.isEmpty else { throw .empty }
        var sum = Counts(orders: characterOrder + wordOrder)
        for (text, own) in zip(texts, references) { try sum.merge(counts(text, references: own)) }
        return score(sum)
    }

    /// The score of one segment.
    ///
    /// - Throws: `EvaluationError.setting` without references.
    public func sentence(_ text: String, references: [String]) throws(EvaluationError) -> Double {
        score(try counts(text, references: references))
    }

    /// The settings in the form that sacrebleu prints.
    ///
    /// - Parameter references: the references of each segment; nil where segments have different numbers.
    public func signature(references: Int?) -> String {
        segmentSignature(
            references,
            [
                ("case", lowercase ? "lc" : "mixed"), ("eff", countsEmptyOrders ? "no" : "yes"), ("nc", "\(characterOrder)"),
                ("nw", "\(wordOrder)"), ("space", whitespace ? "yes" : "no"),
            ])
    }
}
