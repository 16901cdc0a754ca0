import Foundation
import Testing

@testable import Hone

@Suite("Recipe files")
struct RecipeDocumentTests {
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "recipe-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover does no harm
        try body(folder)
    }

    @Test("the text is kept as given, and paths start at the file's folder")
    func load() throws {
        try withFolder { folder in
            let text =
                "# my first run\nmodel: ../minilm\ndata: {train: rows/train.csv, test: /data/test.csv}\ntuning: {method: lora, initialAdapter: a b}\n"
            let file = folder.appending(path: "recipe.yaml")
            try Data(text.utf8).write(to: file)
            let document = try RecipeDocument(contentsOf: file, overrides: [RecipeOverride("training.epochs=1")])
            #expect(document.text == text)
            #expect(document.recipe.training.budget == .epochs(1))
            #expect(document.recipe.model.path == "../minilm")
            #expect(document.recipe == (try Recipe.load(file, overrides: document.overrides)))
            let root = folder.standardizedFileURL.path(percentEncoded: false)
            #expect(document.resolved.data.train == root + "rows/train.csv")
            #expect(
                document.resolved.model.path == folder.deletingLastPathComponent().standardizedFileURL.path(percentEncoded: false)
                    + "minilm")
            #expect(document.resolved.data.test == .file("/data/test.csv"))
            #expect(document.resolved.output.folder == root + "runs")
            guard case .lora(let lora) = document.resolved.tuning else { throw RecipeError.empty(.init()) }
            #expect(lora.initialAdapter == root + "a b")
        }
    }

    @Test("every key that takes a path is made absolute")
    func everyPath() throws {
        let recipe = Recipe(
            model: .init(path: "p"), data: .init(train: "p", validation: .file("p"), test: .file("p")),
            tuning: .lora(.init(initialAdapter: "p")),
            output: .init(folder: "p"))
        let written = recipe.resolved(relativeTo: URL(filePath: "/base", directoryHint: .isDirectory)).written()
        let base = URL(filePath: "/base", directoryHint: .isDirectory)
        let random = Recipe(model: .init(random: .config("p"), vocabulary: .folder("p")), data: .init(train: "p"))
            .resolved(relativeTo: base).written()
        let paths = RecipeReference.rows.filter { $0.type.hasPrefix("a path") }.map(\.key)
        #expect(paths.count == 8)
        for key in paths {
            let isOfRandom = ["model.config", "model.tokenizer"].contains(key)
            let value = key.split(separator: ".").reduce((isOfRandom ? random : written) as RecipeTree?) { $0?[String($1)] }
            #expect(value?.compact == "\"/base/p\"", "\(key)")
        }
    }

    @Test("resolving twice is resolving once, and ~ is the home folder")
    func idempotent() throws {
        let recipe = Recipe(model: "~/models/minilm", train: "./a/../t.csv")
        let once = recipe.resolved(relativeTo: URL(filePath: "/base", directoryHint: .isDirectory))
        #expect(once.data.train == "/base/t.csv")
        let path = try #require(once.model.path)
        #expect(path.hasPrefix("/") && path.hasSuffix("/models/minilm") && !path.contains("~"))
        #expect(once.resolved(relativeTo: URL(filePath: "/other", directoryHint: .isDirectory)) == once)
    }

    @Test("a file ending in .json is JSON")
    func json() throws {
        try withFolder { folder in
            let file = folder.appending(path: "recipe.json")
            try Data(Recipe(model: "m", train: "t").json().utf8).write(to: file)
            #expect(try Recipe.load(file) == Recipe(model: "m", train: "t"))
            try Data("model: m".utf8).write(to: file)
            #expect(throws: RecipeError.self) { try Recipe.load(file) }
        }
    }

    @Test("a file that cannot be a recipe is named with the reason")
    func unreadable() throws {
        try withFolder { folder in
            func reason(_ name: String) -> String? {
                do {
                    _ = try Recipe.load(folder.appending(path: name))
                    return nil
                } catch RecipeError.unreadable(_, let reason) { return reason } catch { return error.description }
            }
            #expect(reason("none.yaml") == "no such file; check the path")
            try FileManager.default.createDirectory(at: folder.appending(path: "sub"), withIntermediateDirectories: true)
            #expect(reason("sub") == "is a folder; name the recipe file in it")
            try Data([0x6D, 0x3A, 0xFF, 0xFE]).write(to: folder.appending(path: "latin.yaml"))
            #expect(reason("latin.yaml") == "not UTF-8 text; save it as UTF-8")
            try Data(repeating: 0x20, count: 2 << 20).write(to: folder.appending(path: "big.yaml"))
            #expect(reason("big.yaml") == "larger than 1048576 bytes; this is not a recipe")
            try Data().write(to: folder.appending(path: "empty.yaml"))
            #expect(reason("empty.yaml")?.hasSuffix("empty.yaml: the recipe is empty; it needs at least model and data.train") == true)
        }
    }

    @Test("a recipe made in code gets a text that reads back as itself")
    func made() throws {
        let recipe = Recipe(model: "m", train: "t", tuning: .lora(.init(targets: ["query"])))
        let document = try RecipeDocument(recipe)
        #expect(try Recipe(yaml: document.text) == recipe)
        #expect(throws: RecipeError.self) { try RecipeDocument(Recipe(model: "", train: "t")) }
    }
}
