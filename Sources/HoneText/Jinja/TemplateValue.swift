// Tested by JinjaValueTests.swift.
public import Foundation

/// A value passed to a chat template: what JSON can hold, with integers kept apart from floating-point numbers.
public enum TemplateValue: Sendable {
    /// JSON's `null`, Python's `None`.
    case null
    /// A truth value.
    case bool(Bool)
    /// A whole number.
    case int(Int)
    /// A floating-point number.
    case double(Double)
    /// A text.
    case string(String)
    /// A list.
    case array([TemplateValue])
    /// An object; its members keep their order.
    case object(TemplateObject)
}

/// An object of a template value: members in order, keys compared by their bytes.
public struct TemplateObject: Sendable {
    /// The keys in order.
    public private(set) var keys: [String] = []
    /// The values in the order of ``keys``.
    public private(set) var values: [TemplateValue] = []

    /// Creates an empty object.
    public init() {}

    /// Creates an object of pairs; a later pair replaces an earlier one of the same key.
    public init(_ pairs: [(String, TemplateValue)]) {
        for (key, value) in pairs { self[key] = value }
    }

    /// Keys the reader has already found to be distinct.
    init(distinct pairs: [(String, TemplateValue)]) {
        (keys, values) = (pairs.map(\.0), pairs.map(\.1))
    }

    /// The number of members.
    public var count: Int { keys.count }

    /// The value of `key`; setting `nil` removes the member, setting a new key appends it.
    public subscript(key: String) -> TemplateValue? {
        get {
            guard let index = keys.firstIndex(where: { sameText($0, key) }) else { return nil }
            return values[index]
        }
        set {
            let index = keys.firstIndex { sameText($0, key) }
            switch (index, newValue) {
            case (let index?, let value?): values[index] = value
            case (let index?, nil):
                keys.remove(at: index)
                values.remove(at: index)
            case (nil, let value?):
                keys.append(key)
                values.append(value)
            case (nil, nil): break
            }
        }
    }
}

extension TemplateObject: Equatable {
    /// Whether both have the same keys with equal values, in any order.
    public static func == (a: Self, b: Self) -> Bool {
        a.count == b.count && zip(a.keys, a.values).allSatisfy { key, value in b[key] == value }
    }
}

extension TemplateObject: ExpressibleByDictionaryLiteral {
    /// Creates an object of the literal's pairs.
    public init(dictionaryLiteral elements: (String, TemplateValue)...) { self.init(elements) }
}

extension TemplateValue: Equatable {
    /// Whether both are the same value; texts are compared by their bytes, and an integer is no floating-point number.
    public static func == (a: Self, b: Self) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.double(let a), .double(let b)): a == b
        case (.string(let a), .string(let b)): sameText(a, b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        default: false
        }
    }
}

extension TemplateValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Creates a text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Creates a whole number.
    public init(integerLiteral value: Int) { self = .int(value) }
    /// Creates a floating-point number.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// Creates a truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Creates `null`.
    public init(nilLiteral: ()) { self = .null }
    /// Creates a list.
    public init(arrayLiteral elements: TemplateValue...) { self = .array(elements) }
    /// Creates an object.
    public init(dictionaryLiteral elements: (String, TemplateValue)...) { self = .object(TemplateObject(elements)) }
}

extension TemplateValue {
    /// Reads a value from JSON text; objects keep the order of their members.
    ///
    /// - Parameter file: The name the error gives.
    /// - Throws: `TemplateError.file` with line and column for text that is not strict JSON.
    public init(json: Data, file: String = "JSON") throws(TemplateError) {
        do {
            self.init(try JSONParser.parse(Array(json), file: file).value)
        } catch {
            throw .file(path: file, problem: error.errorDescription ?? "\(error)")
        }
    }

    /// Reads a value from JSON text.
    ///
    /// - Throws: `TemplateError.file` with line and column for text that is not strict JSON.
    public init(json text: String) throws(TemplateError) { try self.init(json: Data(text.utf8)) }

    init(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .int(value)
        case .number(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .array(let items): self = .array(items.map { TemplateValue($0.value) })
        case .object(let members): self = .object(TemplateObject(distinct: members.map { ($0.key, TemplateValue($0.node.value)) }))
        }
    }

    /// The value as JSON text, byte for byte what Python's `json.dumps(value, ensure_ascii=False)` writes.
    public var json: String { json(ensureASCII: false) }

    /// The value as JSON text, byte for byte what Python's `json.dumps` writes with its default separators.
    ///
    /// - Parameter ensureASCII: Whether characters outside ASCII become `\u` escapes.
    public func json(ensureASCII: Bool) -> String {
        var text = ""
        writeJSON(to: &text, ensureASCII: ensureASCII)
        return text
    }

    private func writeJSON(to text: inout String, ensureASCII: Bool) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += String(value)
        case .double(let value): text += PythonNumber.json(value)
        case .string(let value): PythonText.writeJSON(value, to: &text, ensureASCII: ensureASCII)
        case .array(let items):
            text += "["
            for (index, item) in items.enumerated() {
                if index > 0 { text += ", " }
                item.writeJSON(to: &text, ensureASCII: ensureASCII)
            }
            text += "]"
        case .object(let object):
            text += "{"
            for (index, key) in object.keys.enumerated() {
                if index > 0 { text += ", " }
                PythonText.writeJSON(key, to: &text, ensureASCII: ensureASCII)
                text += ": "
                object.values[index].writeJSON(to: &text, ensureASCII: ensureASCII)
            }
            text += "}"
        }
    }
}

extension TemplateValue {
    /// The text, where the value is one.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The list, where the value is one.
    public var array: [TemplateValue]? { if case .array(let value) = self { value } else { nil } }
    /// The object, where the value is one.
    public var object: TemplateObject? { if case .object(let value) = self { value } else { nil } }
}
