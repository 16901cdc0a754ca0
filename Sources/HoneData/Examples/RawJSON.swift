/// Holds a JSON value as it was written: keys in their order, numbers in their spelling.
///
/// Tool calls and tools travel through Hone as such values and never become columns, so a key that one row lacks stays absent there.
public enum RawJSON: Sendable, Equatable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number in its spelling.
    case number(String)
    /// A text, unescaped.
    case string(String)
    /// A list.
    case array([RawJSON])
    /// An object, its members in order.
    case object([Member])

    /// One `key: value` of an object.
    public struct Member: Sendable, Equatable {
        /// The key.
        public var key: String
        /// The value.
        public var value: RawJSON

        /// Puts a key and its value together.
        public init(_ key: String, _ value: RawJSON) {
            (self.key, self.value) = (key, value)
        }
    }

    /// The member of an object called `key`; nil for other values and for absent keys.
    public subscript(key: String) -> RawJSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The text of a string; nil for other values.
    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The items of a list; nil for other values.
    public var items: [RawJSON]? {
        guard case .array(let items) = self else { return nil }
        return items
    }

    /// The members of an object; nil for other values.
    public var members: [Member]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// The value's kind in words, for messages.
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let digits): "the number \(digits.prefix(40))"
        case .string(let text): "the string “\(text.prefix(40))”"
        case .array(let items): items.isEmpty ? "an empty list" : "a list of \(items.count)"
        case .object: "an object"
        }
    }

    /// All strings inside, depth first; keys are not among them.
    public var strings: [String] {
        switch self {
        case .string(let text): [text]
        case .array(let items): items.flatMap(\.strings)
        case .object(let members): members.flatMap(\.value.strings)
        case .null, .bool, .number: []
        }
    }

    /// The value as compact JSON (RFC 8259) with characters outside ASCII written as they are.
    public var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let digits): digits
        case .string(let text): Self.quoted(text)
        case .array(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
        case .object(let members): "{" + members.map { Self.quoted($0.key) + ":" + $0.value.text }.joined(separator: ",") + "}"
        }
    }

    /// The value as JSON with a blank behind commas and colons, as Python's `json.dumps` writes it.
    public var spacedText: String {
        switch self {
        case .array(let items): "[" + items.map(\.spacedText).joined(separator: ", ") + "]"
        case .object(let members): "{" + members.map { Self.quoted($0.key) + ": " + $0.value.spacedText }.joined(separator: ", ") + "}"
        default: text
        }
    }

    /// Parses one JSON text, strictly; nil if it is not one.
    public static func parse(_ text: String) -> RawJSON? {
        var bytes = Array(text.utf8)
        return bytes.withUnsafeMutableBufferPointer { buffer in
            var parser = JSONLine(UnsafeBufferPointer(buffer))
            // Why it is not JSON is of no use to the callers: they say what they expected.
            return try? parser.tree()
        }
    }

    /// A text as a JSON string, quotes included.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            case "\u{00}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
