internal import Foundation

/// Draws tokens from what the filters leave.
///
/// Each sequence has random numbers of its own (SplitMix64, doi:10.1145/2660193.2660195), a function of the seed, the prompt and the
/// sample's number: what else is in the batch does not matter.
struct TokenSampler: Sendable {
    private let filters: TokenFilters
    private let isGreedy: Bool
    private var state: UInt64

    init(_ settings: SamplingSettings, prompt: [Int32], sample: Int) {
        (filters, isGreedy) = (TokenFilters(settings), settings.isGreedy)
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for token in prompt { hash = (hash ^ UInt64(UInt32(bitPattern: token))) &* 0x100_0000_01B3 }
        state = Self.mix(settings.seed &+ 0x9E37_79B9_7F4A_7C15) ^ Self.mix(hash &+ UInt64(sample) &* 0xD134_2543_DE82_EF95)
    }

    /// Chooses a token of a row whose penalties are applied; nil where the row is not finite.
    mutating func choose(_ scores: UnsafeBufferPointer<Float>) -> Int32? {
        guard let best = TokenSelection.best(scores) else { return nil }
        if isGreedy { return best.id }
        let kept = filters.keep(scores, best: best)
        let highest = kept.reduce(-Float.infinity) { max($0, $1.score) }
        var sums: [Double] = []
        sums.reserveCapacity(kept.count)
        var total = 0.0
        for token in kept {
            total += exp(Double(token.score - highest))
            sums.append(total)
        }
        let drawn = unit() * total
        // The first sum above the drawn number; rounding can put the number at the end itself.
        var (low, high) = (0, sums.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > drawn { high = middle } else { low = middle + 1 }
        }
        return kept[low].id
    }

    /// A number in `0 ..< 1`.
    private mutating func unit() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Double(Self.mix(state) >> 11) * 0x1p-53
    }

    private static func mix(_ word: UInt64) -> UInt64 {
        var z = word
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
