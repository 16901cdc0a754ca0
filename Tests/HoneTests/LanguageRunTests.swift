import Foundation
import HoneData
import HoneEvaluation
import HoneGeneration
import HoneTestSupport
import HoneText
import Testing

@testable import Hone

/// The real small Llama beside the repository; its tests are skipped where it is absent.
private let stories = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "shared/models/stories260K")
private let hasStories = FileManager.default.fileExists(atPath: stories.appending(path: "config.json").path)

@Suite("Language tasks from file to answer", .enabled(if: hasStories, "../shared/models/stories260K is not here"), .alone)
struct LanguageRunTests {
    /// Trains on a file in a folder of its own, and gives that folder back.
    private func run(_ kind: TaskName, file: String, _ text: String, lora: Bool = false) async throws -> (result: RunResult, home: URL) {
        let home = FileManager.default.temporaryDirectory.appending(path: "language-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        let data = home.appending(path: file)
        try Data(text.utf8).write(to: data)
        var recipe = Recipe(model: stories.path, train: data.path, task: kind)
        recipe.data.maximumTokens = 96
        if lora { recipe.tuning = .lora(.init(rank: 4, dropout: 0)) }
        recipe.training.budget = .steps(12)
        (recipe.training.batchSize, recipe.training.learningRate) = (8, lora ? 5e-3 : 2e-3)
        recipe.training.precision = .float32
        (recipe.evaluation.generatedRows, recipe.evaluation.maximumNewTokens, recipe.evaluation.resamples) = (2, 8, 100)
        recipe.output.folder = home.appending(path: "runs").path
        let plan = try Plan(RecipeDocument(text: recipe.json(), format: .json, name: "test"))
        return (try await Runner.start(plan), home)
    }

    private var lines: String {
        (0..<240).map { "The \($0 % 7) little dogs went to the park and saw \($0 % 5) cats by the big tree.\n" }.joined()
    }

    @Test("untouched, it reads a text as Transformers does and writes its continuation")
    func continuation() async throws {
        struct Reference: Decodable { let text, prompt, continuation: String, ids, greedy: [Int32] }
        let file = FixtureFolder("HoneModels")("stories260K.json")
        let reference = try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
        #expect(try Tokenizer(folder: stories).encode(reference.text).ids == reference.ids)
        let writer = try await Writer(stories, precision: .float32)
        var settings = try await writer.sampling
        (settings.temperature, settings.maximumTokens) = (0, reference.greedy.count)
        #expect(try await writer.complete([reference.prompt], settings: settings)[0].text == reference.continuation)
    }

    @Test("text: the loss on held-out lines falls, the model is written with its proof, and it goes on with a text")
    func text() async throws {
        let (result, home) = try await run(.text, file: "dogs.txt", lines)
        defer { try? FileManager.default.removeItem(at: home) }
        #expect(result.isFinished)
        let loss = try #require(result.after?["loss"]?.value)
        #expect(loss < 2.5, "loss \(loss)")
        let perplexity = try #require(result.after?["perplexity"]?.value)
        #expect(abs(perplexity - Foundation.exp(loss)) < 1e-6 * perplexity)
        let writer = try await Writer(result.model, precision: .float32)
        #expect(try #require(try await writer.probeDrift) < 1e-4)
        var settings = try await writer.sampling
        (settings.temperature, settings.maximumTokens) = (0, 12)
        let answers = try await writer.complete(["The 3 little dogs", "The"], settings: settings)
        #expect(answers.count == 2 && answers.allSatisfy { !$0.text.isEmpty && $0.tokens <= 12 })
        let alone = try await writer.complete(["The 3 little dogs"], settings: settings)
        #expect(alone[0].text == answers[0].text)
    }

    @Test("instruction: conversations are found, only answers are learned, the adapter answers and can be switched off")
    func instruction() async throws {
        let rows = (0..<60).map {
            #"{"messages":[{"role":"user","content":"How many dogs? \#($0 % 6)"},{"role":"assistant","content":"There are \#($0 % 6) dogs."}]}"#
        }
        let (result, home) = try await run(.instruction, file: "chat.jsonl", rows.joined(separator: "\n") + "\n", lora: true)
        defer { try? FileManager.default.removeItem(at: home) }
        #expect(result.isFinished && result.after?["exactMatch"] != nil && result.after?["bleu"] != nil)
        let writer = try await Writer(result.model, precision: .float32)
        #expect(try await writer.hasAdapter)
        var settings = try await writer.sampling
        (settings.temperature, settings.maximumTokens) = (0, 16)
        let question = [ChatMessage(role: "user", content: "How many dogs? 3")]
        let tuned = try await writer.chat(question, settings: settings)
        try await writer.setAdapter(false)
        let base = try await writer.chat(question, settings: settings)
        #expect(tuned.text != base.text)
    }

    @Test("a conversation without an answer is refused: nothing would be learned")
    func nothing() async throws {
        let row = #"{"messages":[{"role":"user","content":"Hello?"}]}"#
        await #expect(throws: (any Error).self) {
            _ = try await run(.instruction, file: "chat.jsonl", String(repeating: row + "\n", count: 30))
        }
    }
}
