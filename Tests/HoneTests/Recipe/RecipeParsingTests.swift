import Foundation
import Testing

@testable import Hone

@Suite("Reading YAML and JSON")
struct RecipeParsingTests {
    private func yaml(_ text: String) throws -> RecipeTree { try #require(try RecipeParsing.yaml(text, place: .init())) }

    @Test(
        "plain scalars follow the core schema of YAML 1.2",
        arguments: [
            ("1e-4", "0.0001"), ("3", "3"), ("-3", "-3"), ("+3", "3"), ("0x10", "16"), ("0o17", "15"), ("017", "17"), (".5", "0.5"),
            ("5.", "5"), ("1E3", "1000"), ("~", "null"), ("null", "null"), ("true", "true"), ("False", "false"), ("no", "\"no\""),
            ("1_000", "\"1_000\""), ("1:30", "\"1:30\""), ("'3'", "\"3\""), ("\"true\"", "\"true\""), ("!!str 3", "\"3\""),
            ("3 4", "\"3 4\""),
            ("2024-01-01", "\"2024-01-01\""), ("e3", "\"e3\""), (".", "\".\""), ("-", "[null]"),
        ])
    func scalars(text: String, compact: String) throws {
        #expect(try yaml(text).compact == compact)
    }

    @Test("every value remembers its line")
    func lines() throws {
        let tree = try yaml("a: 1\n\nb:\n  - 2\n  - c: 3\n")
        #expect(tree.location(of: "a").line == 1)
        #expect(tree.location(of: "b").line == 4)
        #expect(tree["b"]?.place.line == 4)
    }

    @Test("a byte order mark before the first key is no part of it")
    func byteOrderMark() throws {
        #expect(try Recipe(yaml: "\u{FEFF}model: m\ndata: {train: t}") == Recipe(model: "m", train: "t"))
    }

    @Test("anchors repeat a value")
    func anchors() throws {
        let recipe = try Recipe(yaml: "model: m\ndata: {train: t, text: &column utterance, label: *column}")
        #expect(recipe.data.label == "utterance")
    }

    @Test("aliases of aliases are refused before they fill memory")
    func expansion() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        #expect(throws: RecipeError.self) { try Recipe(yaml: text) }
    }

    @Test("deep nesting is refused", arguments: [40, 900, 100_000])
    func depth(_ count: Int) {
        #expect(throws: RecipeError.self) { try Recipe(yaml: String(repeating: "[", count: count)) }
        let closed = String(repeating: "[", count: count) + String(repeating: "]", count: count)
        #expect(throws: RecipeError.self) { try Recipe(yaml: closed) }
    }

    @Test("JSON is read with its escapes, and errors keep the line")
    func json() throws {
        let recipe = try Recipe(
            json:
                "{\"model\":\"a\\/b\",\n\t\"data\": {\"train\": \"t\", \"text\": \"\\ud83d\\ude00 \\u00e9 \\\\ud83d\\n\", \"label\":\"l\"}}"
        )
        #expect(recipe.model.path == "a/b")
        #expect(recipe.data.text == "\u{1F600} é \\ud83d\n")
        let expected = "a number, above 0"
        #expect(throws: RecipeError.outOfRange(.init(line: 3, key: "training.epochs"), found: "0", expected: expected)) {
            try Recipe(json: "{\"model\": \"m\",\n\"data\": {\"train\": \"t\"},\n\"training\": {\"epochs\": 0}}")
        }
    }

    @Test(
        "what is YAML only is not JSON", arguments: ["{model: m}", "{\"model\": 'm'}", "model: m", "{\"a\": 1} {}", "{\"a\": 01}"])
    func strictJSON(_ text: String) {
        let error = #expect(throws: RecipeError.self) { try Recipe(json: text) }
        #expect(error?.description.hasPrefix("not JSON: ") == true)
    }

    @Test("an empty JSON text, and keys given twice in JSON, are refused")
    func jsonEdges() {
        #expect(throws: RecipeError.empty(.init())) { try Recipe(json: " \n") }
        #expect(throws: RecipeError.duplicateKey(.init(line: 1, key: "model"))) { try Recipe(json: "{\"model\": \"a\", \"model\": \"b\"}") }
    }

    @Test("random bytes are refused or read, never a crash")
    func fuzz() throws {
        var random = RecipeRandom(seed: 5)
        let seed = Recipe(model: "minilm", train: "train.csv", tuning: .lora(.init())).yaml()
        for _ in 0..<2000 {
            var bytes = Array(seed.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                bytes[at] = Array("{}[]:,-#&*!|>'\"%@`\t\n 0a~".utf8).randomElement(using: &random) ?? 0
            }
            let text = String(decoding: bytes, as: UTF8.self)
            do { try Recipe(yaml: text).validate() } catch let error { #expect(!error.description.isEmpty) }
        }
    }
}
