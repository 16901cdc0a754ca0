// Tested by JinjaSyntaxTests.swift.

/// One token of a template.
struct JinjaToken: Equatable {
    enum Kind: Equatable {
        case data(String)
        case variableBegin, variableEnd, blockBegin, blockEnd, end
        case name(String)
        case string(String)
        case integer(Int)
        case float(Double)
        case symbol(Symbol)
    }

    enum Symbol: String {
        case add = "+"
        case sub = "-"
        case div = "/"
        case floordiv = "//"
        case mul = "*"
        case mod = "%"
        case pow = "**"
        case tilde = "~"
        case lbracket = "["
        case rbracket = "]"
        case lparen = "("
        case rparen = ")"
        case lbrace = "{"
        case rbrace = "}"
        case eq = "=="
        case ne = "!="
        case gt = ">"
        case gteq = ">="
        case lt = "<"
        case lteq = "<="
        case assign = "="
        case dot = "."
        case colon = ":"
        case pipe = "|"
        case comma = ","
        case semicolon = ";"
    }

    var kind: Kind
    var line: Int
}

/// Cuts a template into tokens, with `trim_blocks` and `lstrip_blocks` on and the last newline dropped.
struct JinjaLexer {
    struct Problem: Error {
        var line: Int
        var text: String
    }

    let bytes: [UInt8]
    var position = 0
    var line = 1
    private var tokens: [JinjaToken] = []
    /// Whether what was read last ended a line; the start of the template counts.
    private var lineStarting = true

    static func tokens(of source: String) throws -> [JinjaToken] {
        var lexer = JinjaLexer(source)
        try lexer.root()
        lexer.add(.end)
        return lexer.tokens
    }

    private init(_ source: String) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(source.utf8.count)
        var afterReturn = false
        for byte in source.utf8 {
            if byte == 0x0D {
                bytes.append(0x0A)
            } else if byte != 0x0A || !afterReturn {
                bytes.append(byte)
            }
            afterReturn = byte == 0x0D
        }
        if bytes.last == 0x0A { bytes.removeLast() }
        self.bytes = bytes
    }

    mutating func add(_ kind: JinjaToken.Kind) { tokens.append(JinjaToken(kind: kind, line: line)) }

    func problem(_ text: String) -> Problem { Problem(line: line, text: text) }

    private func at(_ text: StaticString, _ offset: Int? = nil) -> Bool {
        let start = offset ?? position
        let count = text.utf8CodeUnitCount
        guard start + count <= bytes.count else { return false }
        return text.withUTF8Buffer { buffer in (0..<count).allSatisfy { bytes[start + $0] == buffer[$0] } }
    }

    /// Moves on to `end`, counting lines.
    mutating func advance(to end: Int) {
        for byte in bytes[position..<end] where byte == 0x0A { line += 1 }
        if end > position { lineStarting = bytes[end - 1] == 0x0A }
        position = end
    }

    private func scalar(at offset: Int) -> (scalar: Unicode.Scalar, length: Int) {
        let first = bytes[offset]
        let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        let end = min(offset + length, bytes.count)
        return (String(decoding: bytes[offset..<end], as: UTF8.self).unicodeScalars.first ?? "\u{FFFD}", end - offset)
    }

    private func afterSpace(_ start: Int) -> Int {
        var end = start
        while end < bytes.count {
            let (scalar, length) = scalar(at: end)
            guard PythonText.isSpace(scalar) else { break }
            end += length
        }
        return end
    }

    // MARK: Text

    private mutating func root() throws {
        while position < bytes.count {
            var start = position
            while start + 1 < bytes.count {
                if bytes[start] == 0x7B, [0x7B, 0x25, 0x23].contains(bytes[start + 1]) { break }
                start += 1
            }
            guard start + 1 < bytes.count else {
                add(.data(String(decoding: bytes[position...], as: UTF8.self)))
                advance(to: bytes.count)
                return
            }
            let kind = bytes[start + 1]
            let sign = start + 2 < bytes.count && (bytes[start + 2] == 0x2D || bytes[start + 2] == 0x2B) ? bytes[start + 2] : 0
            addText(to: start, sign: sign, isVariable: kind == 0x7B)
            advance(to: start + 2 + (sign == 0 ? 0 : 1))
            switch kind {
            case 0x23: try comment()
            case 0x7B:
                add(.variableBegin)
                try code(block: false)
            default:
                if let end = rawBegin() {
                    advance(to: end)
                    try raw()
                } else {
                    add(.blockBegin)
                    try code(block: true)
                }
            }
        }
    }

    /// Adds the text before a tag, stripped as the tag's sign and the line say.
    mutating func addText(to end: Int, sign: UInt8, isVariable: Bool) {
        var text = String(decoding: bytes[position..<end], as: UTF8.self)
        if sign == 0x2D {
            text = PythonText.strip(text, left: false)
        } else if sign != 0x2B, !isVariable {
            let lineStart = bytes[position..<end].lastIndex(of: 0x0A).map { $0 + 1 }
            if lineStart != nil || lineStarting {
                let from = lineStart ?? position
                if afterSpace(from) >= end { text = String(decoding: bytes[position..<from], as: UTF8.self) }
            }
        }
        if !text.isEmpty { add(.data(text)) }
        advance(to: end)
    }

    private mutating func comment() throws {
        let start = line
        var end = position
        while !at("#}", end) {
            guard end < bytes.count else { throw Problem(line: start, text: "Missing end of comment tag") }
            end += 1
        }
        let sign = end > position ? bytes[end - 1] : 0
        advance(to: afterTag(end, sign: sign))
    }

    /// The place after a closing mark of two characters at `end`.
    private func afterTag(_ end: Int, sign: UInt8) -> Int {
        if sign == 0x2D { return afterSpace(end + 2) }
        if sign != 0x2B, end + 2 < bytes.count, bytes[end + 2] == 0x0A { return end + 3 }
        return end + 2
    }

    // MARK: Raw

    /// The end of the `{% raw %}` whose sign has been read.
    private func rawBegin() -> Int? {
        var end = afterSpace(position)
        guard at("raw", end) else { return nil }
        end = afterSpace(end + 3)
        if at("-%}", end) { return afterSpace(end + 3) }
        return at("%}", end) ? end + 2 : nil
    }

    private mutating func raw() throws {
        let begin = line
        var start = position
        while start < bytes.count {
            if at("{%", start) {
                let sign: UInt8 = start + 2 < bytes.count && (bytes[start + 2] == 0x2D || bytes[start + 2] == 0x2B) ? bytes[start + 2] : 0
                var end = afterSpace(start + 2 + (sign == 0 ? 0 : 1))
                if at("endraw", end) {
                    end = afterSpace(end + 6)
                    let close = at("-%}", end) || at("+%}", end) ? bytes[end] : 0
                    if close != 0 { end += 1 }
                    if at("%}", end) {
                        addText(to: start, sign: sign, isVariable: false)
                        advance(to: afterTag(end, sign: close))
                        return
                    }
                }
            }
            start += 1
        }
        throw Problem(line: begin, text: "Missing end of raw directive")
    }

    // MARK: Code

    private mutating func code(block: Bool) throws {
        var open: [UInt8] = []
        while true {
            guard position < bytes.count else { return }
            let byte = bytes[position]
            if open.isEmpty, let end = closing(block: block) {
                add(block ? .blockEnd : .variableEnd)
                advance(to: end)
                return
            }
            let space = afterSpace(position)
            if space > position {
                advance(to: space)
            } else if 0x30...0x39 ~= byte {
                try number()
            } else if byte == 0x5F || byte >= 0x80 || 0x41...0x5A ~= byte || 0x61...0x7A ~= byte {
                try name()
            } else if byte == 0x22 || byte == 0x27 {
                try string(byte)
            } else {
                try symbol(&open)
            }
        }
    }

    private func closing(block: Bool) -> Int? {
        if !block {
            if at("-}}") { return afterSpace(position + 3) }
            return at("}}") ? position + 2 : nil
        }
        if at("+%}") { return position + 3 }
        if at("-%}") { return afterTag(position + 1, sign: 0x2D) }
        return at("%}") ? afterTag(position, sign: 0) : nil
    }

    private mutating func name() throws {
        var end = position
        while end < bytes.count {
            let (scalar, length) = scalar(at: end)
            guard scalar == "_" || scalar.properties.isXIDContinue else { break }
            end += length
        }
        guard end > position, scalar(at: position).scalar == "_" || scalar(at: position).scalar.properties.isXIDStart else {
            throw problem("unexpected char “\(scalar(at: position).scalar)”")
        }
        add(.name(String(decoding: bytes[position..<end], as: UTF8.self)))
        advance(to: end)
    }

    private mutating func symbol(_ open: inout [UInt8]) throws {
        let byte = bytes[position]
        if position + 1 < bytes.count,
            let symbol = JinjaToken.Symbol(rawValue: String(decoding: bytes[position..<position + 2], as: UTF8.self))
        {
            add(.symbol(symbol))
            advance(to: position + 2)
            return
        }
        guard let symbol = JinjaToken.Symbol(rawValue: String(decoding: [byte], as: UTF8.self)) else {
            throw problem("unexpected char “\(scalar(at: position).scalar)”")
        }
        switch symbol {
        case .lparen: open.append(0x29)
        case .lbracket: open.append(0x5D)
        case .lbrace: open.append(0x7D)
        case .rparen, .rbracket, .rbrace:
            guard let expected = open.popLast() else { throw problem("unexpected “\(symbol.rawValue)”") }
            guard expected == byte else {
                throw problem("unexpected “\(symbol.rawValue)”, expected “\(Unicode.Scalar(expected))”")
            }
        default: break
        }
        add(.symbol(symbol))
        advance(to: position + 1)
    }
}
