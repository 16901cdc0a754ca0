// Tested by SeededCasesTests.swift.
public import HoneTensors

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Draws the same numbers for the same seed on every platform, independently of libtorch's generator.
///
/// Source: SplitMix64.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// Starts a sequence.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number in `0 ..< 1`.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A whole number of a range.
    public mutating func integer(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// A number of the standard normal distribution (Box–Muller).
    public mutating func normal() -> Double { (-2 * log(1 - unit())).squareRoot() * cos(2 * .pi * unit()) }

    /// Normal numbers, float32.
    public mutating func floats(_ count: Int, scale: Double = 1) -> [Float] { (0..<count).map { _ in Float(scale * normal()) } }

    /// A float32 tensor of normal numbers.
    public mutating func tensor(_ shape: [Int], scale: Double = 1) throws -> Tensor {
        try Tensor(floats(shape.reduce(1, *), scale: scale), shape: shape)
    }

    /// The same as a leaf that collects a gradient, in the element type that products are to run in.
    public mutating func leaf(_ shape: [Int], scale: Double = 1, dtype: DType = .float32) throws -> Tensor {
        let tensor = try tensor(shape, scale: scale).to(dtype)
        try tensor.setRequiresGradient(true)
        return tensor
    }
}
