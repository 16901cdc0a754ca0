import Foundation
import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneModels

/// Logits, gradients, bfloat16 and writing are checked with all families in FamilyTests.
@Suite("Encoders and their heads against Transformers")
struct EncoderTests {
    @Test("every family gives texts vectors: the body alone, averaged over Transformers' states", arguments: FamilyCase.masked)
    func embeddings(_ name: String) throws {
        let subject = try FamilyCase(name)
        let (model, report) = try exclusively { try ModelFolder(fixtures(name)).embedder() }
        #expect(report.new.isEmpty && !report.unused.isEmpty)
        for named in model.namedParameters() { try named.parameter.prepare(trainable: false, compute: .float32) }
        let batch = try FlatBatch(subject.reference, layout: .packed)
        let found = try withGradients(false) { try model(batch.input, batch.context()) }
        let means = try documentMeans(of: subject.rows(subject.reference("last_hidden_state"), batch), batch.documents)
        try requireClose(found, means / means.norm(-1, keepingAxis: true), .float32Sum, "vectors")
    }

    @Test("positions follow the place in the document, also past a token that is the padding's")
    func positions() throws {
        let subject = try FamilyCase("xlm-roberta-token")
        let model = try #require(try subject.model().model as? any TokenClassifier)
        #expect(model.sizes.maximumPositions == 16)
        let batch = try FlatBatch(subject.reference, layout: .packed)
        var input = batch.input
        input.ids = try subject.reference("inside.input_ids").reshaped([-1]).selecting(Tensor(batch.slots, shape: [batch.slots.count]))
        let found = try withGradients(false) { try model.logits(input, batch.context(), keeping: nil) }
        try requireClose(found, subject.rows(subject.reference("inside.logits"), batch), .float32Sum, "logits")
    }

    @Test("tells tuning where its parts are, and drops while training only", arguments: FamilyCase.masked)
    func facts(_ name: String) throws {
        let subject = try FamilyCase(name)
        let model = try #require(try subject.model(trainable: true).model as? any LanguageModel)
        #expect(!model.isCausal && model.headPaths.isEmpty)
        let keys = model.namedParameters().map(\.key)
        let isModern = name.hasPrefix("modernbert")
        #expect(
            keys.filter { $0.hasPrefix(model.embeddingPrefix) }.count
                == (name == "modernbert-mlm" ? 2 : isModern ? 3 : 5 - (name.hasPrefix("d") ? 1 : 0)))
        for layer in 1..<model.sizes.layers {
            #expect(
                keys.filter { $0.hasPrefix("\(model.blockPrefix).\(layer).") }.count == (name == "modernbert-mlm" ? 6 : isModern ? 12 : 16))
        }
        let adapted = model.slotsByPath().map(\.path).filter { path in model.defaultLoRATargets.contains { path.hasSuffix("." + $0) } }
        #expect(adapted.count == model.sizes.layers * (isModern ? 1 : 2))
        let batch = try FlatBatch(subject.reference, layout: .packed)
        func states(_ seed: UInt64) throws -> Tensor {
            try withGradients(false) { try model.outputStates(batch.input, batch.context(training: true, seed: seed), keeping: nil) }
        }
        model.setDropout(0)
        try requireClose(states(1), states(2), .exact, "without dropout")
        model.setDropout(0.2)
        #expect(try largestDifference(states(1), states(2)) > 0.01)
        try requireClose(states(1), states(1), .exact, "the same seed")
    }

    @Test(
        "heads drop while training",
        arguments: FamilyCase.encoderHeads.filter { !["roberta-span", "bert-span"].contains($0) } + ["llama-token", "gpt2-token"])
    func headDropout(_ name: String) throws {
        let subject = try FamilyCase(name)
        let model = try subject.model().model
        let batch = try FlatBatch(subject.reference, layout: .packed)
        (model as? HeadedModel)?.backbone.setDropout(0)
        func trained(_ seed: UInt64) throws -> Tensor {
            let context = batch.context(training: true, seed: seed)
            return try withGradients(false) {
                if let model = model as? any SequenceClassifier { return try model.logits(batch.input, context) }
                return try #require(model as? any TokenClassifier).logits(batch.input, context, keeping: nil)
            }
        }
        if !name.hasPrefix("modernbert") { #expect(try largestDifference(trained(1), trained(2)) > 0.001) }
        model.setDropout(0)
        try requireClose(trained(1), trained(2), .exact, "without dropout")
        model.setDropout(0.3)
        #expect(try largestDifference(trained(1), trained(2)) > 0.001)
    }
}

@Suite("Encoder checkpoints as people have them")
struct EncoderCheckpointTests {
    @Test("the masked model of the first releases: old names, copies of the table, a pooler and a second head")
    func firstRelease() throws {
        let subject = try FamilyCase("bert-mlm")
        let folder = try EditableFolder("bert-mlm")
        let table = try TensorFixture(fixtures("bert-mlm/model.safetensors"))("bert.embeddings.word_embeddings.weight")
        let extra = [
            "cls.predictions.decoder.weight": table, "bert.pooler.dense.weight": try .ones([20, 20]),
            "bert.pooler.dense.bias": try .ones([20]),
            "cls.seq_relationship.weight": try .ones([2, 20]), "bert.embeddings.position_ids": try Tensor([0, 1], shape: [1, 2]),
        ]
        try folder.rewrite(adding: extra) { key, tensor in
            (key.replacing("LayerNorm.weight", with: "LayerNorm.gamma").replacing("LayerNorm.bias", with: "LayerNorm.beta"), tensor)
        }
        let (model, report) = try subject.model(folder: folder.url)
        #expect(report.new.isEmpty && report.unused == extra.keys.sorted())
        let batch = try FlatBatch(subject.reference, layout: .packed)
        try withGradients(false) { try requireClose(subject.logits(model, batch), subject.expected(batch), .float32Sum, "logits") }
    }

    @Test(
        "a body alone, without its prefix, gets new heads, which are named",
        arguments: [
            ("bert-mlm", ["classifier.bias", "classifier.weight"]), ("roberta-mlm", ["classifier.bias", "classifier.weight"]),
            ("distilbert-mlm", ["classifier.bias", "classifier.weight"]),
            ("modernbert-mlm", ["classifier.bias", "classifier.weight", "head.dense.weight", "head.norm.weight"]),
        ])
    func bodies(_ name: String, _ head: [String]) throws {
        let folder = try EditableFolder(name)
        let prefix = (name.hasPrefix("modern") ? "model" : String(name.prefix { $0 != "-" })) + "."
        try folder.rewrite { key, tensor in key.hasPrefix(prefix) ? (String(key.dropFirst(prefix.count)), tensor) : nil }
        let (model, report) = try exclusively { try ModelFolder(folder.url).tagger(labels: 3, head: .checkpoint, seed: 1) }
        #expect(report.new.sorted() == head && report.unused.isEmpty && model.labelCount == 3)
        let (masked, maskedReport) = try exclusively { try ModelFolder(folder.url).languageModel(seed: 1) }
        #expect(!maskedReport.new.isEmpty && maskedReport.new.allSatisfy { !$0.hasPrefix(prefix) })
        #expect(masked.namedParameters().count == maskedReport.new.count + (try Checkpoint(folder: folder.url).keys.count))
    }

    @Test("what a masked model learned before the table goes on into ModernBERT's other heads")
    func pretrainedHead() throws {
        let folder = try ModelFolder(fixtures("modernbert-mlm"))
        let (model, report) = try exclusively { try folder.classifier(labels: 3, head: .checkpoint, seed: 1) }
        #expect(Set(report.new) == ["classifier.weight", "classifier.bias"] && report.unused == ["decoder.bias"])
        #expect(Set(model.headPaths) == ["classifier", "head"])
        let fresh = try exclusively { try folder.classifier(labels: 3, head: .new, seed: 1).report }
        #expect(Set(fresh.new) == ["classifier.weight", "classifier.bias", "head.dense.weight", "head.norm.weight"])
    }

    @Test("RoBERTa's pooler and the copies beside its head are left aside, by name")
    func leftovers() throws {
        let folder = try EditableFolder("roberta-mlm")
        let table = try TensorFixture(fixtures("roberta-mlm/model.safetensors"))("roberta.embeddings.word_embeddings.weight")
        let extra = [
            "roberta.pooler.dense.weight": try Tensor.ones([20, 20]), "lm_head.decoder.weight": table,
            "lm_head.decoder.bias": try .ones([103]), "roberta.embeddings.position_ids": try Tensor([0], shape: [1, 1]),
        ]
        try folder.rewrite(adding: extra) { ($0, $1) }
        let report = try exclusively { try ModelFolder(folder.url).languageModel(seed: 0).report }
        #expect(report.new.isEmpty && report.unused == extra.keys.sorted())
    }

    @Test(
        "a variant that is not built is refused by its key",
        arguments: [
            ("bert-mlm", "tie_word_embeddings", false as any Sendable), ("roberta-mlm", "tie_word_embeddings", false),
            ("distilbert-mlm", "tie_word_embeddings", false), ("modernbert-mlm", "tie_word_embeddings", false),
            ("roberta-mlm", "pad_token_id", -1), ("roberta-mlm", "pad_token_id", 16), ("distilbert-mlm", "activation", "swoosh"),
            ("distilbert-mlm", "n_heads", 3), ("modernbert-mlm", "local_attention", 1), ("modernbert-mlm", "classifier_pooling", "max"),
            ("modernbert-mlm", "hidden_activation", "tanh"), ("modernbert-mlm", "num_attention_heads", 4),
            ("modernbert-mlm", "layer_types", ["full_attention"]),
        ])
    func refusals(_ name: String, _ key: String, _ value: any Sendable) throws {
        let folder = try EditableFolder(name)
        try folder.configure([key: value])
        let error = try #require(throws: ModelError.self) { try ModelFolder(folder.url).languageModel(seed: 0) }
        #expect("\(error)".contains(key) || (key == "num_attention_heads" && "\(error)".contains("columns of a head")), "\(error)")
        #expect("\(error)".contains("config.json"))
    }

    @Test("absent keys have Transformers' defaults")
    func defaults() throws {
        func reader(_ json: [String: Any] = [:]) -> ConfigReader { ConfigReader(json: json, file: "f") }
        let modern = try ModernBertConfig(reader())
        #expect(modern.vocabulary == 50_368 && modern.width == 768 && modern.layers == 22 && modern.heads == 12 && modern.inner == 1152)
        #expect(modern.maximumPositions == 8192 && modern.window == 64 && modern.normEpsilon == 1e-5 && modern.activation == .gelu)
        #expect((0..<22).allSatisfy { modern.slides[$0] == ($0 % 3 != 0) } && modern.decoderBias && !modern.normBias)
        #expect(modern.full.base == 160_000 && modern.sliding.base == 10_000 && modern.full.width == 64 && modern.pooling == .first)
        #expect(try ModernBertConfig(reader(["local_rope_theta": NSNull()])).sliding.base == 160_000)
        let distil = try DistilBertConfig(reader())
        #expect(distil.vocabulary == 30_522 && distil.width == 768 && distil.layers == 6 && distil.heads == 12 && distil.inner == 3072)
        #expect(distil.maximumPositions == 512 && distil.activation == .gelu && distil.dropout == BertDropout(hidden: 0.1, attention: 0.1))
        #expect(distil.answerDropout == 0.1 && distil.classifierDropout == 0.2)
        #expect(try BertConfig(reader(), vocabulary: 50_265).vocabularySize == 50_265)
    }
}
