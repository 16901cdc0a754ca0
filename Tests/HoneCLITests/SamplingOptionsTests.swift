import ArgumentParser
import Hone
import Testing

@testable import HoneCLI

@Suite("Options of sampling")
struct SamplingOptionsTests {
    private var wishes: SamplingSettings {
        var wishes = SamplingSettings()
        (wishes.temperature, wishes.maximumTokens, wishes.stopIDs) = (0.6, 100, [2])
        return wishes
    }

    @Test("what is given replaces the folder's wish, the rest stays")
    func applied() throws {
        let options = try SamplingOptions.parse([
            "--temperature", "0.9", "--top-k", "5", "--top-p", "0.5", "--min-p", "0.1", "--repetition-penalty", "1.1", "--presence-penalty",
            "0.5", "--frequency-penalty", "0.25", "--max-tokens", "7", "--stop", "\\n\\n", "--stop", "END", "--seed", "3",
        ])
        let found = try options.applied(to: wishes)
        #expect(found.temperature == 0.9 && found.topK == 5 && found.topP == 0.5 && found.minP == 0.1 && found.seed == 3)
        #expect(found.repetitionPenalty == 1.1 && found.presencePenalty == 0.5 && found.frequencyPenalty == 0.25)
        #expect(found.maximumTokens == 7 && found.stop == ["\n\n", "END"] && found.stopIDs == [2])
        #expect(options.given.count == 10)
        #expect(try SamplingOptions.parse([]).applied(to: wishes) == wishes)
    }

    @Test("a filter where nothing is drawn would do nothing, and is refused; so are numbers out of range")
    func refused() throws {
        var greedy = wishes
        greedy.temperature = 0
        for option in [["--top-k", "5"], ["--top-p", "0.5"], ["--min-p", "0.1"], ["--seed", "1"]] {
            #expect(throws: ValidationError.self) { try SamplingOptions.parse(option).applied(to: greedy) }
            #expect(throws: Never.self) { try SamplingOptions.parse(option + ["--temperature", "1"]).applied(to: greedy) }
        }
        for option in [["--top-p", "2"], ["--temperature", "-1"], ["--max-tokens", "0"], ["--presence-penalty", "3"]] {
            let text = option.map { $0.hasPrefix("-1") ? $0 : $0 }
            #expect(throws: (any Error).self) { try SamplingOptions.parse(text).applied(to: wishes) }
        }
    }
}
