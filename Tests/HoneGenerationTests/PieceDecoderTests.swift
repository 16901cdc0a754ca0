import Foundation
import HoneText
import Testing

@testable import HoneGeneration

@Suite("Streamed decoding")
struct PieceDecoderTests {
    /// Bytes as tokens: `é` is two of them, `日` three.
    static let json = """
        {"version":"1.0","truncation":null,"padding":null,"added_tokens":[{"id":0,"content":"<end>","single_word":false,"lstrip":false,
        "rstrip":false,"normalized":false,"special":true}],"normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,
        "trim_offsets":true,"use_regex":true},"post_processor":null,"decoder":{"type":"ByteLevel","add_prefix_space":true,
        "trim_offsets":true,"use_regex":true},"model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,
        "end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,"vocab":{"<end>":0,"H":1,"i":2,"Ġ":3,"Ã":4,
        "©":5,"!":6,"æ":7,"Ĺ":8,"¥":9},"merges":[]}}
        """

    /// A model that counts: after token `i` comes `i + 1`, after the last one 0.
    private var counting: TableScorer {
        let table = (0..<10).flatMap { token in (0..<10).map { Float($0 == (token + 1) % 10 ? 5 : 0) } }
        return TableScorer(table: table, period: 1, vocabulary: 10)
    }

    private func run(_ change: (inout SamplingSettings) -> Void) throws -> (answer: GeneratedSequence, pieces: [String]) {
        var settings = SamplingSettings()
        (settings.temperature, settings.stopIDs) = (0, [0])
        change(&settings)
        let tokenizer = try Tokenizer(json: Data(Self.json.utf8), file: "bytes")
        var pieces: [String] = []
        let answers = try Generator(counting, settings: settings, tokenizer: tokenizer).generate([[1]]) { event in
            pieces.append(event.text)
            return .next
        }
        return (answers[0], pieces)
    }

    @Test("characters of several tokens come out whole, and the stop token has no text")
    func characters() throws {
        let (answer, pieces) = try run { _ in }
        #expect(pieces == ["i", " ", "", "é", "!", "", "", "日", ""])
        #expect(answer.text == "i é!日" && answer.finish == .stop && answer.tokens == [2, 3, 4, 5, 6, 7, 8, 9, 0])
    }

    @Test("a stop string of characters that span tokens is found")
    func stopString() throws {
        let (answer, pieces) = try run { $0.stop = ["é!"] }
        #expect(pieces == ["i", " ", "", "", ""])
        #expect(answer.text == "i " && answer.stopString == "é!" && answer.tokens == [2, 3, 4, 5, 6])
    }

    @Test("a character cut off by the length shows as the decoder shows it")
    func cut() throws {
        let (answer, pieces) = try run { $0.maximumTokens = 3 }
        #expect(answer.text == "i \u{FFFD}" && pieces.joined() == answer.text && answer.finish == .length)
    }
}
