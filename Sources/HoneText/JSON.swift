/// A parsed JSON value; objects keep the order of their members.
///
/// Foundation's decoders put keys into Swift dictionaries, where two spellings of one character (composed and decomposed) are one key.
/// A vocabulary may hold both, and they are different tokens, so keys are compared by bytes here.
indirect enum JSONValue: Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONNode])
    case object([JSONMember])

    /// The value in words, for messages.
    var summary: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): "“\(value.prefix(60))”"
        case .array(let items): "a list of \(items.count)"
        case .object(let members): "an object of \(members.count)"
        }
    }
}

/// A value and the line it starts on.
struct JSONNode: Equatable {
    var value: JSONValue
    var line: Int
}

/// One `key: value` of an object.
struct JSONMember: Equatable {
    var key: String
    var node: JSONNode
}

/// A strict JSON reader (RFC 8259): no comments, no trailing commas, no duplicate keys, at most 64 levels.
struct JSONParser {
    private let bytes: [UInt8]
    private let file: String
    private var position = 0
    private var line = 1
    private var lineStart = 0
    private var depth = 0

    private init(_ bytes: [UInt8], file: String) {
        (self.bytes, self.file) = (bytes, file)
    }

    /// Returns the one value of `bytes`.
    ///
    /// - Throws: `malformed` with line and column, `duplicateKey`.
    static func parse(_ bytes: [UInt8], file: String) throws(TokenizerError) -> JSONNode {
        var parser = JSONParser(bytes, file: file)
        parser.skipSpace()
        let node = try parser.value()
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.error("text follows the end of the value") }
        return node
    }

    private func error(_ problem: String) -> TokenizerError {
        .malformed(file: file, line: line, column: position - lineStart + 1, problem: problem)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0D: break
            case 0x0A: (line, lineStart) = (line + 1, position + 1)
            default: return
            }
            position += 1
        }
    }

    private mutating func value() throws(TokenizerError) -> JSONNode {
        let start = line
        switch next {
        case nil: throw error("the text ends where a value should be")
        case UInt8(ascii: "{"): return JSONNode(value: .object(try object()), line: start)
        case UInt8(ascii: "["): return JSONNode(value: .array(try array()), line: start)
        case UInt8(ascii: "\""): return JSONNode(value: .string(try string()), line: start)
        case UInt8(ascii: "t"): return JSONNode(value: try word("true", .bool(true)), line: start)
        case UInt8(ascii: "f"): return JSONNode(value: try word("false", .bool(false)), line: start)
        case UInt8(ascii: "n"): return JSONNode(value: try word("null", .null), line: start)
        default: return JSONNode(value: try number(), line: start)
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(TokenizerError) -> JSONValue {
        for index in 0..<text.utf8CodeUnitCount {
            guard next == text.withUTF8Buffer({ $0[index] }) else { throw error("expected a value") }
            position += 1
        }
        return value
    }

    private mutating func enter() throws(TokenizerError) {
        depth += 1
        guard depth <= 64 else { throw error("more than 64 levels") }
        position += 1
        skipSpace()
    }

    /// Moves past a comma, or past the closing character and returns false.
    private mutating func more(_ close: Character) throws(TokenizerError) -> Bool {
        skipSpace()
        if next == UInt8(ascii: ",") {
            position += 1
            skipSpace()
            return true
        }
        guard next == close.asciiValue else { throw error("expected “,” or “\(close)”") }
        position += 1
        depth -= 1
        return false
    }

    private mutating func array() throws(TokenizerError) -> [JSONNode] {
        try enter()
        var items: [JSONNode] = []
        if next == UInt8(ascii: "]") {
            _ = try more("]")
            return items
        }
        repeat { items.append(try value()) } while try more("]")
        return items
    }

    private mutating func object() throws(TokenizerError) -> [JSONMember] {
        try enter()
        var members: [JSONMember] = []
        if next == UInt8(ascii: "}") {
            _ = try more("}")
            return members
        }
        var seen = Set<[UInt8]>()
        repeat {
            guard next == UInt8(ascii: "\"") else { throw error("expected a key in quotes") }
            let keyLine = line
            let key = try string()
            guard seen.insert(Array(key.utf8)).inserted else { throw .duplicateKey(file: file, line: keyLine, path: key) }
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw error("expected “:” after the key") }
            position += 1
            skipSpace()
            members.append(JSONMember(key: key, node: try value()))
        } while try more("}")
        return members
    }

    private mutating func string() throws(TokenizerError) -> String {
        position += 1
        var start = position
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                text += bytes[start..<position]
                guard let string = String(validating: text, as: UTF8.self) else { throw error("the text is not UTF-8") }
                position += 1
                return string
            case UInt8(ascii: "\\"):
                text += bytes[start..<position]
                UTF8Text.append(try escape(), to: &text)
                start = position
            case 0..<0x20:
                throw error("a control character stands inside a text")
            default:
                position += 1
            }
        }
        throw error("the text ends inside quotes")
    }

    private mutating func escape() throws(TokenizerError) -> UInt32 {
        position += 1
        guard let byte = next else { throw error("the text ends inside an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt32(byte)
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw error("unknown escape")
        }
    }

    private mutating func unicodeEscape() throws(TokenizerError) -> UInt32 {
        let high = try fourDigits()
        switch high {
        case 0xD800..<0xDC00:
            guard next == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u") else {
                throw error("half of a surrogate pair")
            }
            position += 2
            let low = try fourDigits()
            guard 0xDC00..<0xE000 ~= low else { throw error("half of a surrogate pair") }
            return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
        case 0xDC00..<0xE000: throw error("half of a surrogate pair")
        default: return high
        }
    }

    private mutating func fourDigits() throws(TokenizerError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw error("the text ends inside an escape") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(UnicodeScalar(bytes[position])).hexDigitValue else { throw error("expected a hexadecimal digit") }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private mutating func number() throws(TokenizerError) -> JSONValue {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        let first = position
        guard digits() > 0 else { throw error("expected a value") }
        guard bytes[first] != UInt8(ascii: "0") || position == first + 1 else { throw error("a number starts with 0") }
        var isInteger = true
        if next == UInt8(ascii: ".") {
            (isInteger, position) = (false, position + 1)
            guard digits() > 0 else { throw error("expected a digit") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            (isInteger, position) = (false, position + 1)
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard digits() > 0 else { throw error("expected a digit") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw error("the number is out of range") }
        return .number(value)
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
        return position - start
    }
}
