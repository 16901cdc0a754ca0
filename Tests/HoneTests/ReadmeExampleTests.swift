import Foundation
import Hone
import Testing

@Suite("The README's example", .alone)
struct ReadmeExampleTests {
    /// The lines of the README after the paths, as they stand there.
    private func example(model: String, train: String, runs: String) async throws -> String {
        // begin
        let recipe = Recipe(model: model, train: train, tuning: .lora(.init(rank: 8)), output: .init(folder: runs))
        let plan = try Plan(RecipeDocument(recipe))
        print("\(plan.facts.steps) steps, about \(plan.facts.predictedBytes / 1_000_000) MB")
        let run = try await Runner.start(plan) { event in
            if case .evaluation(_, _, let metrics, _) = event.event { print(metrics["accuracy"] ?? 0) }
            return .proceed
        }
        let classifier = try await Classifier(run.model)
        print(try await classifier.predict(["the battery is dead"])[0].answer)
        // end
        return try await classifier.predict(["the battery is dead"])[0].answer
    }

    /// The lines of the README that train a model on conversations and talk to it.
    private func talk(model: String, chats: String, runs: String) async throws -> [ChatMessage] {
        // begin talk
        let recipe = Recipe(model: model, train: chats, task: .instruction, tuning: .lora(.init(rank: 8)), output: .init(folder: runs))
        let run = try await Runner.start(Plan(RecipeDocument(recipe)))
        print("perplexity", run.after?["perplexity"]?.value ?? .nan, "chrF", run.after?["chrF"]?.value ?? .nan)
        let writer = try await Writer(run.model)
        var conversation = [ChatMessage(role: "user", content: "Where is my parcel?")]
        let answer = try await writer.chat(conversation) { piece in
            print(piece, terminator: "")
            return true
        }
        conversation.append(ChatMessage(role: "assistant", content: answer.text))
        // end talk
        return conversation
    }

    @Test("a conversation compiles, is learned and goes on")
    func talks() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let chats = try tiny.file("chats.jsonl", TinyWriter.lines(.instruction, count: 60))
        let conversation = try await talk(model: tiny.llama.path, chats: chats.path, runs: tiny.root.appending(path: "runs").path)
        #expect(conversation.map(\.role) == ["user", "assistant"])
    }

    @Test("compiles, runs and answers")
    func runs() async throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        try tiny.writeData("train.csv", rows: 90, seed: 1)
        let train = tiny.root.appending(path: "train.csv").path
        let answer = try await example(model: tiny.model.path, train: train, runs: tiny.runs.path)
        #expect(["battery", "delivery", "refund"].contains(answer))
    }

    @Test("stands in the README as it is tested here", arguments: ["", " talk"])
    func agrees(name: String) throws {
        let here = URL(filePath: #filePath)
        let source = try String(contentsOf: here, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
        let begin = try #require(source.firstIndex { $0.hasSuffix("// begin\(name)") }),
            end = try #require(source.firstIndex { $0.hasSuffix("// end\(name)") })
        let lines = source[(begin + 1)..<end].map { String($0.dropFirst(8)) }.joined(separator: "\n")
        let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        #expect(readme.contains(lines), "change both")
    }
}
