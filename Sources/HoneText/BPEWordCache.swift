// Tested by BPETests.swift

/// The tokens of words seen lately: one cache line each, a new word takes the place of an older one with the same hash.
///
/// Holds words of up to 31 bytes that become up to 6 tokens; its size never changes.
struct BPEWordCache: Sendable {
    /// The bytes of a word in 32 bytes: zeros after it, its length last.
    struct Key {
        var words: SIMD4<UInt64>
    }

    static let longestWord = 31
    static let mostTokens = 6
    private static let bits: UInt64 = 15
    /// Eight numbers for each place: the key, three with two ids each, one with the ends of the six tokens and their number on top.
    private var slots: [UInt64] = []

    /// Returns the key of a word of 1 to 31 bytes.
    @inline(__always)
    static func key(_ bytes: [UInt8], _ word: Range<Int>) -> Key {
        bytes.withUnsafeBytes { raw in
            let length = word.count
            var words = SIMD4<UInt64>(repeating: 0)
            if word.lowerBound + 32 <= raw.count {
                for index in 0..<4 where index * 8 < length {
                    let value = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: word.lowerBound + index * 8, as: UInt64.self))
                    let rest = length - index * 8
                    words[index] = rest >= 8 ? value : value & ((1 << UInt64(rest * 8)) - 1)
                }
            } else {
                for index in 0..<length { words[index >> 3] |= UInt64(raw[word.lowerBound + index]) << UInt64((index & 7) * 8) }
            }
            words[3] |= UInt64(length) << 56
            return Key(words: words)
        }
    }

    @inline(__always)
    private static func place(_ key: Key) -> Int {
        var hash = key.words[0] ^ key.words[3] &* 0xC2B2_AE3D_27D4_EB4F
        hash = (hash ^ hash >> 32) &* 0x9E37_79B9_7F4A_7C15 ^ key.words[1] &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ hash >> 29) &* 0x94D0_49BB_1331_11EB ^ key.words[2] &* 0xD6E8_FEB8_6659_FD93
        hash = (hash ^ hash >> 31) &* 0x9E37_79B9_7F4A_7C15
        return Int(hash >> (64 - bits)) * 8
    }

    /// Appends the tokens of a word and, where `ends` is not nil, the byte at which each ends; false where the word is not here.
    @inline(__always)
    func find(_ key: Key, _ start: Int, into ids: inout [Int32], ends: inout [Int]?) -> Bool {
        guard !slots.isEmpty else { return false }
        let place = Self.place(key)
        return slots.withUnsafeBufferPointer { slots in
            guard slots[place] == key.words[0], slots[place + 3] == key.words[3], slots[place + 1] == key.words[1],
                slots[place + 2] == key.words[2]
            else { return false }
            let tail = slots[place + 7]
            let count = Int(tail >> 56)
            for index in 0..<count {
                ids.append(Int32(truncatingIfNeeded: slots[place + 4 + index >> 1] >> UInt64((index & 1) * 32)))
            }
            if ends != nil { for index in 0..<count { ends?.append(start + Int(tail >> UInt64(index * 8) & 0xFF)) } }
            return true
        }
    }

    /// Keeps the tokens of a word, where they are few enough.
    mutating func keep(_ key: Key, _ symbols: BPESymbols) {
        let count = symbols.ids.count
        guard 1...Self.mostTokens ~= count else { return }
        if slots.isEmpty { slots = [UInt64](repeating: 0, count: 8 << Self.bits) }
        let place = Self.place(key)
        for index in 0..<4 { slots[place + index] = key.words[index] }
        for index in 4..<7 { slots[place + index] = 0 }
        var tail = UInt64(count) << 56
        for index in 0..<count {
            slots[place + 4 + index >> 1] |= UInt64(UInt32(bitPattern: symbols.ids[index])) << UInt64((index & 1) * 32)
            tail |= UInt64(symbols.ends[index]) << UInt64(index * 8)
        }
        slots[place + 7] = tail
    }
}

/// What a BPE model needs while it encodes: reused from word to word.
struct BPEScratch: Sendable {
    var symbols = BPESymbols()
    var cache = BPEWordCache()
}
