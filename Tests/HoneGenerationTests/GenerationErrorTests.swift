import Foundation
import Testing

@testable import HoneGeneration

@Suite("Generation errors")
struct GenerationErrorTests {
    static let all: [GenerationError] = [
        .setting(key: "topP", value: "2", expected: "at most 1"), .unknownKey("top", known: ["topP"]), .file("a.json", problem: "not JSON"),
        .emptyPrompt(index: 3), .promptTooLong(index: 1, tokens: 9, limit: 8), .notFinite(sequence: 2, step: 4), .scorer("did nothing"),
    ]

    @Test("every message is a sentence, and Foundation sees the same text", arguments: all)
    func messages(_ error: GenerationError) {
        #expect(error.description.hasSuffix("."))
        #expect(error.localizedDescription == error.description)
    }

    @Test("a message names the prompt, its length and the limit")
    func wording() {
        let text = GenerationError.promptTooLong(index: 1, tokens: 9, limit: 8).description
        #expect(text.contains("prompt 1") && text.contains("9 tokens") && text.contains("at most 8"))
    }
}
