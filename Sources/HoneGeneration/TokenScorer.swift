// Tested by GeneratorTests.swift.
/// Next-token logits of several sequences.
public struct Logits: Sendable {
    /// `[rows, vocabulary]`, row-major.
    public var values: [Float]
    /// The number of sequences.
    public var rows: Int
    /// The number of tokens that each row scores.
    public var vocabulary: Int

    /// Holds `values` as `[rows, vocabulary]`.
    public init(values: [Float], rows: Int, vocabulary: Int) {
        (self.values, self.rows, self.vocabulary) = (values, rows, vocabulary)
    }
}

/// What generation needs of a model; caches live behind it.
public protocol TokenScorer: AnyObject {
    /// The number of tokens that logits score.
    var vocabulary: Int { get }
    /// The most positions a sequence may have, prompt included; nil if there is no limit.
    var maximumLength: Int? { get }
    /// Starts one sequence per prompt and forgets earlier ones; row `i` holds the next-token logits after prompt `i`.
    ///
    /// The same prompt may come several times in a row (several samples, or beams): a scorer may compute it once.
    /// - Parameter capacity: the most positions that any of the sequences will have.
    func begin(_ prompts: [[Int32]], capacity: Int) throws -> Logits
    /// Appends one token to each of the live sequences and gives a row for each of them, in the order of `live`.
    ///
    /// - Parameter live: indices of `begin`'s prompts, ascending; a sequence that is left out never comes back.
    func advance(_ tokens: [Int32], live: [Int]) throws -> Logits
    /// Sequence `i` continues from the state of sequence `sources[i]` (beam search).
    ///
    /// - Parameter sources: one for each of `begin`'s prompts; finished sequences name themselves.
    func reorder(_ sources: [Int]) throws
}

extension Logits {
    /// Refuses logits of another shape than was asked for, and values that no choice can be made from.
    func check(rows expected: Int, vocabulary size: Int, step: Int) throws(GenerationError) {
        guard rows == expected, vocabulary == size, values.count == rows * vocabulary else {
            throw .scorer(
                "gave logits [\(rows), \(vocabulary)] with \(values.count) numbers at step \(step) where [\(expected), \(size)] were due")
        }
    }
}
