internal import Foundation
public import HoneTensors

/// How rotary angles follow from positions: one case per kind of scaling that checkpoints name.
///
/// Source: arXiv:2104.09864 and Transformers' `rope_type`s.
public enum RotaryScaling: Sendable, Equatable {
    /// `ω_i = θ^(−2i/R)`.
    case none
    /// Divides every frequency by the factor; arXiv:2306.15595.
    case linear(factor: Double)
    /// Raises the base for documents longer than the model was trained on ("dynamic NTK").
    case dynamic(factor: Double)
    /// Interpolates low frequencies, keeps high ones; arXiv:2309.00071.
    case yarn(YaRN)
    /// Divides each frequency by its own factor, another list for long documents; arXiv:2402.13753.
    case longRoPE(short: [Double], long: [Double], attentionFactor: Double, original: Int)
    /// Divides low frequencies, keeps high ones, blends between; Llama 3.1.
    case llama3(factor: Double, low: Double, high: Double, original: Int)

    /// The settings of YaRN.
    public struct YaRN: Sendable, Equatable {
        /// How much longer texts become.
        public var factor: Double
        /// The rotations inside the original length above which a frequency stays as it is.
        public var fast = 32.0
        /// The rotations inside the original length below which a frequency is divided by the factor.
        public var slow = 1.0
        /// What cosines and sines are multiplied by.
        public var attentionFactor: Double
        /// The length that the model was first trained on, in tokens.
        public var original: Int
        /// Whether the borders are rounded to whole dimensions.
        public var truncates = true

        /// Makes settings; the borders may be set afterwards.
        public init(factor: Double, attentionFactor: Double, original: Int) {
            (self.factor, self.attentionFactor, self.original) = (factor, attentionFactor, original)
        }
    }
}

/// Turns positions into the cosines and sines that rotate queries and keys.
///
/// Not Sendable; keeps its tables between calls.
public final class Rotary {
    /// `R`, the columns of a head that rotate; even.
    public let width: Int
    /// `θ`, the base.
    public let base: Double
    /// How angles are scaled for longer texts.
    public let scaling: RotaryScaling
    /// The longest text that the configuration declares, in tokens.
    public let maximumPositions: Int
    private var tables: [Table] = []

    private struct Table {
        var key: Int  // 0: the usual one; otherwise the length that it is for
        var rows: Int
        var cosines: Tensor, sines: Tensor
    }

    /// Makes the angles of one kind; nothing is computed yet.
    public init(width: Int, base: Double, scaling: RotaryScaling = .none, maximumPositions: Int) {
        (self.width, self.base, self.scaling, self.maximumPositions) = (width, base, scaling, maximumPositions)
    }

    /// Finds the angles for each row of a flat batch.
    ///
    /// Documents that are longer than the model was trained on get their own angles where the kind of scaling says so; a document's
    /// angles never depend on its neighbours.
    /// - Parameters:
    ///   - positions: int64 `[N]`, the place of each row in its document.
    ///   - longest: one more than the largest position.
    ///   - lengths: the whole length of each document, for the kinds that depend on it.
    ///   - documents: where documents lie.
    public func callAsFunction(
        _ positions: Tensor, longest: Int, documents: Documents, lengths: () throws -> [Int]
    ) throws -> RotaryAngles {
        guard let limit = changesAbove, longest > limit else {
            let table = try self.table(key: 0, rows: longest, device: positions.device)
            return RotaryAngles(cosines: table.cosines, sines: table.sines, rows: positions)
        }
        // Several kinds of angles in one batch: tables one below the other, each document pointing into its own.
        let lengths = try lengths()
        let keys = lengths.map { $0 <= limit ? 0 : isDynamic ? $0 : limit + 1 }
        var offsets: [Int: Int] = [:]
        var (cosines, sines): ([Tensor], [Tensor]) = ([], [])
        var rows = 0
        for key in Set(keys + [0]).sorted() {
            let table = try self.table(key: key, rows: longest, device: positions.device)
            offsets[key] = rows
            rows += table.rows
            cosines.append(table.cosines)
            sines.append(table.sines)
        }
        var shifts = [Int](repeating: 0, count: positions.count)
        let (starts, counts) = (try documents.starts.integers(), try documents.lengths.integers())
        for (document, key) in keys.enumerated() {
            for row in starts[document]..<starts[document] + counts[document] { shifts[row] = offsets[key] ?? 0 }
        }
        let shift = try Tensor(shifts, shape: [shifts.count]).to(positions.device)
        return RotaryAngles(cosines: try .concatenated(cosines), sines: try .concatenated(sines), rows: try positions + shift)
    }

    private var isDynamic: Bool { if case .dynamic = scaling { true } else { false } }

    /// The length in tokens above which angles differ; nil where they never do.
    public var changesAbove: Int? {
        switch scaling {
        case .dynamic: maximumPositions
        case .longRoPE(_, _, _, let original): original
        case .none, .linear, .yarn, .llama3: nil
        }
    }

    /// The table of one kind, at least `rows` long.
    private func table(key: Int, rows: Int, device: Device) throws -> Table {
        if let found = tables.first(where: { $0.key == key && $0.rows >= rows && $0.cosines.device == device }) { return found }
        let length = max(rows, min(2 * rows, 256))
        let (frequencies, factor) = self.frequencies(length: key == 0 ? nil : key)
        var (cosines, sines): ([Float], [Float]) = ([], [])
        cosines.reserveCapacity(length * frequencies.count)
        sines.reserveCapacity(length * frequencies.count)
        for position in 0..<length {
            for frequency in frequencies {
                // The product is rounded to float32 as the reference does, then the functions are exact.
                let angle = Double(Float(position) * Float(frequency))
                cosines.append(Float(cos(angle)) * Float(factor))
                sines.append(Float(sin(angle)) * Float(factor))
            }
        }
        let shape = [length, frequencies.count]
        let made = Table(
            key: key, rows: length, cosines: try Tensor(cosines, shape: shape).to(device), sines: try Tensor(sines, shape: shape).to(device)
        )
        tables.removeAll { $0.key == key }
        if tables.count > 16 { tables.removeAll { $0.key != 0 } }
        tables.append(made)
        return made
    }

    /// The angle per position of each pair, and the factor on cosines and sines.
    ///
    /// - Parameter length: of a document longer than the model was trained on; nil for the usual angles.
    func frequencies(length: Int?) -> (frequencies: [Double], factor: Double) {
        let R = Double(width)
        func plain(_ base: Double) -> [Double] { stride(from: 0, to: width, by: 2).map { 1 / pow(base, Double($0) / R) } }
        switch scaling {
        case .none: return (plain(base), 1)
        case .linear(let factor): return (plain(base).map { $0 / factor }, 1)
        case .dynamic(let factor):
            let share = Double(max(length ?? 0, maximumPositions)) / Double(maximumPositions)
            return (plain(base * pow(factor * share - (factor - 1), R / (R - 2))), 1)
        case .yarn(let yarn): return (yarnFrequencies(yarn, plain(base)), yarn.attentionFactor)
        case .longRoPE(let short, let long, let factor, _):
            return (zip(plain(base), length == nil ? short : long).map { $0 / $1 }, factor)
        case .llama3(let factor, let low, let high, let original):
            return (plain(base).map { llama3($0, factor, low, high, Double(original)) }, 1)
        }
    }

    private func llama3(_ frequency: Double, _ factor: Double, _ low: Double, _ high: Double, _ original: Double) -> Double {
        let wavelength = 2 * Double.pi / frequency
        if wavelength < original / high { return frequency }
        if wavelength > original / low { return frequency / factor }
        let blend = (original / wavelength - low) / (high - low)
        return (1 - blend) * frequency / factor + blend * frequency
    }

    private func yarnFrequencies(_ yarn: RotaryScaling.YaRN, _ plain: [Double]) -> [Double] {
        func dimension(_ rotations: Double) -> Double {
            Double(width) * log(Double(yarn.original) / (rotations * 2 * Double.pi)) / (2 * log(base))
        }
        var (low, high) = (dimension(yarn.fast), dimension(yarn.slow))
        if yarn.truncates { (low, high) = (low.rounded(.down), high.rounded(.up)) }
        (low, high) = (max(low, 0), min(high, Double(width - 1)))
        if low == high { high += 0.001 }
        return plain.enumerated().map { index, frequency in
            let ramp = min(max((Double(index) - low) / (high - low), 0), 1)
            return frequency / yarn.factor * ramp + frequency * (1 - ramp)
        }
    }
}

/// The angles of the rows of one batch.
public struct RotaryAngles {
    /// `[P, R/2]`, float32.
    public let cosines: Tensor
    /// `[P, R/2]`, float32.
    public let sines: Tensor
    /// Which row of the tables each row of the batch takes, int64 `[N]`.
    public let rows: Tensor

    /// Rotates the heads of `x`, `[N, H·K]` → `[N, H·K]`.
    public func callAsFunction(_ x: Tensor, heads: Int) throws -> Tensor {
        try x.rotated(cosines: cosines, sines: sines, positions: rows, heads: heads)
    }
}
