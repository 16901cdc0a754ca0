import Foundation
import Hone
import Testing

@Suite("Plans", .alone)
struct PlanTests {
    /// What is written over the tiny folder, and what the error must say.
    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let file: String
        let content: String?
        let says: [String]
        var testDescription: String { name }
    }

    private static let long = String(repeating: "bike ", count: 40)

    static let faults = [
        Fault(name: "missing file", file: "train.csv", content: nil, says: ["train.csv"]),
        Fault(name: "empty file", file: "train.csv", content: "", says: ["train.csv", "empty"]),
        Fault(name: "ragged row", file: "train.csv", content: "text,label\na,b\nc,d,e\n", says: ["train.csv:3", "3"]),
        Fault(name: "single class", file: "train.csv", content: "text,label\na,b\nc,b\n", says: ["b"]),
        Fault(
            name: "label only in test", file: "test.csv", content: "text,label\nmy bike,batery\n",
            says: ["test.csv:2", "batery", "battery"]),
        Fault(
            name: "too long", file: "train.csv",
            content: "text,label\n\(long),battery\n\(long),delivery\n\(long),refund\n",
            says: ["24"]),
        Fault(name: "no config", file: "model/config.json", content: nil, says: ["config.json"]),
        Fault(name: "no tokenizer", file: "model/tokenizer.json", content: nil, says: ["tokenizer.json"]),
        Fault(name: "truncated weights", file: "model/model.safetensors", content: "\u{10}", says: ["model.safetensors"]),
    ]

    @Test("bad input is an error that names the place", arguments: faults)
    func bad(_ fault: Fault) throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        let recipe = try tiny.recipe()
        let url = tiny.root.appending(path: fault.file)
        if let content = fault.content {
            try content.write(to: url, atomically: true, encoding: .utf8)
        } else {
            try FileManager.default.removeItem(at: url)
        }
        let error = #expect(throws: (any Error).self) { try Plan(RecipeDocument(contentsOf: recipe)) }
        let text = "\(try #require(error))"
        for word in fault.says { #expect(text.contains(word), "“\(word)” in: \(text)") }
        #expect(!FileManager.default.fileExists(atPath: tiny.runs.path), "a plan writes nothing")
    }

    @Test("a LoRA plan counts what trains")
    func counts() throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        let plan = try Plan(RecipeDocument(contentsOf: tiny.recipe("lora, rank: 2")))
        #expect(plan.facts.trainableParameters == 2 * 2 * (2 * 24 * 2) + 3 * 24 + 3, "2 blocks, query and value, and the head")
        #expect(plan.facts.predictedBytes > 100_000_000)
        let full = try Plan(RecipeDocument(contentsOf: tiny.recipe("full")))
        #expect(full.facts.trainableParameters == full.facts.totalParameters)
    }

    @Test("early stopping without validation rows is refused")
    func earlyStopping() throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        let recipe = try tiny.recipe("full", "epochs: 2, earlyStopping: {patience: 1}")
        let text = try String(contentsOf: recipe, encoding: .utf8).replacing("validation: validation.csv", with: "validationFraction: 0")
        try text.write(to: recipe, atomically: true, encoding: .utf8)
        #expect(throws: HoneError.noValidation(key: "training.earlyStopping")) { try Plan(RecipeDocument(contentsOf: recipe)) }
    }
}
