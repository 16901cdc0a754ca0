/// Text handled as the reference libraries handle it: scalar by scalar, with no canonical equivalence.
///
/// Swift compares strings by canonical equivalence (`é` in one scalar equals `é` in two); the reference libraries do not. Tokens are
/// therefore kept as UTF-8 bytes.
typealias SegmentToken = [UInt8]

extension Unicode.Scalar {
    /// Whether Python's `str.split()` splits here.
    var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// `0 ... 9` of ASCII only.
    var isASCIIDigit: Bool { (0x30...0x39).contains(value) }

    /// The 32 punctuation marks of ASCII.
    var isASCIIPunctuation: Bool {
        switch value {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }

    /// What `\w` matches in Python: letters, numbers and the underscore; marks do not count.
    var isPythonWord: Bool {
        if value < 0x80 { return isASCIIDigit || (0x41...0x5A).contains(value) || (0x61...0x7A).contains(value) || value == 0x5F }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return properties.numericType != nil
        }
    }
}

enum SegmentText {
    /// Lowercases by the full mappings of Unicode, with the Greek final sigma (`ΣΑΣ` → `σας`).
    static func lowercased(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.count)
        for (place, scalar) in text.enumerated() {
            if scalar.value < 0x80 {
                result.append((0x41...0x5A).contains(scalar.value) ? Unicode.Scalar(UInt8(scalar.value + 32)) : scalar)
            } else if scalar == "\u{3A3}" {
                result.append(isFinalSigma(text, place) ? "\u{3C2}" : "\u{3C3}")
            } else {
                result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            }
        }
        return result
    }

    /// Unicode's `Final_Sigma`: a cased letter before and none after, marks and the like set aside.
    private static func isFinalSigma(_ text: [Unicode.Scalar], _ place: Int) -> Bool {
        guard let before = text[..<place].last(where: { !$0.properties.isCaseIgnorable }), before.properties.isCased else { return false }
        guard let after = text[(place + 1)...].first(where: { !$0.properties.isCaseIgnorable }) else { return true }
        return !after.properties.isCased
    }

    /// The runs between whitespace.
    static func words(_ text: [Unicode.Scalar]) -> [ArraySlice<Unicode.Scalar>] {
        text.split(whereSeparator: \.isPythonSpace)
    }

    static func withoutTrailingSpace(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard let last = text.lastIndex(where: { !$0.isPythonSpace }) else { return [] }
        return Array(text[...last])
    }

    static func token(_ scalars: some Sequence<Unicode.Scalar>) -> SegmentToken {
        var bytes: SegmentToken = []
        for scalar in scalars { bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter) }
        return bytes
    }

    /// Replaces every occurrence of ASCII or other scalars, left to right.
    static func replace(_ text: [Unicode.Scalar], _ pattern: String, _ replacement: String) -> [Unicode.Scalar] {
        let (wanted, put) = (Array(pattern.unicodeScalars), Array(replacement.unicodeScalars))
        guard let first = wanted.first, text.contains(first) else { return text }
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.count)
        var place = 0
        while place < text.count {
            if text[place] == first, text[place...].starts(with: wanted) {
                result += put
                place += wanted.count
            } else {
                result.append(text[place])
                place += 1
            }
        }
        return result
    }

    /// Counts runs of `n` elements.
    static func runs<Element: Hashable>(of n: Int, in elements: [Element]) -> [ArraySlice<Element>: Int] {
        guard n > 0, elements.count >= n else { return [:] }
        var counts: [ArraySlice<Element>: Int] = [:]
        counts.reserveCapacity(elements.count - n + 1)
        for start in 0...(elements.count - n) { counts[elements[start..<start + n], default: 0] += 1 }
        return counts
    }
}
