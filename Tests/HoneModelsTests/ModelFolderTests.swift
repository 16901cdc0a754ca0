import Foundation
import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneModels

@Suite("Reading a model folder")
struct ModelFolderTests {
    private func batch() throws -> FlatBatch { try FlatBatch(fixtures.tensors("tiny-bert/expected.safetensors"), layout: .packed) }
    private func expected(_ name: String, in folder: String = "tiny-bert") throws -> Tensor {
        try fixtures.tensors("\(folder)/expected.safetensors")(name)
    }

    @Test("knows type and labels, and maps the weights without copying them")
    func reads() throws {
        let folder = try ModelFolder(fixtures("tiny-bert"))
        #expect(folder.modelType == "bert" && folder.labelNames.count == 7 && folder.labelNames[3] == "dispute")
        let (model, report) = try folder.classifier(labels: 7, head: .checkpoint, seed: 0)
        #expect(report.new.isEmpty && report.unused.isEmpty)
        #expect(report.bytes == model.namedParameters().reduce(0) { $0 + $1.parameter.count * 4 })
        #expect(model.namedParameters().allSatisfy { !$0.parameter.isTrainable })
    }

    @Test("a folder in Transformers 4's spelling gives the same logits")
    func olderSpelling() throws {
        let folder = try EditableFolder("tiny-bert")
        try FileManager.default.removeItem(at: folder.config)
        try FileManager.default.moveItem(at: folder.url.appending(path: "config-v4.json"), to: folder.config)
        try requireClose(logits(folder.load().model, batch()), expected("logits"), .float32Sum, "logits")
    }

    @Test("old names of norm weights are accepted")
    func gammaAndBeta() throws {
        let folder = try EditableFolder("tiny-bert")
        try folder.rewrite { key, tensor in
            guard key.contains("LayerNorm") else { return (key, tensor) }
            return (key.replacing("LayerNorm.weight", with: "LayerNorm.gamma").replacing("LayerNorm.bias", with: "LayerNorm.beta"), tensor)
        }
        try requireClose(logits(folder.load().model, batch()), expected("logits"), .float32Sum, "logits")
    }

    @Test("a bare encoder gets a new head, drawn from the seed and reported as new")
    func bareEncoder() throws {
        let folder = try EditableFolder("tiny-bert-base")
        let (model, report) = try folder.load(labels: 5, seed: 3)
        #expect(report.new == ["classifier.weight", "classifier.bias"] && report.unused.isEmpty)
        let hidden = try withGradients(false) { try model.hiddenStates(batch().input, batch().context()) }
        let slots = try batch().slots
        try requireClose(
            hidden, expected("last_hidden_state", in: "tiny-bert-base").reshaped([-1, 30]).selecting(Tensor(slots, shape: [slots.count])),
            .float32Sum, "last hidden state")
        let head = try #require(model.namedParameters().first { $0.key == "classifier.weight" }).parameter.stored
        #expect(head.shape == [5, 30])
        try requireClose(head.reshaped([-1]).variance(0).item().squareRoot(), 0.02, .sampleMean, "deviation")
        func weight(_ seed: UInt64) throws -> [Float] {
            try #require(try folder.load(labels: 5, seed: seed).model.namedParameters().first { $0.key == "classifier.weight" }).parameter
                .stored
                .floats()
        }
        #expect(try weight(3) == head.floats() && weight(4) != head.floats())
        #expect(try #require(model.namedParameters().first { $0.key == "classifier.bias" }).parameter.stored.floats() == [0, 0, 0, 0, 0])
    }

    @Test("an encoder without a pooler gets a new one, reported")
    func noPooler() throws {
        let folder = try EditableFolder("tiny-bert-base")
        try folder.rewrite { key, tensor in key.hasPrefix("pooler") ? nil : (key, tensor) }
        #expect(
            try folder.load().report.new
                == [
                    "classifier.weight", "classifier.bias", "bert.pooler.dense.weight", "bert.pooler.dense.bias",
                ].sorted(by: { a, b in a.hasPrefix("classifier") && !b.hasPrefix("classifier") }))
    }

    @Test("a head that is not wanted is replaced, and the old one listed as unused")
    func newHead() throws {
        let folder = try EditableFolder("tiny-bert")
        let (model, report) = try folder.load(labels: 3, head: .new)
        #expect(report.new == ["classifier.weight", "classifier.bias"] && report.unused == ["classifier.bias", "classifier.weight"])
        #expect(try logits(model, batch()).shape == [3, 3])
    }

    @Test("heads of pre-training and stored positions are left alone and listed")
    func unused() throws {
        let folder = try EditableFolder("tiny-bert")
        try folder.rewrite(adding: ["cls.predictions.bias": .zeros([97]), "bert.embeddings.position_ids": .range(0, 37)]) { ($0, $1) }
        #expect(try folder.load().report.unused == ["bert.embeddings.position_ids", "cls.predictions.bias"])
    }
}

@Suite("Model folders that cannot be used")
struct BadModelFolderTests {
    private func failure(_ folder: EditableFolder, labels: Int = 7) throws -> ModelError {
        try #require(throws: ModelError.self) { try folder.load(labels: labels) }
    }

    @Test("a folder without config.json, or with one that is no object or names no family, says so")
    func noConfig() throws {
        let folder = try EditableFolder("tiny-bert")
        try folder.configure(["model_type": "gpt9"])
        #expect(try failure(folder) == .unknownFamily("gpt9", file: folder.config.path, known: families.keys.sorted()))
        try folder.configure(["model_type": nil])
        #expect(try failure(folder) == .badConfig(file: folder.config.path, reason: "it has no “model_type”"))
        try Data("[1]".utf8).write(to: folder.config)
        #expect(try failure(folder) == .badConfig(file: folder.config.path, reason: "it is not a JSON object"))
        try FileManager.default.removeItem(at: folder.config)
        let error = try failure(folder)
        #expect(error == .noConfig(folder: folder.url.path))
        #expect(error.description.hasSuffix("A model is a Hugging Face folder: config.json, model.safetensors and tokenizer.json."))
        #expect(throws: ModelError.noFolder("/nowhere/at-all")) { try ModelFolder(URL(filePath: "/nowhere/at-all")) }
    }

    @Test("a missing weight is named", arguments: ["bert.encoder.layer.1.output.dense.bias", "bert.embeddings.word_embeddings.weight"])
    func missing(_ key: String) throws {
        let folder = try EditableFolder("tiny-bert")
        try folder.rewrite { $0 == key ? nil : ($0, $1) }
        let error = try failure(folder)
        #expect(error == .missingKeys([key], source: folder.url.appending(path: "model.safetensors").path))
        #expect(error.description.contains("model.safetensors lacks 1 weights that the model needs: “\(key)”"))
    }

    @Test("a weight with no place is named as the file spells it")
    func unexpected() throws {
        let folder = try EditableFolder("tiny-bert")
        try folder.rewrite(adding: ["bert.encoder.layer.3.output.dense.bias": .zeros([30]), "stray": .zeros([1])]) { ($0, $1) }
        guard case .unexpectedKeys(let keys, _) = try failure(folder) else { throw CheckFailure("another error") }
        #expect(keys == ["bert.encoder.layer.3.output.dense.bias", "stray"])
    }

    @Test("a weight of another shape is named with both shapes")
    func shape() throws {
        let folder = try EditableFolder("tiny-bert")
        let key = "bert.encoder.layer.0.intermediate.dense.weight"
        try folder.rewrite { ($0, $0 == key ? try $1.transposed().contiguous() : $1) }
        let source = folder.url.appending(path: "model.safetensors").path
        #expect(try failure(folder) == .shape(key: key, expected: [41, 30], found: [30, 41], source: source))
    }

    @Test("a head for another number of labels is told from a head of another width")
    func head() throws {
        let folder = try EditableFolder("tiny-bert")
        let source = folder.url.appending(path: "model.safetensors").path
        let error = try failure(folder, labels: 4)
        #expect(error == .headMismatch(found: 7, needed: 4, source: source))
        #expect(error.description.contains("has a classification head for 7 labels; this task has 4. Set model.head to new"))
        try folder.rewrite { ($0, $0 == "classifier.weight" ? try $1.slice(1, 0..<29).contiguous() : $1) }
        #expect(try failure(folder) == .shape(key: "classifier.weight", expected: [7, 30], found: [7, 29], source: source))
        try folder.rewrite { ($0, $0 == "classifier.weight" ? try Tensor.full([], 1) : $1) }
        #expect(try failure(folder) == .shape(key: "classifier.weight", expected: [7, 30], found: [], source: source))
    }

    @Test("one weight under two names is an error, not a choice")
    func twice() throws {
        let folder = try EditableFolder("tiny-bert")
        try folder.rewrite(adding: ["bert.embeddings.LayerNorm.gamma": .ones([30])]) { ($0, $1) }
        guard case .twoSpellings(let key, let stored, _) = try failure(folder) else { throw CheckFailure("another error") }
        #expect(key == "bert.embeddings.LayerNorm.weight" && stored.sorted() == ["bert.embeddings.LayerNorm.gamma", key])
    }

    @Test("weights that are whole numbers are refused")
    func integers() throws {
        let folder = try EditableFolder("tiny-bert")
        try folder.rewrite { ($0, $0 == "classifier.bias" ? try $1.to(.int64) : $1) }
        let error = try #require(throws: WeightError.self) { try folder.load() }
        #expect("\(error)".contains("classifier.bias"))
    }

    @Test("a cut-off weight file, and none at all, are errors that name the file")
    func truncated() throws {
        let folder = try EditableFolder("tiny-bert")
        let file = folder.url.appending(path: "model.safetensors")
        let bytes = try Data(contentsOf: file)
        try bytes.prefix(bytes.count - 100).write(to: file)
        let error = try #require(throws: WeightError.self) { try folder.load() }
        #expect("\(error)".contains("model.safetensors"))
        try FileManager.default.removeItem(at: file)
        let none = try #require(throws: WeightError.self) { try folder.load() }
        #expect("\(none)".contains(folder.url.lastPathComponent))
    }

    @Test("an activation that Hone does not compute is refused with those it does", arguments: ["quick_gelu", "mish"])
    func activation(_ name: String) throws {
        let folder = try EditableFolder("tiny-bert")
        try folder.configure(["hidden_act": name])
        #expect(
            try failure(folder)
                == .unsupported(key: "hidden_act", value: name, file: folder.config.path, supported: Activation.allCases.map(\.rawValue)))
    }
}
