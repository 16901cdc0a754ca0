// Tested by JSONTests.swift

/// A JSON value with its place, whose readers throw errors that name the place.
struct JSONField {
    let node: JSONNode
    let path: String
    let file: String

    private func wrong(_ expected: String) -> TokenizerError {
        .wrongValue(file: file, line: node.line, path: path, found: node.value.summary, expected: expected)
    }

    /// The error that says this value is not what was expected.
    func invalid(expected: String) -> TokenizerError { wrong(expected) }

    private func child(_ name: String, _ node: JSONNode) -> JSONField {
        JSONField(node: node, path: path.isEmpty ? name : "\(path).\(name)", file: file)
    }

    func members() throws(TokenizerError) -> [(key: String, field: JSONField)] {
        guard case .object(let members) = node.value else { throw wrong("an object") }
        return members.map { ($0.key, child($0.key, $0.node)) }
    }

    func items() throws(TokenizerError) -> [JSONField] {
        guard case .array(let items) = node.value else { throw wrong("a list") }
        return items.enumerated().map { JSONField(node: $1, path: "\(path)[\($0)]", file: file) }
    }

    /// The member called `key`, or nil where it is absent or null.
    func optional(_ key: String) throws(TokenizerError) -> JSONField? {
        guard case .object(let members) = node.value else { throw wrong("an object") }
        guard let member = members.first(where: { $0.key == key }), member.node.value != .null else { return nil }
        return child(member.key, member.node)
    }

    func required(_ key: String) throws(TokenizerError) -> JSONField {
        guard let field = try optional(key) else {
            throw .missingKey(file: file, line: node.line, path: path.isEmpty ? key : "\(path).\(key)")
        }
        return field
    }

    /// Throws where the object has a key outside `keys`: a setting nobody reads would change the ids silently.
    func allowOnly(_ keys: [String]) throws(TokenizerError) {
        for (key, field) in try members() where !keys.contains(key) {
            throw .unsupported(file: file, line: field.node.line, path: field.path, name: key, supported: keys)
        }
    }

    func string() throws(TokenizerError) -> String {
        guard case .string(let value) = node.value else { throw wrong("a text") }
        return value
    }

    func bool() throws(TokenizerError) -> Bool {
        guard case .bool(let value) = node.value else { throw wrong("true or false") }
        return value
    }

    func integer(in range: ClosedRange<Int>) throws(TokenizerError) -> Int {
        guard case .integer(let value) = node.value, range.contains(value) else {
            throw wrong("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func double() throws(TokenizerError) -> Double {
        switch node.value {
        case .integer(let value): return Double(value)
        case .number(let value): return value
        default: throw wrong("a number")
        }
    }

    func tokenID() throws(TokenizerError) -> Int32 {
        Int32(try integer(in: 0...Int(Int32.max)))
    }
}
