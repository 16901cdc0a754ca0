import Foundation
import Testing

@testable import HoneGeneration

@Suite("Sampling settings")
struct SamplingSettingsTests {
    private func read(_ text: String) throws -> SamplingSettings { try JSONDecoder().decode(SamplingSettings.self, from: Data(text.utf8)) }

    @Test("missing keys keep their defaults, and settings survive being written")
    func roundTrip() throws {
        #expect(try read("{}") == SamplingSettings())
        var settings = SamplingSettings()
        (settings.temperature, settings.topK, settings.stop, settings.logprobs, settings.seed) = (0.7, 40, ["\n"], 5, .max)
        (settings.stopIDs, settings.samples, settings.minimumTokens, settings.maximumTokens) = ([2, 7], 3, 4, 9)
        let data = try JSONEncoder().encode(settings)
        #expect(try JSONDecoder().decode(SamplingSettings.self, from: data) == settings)
    }

    static let wrong = [
        ("temperature", "-1"), ("topK", "-2"), ("topP", "0"), ("topP", "1.5"), ("minP", "2"), ("repetitionPenalty", "0"),
        ("presencePenalty", "3"), ("frequencyPenalty", "-2.5"), ("noRepeatNGramSize", "-1"), ("maximumTokens", "0"),
        ("minimumTokens", "300"),
        ("stop", "[\"\"]"), ("stopIDs", "[-1]"), ("logprobs", "101"), ("samples", "0"),
    ]

    @Test("values out of range are refused with their key", arguments: wrong)
    func refused(_ key: String, _ value: String) {
        let error = #expect(throws: GenerationError.self) { try read("{\"\(key)\": \(value)}") }
        guard case .setting(let named, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(named == key)
    }

    @Test("unknown keys are refused, and several greedy answers too")
    func unknown() {
        #expect(throws: GenerationError.unknownKey("top_k", known: SamplingSettings.CodingKeys.allCases.map(\.rawValue))) {
            try read("{\"top_k\": 3}")
        }
        #expect(throws: GenerationError.self) { try read("{\"temperature\": 0, \"samples\": 2}") }
    }
}
