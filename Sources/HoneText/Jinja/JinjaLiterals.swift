// Tested by JinjaExpressionTests.swift.

/// Numbers and texts in quotes.
extension JinjaLexer {
    /// The end of a run of digits with single underscores between them.
    private func digits(from start: Int, _ accepts: (UInt8) -> Bool) -> Int {
        var end = start
        while end < bytes.count {
            if accepts(bytes[end]) {
                end += 1
            } else if bytes[end] == 0x5F, end > start, end + 1 < bytes.count, accepts(bytes[end + 1]) {
                end += 2
            } else {
                break
            }
        }
        return end
    }

    mutating func number() throws {
        let isDigit: (UInt8) -> Bool = { 0x30...0x39 ~= $0 }
        let start = position
        func text(_ from: Int, _ to: Int) -> String { String(decoding: bytes[from..<to].filter { $0 != 0x5F }, as: UTF8.self) }
        let whole = digits(from: start, isDigit)
        var end = whole
        if end < bytes.count, bytes[end] == 0x2E {
            let fraction = digits(from: end + 1, isDigit)
            if fraction > end + 1 { end = fraction }
        }
        if end < bytes.count, bytes[end] | 0x20 == 0x65 {
            var exponent = end + 1
            if exponent < bytes.count, bytes[exponent] == 0x2B || bytes[exponent] == 0x2D { exponent += 1 }
            let last = digits(from: exponent, isDigit)
            if last > exponent { end = last }
        }
        let afterDot = start > 0 && bytes[start - 1] == 0x2E
        if end > whole, !afterDot {
            guard let value = Double(text(start, end)) else { throw problem("the number \(text(start, end)) cannot be read") }
            add(.float(value))
            advance(to: end)
            return
        }
        var value: Int?
        end = whole
        if bytes[start] == 0x30 {
            end = digits(from: start) { $0 == 0x30 }
            value = 0
            let radix = start + 1 < bytes.count ? [0x78: 16, 0x6F: 8, 0x62: 2][bytes[start + 1] | 0x20] : nil
            if let radix {
                let last = digits(from: start + 2 + (start + 2 < bytes.count && bytes[start + 2] == 0x5F ? 1 : 0)) {
                    Character(Unicode.Scalar($0)).hexDigitValue.map { $0 < radix } ?? false
                }
                if last > start + 2 { (end, value) = (last, Int(text(start + 2, last), radix: radix)) }
            }
        } else {
            value = Int(text(start, end))
        }
        guard let value else { throw problem("the number \(text(start, end)) is larger than 64 bits") }
        add(.integer(value))
        advance(to: end)
    }

    mutating func string(_ quote: UInt8) throws {
        var end = position + 1
        while end < bytes.count, bytes[end] != quote { end += bytes[end] == 0x5C ? 2 : 1 }
        guard end < bytes.count else { throw problem("a text in quotes does not end") }
        let body = Array(bytes[(position + 1)..<end])
        add(.string(try unescaped(body)))
        advance(to: end + 1)
    }

    /// Python's escapes of a text in quotes.
    private func unescaped(_ body: [UInt8]) throws -> String {
        guard body.contains(0x5C) else { return String(decoding: body, as: UTF8.self) }
        var result: [UInt8] = []
        var index = 0
        func digits(_ count: Int, _ name: String) throws -> UInt32 {
            guard index + count <= body.count,
                let value = UInt32(String(decoding: body[index..<index + count], as: UTF8.self), radix: 16)
            else { throw problem("truncated \(name) escape in a text") }
            index += count
            return value
        }
        while index < body.count {
            let byte = body[index]
            index += 1
            guard byte == 0x5C else {
                result.append(byte)
                continue
            }
            let code = body[index]
            index += 1
            var value: UInt32?
            switch code {
            case 0x0A: break
            case 0x5C, 0x27, 0x22: value = UInt32(code)
            case UInt8(ascii: "a"): value = 7
            case UInt8(ascii: "b"): value = 8
            case UInt8(ascii: "f"): value = 12
            case UInt8(ascii: "n"): value = 10
            case UInt8(ascii: "r"): value = 13
            case UInt8(ascii: "t"): value = 9
            case UInt8(ascii: "v"): value = 11
            case UInt8(ascii: "x"): value = try digits(2, "\\x")
            case UInt8(ascii: "u"): value = try digits(4, "\\u")
            case UInt8(ascii: "U"): value = try digits(8, "\\U")
            case UInt8(ascii: "N"): throw problem("\\N{…} escapes are not supported; write the character itself")
            case 0x30...0x37:
                var octal = UInt32(code - 0x30)
                var more = 2
                while more > 0, index < body.count, 0x30...0x37 ~= body[index] {
                    octal = octal * 8 + UInt32(body[index] - 0x30)
                    (index, more) = (index + 1, more - 1)
                }
                value = octal
            default: result += [0x5C, code]
            }
            if let value {
                guard let scalar = Unicode.Scalar(value) else { throw problem("\\u\(PythonText.hex(value, 4)) is no character") }
                result += Array(String(scalar).utf8)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
