internal import Foundation

/// Finds the likeliest answer among the scores that a model gives to first and last tokens.
///
/// The score of an answer is the sum of its two logits; the best over all windows of a context counts, and only tokens of the context.
/// Where there may be no answer, the score of “none” is the least sum of the first token's logits over the windows, and it wins where it
/// exceeds the best answer's by more than the threshold. Sources: arXiv:1810.04805, sections 4.2 and 4.3; Transformers'
/// `postprocess_qa_predictions`. Departures: every answer is looked at, not the 20 best first and last tokens.
public struct AnswerSearch: Sendable, Equatable {
    /// The longest answer in tokens.
    public var maximumTokens: Int
    /// Whether a context may have no answer.
    public var mayBeAbsent: Bool
    /// By how much “none” must score higher than the best answer.
    public var threshold: Double

    /// Makes a search.
    public init(maximumTokens: Int, mayBeAbsent: Bool, threshold: Double = 0) {
        (self.maximumTokens, self.mayBeAbsent, self.threshold) = (maximumTokens, mayBeAbsent, threshold)
    }

    /// The scores of one window: a number for each token of its row.
    public struct Scores: Sendable {
        /// The row that was scored.
        public var window: QuestionWindow
        /// How well an answer begins at each token.
        public var starts: [Float]
        /// How well an answer ends at each token.
        public var ends: [Float]

        /// Puts a window and its scores together; both lists have a number for each token.
        public init(_ window: QuestionWindow, starts: [Float], ends: [Float]) {
            (self.window, self.starts, self.ends) = (window, starts, ends)
        }
    }

    /// The best answer over the windows of one context.
    public func best(_ windows: [Scores]) -> FoundAnswer {
        var (best, none) = (-Double.infinity, Double.infinity)
        var range: Range<Int>?
        var mass = LogSum()
        for scores in windows where !scores.starts.isEmpty {
            let context = scores.window.context
            none = min(none, Double(scores.starts[0]) + Double(scores.ends[0]))
            for start in context {
                for end in start..<min(start + maximumTokens, context.upperBound) {
                    let score = Double(scores.starts[start]) + Double(scores.ends[end])
                    mass.add(score)
                    guard score > best else { continue }
                    let (first, last) = (scores.window.spans[start - context.lowerBound], scores.window.spans[end - context.lowerBound])
                    (best, range) = (score, Int(first.start)..<max(Int(first.start), Int(last.end)))
                }
            }
        }
        if mayBeAbsent { mass.add(none) }
        guard none.isFinite else { return FoundAnswer(range: nil, score: 0, probability: 0) }
        guard range != nil, !mayBeAbsent || none - best <= threshold else {
            return FoundAnswer(range: nil, score: none, probability: mayBeAbsent ? mass.share(of: none) : 0)
        }
        return FoundAnswer(range: range, score: best, probability: mass.share(of: best))
    }
}

/// Holds an answer as a place in its context.
public struct FoundAnswer: Sendable, Equatable {
    /// The Unicode scalars of the context that are the answer; nil for none.
    public var range: Range<Int>?
    /// The sum of the logits of its first and last token.
    public var score: Double
    /// Its share of all answers that were looked at, `0 ... 1`.
    public var probability: Double

    /// Makes an answer.
    public init(range: Range<Int>?, score: Double, probability: Double) {
        (self.range, self.score, self.probability) = (range, score, probability)
    }

    /// The same answer without the white space that its tokens begin or end with.
    public func trimmed(in context: String) -> FoundAnswer {
        guard var range else { return self }
        let scalars = Array(context.unicodeScalars)
        while let last = range.last, scalars[last].properties.isWhitespace { range = range.lowerBound..<last }
        while let first = range.first, scalars[first].properties.isWhitespace { range = (first + 1)..<range.upperBound }
        return FoundAnswer(range: range, score: score, probability: probability)
    }

    /// The answer as it stands in the context; empty for none.
    public func text(in context: String) -> String {
        guard let range else { return "" }
        let scalars = context.unicodeScalars
        let start = scalars.index(scalars.startIndex, offsetBy: range.lowerBound)
        return String(scalars[start..<scalars.index(start, offsetBy: range.count)])
    }
}

/// Adds exponentials without overflow.
private struct LogSum {
    private var largest = -Double.infinity
    private var sum = 0.0

    mutating func add(_ value: Double) {
        if value > largest {
            sum = sum * exponential(largest - value) + 1
            largest = value
        } else {
            sum += exponential(value - largest)
        }
    }

    /// `eˣ` over the sum of all.
    func share(of value: Double) -> Double { sum > 0 ? exponential(value - largest) / sum : 0 }

    private func exponential(_ x: Double) -> Double { x == -.infinity ? 0 : Foundation.exp(x) }
}
