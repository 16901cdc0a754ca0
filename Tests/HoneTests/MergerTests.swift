import Foundation
import Testing

@testable import Hone

@Suite("Merging adapters", .alone)
struct MergerTests {
    @Test(
        "an adapter of every kind of task merges into a plain model that answers the same",
        arguments: [TaskName.text, .instruction, .sequenceToSequence, .tagging])
    func kinds(kind: TaskName) async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(kind, steps: 20)
        let folder = tiny.root.appending(path: "merged")
        let report = try await Merger.merge(Artifact(run.model), into: folder)
        #expect(report.merged > 0 && report.drift < 1e-4 && report.probes == 8 && report.dtype == "float32")
        let merged = try Artifact(folder)
        #expect(merged.facts.task == kind && merged.adapter == nil && merged.facts.promptsAreChats == (kind == .instruction ? true : nil))
        let rows = try EvaluationRows(testRowsOf: run.record)
        let before = try #require(run.after)
        let after = try await Evaluator.evaluate(merged, on: rows, precision: .float32)
        #expect(abs(try #require(after["loss"]).value - #require(before["loss"]).value) < 1e-4)
        if kind == .instruction {
            // What is talked to after merging ends its answers as the adapter did.
            for name in ["chat_template.jinja", "generation_config.json"] {
                #expect(try Data(contentsOf: folder.appending(path: name)) == Data(contentsOf: run.model.appending(path: name)), "\(name)")
            }
            // Transformers gives the model what the template writes and no more: the token that begins every text is in it, and once.
            let prompt = try await Writer(merged, precision: .float32).prompt(of: [ChatMessage(role: "user", content: "a")])
            #expect(prompt.text.hasPrefix("<s>User: a") && prompt.tokens.filter { $0.id == 2 }.count == 1)
        }
    }

    @Test("a model without an adapter is written as it is")
    func full() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(.text, lora: false, steps: 2)
        let folder = tiny.root.appending(path: "merged")
        let report = try await Merger.merge(Artifact(run.model), into: folder)
        #expect(report.merged == 0 && report.drift == 0)
    }

    @Test("an adapter folder that brings no probe is compared on texts of Hone's own")
    func withoutProbe() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(.text, steps: 6)
        try FileManager.default.removeItem(at: run.model.appending(path: "probe.json"))
        let report = try await Merger.merge(Artifact(run.model), into: tiny.root.appending(path: "merged"))
        #expect(report.probes == 3 && report.drift < 1e-4)
    }
}
