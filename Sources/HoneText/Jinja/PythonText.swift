// Tested by JinjaExpressionTests.swift.
import Foundation

/// Whether two texts have the same bytes; Swift's `==` also accepts canonically equivalent spellings, Python's does not.
@inline(__always)
func sameText(_ a: String, _ b: String) -> Bool {
    let count = a.utf8.count
    guard count == b.utf8.count else { return false }
    let same = a.utf8.withContiguousStorageIfAvailable { left in
        b.utf8.withContiguousStorageIfAvailable { right in
            guard count > 0, let first = left.baseAddress, let second = right.baseAddress else { return count == 0 }
            return memcmp(first, second, count) == 0
        }
    }
    if let same, let same { return same }
    return a.utf8.elementsEqual(b.utf8)
}

/// Python's operations on `str`: by code point, by Python's character classes.
enum PythonText {
    /// `str.isspace` of one code point.
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    static func strip(_ text: String, left: Bool = true, right: Bool = true, where drops: (Unicode.Scalar) -> Bool = isSpace) -> String {
        let scalars = text.unicodeScalars
        var (start, end) = (scalars.startIndex, scalars.endIndex)
        if left { while start < end, drops(scalars[start]) { start = scalars.index(after: start) } }
        if right {
            while end > start {
                let before = scalars.index(before: end)
                guard drops(scalars[before]) else { break }
                end = before
            }
        }
        return start == scalars.startIndex && end == scalars.endIndex ? text : String(scalars[start..<end])
    }

    static func length(_ text: String) -> Int { text.unicodeScalars.count }

    // MARK: Case

    static func upper(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars { result += scalar.properties.uppercaseMapping }
        return result
    }

    static func lower(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = ""
        for index in scalars.indices { appendLower(scalars, index, to: &result) }
        return result
    }

    /// Lower case of one code point; a capital sigma at the end of a word becomes a final sigma, as in Python.
    private static func appendLower(_ scalars: [Unicode.Scalar], _ index: Int, to result: inout String) {
        guard scalars[index].value == 0x3A3 else {
            result += scalars[index].properties.lowercaseMapping
            return
        }
        let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        let isFinal = (before?.properties.isCased ?? false) && !(after?.properties.isCased ?? false)
        result += isFinal ? "ς" : "σ"
    }

    static func capitalize(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = ""
        for index in scalars.indices {
            if index == 0 { result += scalars[0].properties.titlecaseMapping } else { appendLower(scalars, index, to: &result) }
        }
        return result
    }

    static func title(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = ""
        var insideWord = false
        for index in scalars.indices {
            if insideWord { appendLower(scalars, index, to: &result) } else { result += scalars[index].properties.titlecaseMapping }
            insideWord = scalars[index].properties.isCased
        }
        return result
    }

    static func isUpper(_ text: String) -> Bool { isCase(text) { $0.properties.isUppercase } }

    static func isLower(_ text: String) -> Bool { isCase(text) { $0.properties.isLowercase } }

    private static func isCase(_ text: String, _ accepts: (Unicode.Scalar) -> Bool) -> Bool {
        var found = false
        for scalar in text.unicodeScalars where scalar.properties.isCased {
            guard accepts(scalar) else { return false }
            found = true
        }
        return found
    }

    // MARK: Search

    /// The byte offsets at which `part` occurs, left to right without overlap, at most `limit` of them.
    static func occurrences(of part: [UInt8], in text: [UInt8], from start: Int = 0, limit: Int = .max) -> [Int] {
        var found: [Int] = []
        guard !part.isEmpty, part.count <= text.count, limit > 0 else { return found }
        var position = start
        let last = text.count - part.count
        while position <= last {
            guard let hit = find(part, in: text, from: position) else { break }
            found.append(hit)
            guard found.count < limit else { break }
            position = hit + part.count
        }
        return found
    }

    static func find(_ part: [UInt8], in text: [UInt8], from start: Int = 0) -> Int? {
        guard start + part.count <= text.count else { return nil }
        if part.isEmpty { return start }
        return text.withUnsafeBytes { text in part.withUnsafeBytes { search(text, $0, from: start) } }
    }

    /// The first place of `part`, which is not empty, at or after `start`.
    private static func search(_ text: UnsafeRawBufferPointer, _ part: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = text.baseAddress, let wanted = part.baseAddress else { return nil }
        var position = start
        let last = text.count - part.count
        while position <= last {
            guard let hit = memchr(base + position, Int32(part[0]), last - position + 1) else { return nil }
            position = base.distance(to: UnsafeRawPointer(hit))
            if memcmp(base + position, wanted, part.count) == 0 { return position }
            position += 1
        }
        return nil
    }

    static func contains(_ text: String, _ part: String) -> Bool {
        if part.isEmpty { return true }
        let hit = text.utf8.withContiguousStorageIfAvailable { text in
            part.utf8.withContiguousStorageIfAvailable { part in
                search(UnsafeRawBufferPointer(text), UnsafeRawBufferPointer(part), from: 0) != nil
            }
        }
        if let hit, let hit { return hit }
        return find(Array(part.utf8), in: Array(text.utf8)) != nil
    }

    static func replace(_ text: String, _ old: String, with new: String, limit: Int = -1) -> String {
        let limit = limit < 0 ? Int.max : limit
        if old.isEmpty {
            var result = ""
            var left = limit
            for scalar in text.unicodeScalars {
                if left > 0 {
                    result += new
                    left -= 1
                }
                result.unicodeScalars.append(scalar)
            }
            if left > 0 { result += new }
            return result
        }
        let bytes = Array(text.utf8)
        let part = Array(old.utf8)
        let hits = occurrences(of: part, in: bytes, limit: limit)
        guard !hits.isEmpty else { return text }
        var result: [UInt8] = []
        var position = 0
        let replacement = Array(new.utf8)
        for hit in hits {
            result += bytes[position..<hit]
            result += replacement
            position = hit + part.count
        }
        result += bytes[position...]
        return String(decoding: result, as: UTF8.self)
    }

    // MARK: Written forms

    /// `repr(str)`.
    static func repr(_ text: String) -> String {
        let quote: Unicode.Scalar = text.utf8.contains(0x27) && !text.utf8.contains(0x22) ? "\"" : "'"
        var result = String(quote)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case quote: result += "\\\(quote)"
            default:
                if isPrintable(scalar) {
                    result.unicodeScalars.append(scalar)
                } else if scalar.value < 0x100 {
                    result += "\\x" + hex(scalar.value, 2)
                } else if scalar.value < 0x10000 {
                    result += "\\u" + hex(scalar.value, 4)
                } else {
                    result += "\\U" + hex(scalar.value, 8)
                }
            }
        }
        result.unicodeScalars.append(quote)
        return result
    }

    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if 0x20..<0x7F ~= scalar.value { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator: return false
        default: return true
        }
    }

    static func hex(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// A JSON string as `json.dumps` writes it.
    static func writeJSON(_ text: String, to result: inout String, ensureASCII: Bool) {
        result += "\""
        let plain = !text.utf8.contains { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || (ensureASCII && $0 > 0x7E) }
        if plain {
            result += text
        } else {
            for scalar in text.unicodeScalars {
                switch scalar.value {
                case 0x22: result += "\\\""
                case 0x5C: result += "\\\\"
                case 0x08: result += "\\b"
                case 0x0C: result += "\\f"
                case 0x0A: result += "\\n"
                case 0x0D: result += "\\r"
                case 0x09: result += "\\t"
                case 0..<0x20: result += "\\u" + hex(scalar.value, 4)
                case 0x7F... where ensureASCII && scalar.value > 0x7F:
                    for unit in String(scalar).utf16 { result += "\\u" + hex(UInt32(unit), 4) }
                default: result.unicodeScalars.append(scalar)
                }
            }
        }
        result += "\""
    }
}
