import Foundation
import Hone
import Testing

@Suite("Loaded classifiers", .alone)
struct ClassifierTests {
    @Test("a model folder whose weights or tokenizer were changed is refused")
    func proof() async throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        let run = try await Runner.start(Plan(RecipeDocument(contentsOf: tiny.recipe("full", "steps: 6"))))
        let probe = run.model.appending(path: "probe.json")
        let text = try String(contentsOf: probe, encoding: .utf8)
        #expect(try await Classifier(run.model).probeDrift == 0)
        try text.replacing("\"logits\":[", with: "\"logits\":[9").write(to: probe, atomically: true, encoding: .utf8)
        await #expect(throws: HoneError.self) { try await Classifier(run.model) }
        try text.replacing("\"ids\":[2,", with: "\"ids\":[2,2,").write(to: probe, atomically: true, encoding: .utf8)
        await #expect(throws: HoneError.self) { try await Classifier(run.model) }
    }

    @Test("an adapter whose base model was changed or moved is refused")
    func base() async throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        let run = try await Runner.start(Plan(RecipeDocument(contentsOf: tiny.recipe("lora, rank: 2", "steps: 6"))))
        _ = try await Classifier(run.model)
        let moved = tiny.root.appending(path: "elsewhere")
        try FileManager.default.moveItem(at: tiny.model, to: moved)
        await #expect(throws: HoneError.self) { try await Classifier(run.model) }
        _ = try await Classifier(run.model, base: moved)
        let other = try TinyModel(width: 24)
        defer { other.remove() }
        try other.writeData("x.csv", rows: 3, seed: 1)
        let weights = moved.appending(path: "model.safetensors")
        var bytes = try Data(contentsOf: weights)
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: weights)
        await #expect(throws: HoneError.self) { try await Classifier(run.model, base: moved) }
    }

    @Test("a folder without a head is named, and so is one that holds no model")
    func stranger() async throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        await #expect(throws: HoneError.noHead(folder: tiny.model.path, architecture: "BertModel")) { try await Classifier(tiny.model) }
        await #expect(throws: HoneError.notAModel(folder: tiny.root.path)) { try await Classifier(tiny.root) }
    }
}
