// Tested by UnicodePropertiesTests.swift

/// Reads and writes scalars of text that is already known to be valid UTF-8.
enum UTF8Text {
    /// Returns the scalar at `index` and its length in bytes.
    @inline(__always)
    static func scalar(_ bytes: [UInt8], at index: Int) -> (scalar: UInt32, length: Int) {
        let lead = UInt32(bytes[index])
        if lead < 0x80 { return (lead, 1) }
        if lead < 0xE0 { return ((lead & 0x1F) << 6 | follow(bytes, index + 1), 2) }
        if lead < 0xF0 { return ((lead & 0x0F) << 12 | follow(bytes, index + 1) << 6 | follow(bytes, index + 2), 3) }
        let top = (lead & 0x07) << 18 | follow(bytes, index + 1) << 12
        return (top | follow(bytes, index + 2) << 6 | follow(bytes, index + 3), 4)
    }

    /// The same, of a buffer.
    @inline(__always)
    static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> (scalar: UInt32, length: Int) {
        func follow(_ place: Int) -> UInt32 { UInt32(bytes[index + place]) & 0x3F }
        let lead = UInt32(bytes[index])
        if lead < 0x80 { return (lead, 1) }
        if lead < 0xE0 { return ((lead & 0x1F) << 6 | follow(1), 2) }
        if lead < 0xF0 { return ((lead & 0x0F) << 12 | follow(1) << 6 | follow(2), 3) }
        return ((lead & 0x07) << 18 | follow(1) << 12 | follow(2) << 6 | follow(3), 4)
    }

    /// Returns the scalar that ends just before `index` and its length in bytes.
    static func scalar(_ bytes: [UInt8], before index: Int) -> (scalar: UInt32, length: Int) {
        var start = index - 1
        while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        return scalar(bytes, at: start)
    }

    /// Returns how many scalars `range` holds.
    static func count(_ bytes: [UInt8], _ range: Range<Int>) -> Int {
        var count = 0
        for index in range where bytes[index] & 0xC0 != 0x80 { count += 1 }
        return count
    }

    /// Returns how many bytes the sequence that `lead` starts has, or 0 where none starts with it.
    static func sequenceLength(_ lead: UInt8) -> Int {
        switch lead {
        case 0..<0x80: 1
        case 0xC2..<0xE0: 2
        case 0xE0..<0xF0: 3
        case 0xF0..<0xF5: 4
        default: 0
        }
    }

    /// Returns how many bytes a character of valid text has, by its first byte.
    @inline(__always)
    static func leadLength(_ lead: UInt8) -> Int { lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4 }

    /// Returns how many bytes of any bytes come before a character that the end cuts off: all of them where none is cut.
    static func completePrefix(_ bytes: [UInt8]) -> Int {
        for back in 1..<4 where back <= bytes.count {
            let start = bytes.count - back
            if bytes[start] & 0xC0 == 0x80 { continue }
            guard sequenceLength(bytes[start]) > back else { return bytes.count }
            // The second byte of some sequences is bound more narrowly; one outside cannot become a character.
            if back > 1, !isSecond(bytes[start + 1], after: bytes[start]) { return bytes.count }
            return start
        }
        return bytes.count
    }

    private static func isSecond(_ byte: UInt8, after lead: UInt8) -> Bool {
        switch lead {
        case 0xE0: byte >= 0xA0
        case 0xED: byte < 0xA0
        case 0xF0: byte >= 0x90
        case 0xF4: byte < 0x90
        default: true
        }
    }

    /// Returns how many bytes a scalar takes.
    static func length(_ scalar: UInt32) -> Int { scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4 }

    @inline(__always)
    private static func follow(_ bytes: [UInt8], _ index: Int) -> UInt32 { UInt32(bytes[index]) & 0x3F }

    static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
        switch scalar {
        case 0..<0x80:
            bytes.append(UInt8(scalar))
        case 0x80..<0x800:
            bytes.append(UInt8(0xC0 | scalar >> 6))
            bytes.append(UInt8(0x80 | scalar & 0x3F))
        case 0x800..<0x10000:
            bytes.append(UInt8(0xE0 | scalar >> 12))
            bytes.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            bytes.append(UInt8(0x80 | scalar & 0x3F))
        default:
            bytes.append(UInt8(0xF0 | scalar >> 18 & 0x07))
            bytes.append(UInt8(0x80 | scalar >> 12 & 0x3F))
            bytes.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            bytes.append(UInt8(0x80 | scalar & 0x3F))
        }
    }
}
