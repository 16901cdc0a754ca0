// Tested by BPETests.swift

/// The one-to-one map between the 256 bytes and printable characters that byte-level vocabularies are spelt in.
///
/// Source: `bytes_to_unicode` of GPT-2. Printable Latin-1 bytes stand for themselves; the others, in order, become U+0100, U+0101 and so on.
enum ByteAlphabet {
    /// The scalar that stands for each byte.
    static let scalars: [UInt32] = {
        var next: UInt32 = 0x100
        return (0..<256).map { (byte: UInt32) in
            if 0x21...0x7E ~= byte || 0xA1...0xAC ~= byte || byte >= 0xAE { return byte }
            defer { next += 1 }
            return next
        }
    }()

    /// The byte that each scalar stands for, or -1.
    private static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = Int16(byte) }
        return bytes
    }()

    /// The byte that `scalar` stands for, or nil.
    @inline(__always)
    static func byte(of scalar: UInt32) -> UInt8? {
        guard scalar < 0x144, bytes[Int(scalar)] >= 0 else { return nil }
        return UInt8(bytes[Int(scalar)])
    }

    /// The bytes that `token` spells, or nil where one of its characters stands for no byte.
    static func bytes(of token: String) -> [UInt8]? {
        var found: [UInt8] = []
        found.reserveCapacity(token.utf8.count)
        for scalar in token.unicodeScalars {
            guard let byte = byte(of: scalar.value) else { return nil }
            found.append(byte)
        }
        return found
    }
}
