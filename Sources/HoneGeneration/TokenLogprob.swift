internal import Foundation

/// The log-probability of a chosen token under the model itself: before penalties, temperature and filters.
public struct TokenLogprob: Codable, Sendable, Equatable {
    /// A token and its log-probability.
    public struct Alternative: Codable, Sendable, Equatable {
        /// The token.
        public var token: Int32
        /// log p, in nats.
        public var logprob: Double
    }

    /// The chosen token.
    public var token: Int32
    /// log p, in nats.
    public var logprob: Double
    /// The most likely tokens, descending, the chosen one among them where it belongs.
    public var top: [Alternative]

    init(token: Int32, top count: Int, of scores: UnsafeBufferPointer<Float>) {
        let divisor = LogDivisor(scores)
        self.token = token
        logprob = divisor.logprob(scores[Int(token)])
        top = TokenSelection.top(count, of: scores).map { Alternative(token: $0.id, logprob: divisor.logprob($0.score)) }
    }
}

/// What turns logits into log-probabilities, in float64: the highest logit and `log Σ exp` of the distances from it.
struct LogDivisor: Sendable {
    private let highest: Double
    private let logSum: Double

    init(_ scores: UnsafeBufferPointer<Float>) {
        var highest = -Float.infinity
        for score in scores { highest = max(highest, score) }
        var sum = 0.0
        for score in scores where score - highest > -100 { sum += exp(Double(score - highest)) }
        (self.highest, logSum) = (Double(highest), log(sum))
    }

    func logprob(_ score: Float) -> Double { Double(score) - highest - logSum }
}
