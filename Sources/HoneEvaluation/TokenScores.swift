internal import Foundation

/// Reduces a language model's losses and right guesses per token to perplexity and token accuracy.
///
/// Value, safe anywhere; sums in float64.
public struct TokenScores: Codable, Sendable, Equatable {
    private var loss = MeanValue()
    /// Tokens whose most likely prediction was right.
    public private(set) var right = 0

    /// Starts at nothing.
    public init() {}

    /// Tokens judged.
    public var tokens: Int { loss.count }
    /// The sum of −log p over those tokens, in nats.
    public var lossSum: Double { loss.sum }

    /// Adds a part: the sum of −log p over its target tokens, their count, and how many of them were the most likely token.
    ///
    /// - Throws: `EvaluationError.notFinite` for a sum that is not a finite number, `.setting` where counts do not fit.
    public mutating func add(lossSum: Double, tokens: Int, right: Int) throws(EvaluationError) {
        guard tokens >= 0, (0...max(0, tokens)).contains(right) else {
            throw .setting(name: "right", value: "\(right)", expected: "0 ... the number of tokens, here \(tokens)")
        }
        try loss.add(sum: lossSum, count: tokens)
        self.right += right
    }

    /// Adds another reducer's tokens.
    public mutating func merge(_ other: TokenScores) {
        loss.merge(other.loss)
        right += other.right
    }

    /// `loss` (the mean per token), `perplexity` (its exponential; infinite above some 709 nats) and `tokenAccuracy`.
    ///
    /// - Throws: `EvaluationError.empty` without tokens.
    public func values() throws(EvaluationError) -> [MetricName: Double] {
        guard let mean = loss.value else { throw .empty }
        return [.loss: mean, .perplexity: exp(mean), .tokenAccuracy: Double(right) / Double(tokens)]
    }

    /// Loss, tokens and right tokens, which add up over rows: for `Bootstrap.interval(of:sums:value:)`.
    public var sums: [Double] { [lossSum, Double(tokens), Double(right)] }

    /// Perplexity of added-up `sums`; nil without tokens.
    public static func perplexity(sums: [Double]) -> Double? {
        sums.count == 3 && sums[1] > 0 ? exp(sums[0] / sums[1]) : nil
    }
}
