/// Hides tokens for masked language modelling: of the chosen ones 80 % become the mask token, 10 % a random one, 10 % stay.
///
/// Each token that is not special is chosen with the probability, independently; if none is, one is drawn. The choice is a function of the
/// seed, the row and the epoch. Source: arXiv:1810.04805, section 3.1, with a new choice in every epoch as in arXiv:1907.11692. Departures:
/// at least one token is chosen, and random tokens are never special ones.
public struct MaskedLanguageModelling: Sendable, Equatable {
    /// The probability with which a token is chosen.
    public var probability: Double
    /// The mask token.
    public var maskID: Int32
    /// Tokens that are never chosen and never drawn.
    public var specialIDs: Set<Int32>
    /// One more than the highest id.
    public var vocabularySize: Int
    /// Seeds the choice.
    public var seed: UInt64

    /// Makes a rule.
    ///
    /// - Precondition: `probability` is in `0 ... 1`, and some id below `vocabularySize` is not special.
    public init(probability: Double = 0.15, maskID: Int32, specialIDs: Set<Int32>, vocabularySize: Int, seed: UInt64) {
        precondition(0...1 ~= probability, "the probability \(probability) is outside 0 ... 1")
        precondition(vocabularySize > specialIDs.union([maskID]).count, "every id is special")
        (self.probability, self.maskID, self.specialIDs) = (probability, maskID, specialIDs.union([maskID]))
        (self.vocabularySize, self.seed) = (vocabularySize, seed)
    }

    /// Returns the row with hidden tokens and the hidden ones as targets.
    ///
    /// - Parameters:
    ///   - index: the row's index among all rows.
    ///   - epoch: the epoch, counted from 0.
    public func masked(_ row: EncodedRow, index: Int, epoch: Int) -> EncodedRow {
        let rowSeed = SplitMix64.mix(seed &+ 0x9E37_79B9_7F4A_7C15 &* (UInt64(truncatingIfNeeded: index) &+ 1))
        var generator = SplitMix64(seed: rowSeed, epoch: epoch)
        let candidates = row.ids.indices.filter { !specialIDs.contains(row.ids[$0]) }
        var chosen = candidates.filter { _ in generator.unit() < probability }
        if chosen.isEmpty, !candidates.isEmpty { chosen = [candidates[generator.index(below: candidates.count)]] }
        var result = row
        var targets = [Int32](repeating: TokenTarget.ignored, count: row.ids.count)
        for place in chosen {
            targets[place] = row.ids[place]
            switch generator.unit() {
            case ..<0.8: result.ids[place] = maskID
            case ..<0.9: result.ids[place] = randomID(&generator)
            default: break
            }
        }
        result.target = .perToken(targets)
        return result
    }

    private func randomID(_ generator: inout SplitMix64) -> Int32 {
        while true {
            let id = Int32(generator.index(below: vocabularySize))
            if !specialIDs.contains(id) { return id }
        }
    }
}

extension SplitMix64 {
    /// Draws a number in `0 ..< 1`, a multiple of 2⁻⁵³.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
