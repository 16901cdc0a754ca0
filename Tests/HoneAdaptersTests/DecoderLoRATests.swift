import Foundation
import HoneLayers
import HoneModels
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneAdapters

/// A tiny language model with the adapter that PEFT wrote for it.
private struct Subject {
    let model: any LanguageModel
    let config: LoRAConfig
    let expected: TensorFixture
    let batch: FlatBatch

    init(_ base: String) throws {
        let folder = fixtures("\(base)-lora")
        config = try PEFTFolder.config(in: folder)
        model = try Self.base(base)
        try apply(.lora(config), to: model)
        try PEFTFolder.load(folder, into: model.target)
        expected = try TensorFixture(folder.appending(path: "expected.safetensors"))
        batch = try FlatBatch(expected, layout: .packed)
    }

    static func base(_ name: String) throws -> any LanguageModel {
        try exclusively { try ModelFolder(FixtureFolder("HoneModels")(name)).languageModel(seed: 0).model }
    }

    func states(_ model: any LanguageModel, keeping rows: Tensor? = nil) throws -> Tensor {
        try model.outputStates(input(batch), Context(documents: batch.documents, isTraining: false, compute: .float32), keeping: rows)
    }

    func logits(_ model: any LanguageModel) throws -> Tensor {
        try withGradients(false) { try model.vocabularyHead.logits(states(model)) }
    }

    /// The reference at the batch's rows, `[N, V]`.
    func reference(_ name: String) throws -> Tensor {
        let all = try expected(name)
        return try all.reshaped([-1, all.size(-1)]).selecting(Tensor(batch.slots, shape: [batch.slots.count]))
    }

    /// The summed loss over shifted labels.
    func loss() throws -> Tensor {
        let labels = try expected("labels"), width = labels.shape[1], flat = try labels.integers()
        let pairs = batch.slots.enumerated().compactMap { place, slot -> (Int, Int)? in
            (slot + 1) % width != 0 && flat[slot + 1] != -100 ? (place, flat[slot + 1]) : nil
        }
        let rows = try Tensor(pairs.map(\.0), shape: [pairs.count]), targets = try Tensor(pairs.map(\.1), shape: [pairs.count])
        return try model.vocabularyHead.crossEntropy(states(model, keeping: rows), targets).sum
    }
}

@Suite("Adapters of decoders written by PEFT")
struct DecoderLoRATests {
    static let bases = ["gpt2", "llama"]

    @Test("give PEFT's logits, alone and merged, and the base's when switched off", arguments: bases)
    func logits(_ base: String) throws {
        let subject = try Subject(base)
        try requireClose(subject.logits(subject.model), subject.reference("logits"), .float32Sum, "logits")
        let weights = try subject.model.mergedWeights()
        for (key, weight) in try subject.expected.all("merged.") {
            try requireClose(try #require(weights[key]).make(), weight, .float32Element, "merged \(key)")
        }
        let merged = try Subject.base(base)
        for named in merged.namedParameters() {
            if let weight = weights[named.key] { try named.parameter.load(weight.make()) }
        }
        try requireClose(subject.logits(merged), subject.reference("logits_merged"), .float32Sum, "merged logits")
        for (_, slot) in subject.model.slotsByPath() { (slot.layer as? LoRA)?.isEnabled = false }
        try requireClose(subject.logits(subject.model), subject.reference("logits_base"), .float32Sum, "base logits")
    }

    @Test("give PEFT's loss and the gradient of every A and B, and none elsewhere", arguments: bases)
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
            try requireCloseInScale(found, gradient, .float32Sum, "gradient of \(named.key)")
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
        try PEFTFolder.write(subject.config, of: subject.model.target, task: .causalLanguageModelling, baseModel: base, to: folder)
        let data = try Data(contentsOf: folder.appending(path: "adapter_config.json"))
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(json["fan_in_fan_out"] as? Bool == (base == "gpt2") && json["task_type"] as? String == "CAUSAL_LM")
        #expect((json["modules_to_save"] as? [Any])?.isEmpty == true)
        #expect(try PEFTFolder.config(in: folder).rank == subject.config.rank)
        let file = "adapter_model.safetensors"
        let written = try TensorFixture(folder.appending(path: file)), original = try TensorFixture(fixtures("\(base)-lora/\(file)"))
        #expect(written.keys == original.keys)
        for key in original.keys { try requireClose(written(key), original(key), .exact, key) }
        if folder != home.url { try verification(subject).write(to: folder) }
    }

    /// What verify_adapter.py compares with: the logits of the padded block.
    private func verification(_ subject: Subject) throws -> VerificationFile {
        let padded = try FlatBatch(subject.expected, layout: .padded)
        let context = Context(documents: padded.documents, isTraining: false, compute: .float32)
        let flat = try withGradients(false) {
            try subject.model.vocabularyHead.logits(subject.model.outputStates(input(padded), context, keeping: nil))
        }
        return VerificationFile(
            tensors: [
                "input_ids": try subject.expected("input_ids"), "attention_mask": try subject.expected("attention_mask"),
                "logits": try flat.reshaped(subject.expected("input_ids").shape + [flat.size(-1)]),
            ])
    }
}

private struct VerificationFile {
    var tensors: [String: Tensor]

    func write(to folder: URL) throws {
        try SafetensorsWriter().write(
            tensors.map { WeightSource(name: $0.key, tensor: $0.value) }, to: folder.appending(path: "verify.safetensors"))
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
