// Tested by RecipeParsingTests.swift.

/// A recipe before it is understood: plain values that remember the place they were written at.
struct RecipeTree: Sendable {
    enum Content: Sendable {
        case null
        case bool(Bool)
        case integer(Int)
        case number(Double)
        case text(String)
        case list([RecipeTree])
        case mapping([Entry])
    }

    struct Entry: Sendable {
        var key: String
        var place: Place
        var value: RecipeTree
    }

    /// Where a value was written: a file or a `--set` override, and its line.
    struct Place: Sendable {
        var source: String?
        var line: Int?
        var isOverride = false

        func location(_ key: String) -> RecipeLocation { RecipeLocation(source: source, line: line, key: key) }
    }

    var content: Content
    var place = Place()
    /// The scalar as written, where it was written: `1e3`, not `1000.0`.
    var spelling: String?

    var isNull: Bool { if case .null = content { true } else { false } }
    var isZero: Bool {
        switch content {
        case .integer(let value): value == 0
        case .number(let value): value == 0
        default: false
        }
    }

    /// Names the value and its type for a message: `text "abc"`, `the number 0.5`, `a list`.
    var described: String {
        switch content {
        case .null: "null"
        case .bool, .integer, .number: written
        case .text(let text): text.isEmpty ? "empty text" : "text \(written)"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }

    /// The value alone, as a person would write it.
    var written: String {
        switch content {
        case .null: "null"
        case .bool(let value): spelling ?? "\(value)"
        case .integer(let value): spelling ?? "\(value)"
        case .number(let value): spelling ?? "\(value)"
        case .text(let text): text.count > 60 ? "\"\(text.prefix(60))...\"" : "\"\(text)\""
        case .list(let items): "[" + items.map(\.written).joined(separator: ", ") + "]"
        case .mapping(let entries): "{" + entries.map { "\($0.key): \($0.value.written)" }.joined(separator: ", ") + "}"
        }
    }

    var entries: [Entry]? { if case .mapping(let entries) = content { entries } else { nil } }

    subscript(key: String) -> RecipeTree? { entries?.first { $0.key == key }?.value }

    /// Finds the place of the dotted `key` below this value, or of the nearest value around it.
    func location(of key: String, below path: String = "") -> RecipeLocation {
        var tree = self
        for part in key.split(separator: ".") {
            guard let next = tree[String(part)] else { break }
            tree = next
        }
        return tree.place.location(path.isEmpty ? key : "\(path).\(key)")
    }
}

extension RecipeTree {
    init(_ content: Content) { self.init(content: content) }

    init(_ pairs: [(String, RecipeTree)]) {
        self.init(.mapping(pairs.map { Entry(key: $0.0, place: Place(), value: $0.1) }))
    }
}

extension RecipeTree: Codable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: Key.self) {  // not a mapping is a normal answer
            self.init(try container.allKeys.map { ($0.stringValue, try container.decode(RecipeTree.self, forKey: $0)) })
        } else if var container = try? decoder.unkeyedContainer() {  // not a list is a normal answer
            var items: [RecipeTree] = []
            while !container.isAtEnd { items.append(try container.decode(RecipeTree.self)) }
            self.init(.list(items))
        } else {
            self.init(try Self.scalar(try decoder.singleValueContainer()))
        }
    }

    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> Content {
        if container.decodeNil() { return .null }
        if let value = try? container.decode(Bool.self) { return .bool(value) }
        if let value = try? container.decode(Int.self) { return .integer(value) }
        if let value = try? container.decode(Double.self) { return .number(value) }
        return .text(try container.decode(String.self))
    }

    func encode(to encoder: any Encoder) throws {
        switch content {
        case .list(let items):
            var container = encoder.unkeyedContainer()
            for item in items { try container.encode(item) }
        case .mapping(let entries):
            var container = encoder.container(keyedBy: Key.self)
            for entry in entries { try container.encode(entry.value, forKey: Key(stringValue: entry.key)) }
        default:
            var container = encoder.singleValueContainer()
            switch content {
            case .bool(let value): try container.encode(value)
            case .integer(let value): try container.encode(value)
            case .number(let value): try container.encode(value)
            case .text(let value): try container.encode(value)
            default: try container.encodeNil()
            }
        }
    }
}
