/// Holds a JSON value as far as a data row needs it: numbers keep their spelling, nested objects only their presence.
enum JSONValue: Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object

    /// The value's kind in words, for messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let digits): "the number \(digits.prefix(40))"
        case .string(let text): "the string “\(text.prefix(40))”"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// Says where and why a line is not JSON.
struct JSONFault: Error, Equatable {
    var column: Int
    var reason: String
}

/// Holds the keys of one object: a short list is searched, a long one hashed, so that thousands of keys cost no quadratic time.
private struct KeySet {
    private var few: [String] = []
    private var many: Set<String> = []

    /// Adds `key`; false if it is there already.
    mutating func insert(_ key: String) -> Bool {
        guard many.isEmpty else { return many.insert(key).inserted }
        if few.contains(key) { return false }
        few.append(key)
        if few.count > 16 { many = Set(few) }
        return true
    }
}

/// Parses one line of JSON after RFC 8259, strictly: no repeated keys, no lone surrogates, no control characters in strings.
struct JSONLine {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var depth = 0
    private static let maximumDepth = 128

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// Parses the whole line as one object and returns its members in order; nil if the line is valid JSON of another kind.
    mutating func members() throws(JSONFault) -> (members: [(key: String, value: JSONValue)]?, kind: JSONValue) {
        skipSpace()
        var members: [(key: String, value: JSONValue)]?
        var kind = JSONValue.object
        if peek == UInt8(ascii: "{") {
            members = try object(keeping: true)
        } else {
            kind = try value()
        }
        skipSpace()
        guard position == bytes.count else { throw fault("there is more after the end of the value") }
        return (members, kind)
    }

    /// Parses everything as one value and keeps all of it.
    mutating func tree() throws(JSONFault) -> RawJSON {
        skipSpace()
        let tree = try node()
        skipSpace()
        guard position == bytes.count else { throw fault("there is more after the end of the value") }
        return tree
    }

    /// Steps into a list whose items `nextItem` gives one by one; false if there is no list here.
    mutating func enterList() throws(JSONFault) -> Bool {
        skipSpace()
        guard peek == UInt8(ascii: "[") else { return false }
        try enter()
        return true
    }

    /// The next item of the list with the offset it starts at, or nil at the list's end, after which nothing may follow.
    mutating func nextItem(isFirst: Bool) throws(JSONFault) -> (value: RawJSON, offset: Int)? {
        var isAtEnd = isFirst && peek == UInt8(ascii: "]")
        if isAtEnd {
            position += 1
        } else if !isFirst {
            isAtEnd = try closes(with: UInt8(ascii: "]"))
        }
        guard isAtEnd else {
            let offset = position
            return (try node(), offset)
        }
        skipSpace()
        guard position == bytes.count else { throw fault("there is more after the end of the list") }
        return nil
    }

    private mutating func node() throws(JSONFault) -> RawJSON {
        switch peek {
        case UInt8(ascii: "{"):
            try enter()
            defer { depth -= 1 }
            var members: [RawJSON.Member] = []
            var keys = KeySet()
            if peek == UInt8(ascii: "}") {
                position += 1
                return .object([])
            }
            repeat {
                let key = try key(&keys)
                members.append(RawJSON.Member(key, try node()))
            } while try !closes(with: UInt8(ascii: "}"))
            return .object(members)
        case UInt8(ascii: "["):
            try enter()
            defer { depth -= 1 }
            var items: [RawJSON] = []
            if peek == UInt8(ascii: "]") {
                position += 1
                return .array([])
            }
            repeat { items.append(try node()) } while try !closes(with: UInt8(ascii: "]"))
            return .array(items)
        default:
            switch try value() {
            case .null: return .null
            case .bool(let flag): return .bool(flag)
            case .number(let digits): return .number(digits)
            case .string(let text): return .string(text)
            case .array, .object: throw expected("a value")
            }
        }
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func fault(_ reason: String, at place: Int? = nil) -> JSONFault {
        JSONFault(column: (place ?? position) + 1, reason: reason)
    }

    private func expected(_ what: String) -> JSONFault {
        guard let byte = peek else { return fault("the line ends where \(what) was expected") }
        let found =
            byte > 0x20 && byte < 0x7F ? "“\(Character(Unicode.Scalar(byte)))”" : "byte 0x\(String(byte, radix: 16, uppercase: true))"
        return fault("found \(found) where \(what) was expected")
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A { position += 1 }
    }

    private mutating func value() throws(JSONFault) -> JSONValue {
        switch peek {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"):
            _ = try object(keeping: false)
            return .object
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case .some(let byte) where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte): return .number(try number())
        default: throw expected("a value")
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONFault) -> JSONValue {
        let end = position + text.utf8CodeUnitCount
        guard end <= bytes.count, bytes[position..<end].elementsEqual(text.description.utf8) else { throw expected("a value") }
        position = end
        return value
    }

    private mutating func enter() throws(JSONFault) {
        depth += 1
        guard depth <= Self.maximumDepth else { throw fault("the nesting is deeper than \(Self.maximumDepth)") }
        position += 1
        skipSpace()
    }

    private mutating func object(keeping: Bool) throws(JSONFault) -> [(key: String, value: JSONValue)] {
        try enter()
        defer { depth -= 1 }
        var members: [(key: String, value: JSONValue)] = []
        var keys = KeySet()
        if peek == UInt8(ascii: "}") {
            position += 1
            return members
        }
        while true {
            let key = try key(&keys)
            let value = try value()
            if keeping { members.append((key, value)) }
            if try closes(with: UInt8(ascii: "}")) { return members }
        }
    }

    /// Steps over a key and its colon.
    private mutating func key(_ keys: inout KeySet) throws(JSONFault) -> String {
        let start = position
        guard peek == UInt8(ascii: "\"") else { throw expected("a key in double quotes") }
        let key = try string()
        guard keys.insert(key) else { throw fault("the key “\(key)” stands twice in one object", at: start) }
        skipSpace()
        guard peek == UInt8(ascii: ":") else { throw expected("“:”") }
        position += 1
        skipSpace()
        return key
    }

    private mutating func array() throws(JSONFault) -> [JSONValue] {
        try enter()
        defer { depth -= 1 }
        var values: [JSONValue] = []
        if peek == UInt8(ascii: "]") {
            position += 1
            return values
        }
        while true {
            values.append(try value())
            if try closes(with: UInt8(ascii: "]")) { return values }
        }
    }

    /// Steps over a comma (false) or the closing bracket (true).
    private mutating func closes(with bracket: UInt8) throws(JSONFault) -> Bool {
        skipSpace()
        guard let byte = peek, byte == bracket || byte == UInt8(ascii: ",") else {
            throw expected("“,” or “\(Character(Unicode.Scalar(bracket)))”")
        }
        position += 1
        if byte == bracket { return true }
        skipSpace()
        return false
    }

    private mutating func digits() throws(JSONFault) {
        let start = position
        while let byte = peek, (0x30...0x39).contains(byte) { position += 1 }
        if position == start { throw expected("a digit") }
    }

    private mutating func number() throws(JSONFault) -> String {
        let start = position
        if peek == UInt8(ascii: "-") { position += 1 }
        if peek == UInt8(ascii: "0") {
            position += 1
            if let byte = peek, (0x30...0x39).contains(byte) { throw fault("a number starts with a needless 0") }
        } else {
            try digits()
        }
        if peek == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            position += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return bytes.text(start..<position)
    }

    private mutating func string() throws(JSONFault) -> String {
        let quote = position
        position += 1
        let start = position
        while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if peek == UInt8(ascii: "\"") {
            position += 1
            return bytes.text(start..<position - 1)
        }
        var text = Array(bytes[start..<position])
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                text.append(contentsOf: UTF8.encode(try escape()) ?? .init())
            case 0..<0x20:
                throw fault("an unescaped control character stands in a string")
            default:
                let run = position
                while let next = peek, next != UInt8(ascii: "\""), next != UInt8(ascii: "\\"), next >= 0x20 { position += 1 }
                text.append(contentsOf: bytes[run..<position])
            }
        }
        throw fault("a string is not closed", at: quote)
    }

    private mutating func escape() throws(JSONFault) -> Unicode.Scalar {
        let start = position
        position += 1
        guard let byte = peek else { throw expected("an escaped character") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicode(from: start)
        default: throw fault("an escape sequence is unknown", at: start)
        }
    }

    private mutating func unicode(from start: Int) throws(JSONFault) -> Unicode.Scalar {
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, peek == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u") else {
            throw fault("half of a surrogate pair stands alone", at: start)
        }
        position += 2
        let second = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        else { throw fault("half of a surrogate pair stands alone", at: start) }
        return scalar
    }

    private mutating func fourHexDigits() throws(JSONFault) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw expected("four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
