internal import Foundation

/// Measures how many runs of 1 to 4 tokens a text shares with references, `0 ... 100`.
///
/// `BP · exp(Σ_{n ≤ N} log p_n / N)`, with `p_n` the share of the text's n-grams found in a reference (clipped to the most any reference
/// has) and `BP = exp(1 − r/c)` for texts shorter than the closest references. Source: doi:10.3115/1073083.1073135; numbers equal
/// sacrebleu 2.6.0. Departures: none.
public struct BLEU: Codable, Sendable, Equatable {
    /// What to do with n-gram orders that have no match (doi:10.3115/v1/W14-3346).
    public enum Smoothing: Codable, Sendable, Equatable {
        /// Nothing: one order without a match makes the score 0.
        case none
        /// Puts this many matches where there are none; 0.1 is usual.
        case floor(Double)
        /// Adds this to matches and totals of the orders above 1; 1 is usual.
        case addK(Double)
        /// Halves the share once more for each order without a match.
        case exponential
    }

    /// How segments become tokens.
    public var tokenizer = BLEUTokenizer.thirteenA
    /// Whether letter case is set aside.
    public var lowercase = false
    /// What to do with orders that have no match.
    public var smoothing = Smoothing.exponential
    /// The longest n-grams, at least 1.
    public var maximumOrder = 4
    /// Whether orders longer than the text are left out; `sentence(_:references:)` always does that.
    public var effectiveOrder = false

    /// Makes the field's usual BLEU.
    public init() {}

    /// Counts of one segment, or of many added up.
    public struct Counts: Codable, Sendable, Equatable {
        /// Tokens of the text.
        public var length = 0
        /// Tokens of the closest references.
        public var referenceLength = 0
        /// Matches of each order, from 1.
        public var matches: [Int]
        /// N-grams of each order, from 1.
        public var totals: [Int]

        /// Starts at nothing.
        public init(order: Int) {
            matches = Array(repeating: 0, count: order)
            totals = matches
        }

        /// Reads added-up `sums` back; nil for a list of another form.
        public init?(sums: [Double]) {
            guard sums.count >= 4, sums.count % 2 == 0 else { return nil }
            let order = (sums.count - 2) / 2
            let numbers = sums.map { Int($0) }
            (length, referenceLength) = (numbers[0], numbers[1])
            (matches, totals) = (Array(numbers[2..<2 + order]), Array(numbers[(2 + order)...]))
        }

        /// Adds another segment's counts.
        public mutating func merge(_ other: Counts) throws(EvaluationError) {
            guard matches.count == other.matches.count else { throw .different(what: "the orders of n-grams") }
            length += other.length
            referenceLength += other.referenceLength
            for order in matches.indices {
                matches[order] += other.matches[order]
                totals[order] += other.totals[order]
            }
        }

        /// The counts as numbers that add up over segments, for `Bootstrap.interval(of:sums:value:)`.
        public var sums: [Double] { ([length, referenceLength] + matches + totals).map(Double.init) }
    }

    /// A score and what it rests on.
    public struct Score: Codable, Sendable, Equatable {
        /// BLEU, `0 ... 100`.
        public var value: Double
        /// The (smoothed) share of matches of each order, in percent.
        public var precisions: [Double]
        /// The penalty for short texts, `0 ... 1`.
        public var brevityPenalty: Double
        /// What was counted.
        public var counts: Counts
    }

    /// Counts one segment against its references.
    ///
    /// - Throws: `EvaluationError.setting` without references or with a wrong order.
    public func counts(_ text: String, references: [String]) throws(EvaluationError) -> Counts {
        guard maximumOrder >= 1 else { throw .setting(name: "maximumOrder", value: "\(maximumOrder)", expected: "at least 1") }
        guard !references.isEmpty else { throw .setting(name: "references", value: "empty", expected: "at least one text") }
        let tokens = tokenizer.tokens(text, lowercase: lowercase)
        let others = references.map { tokenizer.tokens($0, lowercase: lowercase) }
        var counts = Counts(order: maximumOrder)
        counts.length = tokens.count
        counts.referenceLength =
            others.map(\.count).min { (abs($0 - tokens.count), $0) < (abs($1 - tokens.count), $1) } ?? 0
        for order in 1...maximumOrder {
            let own = SegmentText.runs(of: order, in: tokens)
            counts.totals[order - 1] = max(0, tokens.count - order + 1)
            guard !own.isEmpty else { continue }
            var most: [ArraySlice<SegmentToken>: Int] = [:]
            for other in others { most.merge(SegmentText.runs(of: order, in: other), uniquingKeysWith: max) }
            counts.matches[order - 1] = own.reduce(0) { $0 + min($1.value, most[$1.key] ?? 0) }
        }
        return counts
    }

    /// The score of added-up counts.
    public func score(_ counts: Counts) -> Score {
        let penalty =
            counts.length >= counts.referenceLength
            ? 1 : counts.length == 0 ? 0 : exp(1 - Double(counts.referenceLength) / Double(counts.length))
        let order = counts.matches.count
        var precisions = Array(repeating: 0.0, count: order)
        guard counts.matches.contains(where: { $0 > 0 }) else {
            return Score(value: 0, precisions: precisions, brevityPenalty: penalty, counts: counts)
        }
        var (halving, effective) = (1.0, order)
        for n in 0..<order {
            var (matches, total) = (Double(counts.matches[n]), Double(counts.totals[n]))
            if case .addK(let k) = smoothing, n > 0 {
                matches += k
                total += k
            }
            if total == 0 { break }
            if effectiveOrder { effective = n + 1 }
            if matches > 0 {
                precisions[n] = 100 * matches / total
            } else if case .exponential = smoothing {
                halving *= 2
                precisions[n] = 100 / (halving * total)
            } else if case .floor(let value) = smoothing {
                precisions[n] = 100 * value / total
            }
        }
        let logs = precisions.prefix(effective).map { $0 == 0 ? -9_999_999_999 : log($0) }
        return Score(
            value: penalty * exp(logs.reduce(0, +) / Double(effective)), precisions: precisions, brevityPenalty: penalty, counts: counts)
    }

    /// The score of all segments counted together.
    ///
    /// - Throws: `EvaluationError` without segments, where lists differ in length or a segment has no reference.
    public func corpus(_ texts: [String], references: [[String]]) throws(EvaluationError) -> Score {
        guard texts.count == references.count else { throw .countMismatch(truths: references.count, predictions: texts.count) }
        guard !texts.isEmpty else { throw .empty }
        var sum = Counts(order: maximumOrder)
        for (text, own) in zip(texts, references) { try sum.merge(counts(text, references: own)) }
        return score(sum)
    }

    /// The score of one segment, over the orders that the segment is long enough for.
    ///
    /// - Throws: `EvaluationError.setting` without references.
    public func sentence(_ text: String, references: [String]) throws(EvaluationError) -> Score {
        var settings = self
        settings.effectiveOrder = true
        return settings.score(try counts(text, references: references))
    }

    /// The settings in the form that sacrebleu prints, so that numbers in papers can be told apart.
    ///
    /// - Parameter references: the references of each segment; nil where segments have different numbers.
    public func signature(references: Int?) -> String {
        let smooth =
            switch smoothing {
            case .none: "none"
            case .floor(let value): "floor[\(String(format: "%.2f", value))]"
            case .addK(let value): "add-k[\(String(format: "%.2f", value))]"
            case .exponential: "exp"
            }
        return segmentSignature(
            references,
            [
                ("case", lowercase ? "lc" : "mixed"), ("eff", effectiveOrder ? "yes" : "no"), ("tok", tokenizer.rawValue),
                ("smooth", smooth),
            ])
    }
}

/// `nrefs:1|...|version:hone`: sacrebleu's form; the version says that another program computed it.
func segmentSignature(_ references: Int?, _ settings: [(String, String)]) -> String {
    (["nrefs:\(references.map { "\($0)" } ?? "var")"] + settings.map { "\($0.0):\($0.1)" } + ["version:hone"]).joined(separator: "|")
}
