import Foundation
import Hone
import Testing

@testable import HoneCLI

@Suite("What a chat says")
struct ChatTextTests {
    private func answer(_ finish: String, text: String = "x", tokens: Int = 41, reused: Int = 0) throws -> WrittenAnswer {
        let json = """
            {"text": "\(text)", "promptTokens": 100, "reusedTokens": \(reused), "tokens": \(tokens), "finish": "\(finish)", "readSeconds": 0.5,
            "seconds": 2.5, "logprobs": []}
            """
        return try JSONDecoder().decode(WrittenAnswer.self, from: Data(json.utf8))
    }

    @Test("an answer that ended by itself needs no word, any other says why it ended")
    func endings() throws {
        #expect(ChatText.ending(try answer("stop")) == nil)
        #expect(ChatText.ending(try answer("stop", text: " ")) == "an empty answer: the model ended at once")
        #expect(ChatText.ending(try answer("length"))?.contains("41 tokens") == true)
        #expect(ChatText.ending(try answer("capacity"))?.contains("141 tokens") == true)
        #expect(ChatText.ending(try answer("cancelled")) == "stopped")
    }

    @Test("speed leaves the reading out, and says what was known")
    func stats() throws {
        #expect(ChatText.stats(try answer("stop")) == "41 tokens, 20 tokens/s · read 100 tokens in 500 ms")
        #expect(ChatText.stats(try answer("stop", reused: 90)).contains("read 100 tokens, 90 of them known already"))
        #expect(ChatText.stats(try answer("stop", tokens: 1)) == "1 token · read 100 tokens in 500 ms")
    }

    @Test("what is dropped is said in the right number")
    func dropped() {
        #expect(ChatText.dropped(1).contains("oldest 1 message no longer fits") && ChatText.dropped(1).contains("was left out"))
        #expect(ChatText.dropped(4).contains("oldest 4 messages no longer fit") && ChatText.dropped(4).contains("were left out"))
    }

    @Test("a prompt is shown with its tokens, and nothing in it can act on the terminal")
    func prompt() {
        let console = Console(isJSON: false, isTerminal: false, hasColour: false, width: 80)
        let prompt = WriterPrompt(
            text: "Hi\u{1B}[2J\n",
            tokens: [
                .init(id: 1, text: "<s>", isSpecial: true), .init(id: 7, text: "Hi\u{1B}[2J", isSpecial: false),
                .init(id: 8, text: "\n", isSpecial: false),
            ])
        #expect(ChatText.prompt(prompt, console) == ["Hi[2J\n", "3 tokens:", "1 <s> · 7 “Hi[2J” · 8 “\\n”"])
    }

    @Test("settings read as sentences")
    func settings() {
        var settings = SamplingSettings()
        settings.temperature = 0
        #expect(settings.words == "the likeliest token each time, at most 256 tokens")
        (settings.temperature, settings.topK, settings.topP, settings.maximumTokens) = (0.8, 40, 0.95, 1)
        #expect(settings.words == "temperature 0.8, top-k 40, top-p 0.95, at most 1 token")
    }

    @Test("line breaks are written out and read back")
    func lineBreaks() {
        for text in ["a\nb", "tab\there", "back\\slash", "\\n", "\n\n", ""] { #expect(text.withoutLineBreaks.withLineBreaks == text) }
        #expect("a\\".withLineBreaks == "a\\" && "\\x".withLineBreaks == "\\x")
    }
}
