/// Averages a sum over a count that come in parts, such as a loss per target token.
///
/// Value, safe anywhere.
public struct MeanValue: Codable, Sendable, Equatable {
    /// The sum so far.
    public private(set) var sum = 0.0
    /// The count so far.
    public private(set) var count = 0

    /// Starts at nothing.
    public init() {}

    /// Adds a part's sum and count.
    ///
    /// - Throws: `EvaluationError.notFinite` where the sum is infinite or not a number.
    public mutating func add(sum: Double, count: Int) throws(EvaluationError) {
        guard sum.isFinite else { throw .notFinite(value: "\(sum)", row: self.count) }
        self.sum += sum
        self.count += count
    }

    /// Adds another mean's sum and count.
    public mutating func merge(_ other: MeanValue) {
        sum += other.sum
        count += other.count
    }

    /// The mean; nil where the count is 0.
    public var value: Double? { count == 0 ? nil : sum / Double(count) }
}
