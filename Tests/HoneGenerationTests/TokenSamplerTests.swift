import Foundation
import Testing

@testable import HoneGeneration

@Suite("Token sampler")
struct TokenSamplerTests {
    private func draws(_ settings: SamplingSettings, _ scores: [Float], count: Int, prompt: [Int32] = [1], sample: Int = 0) -> [Int32?] {
        var sampler = TokenSampler(settings, prompt: prompt, sample: sample)
        return (0..<count).map { _ in scores.withUnsafeBufferPointer { sampler.choose($0) } }
    }

    @Test("tokens come as often as their probabilities say")
    func frequencies() {
        let probabilities = [0.5, 0.3, 0.15, 0.05]
        var settings = SamplingSettings()
        settings.seed = 5
        let scores = probabilities.map { Float(log($0)) + 3 }
        let tokens = draws(settings, scores, count: 20_000)
        for (id, expected) in probabilities.enumerated() {
            let share = Double(tokens.count { $0 == Int32(id) }) / 20_000
            // Four standard deviations.
            #expect(abs(share - expected) < 4 * (expected * (1 - expected) / 20_000).squareRoot(), "\(id): \(share)")
        }
    }

    @Test("a high temperature flattens, a low one sharpens, 0 takes the best")
    func temperature() {
        var settings = SamplingSettings()
        let scores: [Float] = [0, 2, 1]
        settings.temperature = 0.05
        #expect(draws(settings, scores, count: 200).allSatisfy { $0 == 1 })
        settings.temperature = 100
        #expect(Set(draws(settings, scores, count: 200)) == [0, 1, 2])
        settings.temperature = 0
        #expect(draws(settings, [2, 2, 1], count: 5).allSatisfy { $0 == 0 })
        #expect(draws(settings, [.nan, 1], count: 1) == [nil])
    }

    @Test("numbers depend on seed, prompt and sample, and on nothing else")
    func streams() {
        var random = TestRandom(state: 8)
        let scores = random.logits(50, scale: 1)
        var settings = SamplingSettings()
        settings.seed = 1
        let first = draws(settings, scores, count: 30)
        #expect(draws(settings, scores, count: 30) == first)
        #expect(draws(settings, scores, count: 30, prompt: [2]) != first)
        #expect(draws(settings, scores, count: 30, sample: 1) != first)
        settings.seed = 2
        #expect(draws(settings, scores, count: 30) != first)
    }
}
