import Foundation
import HoneTestSupport
import Testing

@testable import HoneModels

@Suite("config.json of a BERT")
struct BertConfigTests {
    private func json(_ name: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: fixtures("tiny-bert/\(name)"))) as? [String: Any])
    }

    @Test("reads the spellings of Transformers 4 and 5 alike")
    func spellings() throws {
        let five = try BertConfig(json("config.json"), file: "config.json")
        #expect(try five == BertConfig(json("config-v4.json"), file: "config-v4.json"))
        #expect(five.vocabularySize == 97 && five.width == 30 && five.layers == 3 && five.heads == 5 && five.inner == 41)
        #expect(five.maximumPositions == 37 && five.typeVocabulary == 2 && five.normEpsilon == 1e-12 && five.activation == "gelu")
        #expect(five.classifierDropout == nil && five.hiddenDropout == 0.1 && five.initializerRange == 0.02)
        #expect(five.labelNames == ["activate", "block", "charge", "dispute", "exchange", "fees", "greeting"])
    }

    @Test("an absent key has Transformers' default")
    func defaults() throws {
        let config = try BertConfig([:], file: "config.json")
        #expect(config.vocabularySize == 30522 && config.width == 768 && config.layers == 12 && config.heads == 12)
        #expect(config.inner == 3072 && config.maximumPositions == 512 && config.labelNames.isEmpty)
    }

    @Test(
        "a value that cannot be is an error that names file, key and value",
        arguments: [
            ("hidden_size", "30" as any Sendable, "“hidden_size” is 30; expected a positive whole number"),
            ("num_hidden_layers", 2.5, "“num_hidden_layers” is 2.5; expected a positive whole number"),
            ("vocab_size", -97, "“vocab_size” is -97; expected a positive whole number"),
            ("layer_norm_eps", "small", "“layer_norm_eps” is small; expected a number"),
            ("hidden_act", 3, "“hidden_act” is 3; expected a string"),
            ("num_attention_heads", 7, "hidden_size 30 is not a multiple of num_attention_heads 7"),
        ])
    func badValues(_ key: String, _ value: any Sendable, _ reason: String) throws {
        var json = try json("config.json")
        json[key] = value
        let error = try #require(throws: ModelError.self) { try BertConfig(json, file: "folder/config.json") }
        #expect(error == .badConfig(file: "folder/config.json", reason: reason))
        #expect(error.description == "folder/config.json cannot be used: \(reason)")
    }

    @Test(
        "an architecture that Hone does not compute is refused by name",
        arguments: [
            ("position_embedding_type", "relative_key" as any Sendable), ("is_decoder", true), ("add_cross_attention", true),
        ])
    func unsupported(_ key: String, _ value: any Sendable) throws {
        var json = try json("config-v4.json")
        json[key] = value
        let error = try #require(throws: ModelError.self) { try BertConfig(json, file: "config.json") }
        #expect(error.description.hasPrefix("config.json: “\(key)” is “\(value)”; supported: "))
    }

    @Test("labels that are not numbered from 0 without a gap are no labels")
    func labels() throws {
        #expect(try BertConfig(["id2label": ["0": "a", "2": "b"]], file: "c").labelNames.isEmpty)
        #expect(try BertConfig(["id2label": ["1": "b", "0": "a"]], file: "c").labelNames == ["a", "b"])
    }
}
