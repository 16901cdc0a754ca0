import Foundation
import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneModels

/// What Transformers computed with a tiny encoder and a head, and the same model here.
struct EncoderCase {
    enum Kind { case masked, sequence, token, span }

    let name: String
    let kind: Kind
    let reference: TensorFixture

    static let all = [
        "bert-mlm", "bert-token", "bert-span", "roberta-mlm", "roberta-sequence", "roberta-token", "roberta-span", "xlm-roberta-token",
        "camembert-mlm", "distilbert-mlm", "distilbert-sequence", "distilbert-token", "distilbert-span", "modernbert-mlm",
        "modernbert-sequence-cls", "modernbert-sequence-mean", "modernbert-token", "modernbert-biases", "modernbert-span",
    ]
    /// One of each family.
    static let masked = ["bert-mlm", "roberta-mlm", "camembert-mlm", "distilbert-mlm", "modernbert-mlm", "modernbert-biases"]

    init(_ name: String) throws {
        self.name = name
        kind = name.contains("sequence") ? .sequence : name.hasSuffix("token") ? .token : name.hasSuffix("span") ? .span : .masked
        reference = try fixtures.tensors("\(name)/expected.safetensors")
    }

    var labels: Int { kind == .sequence ? 5 : kind == .token ? 4 : 2 }

    func model(
        trainable: Bool = false, compute: DType = .float32, folder: URL? = nil
    ) throws -> (model: any TextModel, report: LoadReport) {
        let folder = try ModelFolder(folder ?? fixtures(name))
        let (model, report): (any TextModel, LoadReport) = try exclusively {
            switch kind {
            case .masked: try folder.languageModel(seed: 0)
            case .sequence: try folder.classifier(labels: labels, head: .checkpoint, seed: 0)
            case .token: try folder.tagger(labels: labels, head: .checkpoint, seed: 0)
            case .span: try folder.answerer(head: .checkpoint, seed: 0)
            }
        }
        for named in model.namedParameters() { try named.parameter.prepare(trainable: trainable, compute: compute) }
        return (model, report)
    }

    /// The logits of the kept rows, or of all real ones: `[R, C]`, or `[B, C]` for whole documents.
    func logits(_ model: any TextModel, _ batch: FlatBatch, compute: DType = .float32, keeping rows: Tensor? = nil) throws -> Tensor {
        let context = batch.context(compute: compute)
        func real(_ all: Tensor) throws -> Tensor { rows == nil ? try all.selecting(batch.realPositions()) : all }
        switch model {
        case let model as any LanguageModel:
            return try real(model.vocabularyHead.logits(model.outputStates(batch.input, context, keeping: rows)))
        case let model as any SequenceClassifier: return try model.logits(batch.input, context)
        case let model as any TokenClassifier: return try real(model.logits(batch.input, context, keeping: rows))
        default: throw CheckFailure("\(type(of: model)) has no logits")
        }
    }

    /// What the logits of a batch should be.
    func expected(_ batch: FlatBatch) throws -> Tensor {
        switch kind {
        case .span: return try spanScores(reference, batch)
        case .sequence: return try reference("logits").selecting(Tensor(batch.rows, shape: [batch.rows.count]))
        case .masked, .token: return try rows(reference("logits"), batch)
        }
    }

    func rows(_ tensor: Tensor, _ batch: FlatBatch) throws -> Tensor {
        try tensor.reshaped([-1, tensor.size(-1)]).selecting(Tensor(batch.slots, shape: [batch.slots.count]))
    }

    /// The summed loss of a batch, with only the rows computed that have a target.
    func loss(_ model: any TextModel, _ batch: FlatBatch) throws -> Tensor {
        switch kind {
        case .span: return try spanLoss(logits(model, batch), batch, reference)
        case .sequence:
            return try logits(model, batch).crossEntropy(reference("labels").selecting(Tensor(batch.rows, shape: [batch.rows.count])))
        case .masked, .token:
            let labels = try reference("labels").integers()
            let kept = batch.slots.enumerated().filter { labels[$0.element] != -100 }
            let rows = try Tensor(kept.map(\.offset), shape: [kept.count])
            let targets = try Tensor(kept.map { labels[$0.element] }, shape: [kept.count])
            guard let model = model as? any LanguageModel else { return try logits(model, batch, keeping: rows).crossEntropy(targets) }
            return try model.vocabularyHead.crossEntropy(model.outputStates(batch.input, batch.context(), keeping: rows), targets).sum
        }
    }

    /// Writes the model as its task asks.
    func write(_ model: any TextModel, to target: URL) throws {
        let folder = try ModelFolder(fixtures(name))
        let names = (0..<labels).map { "label \($0)" }
        switch (kind, model) {
        case (.masked, _): try folder.write(model, .maskedLanguageModelling, to: target)
        case (.sequence, let model as any SequenceClassifier):
            try folder.write(model, head: HeadFacts(labels: names, problem: .single), to: target)
        case (.token, let model as any TokenClassifier): try folder.write(model, labels: names, to: target)
        case (.span, let model as any TokenClassifier): try folder.write(answerer: model, to: target)
        default: throw CheckFailure("\(type(of: model)) cannot be written")
        }
    }
}

@Suite("Encoders and their heads against Transformers")
struct EncoderTests {
    static let layouts: [FlatBatch.Layout] = [.packed, .padded, .alone(0), .alone(1), .alone(2)]

    @Test("every key is used, every parameter filled, and logits are Transformers', packed, padded and alone", arguments: EncoderCase.all)
    func logits(_ name: String) throws {
        let subject = try EncoderCase(name)
        for config in ["config.json", "config-v4.json"] {
            let copy = try EditableFolder(name)
            if config != "config.json" {
                try FileManager.default.removeItem(at: copy.config)
                try FileManager.default.moveItem(at: copy.url.appending(path: config), to: copy.config)
            }
            let (model, report) = try subject.model(folder: copy.url)
            let keys = Set(try Checkpoint(folder: fixtures(name)).keys), own = Set(model.namedParameters().map(\.key))
            #expect(keys == own && report.new.isEmpty && report.unused.isEmpty, "\(keys.symmetricDifference(own).sorted())")
            for named in model.namedParameters() { #expect(try named.parameter.stored.sumOfSquares() > 0, "\(named.key) was not filled") }
            for layout in Self.layouts {
                let batch = try FlatBatch(subject.reference, layout: layout)
                let found = try withGradients(false) { try subject.logits(model, batch) }
                // ModernBERT's logits of hidden tokens are up to 10, where 1e-6 is the last place.
                let bound = name == "modernbert-mlm" ? Tolerance.float32Model : .float32Sum
                try requireClose(found, subject.expected(batch), bound, "\(name), \(layout), \(config)")
            }
        }
    }

    @Test("loss and gradients are Transformers', packed and row by row", arguments: EncoderCase.all, [true, false])
    func gradients(_ name: String, _ isPacked: Bool) throws {
        let subject = try EncoderCase(name)
        let model = try subject.model(trainable: true).model
        var loss = 0.0
        for layout in isPacked ? [FlatBatch.Layout.packed] : [.alone(0), .alone(1), .alone(2)] {
            let sum = try subject.loss(model, FlatBatch(subject.reference, layout: layout))
            try sum.backward()
            loss += try sum.item()
        }
        try requireClose(loss, subject.reference("loss").item(), .float32Sum, "loss")
        try requireGradients(model, subject.reference)
        guard subject.kind == .masked else { return }
        #expect(try subject.reference.all("grad.").count == model.namedParameters().count)
    }

    @Test("rows that are kept are those of the whole, and the body's last states are Transformers'", arguments: EncoderCase.all)
    func keptRows(_ name: String) throws {
        let subject = try EncoderCase(name)
        let model = try subject.model().model
        let batch = try FlatBatch(subject.reference, layout: .packed)
        try withGradients(false) {
            if let classifier = model as? any SequenceClassifier {
                let states = try classifier.hiddenStates(batch.input, batch.context())
                return try requireClose(
                    states, subject.rows(subject.reference("last_hidden_state"), batch), .float32Sum, "last hidden state")
            }
            let rows = try Tensor([20, 3, 0, 26, 13], shape: [5])
            let all = try subject.logits(model, batch)
            try requireClose(subject.logits(model, batch, keeping: rows), all.selecting(rows), .float32Sum, "kept rows")
        }
    }

    @Test("bfloat16 products stay within the bound of narrow models", arguments: EncoderCase.all)
    func bfloat16(_ name: String) throws {
        let subject = try EncoderCase(name)
        let model = try subject.model(compute: .bfloat16).model
        let batch = try FlatBatch(subject.reference, layout: .packed)
        let found = try withGradients(false) { try subject.logits(model, batch, compute: .bfloat16) }
        #expect(found.dtype == .bfloat16)
        let expected = try subject.expected(batch)
        try requireCloseInScale(found, expected, name.hasPrefix("modernbert") ? .bfloat16PreNorm : .bfloat16Decoder, "logits")
        guard subject.reference.keys.contains("logits.bfloat16") else { return }
        // Transformers' own bfloat16 is as far from float32.
        let theirs = try subject.rows(subject.reference("logits.bfloat16"), batch)
        func distance(_ logits: Tensor) throws -> Double { try (logits.to(.float32) - expected).sumOfSquares().squareRoot() }
        let (mine, reference) = (try distance(found), try distance(theirs))
        #expect(mine < 1.25 * reference, "\(mine) here, \(reference) in Transformers")
    }

    @Test("a folder that Hone writes holds the same weights and gives the same logits", arguments: EncoderCase.all)
    func writes(_ name: String) throws {
        let subject = try EncoderCase(name)
        let model = try subject.model().model
        let home = try TemporaryFolder()
        // A person can have the folder checked by Transformers: Fixtures/make/verify_family.py.
        let kept = ProcessInfo.processInfo.environment["HONE_VERIFY_FOLDER"].map { URL(filePath: $0).appending(path: name) }
        let target = kept ?? home.url
        try subject.write(model, to: target)
        let again = try subject.model(folder: target)
        #expect(again.report.new.isEmpty && again.report.unused.isEmpty)
        let batch = try FlatBatch(subject.reference, layout: .packed)
        try withGradients(false) {
            try requireClose(subject.logits(again.model, batch), subject.logits(model, batch), .exact, "logits")
        }
        if kept != nil { try writeVerification(subject, model, to: target) }
    }

    /// What verify_family.py compares with: the outputs of the padded block.
    private func writeVerification(_ subject: EncoderCase, _ model: any TextModel, to folder: URL) throws {
        let ids = try subject.reference("input_ids"), batch = try FlatBatch(subject.reference, layout: .packed)
        let found = try withGradients(false) { try subject.logits(model, batch) }
        var tensors = ["input_ids": ids]
        for name in ["attention_mask", "token_type_ids"] { tensors[name] = try subject.reference(name) }
        if subject.kind == .sequence {
            tensors["logits"] = found
        } else {
            let all = try Tensor.zeros([ids.count, found.size(1)]).adding(found, at: Tensor(batch.slots, shape: [batch.slots.count]))
            let block = try all.reshaped(ids.shape + [found.size(1)])
            if subject.kind == .span {
                for (column, name) in ["start_logits", "end_logits"].enumerated() {
                    tensors[name] = try block.slice(2, column..<(column + 1)).squeezed(2).contiguous()
                }
            } else {
                tensors["logits"] = block
            }
        }
        try? FileManager.default.removeItem(at: folder.appending(path: "verify.safetensors"))  // of an earlier run
        try SafetensorsWriter().write(
            tensors.map { WeightSource(name: $0.key, tensor: $0.value) }, to: folder.appending(path: "verify.safetensors"))
    }

    @Test("every family gives texts vectors: the body alone, averaged over Transformers' states", arguments: EncoderCase.masked)
    func embeddings(_ name: String) throws {
        let subject = try EncoderCase(name)
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
        let subject = try EncoderCase("xlm-roberta-token")
        let model = try #require(try subject.model().model as? any TokenClassifier)
        #expect(model.sizes.maximumPositions == 16)
        let batch = try FlatBatch(subject.reference, layout: .packed)
        var input = batch.input
        input.ids = try subject.reference("inside.input_ids").reshaped([-1]).selecting(Tensor(batch.slots, shape: [batch.slots.count]))
        let found = try withGradients(false) { try model.logits(input, batch.context(), keeping: nil) }
        try requireClose(found, subject.rows(subject.reference("inside.logits"), batch), .float32Sum, "logits")
    }

    @Test("tells tuning where its parts are, and drops while training only", arguments: EncoderCase.masked)
    func facts(_ name: String) throws {
        let subject = try EncoderCase(name)
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
        arguments: EncoderCase.all.filter {
            !EncoderCase.masked.contains($0) && !$0.hasPrefix("roberta-span") && !$0.hasPrefix("bert-span")
        })
    func headDropout(_ name: String) throws {
        let subject = try EncoderCase(name)
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
        let subject = try EncoderCase("bert-mlm")
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
