import Foundation
import Testing

@testable import Hone

@Suite("Measuring models of every kind", .alone)
struct EvaluatorTests {
    @Test(
        "the test rows that a run split off are found again, and give the same numbers",
        arguments: [TaskName.text, .instruction, .sequenceToSequence, .tagging])
    func testRows(kind: TaskName) async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(kind)
        let after = try #require(run.after)
        let rows = try EvaluationRows(testRowsOf: run.record)
        let again = try await Evaluator.evaluate(Artifact(run.model), on: rows, precision: .float32)
        #expect(again.rows == after.rows && again.answered == after.answered && again.rows == 8)
        #expect(again.metrics.map(\.name) == after.metrics.map(\.name))
        for (found, wanted) in zip(again.metrics, after.metrics) {
            #expect(abs(found.value - wanted.value) <= 1e-4 * max(1, abs(wanted.value)), "\(found.name)")
        }
        let first: [TaskName: String] = [.tagging: "entityF1"]
        #expect(again.metrics.first?.name == first[kind, default: "loss"])
        if kind.writes { #expect(again["chrF"] != nil && again.answered == 5) }
        // The file is another one now.
        let data = URL(filePath: rows.recipe.data.train)
        try (String(contentsOf: data, encoding: .utf8) + TinyWriter.lines(kind)[0] + "\n").write(
            to: data, atomically: true, encoding: .utf8)
        await #expect(throws: HoneError.dataChanged(path: data.path, run: run.record.id.description)) {
            try await Evaluator.evaluate(Artifact(run.model), on: rows)
        }
    }

    @Test("a tuned model is compared with its base on the same rows", arguments: [TaskName.text, .instruction, .sequenceToSequence])
    func base(kind: TaskName) async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(kind, steps: 60)
        let rows = try EvaluationRows(testRowsOf: run.record)
        let artifact = try Artifact(run.model)
        let tuned = try await Evaluator.evaluate(artifact, on: rows, precision: .float32)
        let base = try await Evaluator.evaluate(artifact.untuned(), on: rows, precision: .float32)
        let comparison = try tuned.compared(with: base)
        #expect(comparison.metric == .loss && comparison.rows == 8)
        #expect(comparison.second < comparison.first && comparison.verdict == .better)
        #expect(try tuned.compared(with: base, on: .perplexity).rows == 8)
        if kind.writes { #expect(try tuned.compared(with: base, on: .chrF).rows == 5) }
        #expect(throws: EvaluationError.self) { try tuned.compared(with: base, on: .accuracy) }
    }

    @Test("rows with other targets are not compared")
    func otherRows() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(.text, steps: 2)
        func result(_ lines: [String]) async throws -> EvaluationResult {
            var recipe = try EvaluationRows(testRowsOf: run.record).recipe
            recipe.evaluation.resamples = 100
            let rows = EvaluationRows(file: try tiny.file("other.txt", lines), recipe: recipe)
            return try await Evaluator.evaluate(Artifact(run.model), on: rows, precision: .float32)
        }
        let (one, other) = (try await result(["The dog ran.", "A cat sat."]), try await result(["The dog ran.", "A bird sat."]))
        #expect(throws: EvaluationError.different(what: "the target tokens of the two models")) { try one.compared(with: other) }
        #expect(try one.compared(with: one).verdict == .undecided(moreRows: nil))
    }

    @Test("a classifier's base is the frozen encoder with the nearest centroid, as before its training")
    func centroid() async throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        let recipe = try tiny.recipe("full", "steps: 20, learningRate: 0.005", extra: "evaluation: {baseline: centroid, resamples: 200}")
        let run = try await Runner.start(Plan(RecipeDocument(contentsOf: recipe)))
        let rows = try EvaluationRows(testRowsOf: run.record)
        let base = try await Evaluator.evaluate(Artifact(run.model).untuned(), on: rows, precision: .float32)
        #expect(base["accuracy"]?.value == run.before?["accuracy"]?.value && base.notes.count == 1)
        let tuned = try await Evaluator.evaluate(Artifact(run.model), on: rows, precision: .float32)
        #expect(try tuned.compared(with: base).rows == 30)
    }

    @Test("a base without the output layer of its task has nothing to compare")
    func noHead() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(.tagging, steps: 2)
        let rows = try EvaluationRows(testRowsOf: run.record)
        let error = await #expect(throws: HoneError.self) { try await Evaluator.evaluate(Artifact(run.model).untuned(), on: rows) }
        #expect(error?.description.contains("output layer") == true)
    }

    @Test("rows that are left out are counted, and prompts that leave no room are not answered")
    func notes() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(.instruction, steps: 2)
        var rows = try EvaluationRows(testRowsOf: run.record)
        let long = String(repeating: "long ", count: 60)
        func row(_ text: String) -> String { #"{"messages":[{"role":"user","content":"\#(text)"},{"role":"assistant","content":"Yes."}]}"# }
        rows = EvaluationRows(file: try tiny.file("long.jsonl", [row("Pet?"), row(long), row("Dog?")]), recipe: rows.recipe)
        await #expect(throws: DataError.self) { try await Evaluator.evaluate(Artifact(run.model), on: rows) }
        rows.recipe.data.tooLong = .drop
        let dropped = try await Evaluator.evaluate(Artifact(run.model), on: rows, precision: .float32)
        #expect(dropped.rows == 2 && dropped.answered == 2 && dropped.notes.contains { $0.contains("1 row was left out") })
        rows.recipe.data.tooLong = .truncate
        let cut = try await Evaluator.evaluate(Artifact(run.model), on: rows, precision: .float32)
        #expect(cut.rows == 3 && cut.answered == 2 && cut.notes.contains { $0.contains("not answered: 1") })
    }

    @Test("rows of another kind of task are refused")
    func wrongKind() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let recipe = Recipe(model: tiny.t5.path, train: "x", task: .tagging)
        let rows = EvaluationRows(file: try tiny.file("t.conll", TinyWriter.lines(.tagging)), recipe: recipe)
        await #expect(throws: HoneError.self) { try await Evaluator.evaluate(Artifact(tiny.t5), on: rows) }
        await #expect(throws: HoneError.self) { try await Evaluator.evaluate(Artifact(tiny.llama), on: rows) }
    }
}
