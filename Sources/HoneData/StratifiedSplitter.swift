/// Splits the rows of one file into training, validation and test rows, class by class, the same way every time.
///
/// Rows are visited in the file's order. A row's fate is drawn from a hash of its text and the seed, and then held to its class's
/// share: no split of a class is ever more than about one row from its fraction. Three rules come first:
/// - the first row of every label, and the first row of the file, are training rows, so no class is ever without one;
/// - a text that was seen before goes where it went, so duplicates do not leak from one split into another;
/// - nothing depends on later rows, so appending rows moves none of the earlier ones.
/// (With several labels in a row, a class is one combination of labels. Regression has one class.)
public struct StratifiedSplitter: Sendable, Equatable, Codable {
    /// The share of validation rows, `0 ..< 1`.
    public let validation: Double
    /// The share of test rows, `0 ..< 1`.
    public let test: Double
    /// Chooses between the splits that keep the rules.
    public let seed: UInt64

    /// Makes a splitter.
    ///
    /// - Throws: `DataError.badFraction` unless both fractions are at least 0 and together below 1.
    public init(validation: Double, test: Double, seed: UInt64) throws(DataError) {
        guard validation >= 0, test >= 0, validation + test < 1 else {
            throw DataError.badFraction(validation: validation, test: test)
        }
        (self.validation, self.test, self.seed) = (validation, test, seed)
    }

    /// Returns the split of each row.
    ///
    /// O(characters).
    public func assign(_ rows: [TextRow]) -> [SplitName] {
        var shares: [String: Share] = [:]
        var byText: [TextKey: SplitName] = [:]
        var seen: Set<String> = []
        var isFirst = true
        return rows.map { row in
            let key = row.key
            let names = row.target.names
            let stratum = names.count == 1 ? names[0] : names.sorted().joined(separator: "\u{1F}")
            let isNew = names.reduce(isFirst) { isNew, name in seen.insert(name).inserted || isNew }
            isFirst = false
            let drawn = StableHash.unit(key.bytes, seed: seed)
            let split = isNew ? .train : byText[key] ?? shares[stratum, default: Share()].draw(drawn, validation, test)
            shares[stratum, default: Share()].count(split)
            if byText[key] == nil { byText[key] = split }
            return split
        }
    }

    /// How the rows of one class were shared out so far.
    private struct Share {
        var rows = 0.0
        var validation = 0.0
        var test = 0.0

        mutating func count(_ split: SplitName) {
            rows += 1
            switch split {
            case .train: break
            case .validation: validation += 1
            case .test: test += 1
            }
        }

        func draw(_ drawn: Double, _ validationFraction: Double, _ testFraction: Double) -> SplitName {
            let wantedTest = testFraction * (rows + 1), wantedValidation = validationFraction * (rows + 1)
            if test < wantedTest - 1 { return .test }
            if validation < wantedValidation - 1 { return .validation }
            if drawn < testFraction { return test <= wantedTest ? .test : .train }
            if drawn < testFraction + validationFraction { return validation <= wantedValidation ? .validation : .train }
            return .train
        }
    }
}
