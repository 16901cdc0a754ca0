// Tested by RecipeTuningTests.swift.

/// One case of a choice whose payload is written beside the name of the case.
struct RecipeVariant<Union: Sendable>: Sendable {
    let name: String
    let keys: [String]
    let read: @Sendable (_ tree: RecipeTree, _ key: String, _ tag: String) throws(RecipeError) -> Union
    /// The payload's keys, or nil if the value is another case.
    let write: @Sendable (Union) -> RecipeTree?
    let schema: @Sendable () -> [RecipeSchema]

    init<Payload: RecipeSection>(
        _ name: String, _ embed: @escaping @Sendable (Payload) -> Union, _ extract: @escaping @Sendable (Union) -> Payload?
    ) {
        self.name = name
        keys = Payload.fields.map(\.key)
        read = { (tree, key, tag) throws(RecipeError) in embed(try Payload.read(tree, key, alsoAllowed: [tag])) }
        write = { union in extract(union)?.written() }
        schema = { Payload.fields.map { $0.schema(.blank) } }
    }
}

/// The payload of a case that has none.
struct RecipeNothing: RecipeSection {
    static let blank = Self()
    static let fields: [RecipeField<Self>] = []
}

extension RecipeShape {
    /// A choice among `variants`, written flat: `{tag: name, key: value, ...}`, or just the name.
    static func union(tag: String, meaning: String, default start: Value, _ variants: [RecipeVariant<Value>]) -> Self {
        let choice = RecipeUnion(tag: tag, meaning: meaning, start: start, variants: variants)
        return Self(
            expected: choice.expected,
            read: { (tree, key) throws(RecipeError) in try choice.read(tree, key) },
            write: { choice.write($0) },
            children: { choice.children($0 ?? start) },
            traits: .init(shorthand: tag))
    }
}

private struct RecipeUnion<Value: Sendable>: Sendable {
    let tag: String
    let meaning: String
    let start: Value
    let variants: [RecipeVariant<Value>]

    var names: [String] { variants.map(\.name) }
    var oneOf: String { "one of \(names.joined(separator: ", "))" }
    var expected: String { "\(oneOf), or a mapping with \(tag)" }

    func read(_ tree: RecipeTree, _ key: String) throws(RecipeError) -> Value {
        guard let mapping = tree.asMapping(shorthand: tag) else {
            throw .wrongType(tree.place.location(key), found: tree.described, expected: expected, advice: nil)
        }
        let site = RecipeSite(tree: mapping, key: key)
        let variant = try variant(in: mapping, site)
        for entry in mapping.entries ?? [] where entry.key != tag && !variant.keys.contains(entry.key) {
            let owners = variants.filter { $0.keys.contains(entry.key) }.map(\.name)
            guard !owners.isEmpty else { continue }  // unknown everywhere: the payload says so
            let chosen = mapping[tag] == nil ? "\(variant.name), the default" : variant.name
            let owner = owners.joined(separator: " or ")
            throw .conflict(
                entry.place.location(site.path(entry.key)),
                reason: "is a key of \(tag) \(owner), but \(site.path(tag)) is \(chosen); remove the key or set \(tag): \(owners[0])")
        }
        return try variant.read(mapping, key, tag)
    }

    private func variant(in mapping: RecipeTree, _ site: RecipeSite) throws(RecipeError) -> RecipeVariant<Value> {
        let name: String
        if let given = mapping[tag], !given.isNull {
            guard case .text(let text) = given.content else {
                throw .wrongType(given.place.location(site.path(tag)), found: given.described, expected: oneOf, advice: nil)
            }
            name = text
        } else {
            name = startName
        }
        if let variant = variants.first(where: { $0.name == name }) { return variant }
        throw .notAllowed(
            site.location(tag), found: "\"\(name)\"", allowed: names, nearest: RecipeSuggestion.nearest(to: name, among: names))
    }

    private var startName: String { variants.first { $0.write(start) != nil }?.name ?? "" }

    func write(_ value: Value) -> RecipeTree {
        for variant in variants {
            guard let payload = variant.write(value) else { continue }
            let name = RecipeTree.Entry(key: tag, place: .init(), value: RecipeTree(.text(variant.name)))
            return RecipeTree(.mapping([name] + (payload.entries ?? [])))
        }
        return RecipeTree(.null)
    }

    func children(_ value: Value) -> [RecipeSchema] {
        let name = RecipeSchema(key: tag, type: oneOf, meaning: meaning, defaultValue: RecipeTree(.text(startName)))
        return [name]
            + variants.flatMap { variant in
                variant.schema().map { row in
                    var row = row
                    row.condition = "\(tag): \(variant.name)"
                    return row
                }
            }
    }
}
