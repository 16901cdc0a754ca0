public import Foundation

/// Holds a recipe together with the text it came from.
///
/// The text goes into a run's `recipe.yaml` as it was given; the recipe is what it means, overrides included.
public struct RecipeDocument: Sendable, Equatable {
    /// The notation of a recipe's text.
    public enum Format: Sendable, Equatable {
        /// YAML 1.2.
        case yaml
        /// JSON.
        case json
    }

    /// The recipe, with paths as written.
    public let recipe: Recipe
    /// The text as given.
    public let text: String
    /// The changes made to the text, in order.
    public let overrides: [RecipeOverride]
    /// The file of the text, if it came from one.
    public let file: URL?

    /// Reads a recipe file: JSON if its name ends in `.json`, else YAML.
    ///
    /// - Throws: `RecipeError`.
    public init(contentsOf file: URL, overrides: [RecipeOverride] = []) throws(RecipeError) {
        let text = try Self.read(file)
        let format: Format = file.pathExtension.lowercased() == "json" ? .json : .yaml
        try self.init(text: text, format: format, source: file.relativePath, file: file, overrides: overrides)
    }

    /// Reads a recipe from text; `name` stands for the file in messages.
    ///
    /// - Throws: `RecipeError`.
    public init(text: String, format: Format = .yaml, name: String? = nil, overrides: [RecipeOverride] = []) throws(RecipeError) {
        try self.init(text: text, format: format, source: name, file: nil, overrides: overrides)
    }

    /// Wraps a recipe made in code, with every setting written out as its text.
    ///
    /// - Throws: `RecipeError` if the recipe is not valid.
    public init(_ recipe: Recipe) throws(RecipeError) {
        try recipe.validate()
        self.recipe = recipe
        text = recipe.yaml()
        overrides = []
        file = nil
    }

    /// The recipe with absolute paths; relative ones start at the file's folder, or at the current folder if there is no file.
    public var resolved: Recipe {
        recipe.resolved(
            relativeTo: file?.deletingLastPathComponent()
                ?? URL(filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory))
    }

    private init(text: String, format: Format, source: String?, file: URL?, overrides: [RecipeOverride]) throws(RecipeError) {
        let place = RecipeTree.Place(source: source)
        let parsed =
            switch format {
            case .yaml: try RecipeParsing.yaml(text, place: place)
            case .json: try RecipeParsing.json(text, place: place)
            }
        guard var tree = parsed, !tree.isNull else { throw .empty(place.location("")) }
        guard case .mapping = tree.content else {
            throw .wrongType(
                tree.place.location(""), found: tree.described, expected: "a mapping with the keys model, data and others", advice: nil)
        }
        for override in overrides { try override.apply(to: &tree) }
        recipe = try Recipe.read(tree, "")
        self.text = text
        self.overrides = overrides
        self.file = file
    }

    private static func read(_ file: URL) throws(RecipeError) -> String {
        let name = file.relativePath
        let bytes: Data
        do {
            let handle = try FileHandle(forReadingFrom: file)
            defer { try? handle.close() }  // nothing was written
            bytes = try handle.read(upToCount: RecipeParsing.maximumBytes + 1) ?? Data()
        } catch {
            throw .unreadable(file: name, reason: reason(file, error))
        }
        guard bytes.count <= RecipeParsing.maximumBytes else {
            throw .unreadable(file: name, reason: "larger than \(RecipeParsing.maximumBytes) bytes; this is not a recipe")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .unreadable(file: name, reason: "not UTF-8 text; save it as UTF-8")
        }
        return text
    }

    private static func reason(_ file: URL, _ error: any Error) -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder) else { return "no such file; check the path" }
        if isFolder.boolValue { return "is a folder; name the recipe file in it" }
        return "cannot be read: \(error.localizedDescription)"
    }
}

extension Recipe {
    /// Reads a recipe file, with overrides applied.
    ///
    /// - Throws: `RecipeError`, with file, line and key.
    public static func load(_ file: URL, overrides: [RecipeOverride] = []) throws(RecipeError) -> Recipe {
        try RecipeDocument(contentsOf: file, overrides: overrides).recipe
    }

    /// Reads a recipe from YAML.
    ///
    /// - Throws: `RecipeError`, with line and key.
    public init(yaml: String, overrides: [RecipeOverride] = []) throws(RecipeError) {
        self = try RecipeDocument(text: yaml, overrides: overrides).recipe
    }

    /// Reads a recipe from JSON.
    ///
    /// - Throws: `RecipeError`, with line and key.
    public init(json: String, overrides: [RecipeOverride] = []) throws(RecipeError) {
        self = try RecipeDocument(text: json, format: .json, overrides: overrides).recipe
    }
}
