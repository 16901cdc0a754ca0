import Foundation
import HoneLayers
import HoneModels
import HoneTensors
import HoneWeights
import Testing

@testable import Hone

@Suite("Artifacts", .alone)
struct ArtifactTests {
    private func config(_ folder: URL, _ changes: [String: Any]) throws {
        let file = folder.appending(path: "config.json")
        let known = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
        try JSONSerialization.data(withJSONObject: known.merging(changes) { $1 }).write(to: file)
    }

    @Test("what Hugging Face folders are for follows from the class that they name, and is said")
    func foreign() throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let text = try Artifact(tiny.llama)
        #expect(text.facts.task == .text && text.adapter == nil && text.weights == tiny.llama)
        #expect(try #require(text.assumption).contains("LlamaForCausalLM"))
        #expect(try Artifact(tiny.t5).facts.task == .sequenceToSequence)
        let labels = ["id2label": ["0": "no", "1": "yes"]]
        try config(tiny.llama, ["architectures": ["LlamaForSequenceClassification"]].merging(labels) { $1 })
        #expect(try Artifact(tiny.llama).facts.task == .classification)
        #expect(try Artifact(tiny.llama).facts.labels == ["no", "yes"])
        try config(tiny.llama, ["problem_type": "multi_label_classification"])
        #expect(try Artifact(tiny.llama).facts.task == .multiLabel)
        try config(tiny.llama, ["problem_type": NSNull(), "id2label": ["0": "LABEL_0"]])
        #expect(try Artifact(tiny.llama).facts.task == .regression)
        try config(tiny.llama, ["architectures": ["LlamaForTokenClassification"]].merging(labels) { $1 })
        #expect(try Artifact(tiny.llama).facts.task == .tagging)
        try config(tiny.llama, ["architectures": NSNull()])
        #expect(try Artifact(tiny.llama).facts.task == .text)
    }

    @Test("a folder that could not answer is refused, with what it is")
    func refusals() async throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        #expect(throws: HoneError.noHead(folder: tiny.model.path, architecture: "BertModel")) { try Artifact(tiny.model) }
        #expect(throws: HoneError.notAModel(folder: tiny.root.path)) { try Artifact(tiny.root) }
        // A class with a head that the weights do not have would answer at random.
        try config(tiny.model, ["architectures": ["BertForSequenceClassification"]])
        let artifact = try Artifact(tiny.model)
        #expect(artifact.facts.labels == ["LABEL_0", "LABEL_1"])
        await #expect(throws: HoneError.self) { try await Classifier(artifact) }
    }

    @Test("weights of 16 bits stay so while a few rows prove a folder, and are widened to answer in float32")
    func narrow() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let checkpoint = try Checkpoint(folder: tiny.llama)
        let sources = try checkpoint.keys.map { key in
            WeightSource(name: key, tensor: try checkpoint.entry(key).tensor().to(.bfloat16).cloned())
        }
        try SafetensorsWriter().write(sources, to: tiny.llama.appending(path: "model.safetensors"))
        let run = try await tiny.run(.instruction)
        let brief = try LoadedWriter(Artifact(run.model), compute: .float32, isChecked: true, isBrief: true)
        let whole = try LoadedWriter(Artifact(run.model), compute: .float32, isChecked: true)
        func narrow(_ writer: LoadedWriter) -> Int { writer.loaded.text.namedParameters().count { $0.parameter.value.dtype == .bfloat16 } }
        #expect(narrow(brief) > 10 && narrow(whole) == 0)
        #expect(try #require(brief.drift) < 1e-5 && #require(whole.drift) < 1e-5)
    }

    @Test("--base is for adapters only")
    func base() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        #expect(throws: HoneError.notAnAdapter(folder: tiny.llama.path)) { try Artifact(tiny.llama, base: tiny.t5) }
        let run = try await tiny.run(.text, lora: false, steps: 2)
        #expect(throws: HoneError.notAnAdapter(folder: run.model.path)) { try Artifact(run.model, base: tiny.llama) }
    }

    @Test("the model before the tuning is found, and is the model that was tuned")
    func untuned() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        for lora in [true, false] {
            let run = try await tiny.run(.instruction, lora: lora, steps: 2)
            let tuned = try Artifact(run.model)
            #expect((tuned.adapter != nil) == lora && tuned.assumption == nil)
            let base = try tuned.untuned()
            #expect(base.weights.path == tiny.llama.path && base.companions == run.model && base.adapter == nil)
            _ = try await Writer(base, precision: .float32)
        }
        #expect(throws: HoneError.noBase(folder: tiny.llama.path)) { try Artifact(tiny.llama).untuned() }
        let run = try await tiny.run(.text, lora: false, steps: 2)
        let weights = tiny.llama.appending(path: "model.safetensors")
        var bytes = try Data(contentsOf: weights)
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: weights)
        await #expect(throws: HoneError.self, "another model now") { try await Writer(Artifact(run.model).untuned()) }
    }

    @Test("an adapter that PEFT wrote is read with its base; one of a kind that nobody can use is refused")
    func foreignAdapter() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(.instruction, steps: 10)
        let folder = tiny.root.appending(path: "peft")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in ["adapter_config.json", "adapter_model.safetensors"] {
            try FileManager.default.copyItem(at: run.model.appending(path: name), to: folder.appending(path: name))
        }
        let artifact = try Artifact(folder)
        #expect(artifact.facts.task == .instruction && artifact.companions.path == tiny.llama.path && artifact.assumption != nil)
        let foreign = try await Writer(artifact, precision: .float32)
        let own = try await Writer(run.model, precision: .float32)
        var settings = try await own.sampling
        (settings.temperature, settings.maximumTokens) = (0, 8)
        let question = [ChatMessage(role: "user", content: "Pet 3?")]
        #expect(try await foreign.chat(question, settings: settings).text == own.chat(question, settings: settings).text)
        let moved = tiny.root.appending(path: "moved")
        try FileManager.default.moveItem(at: tiny.llama, to: moved)
        #expect(throws: HoneError.baseMissing(path: tiny.llama.path, folder: folder.path)) { try Artifact(folder) }
        #expect(try Artifact(folder, base: moved).weights == moved)
        let file = folder.appending(path: "adapter_config.json")
        let text = try String(contentsOf: file, encoding: .utf8).replacing("CAUSAL_LM", with: "FEATURE_EXTRACTION")
        try text.write(to: file, atomically: true, encoding: .utf8)
        #expect(throws: (any Error).self) { try Artifact(folder, base: moved) }
    }

    @Test("facts of an earlier Hone, without the newer keys, are read")
    func olderFacts() throws {
        let json = """
            {"schema": 1, "hone": "0.1.0", "task": "instruction", "labels": [], "method": "full", "maximumTokens": 9, "basePath": "b",
            "baseHash": "h", "padID": 0}
            """
        let facts = try JSONDecoder().decode(ArtifactFacts.self, from: Data(json.utf8))
        #expect(facts.promptsAreChats == nil && facts.prefix == nil)
    }
}
