import Foundation
import HoneLayers
import HoneModels
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneAdapters

@Suite("Adapters of encoders written by PEFT")
struct EncoderLoRATests {
    static let bases = ["roberta-sequence", "distilbert-sequence", "modernbert-sequence-cls"]

    private func folder(_ base: String) -> URL { fixtures("\(base.prefix { $0 != "-" })-lora") }

    private func base(_ name: String) throws -> any SequenceClassifier {
        try exclusively { try ModelFolder(FixtureFolder("HoneModels")(name)).classifier(labels: 5, head: .checkpoint, seed: 0).model }
    }

    private func loaded(_ base: String) throws -> (model: any SequenceClassifier, config: LoRAConfig, expected: TensorFixture) {
        let config = try PEFTFolder.config(in: folder(base))
        let model = try self.base(base)
        try apply(.lora(config), to: model)
        try PEFTFolder.load(folder(base), into: model.target)
        return (model, config, try TensorFixture(folder(base).appending(path: "expected.safetensors")))
    }

    private func logits(_ model: any SequenceClassifier, _ expected: TensorFixture) throws -> Tensor {
        try HoneAdaptersTests.logits(model, FlatBatch(expected, layout: .packed))
    }

    @Test("give PEFT's logits, and merged ones; the targets are the family's own", arguments: bases)
    func outputs(_ name: String) throws {
        let (model, config, expected) = try loaded(name)
        // RoBERTa's were chosen by PEFT; for the others it has none.
        #expect(config.targets == model.defaultLoRATargets)
        try requireClose(withGradients(false) { try logits(model, expected) }, expected("logits"), .float32Sum, "logits")
        let weights = try model.mergedWeights()
        let merged = try base(name)
        let own = Dictionary(uniqueKeysWithValues: model.namedParameters().map { ($0.key, $0.parameter) })
        for named in merged.namedParameters() {
            if let weight = weights[named.key] { try named.parameter.load(weight.make()) }
            if model.target.isWhole(named.key) { try named.parameter.load(try #require(own[named.key]).stored.detached()) }
        }
        try requireClose(withGradients(false) { try logits(merged, expected) }, expected("logits_merged"), .float32Sum, "merged logits")
    }

    @Test("give PEFT's loss and the gradient of every trained weight, and none elsewhere", arguments: bases)
    func gradients(_ name: String) throws {
        let (model, _, expected) = try loaded(name)
        let loss = try logits(model, expected).crossEntropy(expected("labels")) / 3
        try requireClose(loss.item(), expected("loss").item(), .float32Sum, "loss")
        try loss.backward()
        let wanted = try expected.all("grad.base_model.model.")
        #expect(Set(model.trainableParameters().map(\.key)) == Set(wanted.keys) && !wanted.isEmpty)
        for named in model.namedParameters() + model.wrapperParameters() {
            guard let gradient = wanted[named.key] else {
                #expect(try named.parameter.value.gradient() == nil, "\(named.key) has a gradient")
                continue
            }
            try requireCloseInScale(#require(try named.parameter.value.gradient()), gradient, .float32Sum, "gradient of \(named.key)")
        }
    }

    @Test("are written back as they were read", arguments: bases)
    func roundTrip(_ name: String) throws {
        let (model, config, expected) = try loaded(name)
        let home = try TemporaryFolder()
        // A person can have the folder checked by PEFT: Fixtures/make/verify_adapter.py.
        let kept = ProcessInfo.processInfo.environment["HONE_VERIFY_FOLDER"].map { URL(filePath: $0).appending(path: "\(name)-lora") }
        let target = kept ?? home.url
        try PEFTFolder.write(config, of: model.target, baseModel: name, to: target)
        let written = try TensorFixture(target.appending(path: "adapter_model.safetensors"))
        let original = try TensorFixture(folder(name).appending(path: "adapter_model.safetensors"))
        #expect(written.keys == original.keys)
        for key in original.keys { try requireClose(written(key), original(key), .exact, key) }
        guard kept != nil else { return }
        var tensors = ["logits": try withGradients(false) { try logits(model, expected) }]
        for key in ["input_ids", "attention_mask"] { tensors[key] = try expected(key) }
        let file = target.appending(path: "verify.safetensors")
        try? FileManager.default.removeItem(at: file)  // of an earlier run
        try SafetensorsWriter().write(tensors.map { WeightSource(name: $0.key, tensor: $0.value) }, to: file)
    }

    @Test("a part that the adapter does not name keeps the base's values; one that it names must be there")
    func unnamed() throws {
        let name = "modernbert-sequence-cls"
        let home = try TemporaryFolder()
        let copy = try home.copy(folder(name), as: "adapter")
        let file = copy.appending(path: "adapter_config.json")
        let original = try TensorFixture(folder(name).appending(path: "adapter_model.safetensors"))
        let kept = try original.keys.filter { !$0.contains(".head.") }.map { WeightSource(name: $0, tensor: try original($0)) }
        try FileManager.default.removeItem(at: copy.appending(path: "adapter_model.safetensors"))
        try SafetensorsWriter().write(kept, to: copy.appending(path: "adapter_model.safetensors"))
        let model = try base(name)
        try apply(.lora(PEFTFolder.config(in: copy)), to: model)
        #expect(throws: AdapterError.self) { try PEFTFolder.load(copy, into: model.target) }
        let text = try String(contentsOf: file, encoding: .utf8).replacing("\"head\",", with: "")
        try text.write(to: file, atomically: true, encoding: .utf8)
        try PEFTFolder.load(copy, into: model.target)
        let dense = try #require(model.namedParameters().first { $0.key == "head.dense.weight" }).parameter.stored
        try requireClose(
            dense, TensorFixture(FixtureFolder("HoneModels")("\(name)/model.safetensors"))("head.dense.weight"), .exact, "the head")
    }
}
