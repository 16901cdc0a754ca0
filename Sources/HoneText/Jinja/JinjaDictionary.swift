// Tested by JinjaValueTests.swift.

/// A Python dict: pairs in order of insertion.
///
/// No template can change one.
final class JinjaDictionary {
    let keys: [JinjaValue]
    let values: [JinjaValue]
    let depth: Int
    private lazy var index: [ByteKey: Int] = {
        var index: [ByteKey: Int] = [:]
        for (position, key) in keys.enumerated() {
            if case .string(let text) = key.plain { index[ByteKey(text)] = position }
        }
        return index
    }()

    init() { (keys, values, depth) = ([], [], 1) }

    /// Keys that are known to differ.
    init(distinct keys: [JinjaValue], _ values: [JinjaValue]) {
        (self.keys, self.values) = (keys, values)
        var deepest = 0
        for value in values { deepest = max(deepest, value.depth) }
        depth = deepest + 1
    }

    subscript(key: String) -> JinjaValue? {
        position(of: key).map { values[$0] }
    }

    private func position(of text: String) -> Int? {
        if keys.count > 16 { return index[ByteKey(text)] }
        for position in keys.indices {
            if case .string(let key) = keys[position].plain, sameText(key, text) { return position }
        }
        return nil
    }

    func position(of key: JinjaValue) -> Int? {
        if case .string(let text) = key.plain { return position(of: text) }
        return keys.firstIndex { JinjaKey.equal($0, key) }
    }

    func setting(_ key: JinjaValue, _ value: JinjaValue) -> JinjaDictionary {
        var values = values
        if let position = position(of: key) {
            values[position] = value
            return JinjaDictionary(distinct: keys, values)
        }
        return JinjaDictionary(distinct: keys + [key], values + [value])
    }
}

/// Collects pairs; a later pair replaces the value of an earlier one and keeps its place and key, as in Python.
///
/// Markup equals the same text, and as a key it stays markup.
struct JinjaDictionaryBuilder {
    private var keys: [JinjaValue] = []
    private var values: [JinjaValue] = []
    private var index: [ByteKey: Int] = [:]

    mutating func set(_ key: JinjaValue, _ value: JinjaValue) throws {
        guard JinjaKey.isHashable(key) else { throw JinjaFault.failed("unhashable type: '\(key.typeName)'") }
        if case .string(let text) = key.plain {
            if let position = index[ByteKey(text)] {
                values[position] = value
                return
            }
            index[ByteKey(text)] = keys.count
        } else if let position = keys.firstIndex(where: { JinjaKey.equal($0, key) }) {
            values[position] = value
            return
        }
        keys.append(key)
        values.append(value)
    }

    var dictionary: JinjaDictionary { JinjaDictionary(distinct: keys, values) }
}

/// A text as a key of a Swift dictionary, compared by bytes.
struct ByteKey: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (a: Self, b: Self) -> Bool { sameText(a.text, b.text) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// Python's rules for keys of a dict.
enum JinjaKey {
    static func isHashable(_ value: JinjaValue) -> Bool {
        switch value {
        case .list, .dict: false
        case .tuple(let list): list.items.allSatisfy(isHashable)
        case .view(let view): view.kind == .values
        default: true
        }
    }

    /// Equality of hashable values.
    static func equal(_ a: JinjaValue, _ b: JinjaValue) -> Bool {
        switch (a.plain, b.plain) {
        case (.string(let a), .string(let b)): return sameText(a, b)
        case (.undefined, .undefined), (.null, .null): return true
        case (.tuple(let a), .tuple(let b)):
            return a.items.count == b.items.count && zip(a.items, b.items).allSatisfy { equal($0, $1) }
        default:
            if let a = a.asInt, let b = b.asInt { return a == b }
            if let a = a.asDouble, let b = b.asDouble { return a == b }
            return JinjaOperators.isSame(a, b)
        }
    }
}
