// Tested by RecipeTests.swift.

/// A part of the recipe that is written as a mapping, described by one list of fields.
protocol RecipeSection: Sendable, Equatable {
    /// The section with every default in place; keys without a default hold a value that is never used.
    static var blank: Self { get }
    static var fields: [RecipeField<Self>] { get }
    static var traits: RecipeSchema.Traits { get }
    /// Refuses settings that contradict each other; `site` finds the place of each key.
    func check(_ site: RecipeSite) throws(RecipeError)
}

extension RecipeSection {
    static var traits: RecipeSchema.Traits { .init() }
    func check(_ site: RecipeSite) throws(RecipeError) {}
}

/// A mapping as it was given and the path it stands at.
struct RecipeSite: Sendable {
    let tree: RecipeTree
    let key: String

    func location(_ child: String) -> RecipeLocation { tree.location(of: child, below: key) }
    func conflict(_ child: String, _ reason: String) -> RecipeError { .conflict(location(child), reason: reason) }
    func path(_ child: String) -> String { key.isEmpty ? child : "\(key).\(child)" }
}

/// One key of a section: its name, its place in the value, its shape and its meaning, each written once.
struct RecipeField<Root: Sendable>: Sendable {
    let key: String
    let meaning: String
    let isRequired: Bool
    let read: @Sendable (inout Root, RecipeTree, String) throws(RecipeError) -> Void
    let write: @Sendable (Root) -> RecipeTree
    let schema: @Sendable (Root) -> RecipeSchema

    init<Value: Sendable>(
        _ key: String, _ path: any WritableKeyPath<Root, Value> & Sendable, _ shape: RecipeShape<Value>, isRequired: Bool = false,
        hasDefault: Bool = true, _ meaning: String
    ) {
        self.key = key
        self.meaning = meaning
        self.isRequired = isRequired
        read = { (root, tree, place) throws(RecipeError) in root[keyPath: path] = try shape.read(tree, place) }
        write = { root in shape.write(root[keyPath: path]) }
        schema = { root in
            RecipeSchema(
                key: key, type: shape.expected, meaning: meaning,
                defaultValue: isRequired || !hasDefault ? nil : shape.write(root[keyPath: path]),
                traits: shape.traits, children: shape.children(root[keyPath: path]))
        }
    }
}

extension RecipeShape where Value: RecipeSection {
    /// A mapping with exactly the fields of `Value`; what is not given keeps its default.
    static func section(_: Value.Type) -> Self {
        let names = Value.fields.map(\.key)
        let traits = Value.traits
        let keys = "a mapping of \(names.joined(separator: ", "))"
        let expected = traits.shorthand.map { "\($0), or \(keys)" } ?? keys
        return Self(
            expected: expected,
            read: { (tree, key) throws(RecipeError) in
                guard let mapping = tree.asMapping(shorthand: traits.shorthand) else {
                    throw .wrongType(tree.place.location(key), found: tree.described, expected: expected, advice: nil)
                }
                return try Value.read(mapping, key)
            },
            write: { $0.written() },
            children: { value in Value.fields.map { $0.schema(value ?? .blank) } },
            traits: traits)
    }
}

extension RecipeSection {
    func written() -> RecipeTree { RecipeTree(Self.fields.map { ($0.key, $0.write(self)) }) }

    /// Reads the section from a mapping; `alsoAllowed` names a key the caller has read itself.
    static func read(_ tree: RecipeTree, _ key: String, alsoAllowed: [String] = []) throws(RecipeError) -> Self {
        let site = RecipeSite(tree: tree, key: key)
        let names = alsoAllowed + fields.map(\.key)
        for entry in tree.entries ?? [] where !names.contains(entry.key) {
            throw RecipeSchema.unknown(entry.key, in: names, at: entry.place.location(site.path(entry.key)))
        }
        for group in traits.exclusive { try group.check(site) }
        var section = blank
        for field in fields {
            if let value = tree[field.key] {
                try field.read(&section, value, site.path(field.key))
            } else if field.isRequired {
                throw .missing(tree.place.location(site.path(field.key)), meaning: field.meaning)
            }
        }
        try section.check(site)
        return section
    }
}

extension RecipeExclusive {
    fileprivate func check(_ site: RecipeSite) throws(RecipeError) {
        let given = keys.filter { key in
            guard let value = site.tree[key], !value.isNull else { return false }
            return !(allowsZero && value.isZero)
        }
        guard given.count > 1 else { return }
        throw site.conflict(given[1], "given together with \(site.path(given[0])); keep one of the two")
    }
}

extension RecipeTree {
    /// The value as a mapping: null is an empty one, and text stands for its shorthand key.
    func asMapping(shorthand: String?) -> RecipeTree? {
        switch content {
        case .mapping: return self
        case .null: return RecipeTree(content: .mapping([]), place: place)
        case .text(let text):
            guard let shorthand, !text.isEmpty else { return nil }
            return RecipeTree(content: .mapping([Entry(key: shorthand, place: place, value: self)]), place: place)
        default: return nil
        }
    }
}
