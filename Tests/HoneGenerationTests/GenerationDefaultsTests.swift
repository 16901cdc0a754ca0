import Foundation
import Testing

@testable import HoneGeneration

@Suite("Defaults of a model folder")
struct GenerationDefaultsTests {
    private func read(_ text: String) throws -> GenerationDefaults { try GenerationDefaults(json: Data(text.utf8)) }

    @Test("a chat model's file gives sampling with its numbers")
    func chat() throws {
        let defaults = try read(
            """
            {"bos_token_id": 151643, "pad_token_id": 151643, "do_sample": true, "eos_token_id": [151645, 151643],
             "repetition_penalty": 1.05, "temperature": 0.7, "top_p": 0.8, "top_k": 20, "transformers_version": "4.37.0"}
            """)
        var expected = SamplingSettings()
        (expected.temperature, expected.topP, expected.topK, expected.repetitionPenalty) = (0.7, 0.8, 20, 1.05)
        expected.stopIDs = [151645, 151643]
        #expect(defaults.sampling == expected)
        #expect(defaults.padID == 151643 && defaults.startID == 151643)
        #expect(defaults.notApplied.isEmpty && defaults.beams == nil)
    }

    @Test("without `do_sample` the choice is greedy; with it top_k is 50")
    func plain() throws {
        let greedy = try read("{\"temperature\": 0.6, \"top_p\": 0.9, \"eos_token_id\": 2, \"max_length\": 4096}")
        #expect(greedy.sampling.isGreedy && greedy.sampling.topP == 1 && greedy.sampling.stopIDs == [2])
        #expect(greedy.maximumLength == 4096)
        #expect(try read("{\"do_sample\": true}").sampling.topK == 50)
        #expect(try read("{\"eos_token_id\": null}").sampling.stopIDs.isEmpty)
    }

    @Test("beam search is read, and what Hone does not have is listed")
    func beams() throws {
        let defaults = try read(
            """
            {"num_beams": 4, "length_penalty": 2.0, "early_stopping": true, "no_repeat_ngram_size": 3, "eos_token_id": 2,
             "decoder_start_token_id": 2, "forced_bos_token_id": 0, "typical_p": 1.0, "min_length": 56, "use_cache": true}
            """)
        let beams = try #require(defaults.beams)
        #expect(beams.beams == 4 && beams.lengthPenalty == 2 && beams.earlyStopping == .whenFull && beams.noRepeatNGramSize == 3)
        #expect(beams.stopIDs == [2] && defaults.decoderStartID == 2)
        #expect(defaults.notApplied == ["forced_bos_token_id", "min_length"])
        #expect(try read("{\"num_beams\": 2, \"early_stopping\": \"never\"}").beams?.earlyStopping == .never)
    }

    @Test(
        "wrong values are refused with the file's own key",
        arguments: [
            ("top_p", "7"), ("top_k", "1.5"), ("temperature", "\"hot\""), ("do_sample", "3"), ("eos_token_id", "[1, \"x\"]"),
            ("pad_token_id", "[1, 2]"), ("stop_strings", "[3]"), ("temperature", "0"),
        ])
    func refused(_ key: String, _ value: String) {
        let error = #expect(throws: GenerationError.self) {
            try read(key == "do_sample" ? "{\"do_sample\": \(value)}" : "{\"do_sample\": true, \"\(key)\": \(value)}")
        }
        guard case .setting(let named, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(named == key)
        #expect(throws: GenerationError.file("generation_config.json", problem: "not a JSON object")) { try read("[1]") }
    }
}
