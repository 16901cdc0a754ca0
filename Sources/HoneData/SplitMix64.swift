/// Generates 64-bit random numbers from one word of state that can be saved, so a resumed run draws what the first would have drawn.
///
/// SplitMix64: `s ← s + γ`, then a fixed bijection of `s`. Source: doi:10.1145/2660193.2660195, reference C code. Departures: none.
/// Value, safe anywhere. Not for secrets.
public struct SplitMix64: RandomNumberGenerator, Codable, Sendable, Equatable {
    /// The whole state; any value is a valid seed, zero included.
    public var state: UInt64

    /// Starts at `state`.
    public init(state: UInt64) {
        self.state = state
    }

    /// Starts the stream of one epoch, a function of `seed` and `epoch` only.
    public init(seed: UInt64, epoch: Int) {
        self.init(state: seed ^ (UInt64(truncatingIfNeeded: epoch) &* 0xD134_2543_DE82_EF95))
    }

    /// Draws the next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// Draws an index in `0 ..< bound`, each equally likely.
    ///
    /// Written out here, not taken from the standard library, so that an order recorded today is the same order under a later compiler.
    /// - Precondition: `bound > 0`.
    public mutating func index(below bound: Int) -> Int {
        precondition(bound > 0, "an index needs a bound above zero")
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let rejected = (0 &- range) % range
            while product.low < rejected { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    /// Puts `values` into a random order (Fisher-Yates, from the end).
    public mutating func shuffle<Value>(_ values: inout [Value]) {
        guard values.count > 1 else { return }
        for last in stride(from: values.count - 1, to: 0, by: -1) {
            values.swapAt(last, index(below: last + 1))
        }
    }

    /// The output function of SplitMix64: a bijection that spreads every input bit over the word.
    static func mix(_ word: UInt64) -> UInt64 {
        var z = word
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Hashes bytes the same way in every process and version, unlike `Hasher`.
enum StableHash {
    /// FNV-1a over the bytes, mixed with `seed`, as a number in `0 ..< 1`.
    static func unit(_ bytes: some Sequence<UInt8>, seed: UInt64) -> Double {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        let mixed = SplitMix64.mix(hash ^ SplitMix64.mix(seed &+ 0x9E37_79B9_7F4A_7C15))
        return Double(mixed >> 11) * 0x1p-53
    }
}
