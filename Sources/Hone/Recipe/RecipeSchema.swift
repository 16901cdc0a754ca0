// Tested by RecipeTests.swift.

/// The keys of a recipe without their values' types: what the reference prints and what unknown keys are compared with.
struct RecipeSchema: Sendable {
    /// What an override must know about the value at a key.
    struct Traits: Sendable {
        /// The key that a plain string stands for, as `tuning: lora` stands for `tuning: {method: lora}`.
        var shorthand: String?
        /// Keys of which at most one may be given.
        var exclusive: [RecipeExclusive] = []
        /// True where any key is allowed below, such as the labels of class weights.
        var isOpen = false
    }

    var key: String
    var type: String
    var meaning: String
    /// The value of a key that is not given; nil where the key must be given.
    var defaultValue: RecipeTree?
    /// The setting under which this key exists, such as `method: lora`.
    var condition: String?
    var traits = Traits()
    var children: [RecipeSchema] = []

    func child(_ key: String) -> RecipeSchema? { children.first { $0.key == key } }

    /// All the keys of a recipe.
    static let root = RecipeSchema(
        key: "", type: "a mapping", meaning: "", traits: RecipeShape.section(Recipe.self).traits,
        children: RecipeShape.section(Recipe.self).children(nil))

    /// The full paths at which `key` is known, in the order of the reference.
    static func paths(of key: String) -> [String] {
        var found: [String] = []
        func walk(_ schema: RecipeSchema, _ path: String) {
            for child in schema.children {
                let childPath = path.isEmpty ? child.key : "\(path).\(child.key)"
                if RecipeSuggestion.isSame(child.key, key), !found.contains(childPath) { found.append(childPath) }
                walk(child, childPath)
            }
        }
        walk(root, "")
        return found
    }

    /// Describes an unknown key as well as the whole recipe allows.
    static func unknown(_ key: String, in allowed: [String], at location: RecipeLocation) -> RecipeError {
        let nearest = RecipeSuggestion.nearest(to: key, among: allowed)
        let isSpelling = nearest.map { RecipeSuggestion.isSame($0, key) } ?? false
        let elsewhere = isSpelling ? [] : paths(of: key)
        return .unknownKey(location, nearest: elsewhere.isEmpty ? nearest : nil, elsewhere: elsewhere, allowed: allowed)
    }
}

/// Keys of one section of which at most one may be given.
struct RecipeExclusive: Sendable {
    var keys: [String]
    /// True where 0 says "none" and so contradicts nothing.
    var allowsZero = false
}
