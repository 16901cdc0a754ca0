/// A JSON value as it stands in a file: order kept, numbers as written.
///
/// Foundation's reader keeps one of two equal keys without a word, which in a weight file could pick the wrong tensor; this one refuses.
enum JSONNode: Equatable {
    case object([(key: String, value: JSONNode)])
    case array([JSONNode])
    case string(String)
    case number(String)
    case bool(Bool)
    case null

    /// A whole number that is not negative and fits in `Int`; nil for everything else, `1.0` included.
    var count: Int? {
        guard case .number(let text) = self, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    var kind: String {
        switch self {
        case .object: "an object"
        case .array: "a list"
        case .string: "a string"
        case .number: "a number"
        case .bool: "a truth value"
        case .null: "null"
        }
    }

    static func == (left: JSONNode, right: JSONNode) -> Bool {
        switch (left, right) {
        case (.object(let a), .object(let b)): a.elementsEqual(b) { $0.key == $1.key && $0.value == $1.value }
        case (.array(let a), .array(let b)): a == b
        case (.string(let a), .string(let b)), (.number(let a), .number(let b)): a == b
        case (.bool(let a), .bool(let b)): a == b
        case (.null, .null): true
        default: false
        }
    }
}

/// Reads JSON strictly (RFC 8259): nothing but the grammar, no two equal keys in an object, no nesting beyond `depthLimit`.
struct StrictJSON {
    enum Failure: Error, Equatable {
        case notUTF8
        case syntax(byte: Int, reason: String)
        case duplicateKey(String)
    }

    static let depthLimit = 32
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    static func parse(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> JSONNode {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
        var scanner = StrictJSON(bytes: bytes)
        let node = try scanner.value(depth: 0)
        scanner.skipSpace()
        guard scanner.position == bytes.count else { throw scanner.syntax("text after the end of the value") }
        return node
    }

    private init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func syntax(_ reason: String) -> Failure { .syntax(byte: position, reason: reason) }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let byte = next, UInt32(byte) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(Failure) {
        guard take(character) else { throw syntax("expected `\(character)`") }
    }

    private mutating func value(depth: Int) throws(Failure) -> JSONNode {
        guard depth < Self.depthLimit else { throw syntax("nested deeper than \(Self.depthLimit) levels") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte): return try number()
        case nil: throw syntax("the text ends where a value should stand")
        default: throw syntax("no value starts like this")
        }
    }

    private mutating func word(_ word: String, _ node: JSONNode) throws(Failure) -> JSONNode {
        for character in word.unicodeScalars { try expect(character) }
        return node
    }

    private mutating func object(depth: Int) throws(Failure) -> JSONNode {
        var members: [(key: String, value: JSONNode)] = []
        var seen: Set<String> = []
        try expect("{")
        skipSpace()
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            let key = try string()
            guard seen.insert(key).inserted else { throw .duplicateKey(key) }
            skipSpace()
            try expect(":")
            members.append((key, try value(depth: depth + 1)))
            skipSpace()
        } while take(",")
        try expect("}")
        return .object(members)
    }

    private mutating func array(depth: Int) throws(Failure) -> JSONNode {
        var elements: [JSONNode] = []
        try expect("[")
        skipSpace()
        if take("]") { return .array(elements) }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        try expect("]")
        return .array(elements)
    }

    private mutating func number() throws(Failure) -> JSONNode {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func digits() throws(Failure) {
        let start = position
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw syntax("expected a digit") }
    }

    private mutating func string() throws(Failure) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                text.append(contentsOf: String(Character(try escape())).utf8)
            case 0..<0x20: throw syntax("a control character inside a string")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw syntax("the text ends inside a string")
    }

    private mutating func escape() throws(Failure) -> Unicode.Scalar {
        if take("u") { return try unicodeEscape() }
        let plain: [(Unicode.Scalar, Unicode.Scalar)] = [
            ("\"", "\""), ("\\", "\\"), ("/", "/"), ("b", "\u{8}"), ("f", "\u{C}"), ("n", "\n"), ("r", "\r"), ("t", "\t"),
        ]
        for (letter, meaning) in plain where take(letter) { return meaning }
        throw syntax("unknown escape")
    }

    private mutating func unicodeEscape() throws(Failure) -> Unicode.Scalar {
        let first = try hexadecimal4()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), take("\\"), take("u") else { throw syntax("half of a surrogate pair") }
        let second = try hexadecimal4()
        guard (0xDC00..<0xE000).contains(second), let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) else {
            throw syntax("half of a surrogate pair")
        }
        return scalar
    }

    private mutating func hexadecimal4() throws(Failure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw syntax("expected a hexadecimal digit")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
