import Foundation
import HoneText
import Testing

@testable import Hone

@Suite("Sequence to sequence, from file to answer", .alone)
struct SequenceRunTests {
    @Test("a tiny T5 learns to copy a word: the loss falls, answers are scored, the model is written with its proof")
    func story() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(.sequenceToSequence, lora: false, steps: 200) { $0.evaluation.generatesInTraining = true }
        let after = try #require(run.after)
        let loss = try #require(after["loss"]).value
        #expect(loss < 2, "loss \(loss)")
        #expect(after["exactMatch"] != nil && after["bleu"] != nil && after["rougeL"] != nil && after.answered == 5)
        let writer = try await Writer(run.model, precision: .float32)
        #expect(try #require(try await writer.probeDrift) < 1e-4)
        #expect(run.record.metrics.contains { $0.name == "chrF" })
    }

    @Test("a T5 from a configuration alone learns its tokenizer too, loads as any T5, and was measured before the first step")
    func fromNothing() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let config = #"{"model_type": "t5", "d_model": 20, "d_kv": 6, "d_ff": 28, "num_layers": 1, "num_heads": 3}"#
        let url = try tiny.file("shape.json", [config])
        let run = try await tiny.run(.sequenceToSequence, lora: false, steps: 40) {
            $0.model = Recipe.ModelSpec(random: .config(url.path), vocabulary: .learned(300))
            ($0.evaluation.baseline, $0.data.maximumTokens) = (.untuned, 64)
        }
        let (before, after) = (try #require(run.before?["loss"]).value, try #require(run.after?["loss"]).value)
        #expect(after < before, "\(before) to \(after)")
        #expect(run.record.metric("loss", phase: .before)?.value == before)
        let first = try #require(run.before)
        let answers = try #require(try run.after?.comparedAnswers(with: first))
        #expect(answers.metric == .chrF && answers.first == run.before?["chrF"]?.value && answers.second == run.after?["chrF"]?.value)
        let tokenizer = try Tokenizer(folder: run.model)
        #expect(tokenizer.encodeIDs("dog").last == 1 && tokenizer.padID == 0)
        let settings = try String(contentsOf: run.model.appending(path: "tokenizer_config.json"), encoding: .utf8)
        #expect(!settings.contains("model_max_length"))
        let made = try JSONSerialization.jsonObject(with: Data(contentsOf: run.folder.start.appending(path: "config.json")))
        #expect((made as? [String: Any])?["decoder_start_token_id"] as? Int == 0)
        #expect(try #require(try await Writer(run.model, precision: .float32).probeDrift) < 1e-4)
    }

    @Test("an answer without text is learned as asked, and named")
    func emptyAnswer() throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let empty = #"{"messages":[{"role":"user","content":"Pet?"},{"role":"assistant","content":""}]}"#
        let data = try tiny.file("chats.jsonl", TinyWriter.lines(.instruction) + [empty])
        var recipe = Recipe(model: tiny.llama.path, train: data.path, task: .instruction)
        (recipe.data.validation, recipe.data.test) = (.fraction(0), .fraction(0))
        let plan = try Plan(RecipeDocument(recipe))
        #expect(plan.warnings == ["1 training example has an empty answer (\(data.path):41): the model learns to say nothing there."])
    }

    @Test("untuned measures what the checkpoint did: the same numbers as a model that is not trained")
    func untuned() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(.instruction) { $0.evaluation.baseline = .untuned }
        let before = try #require(run.before), after = try #require(run.after)
        #expect(before.rows == after.rows && before.answered == after.answered && before["loss"]?.low != nil)
        let base = try await Writer(tiny.llama, precision: .float32).evaluate(EvaluationRows(testRowsOf: run.record))
        #expect(abs(try #require(base["loss"]).value - (try #require(before["loss"]).value)) < 1e-5)
        #expect(before["loss"] != after["loss"])
    }
}
