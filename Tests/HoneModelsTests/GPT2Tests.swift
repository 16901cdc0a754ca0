import Foundation
import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneModels

/// Logits, gradients, heads, bfloat16 and writing are checked with all families in FamilyTests, cached decoding in DecoderTests.
@Suite("GPT-2 against Transformers")
struct GPT2Tests {
    private let subject: FamilyCase

    init() throws { subject = try FamilyCase("gpt2") }

    private func languageModel(_ folder: EditableFolder) throws -> (model: any LanguageModel, report: LoadReport) {
        let (model, report) = try exclusively { try ModelFolder(folder.url).languageModel(seed: 0) }
        for named in model.namedParameters() { try named.parameter.prepare(trainable: false, compute: .float32) }
        return (model, report)
    }

    private func packed() throws -> (batch: FlatBatch, expected: Tensor) {
        let batch = try FlatBatch(subject.reference, layout: .packed)
        return (batch, try subject.rows(subject.reference("logits"), batch))
    }

    @Test("files of the first release, without a prefix, with masks as buffers and a copy of the table, give the same logits")
    func olderNames() throws {
        let folder = try EditableFolder("gpt2")
        let mask = try Tensor.ones([1, 1, 31, 31]), table = try TensorFixture(subject.folder.appending(path: "model.safetensors"))
        try folder.rewrite(adding: [
            "h.0.attn.bias": mask, "h.1.attn.masked_bias": try .full([1], -10_000),
            "lm_head.weight": try table("transformer.wte.weight"),
        ]) { key, tensor in (String(key.dropFirst("transformer.".count)), tensor) }
        let (model, report) = try languageModel(folder)
        #expect(report.unused == ["h.0.attn.bias", "h.1.attn.masked_bias", "lm_head.weight"] && report.new.isEmpty)
        let (batch, expected) = try packed()
        try requireClose(allLogits(model, batch), expected, .float32Sum, "logits")
    }

    @Test("segment ids change nothing")
    func segments() throws {
        let (batch, expected) = try packed()
        var input = batch.input
        input.typeIDs = try .ones([input.ids.count]).to(.int64)
        let model = try subject.languageModel()
        let found = try withGradients(false) {
            try model.vocabularyHead.logits(model.outputStates(input, batch.context(), keeping: nil))
        }
        try requireClose(found, expected, .float32Sum, "logits")
    }

    @Test("an output matrix of its own is read where the configuration says so")
    func untied() throws {
        let folder = try EditableFolder("gpt2")
        let table = try TensorFixture(subject.folder.appending(path: "model.safetensors"))("transformer.wte.weight")
        try folder.configure(["tie_word_embeddings": false])
        try folder.rewrite(adding: ["lm_head.weight": table * 2]) { ($0, $1) }
        let (model, report) = try languageModel(folder)
        #expect(report.unused.isEmpty && model.namedParameters().contains { $0.key == "lm_head.weight" })
        let (batch, expected) = try packed()
        try requireClose(allLogits(model, batch), expected * 2, .float32Sum, "logits")
    }

    @Test("dividing scores by the layer's number, or not at all, is the same as other queries would give")
    func scales() throws {
        // (settings, the factor on the queries of layer l that must have the same effect)
        let cases: [([String: Any?], (Int) -> Double)] = [
            (["scale_attn_by_inverse_layer_idx": true], { 1 / Double($0 + 1) }), (["scale_attn_weights": false], { _ in 2 }),
            (["reorder_and_upcast_attn": true], { _ in 1 }),
        ]
        let (batch, plain) = try packed()
        for (settings, factor) in cases {
            let folder = try EditableFolder("gpt2")
            try folder.configure(settings)
            let changed = try allLogits(languageModel(folder).model, batch)
            let other = try EditableFolder("gpt2")
            try other.rewrite { key, tensor in
                guard key.contains(".attn.c_attn."), let layer = Int(key.split(separator: ".")[2]) else { return (key, tensor) }
                let queries = try tensor.slice(-1, 0..<20) * factor(layer), rest = try tensor.slice(-1, 20..<60)
                return (key, try .concatenated([queries, rest], axis: tensor.shape.count - 1))
            }
            try requireClose(changed, allLogits(languageModel(other).model, batch), .float32Sum, "\(settings)")
            let isPlain = try largestDifference(changed, plain) < 1e-4
            #expect(isPlain == (settings.keys.first == "reorder_and_upcast_attn"), "\(settings)")
        }
    }

    @Test("what this family cannot be is refused by its key")
    func refusals() throws {
        func config(_ changes: [String: Any]) throws -> GPT2Config {
            try GPT2Config(ConfigReader(json: ["n_embd": 24, "n_head": 4].merging(changes) { $1 }, file: "f"))
        }
        #expect(try config([:]).inner == 96 && config([:]).maximumPositions == 1024 && config(["n_inner": NSNull()]).inner == 96)
        #expect(try config([:]).activation == .geluNew && config(["activation_function": "relu"]).activation == .relu)
        #expect(try config([:]).dropout == GPT2Dropout(embedding: 0.1, attention: 0.1, residual: 0.1))
        #expect(throws: ModelError.self) { try config(["n_head": 5]) }
        for (key, value) in [("add_cross_attention", true as any Sendable), ("activation_function", "gelu_quick")] {
            let error = try #require(throws: ModelError.self) { try config([key: value]) }
            #expect("\(error)".contains(key), "\(error)")
        }
    }

    @Test("the tagger is one matrix on every state, and begins new")
    func tagger() throws {
        let (model, report) = try exclusively { try ModelFolder(subject.folder).tagger(labels: 4, head: .new, seed: 3) }
        #expect(Set(report.new) == ["classifier.weight", "classifier.bias"])
        for named in model.namedParameters() { try named.parameter.prepare(trainable: false, compute: .float32) }
        let batch = try FlatBatch(subject.reference, layout: .packed)
        func head(_ key: String) throws -> Tensor { try #require(model.namedParameters().first { $0.key == key }).parameter.stored }
        let last = try subject.rows(subject.reference("last_hidden_state"), batch)
        let expected = try last.linear(head("classifier.weight"), bias: head("classifier.bias"))
        let found = try withGradients(false) { try model.logits(batch.input, batch.context(), keeping: nil) }
        try requireClose(found, expected, .float32Sum, "logits")
    }

    @Test("tells tuning where its blocks and embeddings are, and drops where Transformers does")
    func facts() throws {
        let model = try subject.languageModel(trainable: true)
        let keys = model.namedParameters().map(\.key)
        #expect(Set(keys.filter { $0.hasPrefix(model.embeddingPrefix) }) == ["transformer.wte.weight", "transformer.wpe.weight"])
        for layer in 0..<model.sizes.layers { #expect(keys.filter { $0.hasPrefix("\(model.blockPrefix).\(layer).") }.count == 12) }
        let adapted = model.slotsByPath().map(\.path).filter { path in model.defaultLoRATargets.contains { path.hasSuffix("." + $0) } }
        #expect(adapted == (0..<3).map { "transformer.h.\($0).attn.c_attn" })
        let batch = try FlatBatch(subject.reference, layout: .packed)
        func states(_ seed: UInt64) throws -> Tensor {
            try withGradients(false) { try model.outputStates(batch.input, batch.context(training: true, seed: seed), keeping: nil) }
        }
        try requireClose(states(1), states(2), .exact, "without dropout")
        model.setDropout(0.2)
        #expect(try largestDifference(states(1), states(2)) > 0.01)
        try requireClose(states(1), states(1), .exact, "the same seed")
    }
}
