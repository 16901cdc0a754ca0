import Foundation
import HoneLayers
import HoneModels
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneAdapters

/// A tiny language model, or T5, with the adapter that PEFT wrote for it.
private struct Subject {
    let model: any TextModel
    let config: LoRAConfig
    let expected: TensorFixture
    /// Of the texts that are written: the texts themselves, or T5's answers.
    let batch: FlatBatch

    init(_ base: String) throws {
        let folder = fixtures("\(base)-lora")
        config = try PEFTFolder.config(in: folder)
        model = try Self.base(base)
        try apply(.lora(config), to: model)
        try PEFTFolder.load(folder, into: model.target)
        expected = try TensorFixture(folder.appending(path: "expected.safetensors"))
        batch = try FlatBatch(expected, layout: .packed, ids: model is any LanguageModel ? "" : "decoder_")
    }

    static func base(_ name: String) throws -> any TextModel {
        let folder = try ModelFolder(FixtureFolder("HoneModels")(name))
        guard name.hasPrefix("t5") else { return try exclusively { try folder.languageModel(seed: 0).model } }
        return try exclusively { try folder.sequenceToSequence().model }
    }

    private func context(_ batch: FlatBatch) -> Context { Context(documents: batch.documents, isTraining: false, compute: .float32) }

    /// The states that the output matrix reads, and that matrix.
    private func states(_ model: any TextModel, keeping rows: Tensor? = nil) throws -> (states: Tensor, head: VocabularyHead) {
        switch model {
        case let model as any LanguageModel:
            return (try model.outputStates(input(batch), context(batch), keeping: rows), model.vocabularyHead)
        case let model as any SequenceToSequenceModel:
            let texts = try FlatBatch(expected, layout: .packed)
            let read = try model.encode(input(texts), context(texts))
            let states = try model.decode(input(batch), states: read, sources: texts.documents, context(batch), keeping: rows)
            return (states, model.vocabularyHead)
        default: throw CheckFailure("\(type(of: model)) writes no text")
        }
    }

    func logits(_ model: any TextModel) throws -> Tensor {
        try withGradients(false) {
            let (states, head) = try states(model)
            return try head.logits(states)
        }
    }

    /// The reference at the batch's rows, `[N, V]`.
    func reference(_ name: String) throws -> Tensor {
        let all = try expected(name)
        return try all.reshaped([-1, all.size(-1)]).selecting(Tensor(batch.slots, shape: [batch.slots.count]))
    }

    /// The summed loss over labels, which a decoder's states predict from the place before.
    func loss() throws -> Tensor {
        let labels = try expected("labels"), width = labels.shape[1], flat = try labels.integers()
        let shift = model is any LanguageModel ? 1 : 0
        let pairs = batch.slots.enumerated().compactMap { place, slot -> (Int, Int)? in
            slot % width + shift < width && flat[slot + shift] != -100 ? (place, flat[slot + shift]) : nil
        }
        let rows = try Tensor(pairs.map(\.0), shape: [pairs.count]), targets = try Tensor(pairs.map(\.1), shape: [pairs.count])
        let (states, head) = try states(model, keeping: rows)
        return try head.crossEntropy(states, targets).sum
    }
}

@Suite("Adapters of decoders written by PEFT")
struct DecoderLoRATests {
    static let bases = ["gpt2", "llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "phi3", "t5", "t5-v1.1"]

    @Test("give PEFT's logits, alone and merged, and the base's when switched off", arguments: bases)
    func logits(_ base: String) throws {
        let subject = try Subject(base)
        try requireCloseInScale(subject.logits(subject.model), subject.reference("logits"), .float32Sum, "logits")
        let weights = try subject.model.mergedWeights()
        for (key, weight) in try subject.expected.all("merged.") {
            try requireClose(try #require(weights[key]).make(), weight, .float32Element, "merged \(key)")
        }
        let merged = try Subject.base(base)
        for named in merged.namedParameters() {
            if let weight = weights[named.key] { try named.parameter.load(weight.make()) }
        }
        try requireCloseInScale(subject.logits(merged), subject.reference("logits_merged"), .float32Sum, "merged logits")
        for (_, slot) in subject.model.slotsByPath() { (slot.layer as? LoRA)?.isEnabled = false }
        try requireCloseInScale(subject.logits(subject.model), subject.reference("logits_base"), .float32Sum, "base logits")
    }

    @Test("give PEFT's loss and the gradient of every A and B in float64, and none elsewhere", arguments: bases)
    func gradients(_ base: String) throws {
        let subject = try Subject(base)
        let loss = try subject.loss()
        try requireClose(loss.item(), subject.expected("loss").item(), .float32Sum, "loss")
        try loss.backward()
        let wanted = try subject.expected.all("grad.base_model.model.")
        #expect(Set(subject.model.trainableParameters().map(\.key)) == Set(wanted.keys) && !wanted.isEmpty)
        for named in subject.model.namedParameters() + subject.model.wrapperParameters() {
            guard let gradient = wanted[named.key] else {
                #expect(try named.parameter.value.gradient() == nil, "\(named.key) has a gradient")
                continue
            }
            let found = try #require(try named.parameter.value.gradient())
            let bound = base.hasPrefix("t5") ? Tolerance.float32Unscaled : .float32Sum
            try requireCloseInScale(found, gradient, bound, "gradient of \(named.key)")
        }
    }

    @Test("have PEFT's scale at every layer", arguments: bases)
    func scales(_ base: String) throws {
        let subject = try Subject(base)
        let scales = try subject.expected.all("scale.")
        let adapters = subject.model.slotsByPath().compactMap { path, slot in (slot.layer as? LoRA).map { (path, $0) } }
        #expect(adapters.map(\.0).sorted() == scales.keys.sorted())
        for (path, adapter) in adapters { try requireClose(adapter.scale, try #require(scales[path]).item(), .float64Sum, path) }
    }

    @Test("are written back as they were read, with PEFT's flag for weights stored the other way", arguments: bases)
    func roundTrip(_ base: String) throws {
        let subject = try Subject(base)
        let home = try TemporaryFolder()
        // A person can have the folder checked by PEFT: Fixtures/make/verify_adapter.py.
        let folder =
            ProcessInfo.processInfo.environment["HONE_VERIFY_FOLDER"].map { URL(filePath: $0).appending(path: "\(base)-lora") }
            ?? home.url
        let task = subject.model is any LanguageModel ? PEFTFolder.Task.causalLanguageModelling : .sequenceToSequence
        try PEFTFolder.write(subject.config, of: subject.model.target, task: task, baseModel: base, to: folder)
        let data = try Data(contentsOf: folder.appending(path: "adapter_config.json"))
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            json["fan_in_fan_out"] as? Bool == (base == "gpt2")
                && json["task_type"] as? String == (base.hasPrefix("t5") ? "SEQ_2_SEQ_LM" : "CAUSAL_LM"))
        #expect((json["modules_to_save"] as? [Any])?.isEmpty == true)
        #expect(try PEFTFolder.config(in: folder).rank == subject.config.rank)
        let file = "adapter_model.safetensors"
        let written = try TensorFixture(folder.appending(path: file)), original = try TensorFixture(fixtures("\(base)-lora/\(file)"))
        #expect(written.keys == original.keys)
        for key in original.keys { try requireClose(written(key), original(key), .exact, key) }
        guard folder != home.url else { return }
        // What verify_adapter.py compares with: the logits of the padded block.
        let logits = try subject.logits(subject.model), ids = try subject.expected("input_ids")
        let block = try Tensor.zeros([ids.count, logits.size(1)])
        try block.copyRows(from: logits, at: Tensor(subject.batch.slots, shape: [subject.batch.slots.count]))
        let tensors = try subject.expected.all("").filter { $0.key.hasSuffix("input_ids") || $0.key.hasSuffix("attention_mask") }
            .merging(["logits": try block.reshaped(ids.shape + [logits.size(1)])]) { $1 }
        let kept = folder.appending(path: "verify.safetensors")
        try? FileManager.default.removeItem(at: kept)  // of an earlier run
        try SafetensorsWriter().write(tensors.map { WeightSource(name: $0.key, tensor: $0.value) }, to: kept)
    }
}

@Suite("LoRA on a weight stored as [in, out]")
struct TransposedLoRATests {
    @Test("computes and merges what it does on the same weight stored the usual way")
    func layouts() throws {
        var generator = SeededGenerator(seed: 5)
        let matrix = try generator.tensor([4, 6]), bias = try generator.tensor([4]), x = try generator.tensor([3, 6])
        let (down, up) = (try generator.tensor([2, 6]), try generator.tensor([4, 2]))
        func layer(_ isTransposed: Bool) throws -> LoRA {
            let linear = try Linear(6, 4, isTransposed: isTransposed)
            try linear.weight.load(isTransposed ? matrix.transposed(0, 1).contiguous() : matrix)
            try linear.bias?.load(bias)
            return LoRA(linear, down: down, up: up, scale: 1.5, dropout: 0)
        }
        let (usual, other) = (try layer(false), try layer(true))
        try requireClose(other(x), usual(x), .float32Sum, "output")
        let merged = try other.merged().make()
        #expect(merged.shape == [6, 4])
        try requireClose(merged.transposed(0, 1), usual.merged().make(), .exact, "merged")
    }
}
