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
        let divisor = Self.logSum(scores)
        self.token = token
        logprob = Double(scores[Int(token)]) - divisor
        top = TokenSelection.top(count, of: scores).map { Alternative(token: $0.id, logprob: Double($0.score) - divisor) }
    }

    /// `log Σ exp`, in float64.
    static func logSum(_ scores: UnsafeBufferPointer<Float>) -> Double {
        var highest = -Float.infinity
        for score in scores { highest = max(highest, score) }
        var sum = 0.0
        for score in scores where score - highest > -100 { sum += exp(Double(score - highest)) }
        return Double(highest) + log(sum)
    }
}
