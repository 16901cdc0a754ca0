// Tested by SentencePieceTests.swift

/// Reads the fields of a protocol-buffer message in the order they stand.
struct ProtocolBuffer {
    enum Value {
        case integer(UInt64)
        case fixed32(UInt32)
        case fixed64(UInt64)
        case bytes(ArraySlice<UInt8>)
    }

    private let bytes: ArraySlice<UInt8>
    private var index: Int
    private let file: String

    init(_ bytes: ArraySlice<UInt8>, file: String) { (self.bytes, index, self.file) = (bytes, bytes.startIndex, file) }

    /// Returns the number and the value of the next field, or nil at the end.
    mutating func next() throws(TokenizerError) -> (field: Int, value: Value)? {
        guard index < bytes.endIndex else { return nil }
        let key = try varint()
        switch key & 7 {
        case 0: return (Int(key >> 3), .integer(try varint()))
        case 1: return (Int(key >> 3), .fixed64(try fixed(8)))
        case 2:
            let length = try varint()
            guard length <= UInt64(bytes.endIndex - index) else { throw broken("a field is longer than the file") }
            defer { index += Int(length) }
            return (Int(key >> 3), .bytes(bytes[index..<index + Int(length)]))
        case 5: return (Int(key >> 3), .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
        default: throw broken("a field has the unknown kind \(key & 7)")
        }
    }

    private func broken(_ problem: String) -> TokenizerError {
        .unreadable(file: file, reason: "it is not a SentencePiece model: at byte \(index) \(problem)")
    }

    private mutating func varint() throws(TokenizerError) -> UInt64 {
        var value: UInt64 = 0, shift: UInt64 = 0
        while index < bytes.endIndex, shift < 64 {
            let byte = bytes[index]
            index += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw broken("a number does not end")
    }

    private mutating func fixed(_ count: Int) throws(TokenizerError) -> UInt64 {
        guard bytes.endIndex - index >= count else { throw broken("a number does not end") }
        defer { index += count }
        return bytes[index..<index + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
