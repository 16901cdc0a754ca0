import Foundation
import HoneData
import HoneLayers
import HoneModels
import HoneRuns
import HoneText
import Synchronization
import Testing

@testable import Hone

@Suite("Training from nothing")
struct PretrainingTests {
    private let home = FileManager.default.temporaryDirectory.appending(path: "pretrain-\(UUID().uuidString)")

    /// A text of many paragraphs, each a document.
    private static let corpus = (0..<400).map { "Row \($0 % 37): the \($0 % 7) dogs saw \($0 % 5) cats by the big tree.\nAnd so on.\n\n" }
        .joined()

    private func recipe(_ source: Recipe.ModelSpec.Source, _ vocabulary: Recipe.ModelSpec.Vocabulary, steps: Int = 6) throws -> Recipe {
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        let data = home.appending(path: "corpus.txt")
        try Data(Self.corpus.utf8).write(to: data)
        var recipe = try Recipe.pretraining(data: data.path, from: source, vocabulary: vocabulary, documents: .blankLines)
        recipe.training.budget = .steps(steps)
        (recipe.training.tokenBudget, recipe.training.threads, recipe.training.precision) = (512, 1, .float32)
        (recipe.training.evaluateEvery, recipe.training.saveEvery) = (.steps(3), .steps(3))
        (recipe.evaluation.maximumNewTokens, recipe.evaluation.resamples) = (8, 100)
        recipe.output.folder = home.appending(path: "runs").path
        return recipe
    }

    private func weights(_ run: RunResult) throws -> Data { try Data(contentsOf: run.model.appending(path: "model.safetensors")) }

    @Test("a run from nothing leaves tokenizer, samples and a model that loads; its own recipe gives the same weights; so does resuming")
    func story() async throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let recipe = try recipe(.size(.nano), .learned(310))
        let samples = Mutex<[String]>([])
        let plan = try Plan(RecipeDocument(recipe))
        #expect(plan.isFromNothing && plan.modelName == "nano" && plan.exampleFacts?.vocabulary?.tokens == 310)
        let run = try await Runner.start(plan) { event in
            if case .sample(let step, let prompt, let text) = event.event { samples.withLock { $0.append("\(step)|\(prompt)|\(text)") } }
            return .proceed
        }
        #expect(run.isFinished && (run.after?["perplexity"]?.value ?? 0) > 1)
        let heard = samples.withLock { $0 }
        #expect(heard.count == 2 && heard[0].hasPrefix("3||") && heard[1].hasPrefix("6||") && heard.allSatisfy { $0.count > 4 })
        let html = try String(contentsOf: run.folder.report, encoding: .utf8)
        #expect(html.contains("What it wrote") && html.contains("What is learned"))

        let config = try JSONSerialization.jsonObject(with: Data(contentsOf: run.folder.start.appending(path: "config.json")))
        #expect((config as? [String: Any])?["vocab_size"] as? Int == 310)
        #expect(run.record.base?.path == run.folder.start.path && run.record.base?.family == "llama" && run.record.tokenizerHash != nil)
        #expect(run.record.dataReport?["vocabulary"]?["merges"] == .integer(53))

        let writer = try await Writer(run.model, precision: .float32, threads: 1)
        #expect(try #require(try await writer.probeDrift) < 1e-4)
        #expect(try Tokenizer(folder: run.model).encodeIDs("the dogs").first == 0)

        let again = try await Runner.start(Plan(RecipeDocument(contentsOf: run.folder.recipe)))
        #expect(try weights(again) == weights(run), "the repeated run has other weights")

        let stopped = try await Runner.start(Plan(RecipeDocument(recipe))) { event in
            if case .step(4, _, _, _, _, _, _, _) = event.event { .stop(reason: "enough") } else { .proceed }
        }
        #expect(!stopped.isFinished)
        // The tokenizer is the one that the run has kept, whatever becomes of the text.
        let resumed = try await Runner.resume(stopped.folder)
        #expect(resumed.isFinished)
        #expect(try weights(resumed) == weights(run))
    }

    @Test("a configuration of another family, with a tokenizer that is given: the vocabulary follows the tokenizer")
    func configuration() async throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let tiny = try TinyChat()
        defer { tiny.remove() }
        let config = try tiny.file(
            "gpt2.json",
            #"{"model_type": "gpt2", "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 64, "vocab_size": 50257, "bos_token_id": 50256, "#
                + #""eos_token_id": 50256, "architectures": ["GPT2LMHeadModel"], "resid_pdrop": 0.1}"#)
        let recipe = try recipe(.config(config), .folder(tiny.model.path), steps: 3)
        #expect(recipe.task.kind == .text && recipe.evaluation.samples == 1)
        let run = try await Runner.start(Plan(RecipeDocument(recipe)))
        let written = try JSONSerialization.jsonObject(with: Data(contentsOf: run.model.appending(path: "config.json"))) as? [String: Any]
        let tokens = try Tokenizer(folder: tiny.model).vocabularySize
        #expect(written?["vocab_size"] as? Int == tokens && written?["eos_token_id"] as? Int == 0)
        #expect(written?["architectures"] as? [String] == ["GPT2LMHeadModel"])
        for name in ["tokenizer.json", "tokenizer_config.json"] {
            #expect(try Data(contentsOf: run.model.appending(path: name)) == Data(contentsOf: tiny.model.appending(path: name)))
        }
        #expect(run.record.dataReport?["vocabulary"] == nil)
    }

    @Test("a folder of one's own may start at random too")
    func folder() throws {
        let tiny = try TinyChat()
        defer {
            tiny.remove()
            try? FileManager.default.removeItem(at: home)
        }
        try FileManager.default.removeItem(at: tiny.model.appending(path: "model.safetensors"))
        var own = try recipe(.folder(tiny.model.path), .own)
        let plan = try Plan(RecipeDocument(own))
        #expect(!plan.start.isMade && plan.start.url.path == tiny.model.path)
        own.model.vocabulary = .learned(310)
        #expect(try Plan(RecipeDocument(own)).start.isMade)
    }

    @Test("the training text alone teaches the tokenizer, and a small text makes a small one")
    func smallText() throws {
        defer { try? FileManager.default.removeItem(at: home) }
        var recipe = try recipe(.size(.nano), .learned(5000))
        let plan = try Plan(RecipeDocument(recipe))
        let learned = try #require(plan.exampleFacts?.vocabulary)
        #expect(learned.tokens < 5000 && plan.warnings.contains { $0.contains("of 5000 tokens") })
        #expect(learned.bytes < Self.corpus.utf8.count)
        recipe.evaluation.samplePrompt = "the"
        #expect(try Plan(RecipeDocument(recipe)).exampleFacts?.vocabulary == learned)
    }

    @Test("faults are told apart: no configuration, no tokenizer, a model that looks the wrong way")
    func faults() throws {
        defer { try? FileManager.default.removeItem(at: home) }
        let missing = try recipe(.size(.nano), .folder(home.path))
        #expect(throws: TokenizerError.self) { try Plan(RecipeDocument(missing)) }
        #expect(throws: ModelError.self) { try Recipe.pretraining(data: "x", from: .config("/nowhere/config.json")) }
        var gone = try recipe(.size(.nano), .learned(400))
        gone.model.source = .config("/nowhere/config.json")
        #expect(throws: HoneError.noConfig(path: "/nowhere/config.json")) { try Plan(RecipeDocument(gone)) }
        let tiny = try TinyChat()
        defer { tiny.remove() }
        #expect(throws: HoneError.wrongTask(found: "maskedText", needed: "instruction or text", what: "A “llama” model")) {
            try Plan(tiny.recipe(.maskedText, tiny.file("a.txt", "the dog\n")))
        }
    }

    @Test("every size is what its documentation says", arguments: [(PretrainingSize.nano, 1.3), (.tiny, 16), (.small, 126)])
    func sizes(size: PretrainingSize, millions: Double) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "size-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var config = size.config
        config["vocab_size"] = size.vocabulary
        try ModelFolder.configText(config).write(to: folder.appending(path: "config.json"))
        let count = try ModelFolder(folder).emptyLanguageModel().namedParameters().reduce(0) { $0 + $1.parameter.count }
        #expect(abs(Double(count) / 1e6 - millions) < 0.05 * millions, "\(count)")
    }
}
