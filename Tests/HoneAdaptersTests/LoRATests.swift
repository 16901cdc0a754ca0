import Foundation
import HoneLayers
import HoneModels
import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneAdapters

@Suite("LoRA")
struct LoRATests {
    private func subject(_ config: LoRAConfig) -> AdapterSubject {
        func classifier(_ module: any Module) throws -> any SequenceClassifier {
            guard let model = module as? any SequenceClassifier else { throw CheckFailure("no classifier") }
            return model
        }
        return AdapterSubject(
            make: { try tinyBert() }, forward: { try logits(classifier($0), batch()) },
            attach: { module in
                let model = try classifier(module)
                let adapted = try apply(.lora(config), to: model).adapted
                return Set(adapted.flatMap { ["\($0).lora_A.weight", "\($0).lora_B.weight"] } + ["classifier.weight", "classifier.bias"])
            },
            save: { try PEFTFolder.write(config, of: classifier($0).target, baseModel: "tiny-bert", to: $1) },
            load: { try PEFTFolder.load($1, into: classifier($0).target) })
    }

    @Test(
        "starts as the base, trains what it declares, merges, saves, loads and comes off",
        arguments: [
            LoRAConfig.tiny, LoRAConfig(rank: 1, alpha: 2.5, dropout: 0.5, rankStabilized: true, targets: ["dense", "key"]),
            LoRAConfig(rank: 40, alpha: 8, dropout: 0, rankStabilized: false, targets: ["bert.encoder.layer.1.*", "pooler.dense"]),
        ])
    func conforms(_ config: LoRAConfig) throws { try checkAdapter(subject(config)) }

    @Test("computes x Wᵀ + b + s B A x on a layer by hand")
    func byHand() throws {
        let linear = try Linear(2, 1)
        try linear.weight.load(Tensor([1, 10] as [Float], shape: [1, 2]))
        try linear.bias?.load(Tensor([0.5] as [Float], shape: [1]))
        let lora = LoRA(
            linear, down: try Tensor([1, 1, 0, 2] as [Float], shape: [2, 2]), up: try Tensor([3, -1] as [Float], shape: [1, 2]), scale: 0.5,
            dropout: 0)
        let x = try Tensor([1, 2] as [Float], shape: [1, 2])
        // A x = [3, 4]; B A x = 5; half of it.
        #expect(try lora(x).floats() == [21.5 + 2.5])
        #expect(try lora.merged().make().floats() == [1 + 1.5, 10 + 0.5])
        lora.isEnabled = false
        #expect(try lora(x).floats() == [21.5])
    }

    @Test("A starts uniform in ±1/√in, B at zero; the seed decides")
    func start() throws {
        func values(_ seed: UInt64) throws -> [String: Tensor] {
            let model = try tinyBert()
            try exclusively {
                try Library.seed(seed)
                _ = try Tuning.lora(.tiny).apply(to: model.target, compute: .float32)
            }
            return Dictionary(uniqueKeysWithValues: model.wrapperParameters().map { ($0.key, $0.parameter.stored) })
        }
        let first = try values(1)
        #expect(first.count == 12)
        let bound = 1 / Float(30).squareRoot()
        for (key, value) in first {
            if key.hasSuffix("lora_B.weight") {
                #expect(try value.shape == [30, 3] && value.floats().allSatisfy { $0 == 0 })
            } else {
                let numbers = try value.floats()
                #expect(value.shape == [3, 30] && numbers.allSatisfy { abs($0) <= bound })
                #expect(try #require(numbers.max()) > 0.8 * bound && #require(numbers.min()) < -0.8 * bound)
            }
        }
        let again = try values(1)
        for (key, value) in first { try requireClose(try #require(again[key]), value, .exact, key) }
        #expect(
            try values(2)["bert.encoder.layer.0.attention.self.query.lora_A.weight"]?.floats()
                != first["bert.encoder.layer.0.attention.self.query.lora_A.weight"]?.floats())
    }

    @Test("dropout acts only inside the training scope, which ends with an error too")
    func dropout() throws {
        let model = try tinyBert()
        var config = LoRAConfig.tiny
        config.dropout = 0.5
        try apply(.lora(config), to: model)
        var generator = SeededGenerator(seed: 3)
        for named in model.wrapperParameters() { try named.parameter.restore(generator.tensor(named.parameter.shape)) }
        let before = try still(model).floats()
        let (one, two) = try exclusively {
            try withAdapters(of: model, training: true) { (try still(model).floats(), try still(model).floats()) }
        }
        #expect(one != before && one != two)
        #expect(try still(model).floats() == before)
        #expect(throws: CheckFailure.self) { try withAdapters(of: model, training: true) { throw CheckFailure("out") } }
        #expect(try still(model).floats() == before)
    }

    @Test("a target that matches nothing lists what there is; one that is no linear layer changes nothing")
    func nothing() throws {
        let model = try tinyBert()
        var config = LoRAConfig.tiny
        config.targets = ["query", "q_proj"]
        let error = try #require(throws: AdapterError.self) { try apply(.lora(config), to: model) }
        guard case .nothingMatched("lora", ["q_proj"], let candidates) = error else { throw CheckFailure("\(error)") }
        #expect(candidates == model.slotsByPath().map(\.path))
        #expect(error.description.hasPrefix("lora: “q_proj” matched no layer. The model's layers are: "))
        try apply(.lora(.tiny), to: model)
        let twice = try #require(throws: AdapterError.self) { try apply(.lora(.tiny), to: model) }
        #expect(twice == .notAdaptable(path: "bert.encoder.layer.0.attention.self.query", layer: "LoRA"))
        config.targets = ["key", "query"]
        #expect(throws: AdapterError.self) { try apply(.lora(config), to: model) }
        #expect(model.slotsByPath().filter { $0.slot.layer is LoRA }.count == 6)
    }

    @Test("bfloat16 products stay within the bound of narrow models")
    func bfloat16() throws {
        let folder = fixtures("tiny-lora/all-linear")
        let model = try tinyBert()
        try apply(.lora(PEFTFolder.config(in: folder)), to: model, compute: .bfloat16)
        try PEFTFolder.load(folder, into: model.target)
        let batch = try batch()
        let found = try withGradients(false) {
            try model.logits(input(batch), Context(documents: batch.documents, isTraining: false, compute: .bfloat16))
        }
        try requireCloseInScale(found, TensorFixture(folder.appending(path: "expected.safetensors"))("logits"), .bfloat16Model, "logits")
    }
}
