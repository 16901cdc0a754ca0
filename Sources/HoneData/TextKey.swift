import Foundation

/// Decides when two texts count as the same: letter case, runs of white space and Unicode composition make no difference.
///
/// Holds the UTF-8 bytes of the lowercased text in normalisation form C, with each run of white space as one space and none at the ends.
struct TextKey: Hashable {
    private(set) var bytes: [UInt8] = []
    private var isComposed = true

    /// Makes the key of a text, or of a pair, which is never the key of its two texts joined.
    init(_ text: String, pair: String? = nil) {
        bytes.reserveCapacity(text.utf8.count + (pair?.utf8.count ?? -1) + 1)
        append(text)
        if let pair {
            bytes.append(0x1F)
            append(pair)
        }
        if !isComposed {
            bytes = Array(String(decoding: bytes, as: UTF8.self).precomposedStringWithCanonicalMapping.utf8)
            isComposed = true
        }
    }

    /// The key as text.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    private mutating func append(_ text: String) {
        let start = bytes.count
        if appendASCII(text) { return }
        bytes.removeSubrange(start...)
        var needsSpace = false
        for scalar in text.unicodeScalars {
            if Self.isSpace(scalar) {
                needsSpace = bytes.count > start
                continue
            }
            if needsSpace { bytes.append(0x20) }
            needsSpace = false
            append(scalar)
        }
    }

    /// Appends a text that is all ASCII, most by far; stops and returns false at the first other byte.
    private mutating func appendASCII(_ text: String) -> Bool {
        let start = bytes.count
        var text = text
        return text.withUTF8 { source in
            var needsSpace = false
            for byte in source {
                if byte >= 0x80 { return false }
                if byte == 0x20 || (0x09...0x0D).contains(byte) {
                    needsSpace = bytes.count > start
                    continue
                }
                if needsSpace { bytes.append(0x20) }
                needsSpace = false
                bytes.append((0x41...0x5A).contains(byte) ? byte + 0x20 : byte)
            }
            return true
        }
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x41...0x5A, 0xC0...0xD6, 0xD8...0xDE:
            if let lower = Unicode.Scalar(scalar.value + 0x20) { bytes.append(contentsOf: UTF8.encode(lower) ?? .init()) }
        case 0..<0x80:
            bytes.append(UInt8(scalar.value))
        case 0xD7, 0xDF...0xFF:
            bytes.append(contentsOf: UTF8.encode(scalar) ?? .init())
        default:
            let lower = scalar.properties.lowercaseMapping
            if isComposed, !lower.unicodeScalars.allSatisfy(Self.isAlwaysComposed) { isComposed = false }
            bytes.append(contentsOf: lower.utf8)
        }
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x20: true
        case 0..<0x80, 0xA1..<0x1680: false
        default: scalar.properties.isWhitespace
        }
    }

    /// True for scalars of which every sequence is in form C already: no combining marks, nothing that decomposes for good.
    private static func isAlwaysComposed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x300, 0x0400..<0x0483, 0x2010...0x2027, 0x20A0...0x20BF, 0x3041...0x3096, 0x30A1...0x30FA, 0x4E00..<0xA000: true
        case 0xAC00...0xD7A3, 0xFE0F, 0xFF01...0xFF5E, 0x1F300...0x1FAFF: true
        default: false
        }
    }
}
