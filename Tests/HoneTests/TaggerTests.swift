import Foundation
import Testing

@testable import Hone

@Suite("Taggers", .alone)
struct TaggerTests {
    @Test("a tagger finds entities with their places in the text")
    func story() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        // The pet is always the second word.
        let run = try await tiny.run(.tagging, lora: false, steps: 150)
        #expect(try #require(run.after?["entityF1"]).value > 0.9)
        let tagger = try await Tagger(run.model, precision: .float32)
        #expect(try #require(try await tagger.probeDrift) < 1e-4)
        let found = try await tagger.tag(["my  cat 7", "", "my dog 12"])
        #expect(found[0].words.map(\.text) == ["my", "cat", "7"] && found[0].words.map(\.tag) == ["O", "B-pet", "O"])
        #expect(found[0].words.allSatisfy { ($0.probability ?? 0) > 0.3 })
        #expect(found[0].entities == [.init(type: "pet", text: "cat", firstWord: 1, lastWord: 1, start: 4, end: 7)])
        #expect(found[1].words.isEmpty && found[1].entities.isEmpty && found[2].entities.map(\.text) == ["dog"])
        let given = try await tagger.tag([TaggerInput(words: ["my", "dog", "12"], at: RowPlace(file: "f", line: 3))])
        #expect(given[0].text == nil && given[0].entities.first?.start == nil && given[0].entities.map(\.text) == ["dog"])
        #expect(given[0].place.line == 3)
    }

    @Test("each text is tagged as if it were alone")
    func batch() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(.tagging, steps: 10)
        let tagger = try await Tagger(run.model, precision: .float32)
        let texts = ["my cat 7", "a long sentence about a dog and a bird", "x"]
        let together = try await tagger.tag(texts)
        for (index, text) in texts.enumerated() {
            let alone = try await tagger.tag([text])[0]
            #expect(alone.words.map(\.tag) == together[index].words.map(\.tag))
        }
    }

    @Test("a text that is longer than the model reads is tagged in parts, to its last word")
    func parts() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(.tagging, steps: 2)
        let tagger = try await Tagger(run.model, precision: .float32)
        let found = try await tagger.tag([String(repeating: "my dog ", count: 60), "my dog"])
        #expect(found[0].isInParts && found[0].words.count == 120 && found[0].words.allSatisfy { $0.probability != nil })
        #expect(!found[1].isInParts)
    }

    @Test("tags that mark no entities are learned and measured one by one")
    func plainTags() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let data = try tiny.file("pos.conll", (0..<40).map { "my DET\n\(["dog", "cat"][$0 % 2]) NOUN\n\($0) NUM\n" })
        let run = try await tiny.run(.tagging, steps: 30) { recipe in
            (recipe.data.train, recipe.data.exampleOptions.tagging) = (data.path, .keep)
        }
        let after = try #require(run.after)
        #expect(after.metrics.map(\.name) == ["tokenAccuracy", "loss"] && !after.mistakes.contains { $0.expected == $0.predicted })
        let tagger = try await Tagger(run.model, precision: .float32)
        let tagged = try await tagger.tag(["my dog 3"])[0]
        #expect(tagged.entities.isEmpty && tagged.words.allSatisfy { ["DET", "NOUN", "NUM"].contains($0.tag) })
    }

    @Test("a folder of another kind is refused")
    func wrongTask() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        await #expect(throws: HoneError.self) { try await Tagger(tiny.llama) }
    }
}
