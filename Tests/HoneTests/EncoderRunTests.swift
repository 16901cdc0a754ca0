import Foundation
import HoneModels
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import Hone

/// Every family of encoders with every task that it can do, with a tiny random model.
@Suite("Encoder families, from file to result", .alone)
struct EncoderRunTests {
    private static let fast = "epochs: 12, learningRate: 0.005, dropout: 0"

    private func run(_ recipe: URL) async throws -> RunResult { try await Runner.start(Plan(RecipeDocument(contentsOf: recipe))) }

    /// Texts whose class follows from one word; with two classes of a pair, the second from another.
    private func writeTexts(_ tiny: TinyEncoder, label: (_ cue: Int, _ other: Bool) -> String) throws {
        for (name, rows, seed) in [("train.csv", 120, UInt64(1)), ("validation.csv", 24, 2), ("test.csv", 36, 3)] {
            var (draw, text) = (TinyEncoder.Draw(state: seed), "text,label\n")
            for row in 0..<rows {
                let (cue, other) = (row % 3, draw(2) == 1)
                var words = (0..<(1 + draw(4))).map { _ in ["my", "is", "the", "now", "a"][draw(5)] }
                words.insert(TinyModel.cues[cue].1[draw(3)], at: draw(words.count + 1))
                if other { words.insert("please", at: draw(words.count + 1)) }
                text += "\(words.joined(separator: " ")) \(row),\(label(cue, other))\n"
            }
            try tiny.write(name, text)
        }
    }

    private let files = "train: train.csv, validation: validation.csv, test: test.csv"

    @Test("classification: full tuning learns, and the written model answers", arguments: TinyEncoder.families)
    func classification(_ family: String) async throws {
        let tiny = try TinyEncoder(family)
        defer { tiny.remove() }
        try writeTexts(tiny) { cue, _ in TinyModel.cues[cue].0 }
        let run = try await run(
            tiny.recipe("classification", data: files, Self.fast, extra: "evaluation: {baseline: centroid, resamples: 100}"))
        #expect(try #require(run.after?["accuracy"]).value > 0.9 && run.before != nil)
        let classifier = try await Classifier(run.model, precision: .float32, threads: 1)
        #expect(try await classifier.predict(["the battery is empty", "where is my parcel"]).map(\.answer) == ["battery", "delivery"])
        #expect(try #require(try await classifier.probeDrift) < 1e-4)
        let names = try FileManager.default.contentsOfDirectory(atPath: run.model.path)
        #expect(names.contains(family == "roberta" ? "merges.txt" : family == "modernbert" ? "tokenizer.json" : "vocab.txt"))
        #expect(run.record.tokenizerHash?.count == 64)
    }

    @Test("an adapter on the family's own targets learns, and merges into a plain checkpoint", arguments: TinyEncoder.families)
    func adapter(_ family: String) async throws {
        let tiny = try TinyEncoder(family)
        defer { tiny.remove() }
        try writeTexts(tiny) { cue, _ in TinyModel.cues[cue].0 }
        let run = try await run(
            tiny.recipe("classification", data: files, tuning: "lora, rank: 8, dropout: 0", "epochs: 40, learningRate: 0.02, dropout: 0"))
        // A guess is right in one of three; the frozen body is random.
        #expect(try #require(run.after?["accuracy"]).value > 0.55)
        #expect(try await Merger.merge(Artifact(run.model), into: tiny.root.appending(path: "merged")).drift < 1e-4)
    }

    @Test("partial tuning of the last block leaves the first one and the embeddings as they were", arguments: TinyEncoder.families)
    func partial(_ family: String) async throws {
        let tiny = try TinyEncoder(family)
        defer { tiny.remove() }
        try writeTexts(tiny) { cue, _ in TinyModel.cues[cue].0 }
        let run = try await run(
            tiny.recipe("classification", data: files, tuning: "partial, lastLayers: 1", "steps: 6, learningRate: 0.01"))
        let before = try TensorFixture(tiny.model.appending(path: "model.safetensors"))
        let after = try TensorFixture(run.model.appending(path: "model.safetensors"))
        let changed = try before.keys.filter { try largestDifference(before($0), after($0)) > 0 }
        #expect(
            !changed.isEmpty && changed.allSatisfy { $0.contains("layer.1.") || $0.contains("layers.1.") || $0.contains("pooler") },
            "\(changed)")
    }

    @Test(
        "labels that may hold together, and numbers",
        arguments: [("multiLabel", "roberta"), ("regression", "distilbert"), ("regression", "modernbert")])
    func otherTargets(_ task: String, _ family: String) async throws {
        let tiny = try TinyEncoder(family)
        defer { tiny.remove() }
        let isLabels = task == "multiLabel"
        try writeTexts(tiny) { cue, other in
            isLabels ? TinyModel.cues[cue].0 + (other ? "|polite" : "") : "\(Double(cue) - 1 + (other ? 0.25 : 0))"
        }
        let run = try await run(tiny.recipe(task, data: files, "epochs: 40, learningRate: 0.005, dropout: 0"))
        #expect(try #require(run.after?[isLabels ? "macroF1" : "pearson"]).value > 0.8)
        let answers = try await Classifier(run.model, precision: .float32, threads: 1).predict(["please charge my battery"])
        if isLabels { #expect(answers[0].answer.contains("battery")) } else { #expect(abs(try #require(answers[0].value) + 0.75) < 0.6) }
    }

    private var sentences: String {
        (0..<400).map { ["ann lives in rome", "bob was born in oslo", "eve did go to lima", "ann meets eve in rome"][$0 % 4] + ".\n" }
            .joined()
    }

    @Test("hidden tokens: the loss falls, and the written model has the head that was new", arguments: TinyEncoder.families)
    func maskedText(_ family: String) async throws {
        let tiny = try TinyEncoder(family)
        defer { tiny.remove() }
        try tiny.write("text.txt", sentences)
        let recipe = try tiny.recipe(
            "maskedText", data: "train: text.txt, validationFraction: 0.1, testFraction: 0.1, maximumTokens: 16, documents: lines",
            "epochs: 3, learningRate: 0.01, dropout: 0", extra: "evaluation: {resamples: 100}")
        let plan = try Plan(RecipeDocument(contentsOf: recipe))
        let run = try await Runner.start(plan)
        let loss = try #require(run.after?["loss"]).value
        #expect(loss < 0.7 * Foundation.log(Double(TinyEncoder.words.count)), "\(loss)")
        let (model, report) = try exclusively { try ModelFolder(run.model).languageModel(seed: 0) }
        #expect(!model.isCausal && report.new.isEmpty && report.unused.isEmpty)
        #expect(run.record.warnings.contains { $0.code == "newWeights" })
    }

    @Test("hidden tokens through an adapter: the head that was new is trained and saved whole", arguments: TinyEncoder.families)
    func maskedAdapter(_ family: String) async throws {
        let tiny = try TinyEncoder(family)
        defer { tiny.remove() }
        try tiny.write("text.txt", sentences)
        let run = try await run(
            tiny.recipe(
                "maskedText", data: "train: text.txt, maximumTokens: 16, documents: lines", tuning: "lora, rank: 2",
                "steps: 4, learningRate: 0.01"))
        let adapter = try TensorFixture(run.model.appending(path: "adapter_model.safetensors"))
        let head = adapter.keys.filter { !$0.contains("lora_") }
        #expect(head.contains { $0.contains("bias") } && head.contains { $0.contains("weight") }, "\(head)")
    }

    @Test("a task that the family cannot do is refused before training", arguments: TinyEncoder.families)
    func otherTasks(_ family: String) async throws {
        let tiny = try TinyEncoder(family)
        defer { tiny.remove() }
        try tiny.write("text.txt", sentences)
        let recipe = try tiny.recipe("text", data: "train: text.txt, maximumTokens: 16", "steps: 2")
        let error = try #require(throws: HoneError.self) { try Plan(RecipeDocument(contentsOf: recipe)) }
        #expect("\(error)".contains("maskedText") && "\(error)".contains(family))
    }

    @Test("tagging: entities are found in words that begin with a space", arguments: TinyEncoder.families)
    func tagging(_ family: String) async throws {
        let tiny = try TinyEncoder(family)
        defer { tiny.remove() }
        for (name, rows, seed) in [("train.conll", 160, UInt64(1)), ("test.conll", 40, 2)] {
            var (draw, text) = (TinyEncoder.Draw(state: seed), "")
            for _ in 0..<rows {
                let (person, place) = (["bob", "ann", "eve"][draw(3)], ["rome", "oslo", "lima"][draw(3)])
                let verb = ["lives", "was born"][draw(2)].split(separator: " ").map { "\($0) O\n" }.joined()
                text += "\(person) B-person\n\(verb)in O\n\(place) B-place\n\n"
            }
            try tiny.write(name, text)
        }
        let run = try await run(
            tiny.recipe(
                "tagging", data: "train: train.conll, validationFraction: 0.1, test: test.conll, leakage: report",
                "epochs: 4, learningRate: 0.01, dropout: 0", extra: "evaluation: {resamples: 100}"))
        #expect(try #require(run.after?["entityF1"]).value > 0.95)
        #expect(try FileManager.default.contentsOfDirectory(atPath: run.model.path).contains("probe.json"))
    }
}
