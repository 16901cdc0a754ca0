import Foundation
import HoneLayers
import HoneModels
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneAdapters

@Suite("Adapters written by PEFT")
struct PEFTFolderTests {
    static let cases = ["query-value", "rslora", "all-linear", "patterns"]

    private func loaded(_ name: String) throws -> (model: any SequenceClassifier, config: LoRAConfig, expected: TensorFixture) {
        let folder = fixtures("tiny-lora/\(name)")
        let config = try PEFTFolder.config(in: folder)
        let model = try tinyBert()
        try apply(.lora(config), to: model)
        try PEFTFolder.load(folder, into: model.target)
        return (model, config, try TensorFixture(folder.appending(path: "expected.safetensors")))
    }

    @Test("give PEFT's logits, alone and merged, and the base's when switched off", arguments: cases)
    func logits(_ name: String) throws {
        let (model, _, expected) = try loaded(name)
        try requireClose(still(model), expected("logits"), .float32Sum, "logits")
        let merged = try tinyBert()
        let weights = try model.mergedWeights()
        for named in merged.namedParameters() {
            if let weight = weights[named.key] { try named.parameter.load(weight.make()) }
            if named.key.hasPrefix("classifier.") {
                let head = try #require(model.namedParameters().first { $0.key == named.key })
                try named.parameter.load(head.parameter.stored.detached())
            }
        }
        try requireClose(still(merged), expected("logits_merged"), .float32Sum, "merged logits")
        for (key, weight) in try expected.all("merged.") {
            guard let found = weights[key] else { continue }
            try requireClose(found.make(), weight, .float32Element, "merged \(key)")
        }
        for (_, slot) in model.slotsByPath() { (slot.layer as? LoRA)?.isEnabled = false }
        let base = try tinyBert()
        try requireClose(
            withGradients(false) {
                try model.hiddenStates(input(batch()), Context(documents: batch().documents, isTraining: false, compute: .float32))
            },
            withGradients(false) {
                try base.hiddenStates(input(batch()), Context(documents: batch().documents, isTraining: false, compute: .float32))
            },
            .exact, "hidden states without the adapter")
        try requireClose(still(base), expected("logits_base"), .float32Sum, "base logits")
    }

    @Test("give PEFT's loss and the gradient of every trained weight, and none elsewhere", arguments: cases)
    func gradients(_ name: String) throws {
        let (model, _, expected) = try loaded(name)
        let loss = try HoneAdaptersTests.logits(model, batch()).crossEntropy(expected("labels")) / 3
        try requireClose(loss.item(), expected("loss").item(), .float32Sum, "loss")
        try loss.backward()
        let wanted = try expected.all("grad.base_model.model.")
        #expect(Set(model.trainableParameters().map(\.key)) == Set(wanted.keys))
        for named in model.namedParameters() + model.wrapperParameters() {
            guard let gradient = wanted[named.key] else {
                #expect(try named.parameter.value.gradient() == nil, "\(named.key) has a gradient")
                continue
            }
            try requireClose(try #require(try named.parameter.value.gradient()), gradient, .float32Sum, "gradient of \(named.key)")
        }
    }

    @Test("have PEFT's scale and rank at every layer", arguments: cases)
    func scales(_ name: String) throws {
        let (model, _, expected) = try loaded(name)
        let adapters = model.slotsByPath().compactMap { path, slot in (slot.layer as? LoRA).map { (path, $0) } }
        let scales = try expected.all("scale.")
        #expect(adapters.map(\.0).sorted() == scales.keys.sorted())
        for (path, adapter) in adapters { try requireClose(adapter.scale, try #require(scales[path]).item(), .float64Sum, path) }
    }

    @Test("are written back as they were read", arguments: cases)
    func roundTrip(_ name: String) throws {
        let (model, config, _) = try loaded(name)
        let target = try TemporaryFolder()
        try PEFTFolder.write(config, of: model.target, baseModel: "tiny-bert", to: target.url)
        #expect(try PEFTFolder.config(in: target.url).targets.sorted() == config.targets.sorted())
        var again = try PEFTFolder.config(in: target.url)
        again.targets = config.targets
        #expect(again == config)
        let file = "adapter_model.safetensors"
        let (written, original) = (try Checkpoint(file: target(file)), try Checkpoint(file: fixtures("tiny-lora/\(name)/\(file)")))
        #expect(written.keys == original.keys)
        for key in original.keys {
            #expect(try written.entry(key).shape == original.entry(key).shape && written.entry(key).dtype == original.entry(key).dtype)
            #expect(try written.entry(key).withBytes { Array($0) } == original.entry(key).withBytes { Array($0) }, "\(key)")
        }
    }
}

@Suite("Writing adapters")
struct PEFTWritingTests {
    private func json(_ folder: TemporaryFolder) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: folder("adapter_config.json"))) as? [String: Any])
    }

    @Test("targets that PEFT would read otherwise are written as the layers' paths")
    func patterns() throws {
        var config = LoRAConfig.tiny
        config.targets = ["bert.encoder.layer.2.attention.*"]
        let folder = try TemporaryFolder()
        let other = try tinyBert()
        let adapted = try apply(.lora(config), to: other).adapted
        #expect(adapted.count == 4 && adapted.contains("bert.encoder.layer.2.attention.output.dense"))
        try PEFTFolder.write(config, of: other.target, baseModel: "b", to: folder.url)
        #expect(try json(folder)["target_modules"] as? [String] == adapted.sorted())
    }

    @Test("says what PEFT needs to know")
    func facts() throws {
        let model = try tinyBert()
        var config = LoRAConfig.tiny
        (config.alpha, config.dropout) = (4.5, 0.25)
        try apply(.lora(config), to: model)
        let folder = try TemporaryFolder()
        try PEFTFolder.write(config, of: model.target, baseModel: "base/model", to: folder.url)
        let json = try json(folder)
        #expect(json["peft_type"] as? String == "LORA" && json["task_type"] as? String == "SEQ_CLS")
        #expect(json["base_model_name_or_path"] as? String == "base/model" && json["inference_mode"] as? Bool == true)
        #expect(json["r"] as? Int == 3 && json["lora_alpha"] as? Double == 4.5 && json["lora_dropout"] as? Double == 0.25)
        #expect(json["target_modules"] as? [String] == ["query", "value"] && json["bias"] as? String == "none")
        #expect((json["modules_to_save"] as? [String])?.contains("classifier") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).count == 2)
    }

    @Test("trained values are written from the float32 master")
    func master() throws {
        let model = try tinyBert()
        try apply(.lora(.tiny), to: model, compute: .bfloat16)
        var generator = SeededGenerator(seed: 1)
        let up = try #require(model.wrapperParameters().first { $0.key.hasSuffix("lora_B.weight") })
        try up.parameter.restore(generator.tensor([30, 3]))
        let folder = try TemporaryFolder()
        try PEFTFolder.write(.tiny, of: model.target, baseModel: "b", to: folder.url)
        try requireClose(
            TensorFixture(folder("adapter_model.safetensors"))("base_model.model.\(up.key)"), up.parameter.stored, .exact, up.key)
    }
}

@Suite("Adapter folders that cannot be used")
struct BadPEFTFolderTests {
    /// A copy of a fixture with keys of `adapter_config.json` set.
    private func folder(_ home: TemporaryFolder, _ changes: [String: Any]) throws -> URL {
        let url = try home.copy(fixtures("tiny-lora/query-value"), as: "adapter")
        let file = url.appending(path: "adapter_config.json")
        var json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        for (key, value) in changes { json[key] = value }
        try JSONSerialization.data(withJSONObject: json).write(to: file)
        return url
    }

    @Test(
        "a variant of LoRA that Hone does not compute is refused by its key",
        arguments: [
            ("use_dora", true as any Sendable), ("bias", "all"), ("bias", "lora_only"), ("peft_type", "LOHA"), ("lora_bias", true),
            ("fan_in_fan_out", "yes"), ("layers_to_transform", [1]), ("layers_to_transform", 1), ("layer_replication", [[0, 2]]),
            ("init_lora_weights", "pissa"), ("init_lora_weights", "olora"), ("exclude_modules", ["query"]), ("exclude_modules", "query"),
            ("target_modules", "all-linear"), ("trainable_token_indices", [3]), ("alora_invocation_tokens", [1, 2]), ("use_bdlora", true),
            ("target_parameters", ["w"]), ("use_qalora", true),
        ])
    func variants(_ key: String, _ value: any Sendable) throws {
        let home = try TemporaryFolder()
        let url = try folder(home, [key: value])
        let error = try #require(throws: AdapterError.self) { try PEFTFolder.config(in: url) }
        guard case .unsupported(let named, _, let file, _) = error else { throw CheckFailure("\(error)") }
        #expect(named == key && file.hasSuffix("adapter/adapter_config.json"))
    }

    @Test("ways of starting that leave the base alone are fine", arguments: ["gaussian", "orthogonal", "eva"])
    func starts(_ name: String) throws {
        let home = try TemporaryFolder()
        #expect(try PEFTFolder.config(in: folder(home, ["init_lora_weights": name])).rank == 4)
    }

    @Test("a missing or malformed configuration says which file")
    func unreadable() throws {
        let home = try TemporaryFolder()
        let none = try #require(throws: AdapterError.self) { try PEFTFolder.config(in: home.url) }
        #expect(none == .unreadable(file: home("adapter_config.json").path, reason: "there is no such file"))
        try Data("[]".utf8).write(to: home("adapter_config.json"))
        let list = try #require(throws: AdapterError.self) { try PEFTFolder.config(in: home.url) }
        #expect(list == .unreadable(file: home("adapter_config.json").path, reason: "it is not a JSON object"))
        try Data(#"{"r": 0, "lora_alpha": 1}"#.utf8).write(to: home("adapter_config.json"))
        #expect(throws: AdapterError.self) { try PEFTFolder.config(in: home.url) }
    }

    @Test("weights for other layers, or of another rank, are named")
    func mismatch() throws {
        let model = try tinyBert()
        var config = LoRAConfig.tiny
        (config.rank, config.targets) = (4, ["query", "key"])
        try apply(.lora(config), to: model)
        let error = try #require(throws: AdapterError.self) { try PEFTFolder.load(fixtures("tiny-lora/query-value"), into: model.target) }
        guard case .keyMismatch(let missing, let unexpected, _) = error else { throw CheckFailure("\(error)") }
        #expect(missing.count == 6 && missing.allSatisfy { $0.contains(".key.lora_") })
        #expect(unexpected.count == 6 && unexpected.allSatisfy { $0.contains(".value.lora_") })
        let narrow = try tinyBert()
        try apply(.lora(.tiny), to: narrow)
        let shape = try #require(throws: AdapterError.self) { try PEFTFolder.load(fixtures("tiny-lora/query-value"), into: narrow.target) }
        guard case .shape(let key, let expected, let found, _) = shape else { throw CheckFailure("\(shape)") }
        #expect(key.contains("lora_") && expected.contains(3) && found.contains(4))
    }
}
