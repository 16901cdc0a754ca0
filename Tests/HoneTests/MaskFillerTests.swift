import Foundation
import Testing

@testable import Hone

@Suite("Filling in hidden words", .alone)
struct MaskFillerTests {
    private let sentences = (0..<400).map {
        ["when ann lives in rome", "when bob was born in oslo", "who did go to lima", "who meets eve in rome"][$0 % 4] + ".\n"
    }.joined()

    private func run(_ tiny: TinyEncoder, tuning: String = "full", _ training: String) async throws -> RunResult {
        try tiny.write("text.txt", sentences)
        let recipe = try tiny.recipe(
            "maskedText", data: "train: text.txt, validationFraction: 0.1, testFraction: 0.1, maximumTokens: 16, documents: lines",
            tuning: tuning, training, extra: "evaluation: {resamples: 100}")
        return try await Runner.start(Plan(RecipeDocument(contentsOf: recipe)))
    }

    @Test("a trained model fills in what it has read, in every family, whichever way the place is spelt", arguments: TinyEncoder.families)
    func story(family: String) async throws {
        let tiny = try TinyEncoder(family)
        defer { tiny.remove() }
        let run = try await run(tiny, "epochs: 12, learningRate: 0.005, dropout: 0")
        let filler = try await MaskFiller(run.model, precision: .float32)
        #expect(try #require(try await filler.probeDrift) < 1e-4)
        // Not at the end: with add_prefix_space a full stop after the hidden place is read as one after a space, in Transformers too.
        for mask in ["[MASK]", "<mask>"] {
            let found = try await filler.fill(["when ann \(mask) in rome.", "when \(mask) was \(mask) in oslo."], top: 3)
            #expect(
                found[0].filled == "when ann lives in rome." && found[1].filled == "when bob was born in oslo.", "\(found.map(\.filled))")
            #expect(found[1].places.count == 2 && found[0].places[0].count == 3)
            let shares = found[0].places[0].map(\.probability)
            #expect(shares == shares.sorted(by: >) && shares.reduce(0, +) <= 1.0001 && shares[0] > 0.3)
        }
        await #expect(throws: HoneError.self) { try await filler.fill(["ann lives in rome."]) }
        await #expect(throws: DataError.self) { try await filler.fill([String(repeating: "ann ", count: 60) + "[MASK]"]) }
        // The same tokens are hidden in every evaluation.
        let again = try await filler.evaluate(EvaluationRows(testRowsOf: run.record))
        #expect(again.metrics.map(\.name) == ["loss", "perplexity", "tokenAccuracy"] && again.rows == run.after?.rows)
        #expect(abs(try #require(again["loss"]).value - #require(run.after?["loss"]).value) < 1e-4)
    }

    @Test("an adapter on a masked model merges, its new head with it")
    func merge() async throws {
        let tiny = try TinyEncoder("bert")
        defer { tiny.remove() }
        let run = try await run(tiny, tuning: "lora, rank: 2, dropout: 0", "steps: 20, learningRate: 0.01")
        let folder = tiny.root.appending(path: "merged")
        let report = try await Merger.merge(Artifact(run.model), into: folder)
        #expect(report.merged > 0 && report.drift < 1e-4 && report.probes == 8)
        let rows = try EvaluationRows(testRowsOf: run.record)
        let loss = try await Evaluator.evaluate(Artifact(folder), on: rows, precision: .float32)["loss"]
        #expect(abs(try #require(loss).value - #require(run.after?["loss"]).value) < 1e-4)
        // Without Hone's own file it is a Hugging Face folder like any other.
        try FileManager.default.removeItem(at: folder.appending(path: "hone.json"))
        #expect(try Artifact(folder).facts.task == .maskedText)
        #expect(try await MaskFiller(folder).fill(["ann [MASK] in rome."]).count == 1)
        // Its base has no head for the task.
        await #expect(throws: HoneError.self) { try await Evaluator.evaluate(Artifact(run.model).untuned(), on: rows) }
    }

    @Test("a folder of another kind is refused")
    func wrongTask() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        await #expect(throws: HoneError.self) { try await MaskFiller(tiny.llama) }
    }
}
