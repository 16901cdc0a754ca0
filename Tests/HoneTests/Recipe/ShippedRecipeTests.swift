import Foundation
import Testing

@testable import Hone

/// The recipes in `Recipes`, as far as they can be read without their data.
@Suite("Recipes that ship")
struct ShippedRecipeTests {
    private static let root = (0..<4).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        .appending(path: "Recipes")

    private static func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path).filter { $0.hasSuffix(".yaml") }.sorted()
    }

    @Test("each is a recipe, those for language in ten lines at most, and named in its folder's page", arguments: ["support", "language"])
    func read(folder: String) throws {
        let page = try String(contentsOf: Self.root.appending(path: "\(folder)/README.md"), encoding: .utf8)
        let names = try Self.names(folder)
        #expect(!names.isEmpty)
        for name in names {
            let url = Self.root.appending(path: "\(folder)/\(name)")
            #expect(throws: Never.self, "\(name)") { try RecipeDocument(contentsOf: url) }
            #expect(page.contains(name), "\(name)")
            guard folder == "language" else { continue }
            #expect(try String(contentsOf: url, encoding: .utf8).split(separator: "\n").count <= 10, "\(name)")
        }
    }
}
