import Foundation
import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneModels

@Suite("Writing a model folder")
struct ModelWriterTests {
    private let facts = HeadFacts(labels: ["a", "b", "c", "d", "e", "f", "g"], problem: .single)
    private func batch() throws -> FlatBatch { try FlatBatch(fixtures.tensors("tiny-bert/expected.safetensors"), layout: .packed) }

    @Test("what is written reads back to the same logits, bit for bit, also after training", arguments: [false, true])
    func roundTrip(_ trained: Bool) throws {
        let target = try TemporaryFolder()
        let model = try tinyBert(trainable: trained)
        if trained { for named in model.namedParameters() { try named.parameter.stored.detached().scale(by: 1.25) } }
        try ModelFolder(fixtures("tiny-bert")).write(model, head: facts, to: target("model"))
        let again = try tinyBert(folder: target("model"))
        try requireClose(logits(again, batch()), logits(model, batch()), .exact, "logits")
        #expect(again.namedParameters().map(\.key) == model.namedParameters().map(\.key))
        #expect(try ModelFolder(target("model")).labelNames == facts.labels)
    }

    @Test("the exact values are written, not the rounded ones that products ran with")
    func master() throws {
        let target = try TemporaryFolder()
        let model = try tinyBert(trainable: true, compute: .bfloat16)
        try ModelFolder(fixtures("tiny-bert")).write(model, head: facts, to: target.url)
        try requireClose(logits(tinyBert(folder: target.url), batch()), logits(tinyBert(), batch()), .exact, "logits")
    }

    @Test(
        "config.json keeps what it does not know, and says labels, problem and element type",
        arguments: [HeadFacts.Problem.single, .regression])
    func config(_ problem: HeadFacts.Problem) throws {
        let folder = try EditableFolder("tiny-bert-base")
        try folder.configure(["some_future_key": 3, "_name_or_path": "somewhere/else", "torch_dtype": "float16"])
        let target = try TemporaryFolder()
        let model = try folder.load(labels: 2).model
        try ModelFolder(folder.url).write(model, head: HeadFacts(labels: ["no", "yes"], problem: problem), to: target.url)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: target("config.json"))) as? [String: Any])
        #expect(json["some_future_key"] as? Int == 3 && json["_name_or_path"] == nil && json["torch_dtype"] == nil)
        #expect(json["dtype"] as? String == "float32" && json["architectures"] as? [String] == ["BertForSequenceClassification"])
        #expect(json["id2label"] as? [String: String] == ["0": "no", "1": "yes"])
        #expect(json["label2id"] as? [String: Int] == ["no": 0, "yes": 1])
        #expect(json["problem_type"] as? String == problem.rawValue)
    }

    @Test("a decoder that classifies is written with the id that fills batches where its configuration names none")
    func pad() throws {
        func written(_ name: String, _ own: Any) throws -> Int? {
            let folder = try EditableFolder(name)
            try folder.configure(["pad_token_id": own])
            let (model, target) = (try ModelFolder(folder.url).classifier(labels: 2, head: .new, seed: 1).model, try TemporaryFolder())
            try ModelFolder(folder.url).write(model, head: HeadFacts(labels: ["no", "yes"], problem: .single, padID: 5), to: target.url)
            let json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: target("config.json"))) as? [String: Any])
            return json["pad_token_id"] as? Int
        }
        #expect(try written("llama", NSNull()) == 5 && written("llama", 3) == 3)
        // An encoder counts positions from its own.
        #expect(try written("tiny-bert-base", NSNull()) == nil)
    }

    @Test("numbers that were written with a point keep one: Transformers 5 refuses 1 where a float is declared")
    func floats() throws {
        let text = #"{"b": [1, 1.0, -2.0, 1e-05, 2.5], "a": {"t": true, "n": null, "s": "a/b \"ü\"", "e": {}, "l": []}, "big": 1e22}"#
        let values = try JSONSerialization.jsonObject(with: Data(text.utf8))
        let written = try configText(values)
        #expect(
            written == """
                {
                  "a": {
                    "e": {},
                    "l": [],
                    "n": null,
                    "s": "a/b \\"ü\\"",
                    "t": true
                  },
                  "b": [
                    1,
                    1.0,
                    -2.0,
                    1e-05,
                    2.5
                  ],
                  "big": 1e+22
                }
                """)
        #expect(try JSONSerialization.jsonObject(with: Data(written.utf8)) as? NSDictionary == values as? NSDictionary)
    }

    @Test("a single output without a name gets Transformers' own")
    func unnamed() throws {
        let folder = try EditableFolder("tiny-bert-base")
        let target = try TemporaryFolder()
        try ModelFolder(folder.url).write(folder.load(labels: 1).model, head: HeadFacts(labels: [], problem: .regression), to: target.url)
        #expect(try ModelFolder(target.url).labelNames == ["LABEL_0"])
    }

    @Test("weights of a half-precision checkpoint are written in float32, as config.json says")
    func halfPrecision() throws {
        let folder = try EditableFolder("tiny-bert")
        try folder.rewrite { ($0, try $1.to(.float16)) }
        let target = try TemporaryFolder()
        try ModelFolder(folder.url).write(folder.load().model, head: facts, to: target.url)
        let checkpoint = try Checkpoint(folder: target.url)
        #expect(try checkpoint.keys.allSatisfy { try checkpoint.entry($0).dtype == .float32 })
    }

    @Test("merged weights take the place of stored ones")
    func merged() throws {
        let target = try TemporaryFolder()
        let model = try tinyBert()
        let key = "bert.encoder.layer.1.attention.self.query.weight"
        let change = MergedWeight { try Tensor.full([30, 30], 0.5).transposed() }
        try ModelFolder(fixtures("tiny-bert")).write(model, head: facts, to: target.url, merged: [key: change])
        let written = try TensorFixture(target("model.safetensors"))
        #expect(try Set(written(key).floats()) == [0.5])
        try requireClose(
            written("classifier.weight"), TensorFixture(fixtures("tiny-bert/model.safetensors"))("classifier.weight"), .exact,
            "another weight")
    }

    @Test("the tokenizer's files go along, those that are there; equal labels are refused")
    func companions() throws {
        let folder = try EditableFolder("tiny-bert")
        try Data("{}".utf8).write(to: folder.url.appending(path: "tokenizer.json"))
        try Data("x".utf8).write(to: folder.url.appending(path: "notes.txt"))
        let target = try TemporaryFolder()
        let model = try folder.load().model
        try ModelFolder(folder.url).write(model, head: facts, to: target("m"))
        let names = try FileManager.default.contentsOfDirectory(atPath: target("m").path).sorted()
        #expect(names == ["config.json", "model.safetensors", "tokenizer.json"])
        let twice = HeadFacts(labels: ["a", "a", "c", "d", "e", "f", "g"], problem: .single)
        #expect(throws: ModelError.self) { try ModelFolder(folder.url).write(model, head: twice, to: target("n")) }
        #expect(throws: ModelError.self) {
            try ModelFolder(folder.url).write(model, head: HeadFacts(labels: ["a"], problem: .single), to: target("n"))
        }
        #expect(!FileManager.default.fileExists(atPath: target("n").path))
    }
}
