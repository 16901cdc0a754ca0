internal import Dispatch
internal import Foundation
internal import HoneTensors
internal import Synchronization

/// What a matrix begins with when nothing is pre-trained: normal numbers around 0, one row perhaps 0.
///
/// Source: Transformers `PreTrainedModel._init_weights` and what families change in it. Vectors are not initialised here: biases begin at 0
/// and norms as they only normalise, which the layers do themselves. The numbers are a function of the seed, the key and the place alone:
/// they do not come from libtorch's generator, which other threads may use and seed at the same time.
struct InitialValues: Equatable {
    /// Standard deviation.
    var deviation: Double
    /// The row of the padding token in a table of embeddings.
    var zeroRow: Int?

    /// Draws the values of the matrix under a key.
    func tensor(_ shape: [Int], key: String, seed: UInt64) throws -> Tensor {
        let count = shape.reduce(1, *)
        let values = try Tensor(NormalNumbers(key: key, seed: seed).values(count, deviation: deviation), shape: shape)
        if let zeroRow, zeroRow < shape[0] {
            try values.slice(0, zeroRow..<(zeroRow + 1)).copy(from: .zeros([1] + shape.dropFirst()))
        }
        return values
    }
}

/// Normal numbers by place: pairs of the Box–Muller transform of SplitMix64's outputs.
struct NormalNumbers {
    private let start: UInt64

    init(key: String, seed: UInt64) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        start = Self.mixed(hash ^ Self.mixed(seed))
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number in `0 ..< 1`, a multiple of 2⁻⁵³.
    private func unit(_ place: Int) -> Double { Double(Self.mixed(start &+ UInt64(place) &* 0x9E37_79B9_7F4A_7C15) >> 11) * 0x1p-53 }

    /// `√(−2 ln u) · cos 2πv` and `… · sin 2πv` of two uniform numbers each; on all cores, the same for any number of them.
    func values(_ count: Int, deviation: Double) -> [Float] {
        let size = 1 << 16
        let parts = Mutex([[Float]](repeating: [], count: (count + size - 1) / size))
        DispatchQueue.concurrentPerform(iterations: (count + size - 1) / size) { index in
            let part = part(index * size..<min((index + 1) * size, count), deviation)
            parts.withLock { $0[index] = part }
        }
        return Array(parts.withLock { $0 }.joined())
    }

    /// The numbers of `range`, which begins at an even place.
    private func part(_ range: Range<Int>, _ deviation: Double) -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(range.count)
        for place in stride(from: range.lowerBound, to: range.upperBound, by: 2) {
            // 1 − u lies in 0 < … ≤ 1, whose logarithm is finite.
            let radius = deviation * (-2 * log(1 - unit(place))).squareRoot(), angle = 2 * .pi * unit(place + 1)
            values.append(Float(radius * cos(angle)))
            if place + 1 < range.upperBound { values.append(Float(radius * sin(angle))) }
        }
        return values
    }
}

extension Family {
    /// Tables of embeddings in which the padding token has a row of zeros.
    struct PaddedTables {
        /// What the tables' keys end in.
        var suffixes: [String]
        /// The token that is taken where the configuration names none; nil for none.
        var fallback: Int?
    }

    /// What the new matrix under a key begins with.
    func initialValues(_ key: String, _ config: Config) -> InitialValues {
        var values = InitialValues(deviation: deviation(config) * (deviationScale?(key, config) ?? 1))
        if let paddedTables, paddedTables.suffixes.contains(where: key.hasSuffix) {
            // `null` says that there is no padding token; an absent key leaves it to the family.
            values.zeroRow = config.keys.contains("pad_token_id") ? (config["pad_token_id"] as? NSNumber)?.intValue : paddedTables.fallback
        }
        return values
    }
}
