import Foundation

/// Changes one setting of a recipe, as `--set training.epochs=2` does.
///
/// The value is YAML: a number, text, `null`, a list `[a, b]` or a mapping `{metric: macroF1}`. Overrides are applied in order before the
/// recipe is understood, so they are checked as strictly as the file; a later one wins. One that is given instead of another key, such as
/// `training.steps` where the file has `training.epochs`, takes that key's place.
public struct RecipeOverride: Sendable, Equatable {
    /// The dotted key path.
    public var key: String
    /// The value as written.
    public var value: String

    /// Makes an override from a key path and a YAML value.
    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }

    /// Reads `key.path=value`.
    ///
    /// - Throws: `RecipeError.badOverride` if there is no `=`, no key or no value.
    public init(_ text: String) throws(RecipeError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw .badOverride(text: text, problem: "write it as key=value, such as training.epochs=2") }
        let key = parts[0].trimmingCharacters(in: .whitespaces)
        guard !key.isEmpty, !key.split(separator: ".", omittingEmptySubsequences: false).contains("") else {
            throw .badOverride(text: text, problem: "the key before = must be a dotted path, such as training.epochs")
        }
        guard parts[1].contains(where: { !$0.isWhitespace }) else {
            throw .badOverride(text: text, problem: "there is no value after =; write null to clear a key")
        }
        self.init(key: key, value: String(parts[1]))
    }

    /// The override as it stands on the command line, without `--set`.
    public var text: String { "\(key)=\(value)" }

    /// Puts the value into the tree of a recipe.
    func apply(to tree: inout RecipeTree) throws(RecipeError) {
        let place = RecipeTree.Place(source: "--set \(text)", line: nil, isOverride: true)
        guard let new = try RecipeParsing.yaml(value, place: place) else {
            throw .badOverride(text: text, problem: "there is no value after =; write null to clear a key")
        }
        try Self.put(new, at: key.split(separator: ".").map(String.init)[...], into: &tree, schema: .root, path: "")
    }

    private static func put(
        _ value: RecipeTree, at keys: ArraySlice<String>, into tree: inout RecipeTree, schema: RecipeSchema, path: String
    ) throws(RecipeError) {
        guard let key = keys.first else {
            tree = value
            return
        }
        let here = path.isEmpty ? key : "\(path).\(key)"
        let child = schema.child(key)
        guard child != nil || schema.traits.isOpen else {
            throw RecipeSchema.unknown(key, in: schema.children.map(\.key), at: value.place.location(here))
        }
        guard var mapping = mapping(tree, schema) else {
            throw .wrongType(tree.place.location(path), found: tree.described, expected: schema.type, advice: nil)
        }
        if !value.isNull { mapping.removeAll { entry in rival(entry, of: key, in: schema) } }
        let next = child ?? RecipeSchema(key: key, type: "a value", meaning: "")
        let index = mapping.firstIndex { $0.key == key } ?? mapping.endIndex
        if index == mapping.endIndex {
            mapping.append(.init(key: key, place: value.place, value: RecipeTree(content: .null, place: value.place)))
        }
        mapping[index].place = value.place
        try put(value, at: keys.dropFirst(), into: &mapping[index].value, schema: next, path: here)
        tree.content = .mapping(mapping)
    }

    /// The entries of a section, with its shorthand spelt out; the open `classWeights` gives way to a mapping.
    private static func mapping(_ tree: RecipeTree, _ schema: RecipeSchema) -> [RecipeTree.Entry]? {
        if let entries = tree.asMapping(shorthand: schema.traits.shorthand)?.entries { return entries }
        if schema.traits.isOpen, case .text = tree.content { return [] }
        return nil
    }

    /// True for a key of the file that cannot stand beside `key`.
    private static func rival(_ entry: RecipeTree.Entry, of key: String, in schema: RecipeSchema) -> Bool {
        guard !entry.place.isOverride, entry.key != key else { return false }
        return schema.traits.exclusive.contains { $0.keys.contains(key) && $0.keys.contains(entry.key) }
    }
}
