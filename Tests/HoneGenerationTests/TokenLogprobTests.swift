import Foundation
import Testing

@testable import HoneGeneration

@Suite("Log-probabilities")
struct TokenLogprobTests {
    @Test("they are the model's, with the most likely tokens in falling order")
    func values() {
        let scores: [Float] = [log(0.5), log(0.125), log(0.25), log(0.125)].map { $0 + 7 }
        let found = scores.withUnsafeBufferPointer { TokenLogprob(token: 3, top: 3, of: $0) }
        #expect(abs(found.logprob - log(0.125)) < 1e-6)
        #expect(found.top.map(\.token) == [0, 2, 1])
        for (own, expected) in zip(found.top, [0.5, 0.25, 0.125]) { #expect(abs(exp(own.logprob) - expected) < 1e-6) }
    }

    @Test("very large and masked logits neither overflow nor count")
    func extremes() {
        let scores: [Float] = [3e38, 3e38, -.infinity, -3e38]
        let found = scores.withUnsafeBufferPointer { TokenLogprob(token: 1, top: 0, of: $0) }
        #expect(abs(found.logprob - log(0.5)) < 1e-9)
        #expect(found.top.isEmpty)
    }
}
