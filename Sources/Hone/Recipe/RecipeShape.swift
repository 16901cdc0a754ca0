// Tested by RecipeErrorTests.swift.

/// How one kind of value is read, checked, written and described.
struct RecipeShape<Value: Sendable>: Sendable {
    typealias Read = @Sendable (_ tree: RecipeTree, _ key: String) throws(RecipeError) -> Value

    /// What a good value is, as it stands in messages and in the reference.
    let expected: String
    let read: Read
    let write: @Sendable (Value) -> RecipeTree
    /// The keys below, each with its default taken from the given value.
    var children: @Sendable (Value?) -> [RecipeSchema] = { _ in [] }
    var traits = RecipeSchema.Traits()
}

/// The interval a number must lie in.
struct RecipeBound<Number: Comparable & Sendable>: Sendable {
    private enum Edge: Sendable {
        case open(Number)
        case closed(Number)
    }

    private var lower: Edge?
    private var upper: Edge?

    static func atLeast(_ value: Number) -> Self { Self(lower: .closed(value)) }
    static func atLeast(_ value: Number, below limit: Number) -> Self { Self(lower: .closed(value), upper: .open(limit)) }
    static func above(_ value: Number) -> Self { Self(lower: .open(value)) }
    static func above(_ value: Number, below limit: Number) -> Self { Self(lower: .open(value), upper: .open(limit)) }

    func contains(_ value: Number) -> Bool {
        let isAbove =
            switch lower {
            case .open(let edge): value > edge
            case .closed(let edge): value >= edge
            case nil: true
            }
        let isBelow =
            switch upper {
            case .open(let edge): value < edge
            case .closed(let edge): value <= edge
            case nil: true
            }
        return isAbove && isBelow
    }

    var description: String {
        let low: String? =
            switch lower {
            case .open(let edge): "above \(brief(edge))"
            case .closed(let edge): "at least \(brief(edge))"
            case nil: nil
            }
        let high: String? =
            switch upper {
            case .open(let edge): "below \(brief(edge))"
            case .closed(let edge): "at most \(brief(edge))"
            case nil: nil
            }
        return [low, high].compactMap(\.self).joined(separator: " and ")
    }

    private func brief(_ edge: Number) -> String {
        let text = "\(edge)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

extension RecipeShape where Value == Int {
    static func integer(_ bound: RecipeBound<Int>) -> Self {
        let expected = "a whole number, \(bound.description)"
        return Self(
            expected: expected,
            read: { (tree, key) throws(RecipeError) in
                guard case .integer(let value) = tree.content else {
                    throw .wrongType(tree.place.location(key), found: tree.described, expected: expected, advice: unquote(tree) { Int($0) })
                }
                guard bound.contains(value) else { throw .outOfRange(tree.place.location(key), found: tree.written, expected: expected) }
                return value
            }, write: { RecipeTree(.integer($0)) })
    }
}

extension RecipeShape where Value == UInt64 {
    /// A number that chooses and measures nothing.
    static var seed: Self {
        let whole = RecipeShape<Int>.integer(.atLeast(0))
        return Self(
            expected: whole.expected,
            read: { (tree, key) throws(RecipeError) in UInt64(try whole.read(tree, key)) },
            // Above Int.max a seed cannot be written in YAML or JSON; as a fraction it is refused by name.
            write: { seed in Int(exactly: seed).map(whole.write) ?? RecipeTree(.number(Double(seed))) })
    }
}

extension RecipeShape where Value == Double {
    static func number(_ bound: RecipeBound<Double>) -> Self {
        let expected = "a number, \(bound.description)"
        return Self(
            expected: expected,
            read: { (tree, key) throws(RecipeError) in
                let value: Double
                switch tree.content {
                case .integer(let whole): value = Double(whole)
                case .number(let number): value = number
                default:
                    let advice = unquote(tree) { Double($0) }
                    throw .wrongType(tree.place.location(key), found: tree.described, expected: expected, advice: advice)
                }
                guard value.isFinite, bound.contains(value) else {
                    throw .outOfRange(tree.place.location(key), found: tree.written, expected: expected)
                }
                return value
            }, write: { RecipeTree(.number($0)) })
    }
}

private func unquote<Number>(_ tree: RecipeTree, _ parse: (String) -> Number?) -> String? {
    guard case .text(let text) = tree.content, parse(text) != nil else { return nil }
    return "write it without quotes"
}

extension RecipeShape where Value == Bool {
    static var flag: Self {
        let expected = "true or false"
        return Self(
            expected: expected,
            read: { (tree, key) throws(RecipeError) in
                if case .bool(let value) = tree.content { return value }
                var advice: String?
                if case .text(let text) = tree.content {
                    advice = ["yes": "true", "on": "true", "no": "false", "off": "false"][text.lowercased()].map { "write \($0)" }
                }
                throw .wrongType(tree.place.location(key), found: tree.described, expected: expected, advice: advice)
            }, write: { RecipeTree(.bool($0)) })
    }
}

extension RecipeShape where Value == String {
    static var text: Self { words("text") }
    static var path: Self { words("a path") }

    private static func words(_ expected: String) -> Self {
        Self(
            expected: expected,
            read: { (tree, key) throws(RecipeError) in
                if case .text(let text) = tree.content, !text.isEmpty { return text }
                let advice: String? =
                    switch tree.content {
                    case .bool, .integer, .number: "write \"\(tree.written)\", with the quotes"
                    default: nil
                    }
                throw .wrongType(tree.place.location(key), found: tree.described, expected: expected, advice: advice)
            }, write: { RecipeTree(.text($0)) })
    }

    /// A name for a folder: no separators, not `.` or `..`.
    static var folderName: Self {
        let expected = "the name of one folder, without / or leading dot"
        return Self(
            expected: expected,
            read: { (tree, key) throws(RecipeError) in
                let name = try RecipeShape.text.read(tree, key)
                let isPlain = !name.hasPrefix(".") && name.unicodeScalars.allSatisfy { $0 != "/" && $0 != "\\" && $0.value >= 0x20 }
                guard isPlain else { throw .outOfRange(tree.place.location(key), found: tree.written, expected: expected) }
                return name
            }, write: RecipeShape.text.write)
    }
}

extension RecipeShape where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    static var choice: Self {
        let allowed = Value.allCases.map(\.rawValue)
        let expected = "one of \(allowed.joined(separator: ", "))"
        return Self(
            expected: expected,
            read: { (tree, key) throws(RecipeError) in
                guard case .text(let text) = tree.content else {
                    throw .wrongType(tree.place.location(key), found: tree.described, expected: expected, advice: nil)
                }
                if let value = Value(rawValue: text) { return value }
                let nearest = RecipeSuggestion.nearest(to: text, among: allowed)
                throw .notAllowed(tree.place.location(key), found: tree.written, allowed: allowed, nearest: nearest)
            }, write: { RecipeTree(.text($0.rawValue)) })
    }
}

extension RecipeShape {
    /// The value, or nothing, written `null`.
    static func optional<Wrapped>(_ inner: RecipeShape<Wrapped>) -> Self where Value == Wrapped? {
        Self(
            expected: "\(inner.expected), or null",
            read: { (tree, key) throws(RecipeError) in tree.isNull ? nil : try inner.read(tree, key) },
            write: { $0.map(inner.write) ?? RecipeTree(.null) },
            children: { value in inner.children(value ?? nil) },
            traits: inner.traits)
    }

    /// A list of distinct values.
    static func list<Element: Hashable>(_ inner: RecipeShape<Element>, of plural: String) -> Self where Value == [Element] {
        let expected = "a list of \(plural)"
        return Self(
            expected: expected,
            read: { (tree, key) throws(RecipeError) in
                guard case .list(let trees) = tree.content else {
                    throw .wrongType(tree.place.location(key), found: tree.described, expected: expected, advice: "write [\(tree.written)]")
                }
                var items: [Element] = []
                for (index, item) in trees.enumerated() {
                    let value = try inner.read(item, "\(key)[\(index)]")
                    guard !items.contains(value) else {
                        throw .conflict(item.place.location("\(key)[\(index)]"), reason: "\(item.written) is listed twice; remove one")
                    }
                    items.append(value)
                }
                return items
            }, write: { RecipeTree(.list($0.map(inner.write))) })
    }
}
