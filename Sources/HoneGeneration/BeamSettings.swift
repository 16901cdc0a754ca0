/// Says how beam search goes; names and meaning are those of Transformers' `generate(num_beams:)`.
public struct BeamSettings: Codable, Sendable, Equatable {
    /// When a prompt's search ends before the most new tokens are made.
    public enum EarlyStopping: String, Codable, Sendable, CaseIterable {
        /// When the best unfinished beam, scored at its present length, is no better than the worst finished one; `false` there.
        case heuristic
        /// As soon as there are as many finished sequences as beams; `true` there.
        case whenFull
        /// When no unfinished beam can become better at any length, for length penalties above 0; `"never"` there.
        case never
    }

    /// Sequences kept for each prompt.
    public var beams = 4
    /// Sequences returned for each prompt, the best first, at most `beams`.
    public var sequences = 1
    /// Scores are sums of log-probabilities divided by `length ^ lengthPenalty`: above 0 favours long sequences.
    public var lengthPenalty = 1.0
    /// When a search ends early.
    public var earlyStopping = EarlyStopping.heuristic
    /// Multiplies log-probabilities of tokens that are already there; 1 does nothing.
    public var repetitionPenalty = 1.0
    /// Runs of so many tokens never come twice; 0 allows all.
    public var noRepeatNGramSize = 0
    /// The most new tokens.
    public var maximumTokens = 256
    /// Before so many new tokens no stop id is chosen.
    public var minimumTokens = 0
    /// Tokens that end a sequence.
    public var stopIDs: [Int32] = []

    /// Makes settings; the others have Transformers' defaults.
    public init(beams: Int = 4, sequences: Int = 1, maximumTokens: Int = 256, stopIDs: [Int32] = []) {
        (self.beams, self.sequences, self.maximumTokens, self.stopIDs) = (beams, sequences, maximumTokens, stopIDs)
    }

    /// Refuses settings out of range, with the key's name.
    public func validate() throws(GenerationError) {
        func require(_ holds: Bool, _ key: String, _ value: some Any, _ expected: String) throws(GenerationError) {
            guard holds else { throw .setting(key: key, value: "\(value)", expected: expected) }
        }
        try require(beams >= 1, "beams", beams, "at least 1")
        try require((1...max(1, beams)).contains(sequences), "sequences", sequences, "from 1 to `beams`, here \(beams)")
        try require(lengthPenalty.isFinite, "lengthPenalty", lengthPenalty, "a finite number; 1 for the mean per token")
        try require(
            repetitionPenalty.isFinite && repetitionPenalty > 0, "repetitionPenalty", repetitionPenalty, "a number above 0; 1 for none")
        try require(noRepeatNGramSize >= 0, "noRepeatNGramSize", noRepeatNGramSize, "0 (no limit) or a number of tokens")
        try require(maximumTokens >= 1, "maximumTokens", maximumTokens, "at least 1")
        try require(
            (0...maximumTokens).contains(minimumTokens), "minimumTokens", minimumTokens, "from 0 to `maximumTokens`, here \(maximumTokens)")
        try require(stopIDs.allSatisfy { $0 >= 0 }, "stopIDs", stopIDs, "token ids, 0 or more")
    }

    var penalties: TokenPenalties {
        var penalties = TokenPenalties()
        (penalties.repetition, penalties.noRepeatNGramSize) = (Float(repetitionPenalty), noRepeatNGramSize)
        (penalties.minimumTokens, penalties.stopIDs) = (minimumTokens, stopIDs)
        return penalties
    }
}
