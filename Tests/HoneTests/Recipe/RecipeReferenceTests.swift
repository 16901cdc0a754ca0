import Foundation
import Testing

@testable import Hone

@Suite("Reference of recipe keys")
struct RecipeReferenceTests {
    /// Every key that a recipe can be written with, and its value in a recipe of defaults.
    private func writtenKeys() -> [String: String] {
        var keys: [String: String] = [:]
        func collect(_ tree: RecipeTree, _ path: String) {
            for entry in tree.entries ?? [] {
                let key = path.isEmpty ? entry.key : "\(path).\(entry.key)"
                // The first recipe is the default one: its values are the defaults.
                if entry.value.entries == nil { keys[key] = keys[key] ?? entry.value.compact } else { collect(entry.value, key) }
            }
        }
        var recipe = Recipe(model: "m", train: "t")
        collect(recipe.written(), "")
        recipe.tuning = .partial(.init())
        recipe.training.optimizer = .sgd(.init())
        recipe.training.earlyStopping = .init()
        collect(recipe.written(), "")
        recipe.tuning = .lora(.init())
        collect(recipe.written(), "")
        return keys
    }

    @Test("the reference has every key that is written, and no other")
    func keys() {
        #expect(Set(RecipeReference.rows.map(\.key)) == Set(writtenKeys().keys))
        #expect(Set(RecipeReference.rows.map(\.key)).count == RecipeReference.rows.count)
    }

    @Test("the default in the reference is the one a recipe has")
    func defaults() {
        let written = writtenKeys()
        for row in RecipeReference.rows {
            if let text = row.defaultText { #expect(written[row.key] == text, "\(row.key)") }
        }
        #expect(RecipeReference.rows.filter { $0.defaultText == nil }.map(\.key) == ["model.path", "data.train"])
    }

    @Test("every row says what the key takes and does, in one line")
    func rows() {
        for row in RecipeReference.rows {
            #expect(!row.type.isEmpty, "\(row.key)")
            #expect(row.meaning.hasSuffix(".") && !row.meaning.contains("\n") && row.meaning.count < 120, "\(row.key)")
        }
        #expect(RecipeReference["tuning.rank"]?.condition == "method: lora")
        #expect(RecipeReference["tuning.rnk"] == nil)
    }

    @Test("the Markdown table has one line per key")
    func markdown() {
        let lines = RecipeReference.markdown.split(separator: "\n")
        #expect(lines.count == RecipeReference.rows.count + 2)
        #expect(lines.allSatisfy { $0.hasPrefix("|") && $0.hasSuffix("|") && $0.replacing("\\|", with: "").count { $0 == "|" } == 5 })
        #expect(lines.contains("| `training.batchSize` | a whole number, at least 1 | `32` | Rows in one micro-batch. |"))
    }

    @Test("setting any key to its default changes nothing")
    func identity() throws {
        let base = Recipe(model: "m", train: "t")
        for row in RecipeReference.rows where row.condition == nil {
            guard let text = row.defaultText, !row.key.hasPrefix("training.earlyStopping.") else { continue }
            let read = try Recipe(yaml: "model: m\ndata: {train: t}", overrides: [RecipeOverride(key: row.key, value: text)])
            #expect(read == base, "\(row.key)")
        }
    }
}
