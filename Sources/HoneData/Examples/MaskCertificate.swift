/// Holds what was counted about learned tokens; it goes into the run's record, and `check` refuses a run that would learn the wrong thing.
public struct MaskCertificate: Codable, Sendable, Equatable {
    /// Says what happens when the template leaves out text of the data.
    public enum DroppedTextPolicy: String, Codable, Sendable, CaseIterable {
        /// Stops with an error.
        case error
        /// Counts it.
        case report
    }

    /// The share of learned turns that must end in a stop token.
    public static let requiredStopShare = 0.99
    private static let exampleCount = 5

    /// Rows that are trained on.
    public var rows = 0
    /// Their tokens.
    public var tokens = 0
    /// Positions that are learned.
    public var learnedTokens = 0
    /// Learned turns.
    public var turns = 0
    /// Learned turns whose learned tokens end in a stop token.
    public var turnsEndingInStop = 0
    /// Learned turns that lost tokens at the end because the row was cut.
    public var cutTurns = 0
    /// Turns whose place was found by changing their text.
    public var searchedTurns = 0
    /// Rows with no learned token.
    public var rowsLearningNothing = 0
    /// Rows without a begin token, with one, and with several at the front; all 0 where the model has none.
    public var beginTokens = BeginCounts()
    /// Texts that the template left out.
    public var droppedTexts = 0
    /// Tokens across the edge of a turn.
    public var straddlingTokens = 0
    /// Rows that were split because they were too long.
    public var splitRows = 0
    /// Parts of split rows that were left out because nothing is learned in them.
    public var partsLearningNothing = 0
    /// What identifies the chat template; nil where none was used.
    public var templateHash: String?
    /// The first rows that learn nothing.
    public var nothingExamples: [RowPlace] = []
    /// The first rows with a turn that does not end in a stop token.
    public var noStopExamples: [RowPlace] = []
    /// The first texts that were left out.
    public var droppedExamples: [DroppedText] = []

    /// Counts rows by how they begin.
    public struct BeginCounts: Codable, Sendable, Equatable {
        /// Rows without a begin token.
        public var none = 0
        /// Rows with one.
        public var one = 0
        /// Rows with several.
        public var several = 0

        /// No rows.
        public init() {}
    }

    /// An empty certificate.
    public init(templateHash: String? = nil) {
        self.templateHash = templateHash
    }

    /// The share of positions that are learned, 0 for no tokens.
    public var learnedShare: Double { tokens == 0 ? 0 : Double(learnedTokens) / Double(tokens) }

    /// The share of learned turns that end in a stop token, 1 for no turns.
    public var stopShare: Double { turns == 0 ? 1 : Double(turnsEndingInStop) / Double(turns) }

    /// Counts a row of which the tokens in `kept` stay.
    ///
    /// - Parameter hasBegin: whether the model has a begin token.
    mutating func add(_ marked: MarkedTokens, kept: Range<Int>, hasBegin: Bool) {
        add(marked.causalRow(kept, source: 0), place: marked.place)
        straddlingTokens += marked.straddling
        searchedTurns += marked.searched
        droppedTexts += marked.dropped.count
        droppedExamples += marked.dropped.prefix(Self.exampleCount - droppedExamples.count)
        for turn in marked.turns {
            // Nothing predicts the first token, so a turn that is only that one token is not learned.
            guard kept.contains(turn.tokens.lowerBound), turn.tokens.upperBound > 1 else {
                cutTurns += 1
                continue
            }
            turns += 1
            let isCut = turn.tokens.upperBound > kept.upperBound
            if isCut { cutTurns += 1 }
            if turn.endsInStop, !isCut {
                turnsEndingInStop += 1
            } else if noStopExamples.count < Self.exampleCount {
                noStopExamples.append(marked.place)
            }
        }
        guard hasBegin else { return }
        switch marked.beginTokens {
        case 0: beginTokens.none += 1
        case 1: beginTokens.one += 1
        default: beginTokens.several += 1
        }
    }

    /// Counts a row that is trained on; parts of a split row are rows of their own.
    mutating func add(_ row: EncodedRow, place: RowPlace) {
        let learned = row.target.targetCount
        rows += 1
        tokens += row.ids.count
        learnedTokens += learned
        guard learned == 0 else { return }
        rowsLearningNothing += 1
        if nothingExamples.count < Self.exampleCount { nothingExamples.append(place) }
    }

    /// Counts a row that is split into `parts` of it.
    mutating func add(_ marked: MarkedTokens, parts: [EncodedRow], leftOut: Int, hasBegin: Bool) {
        var whole = MaskCertificate()
        whole.add(marked, kept: marked.ids.indices, hasBegin: hasBegin)
        (whole.rows, whole.tokens, whole.learnedTokens, whole.rowsLearningNothing, whole.nothingExamples) = (0, 0, 0, 0, [])
        whole.splitRows = 1
        whole.partsLearningNothing = leftOut
        for part in parts { whole.add(part, place: marked.place) }
        // A row without anything to learn must not vanish with its parts.
        if parts.isEmpty {
            whole.rows += 1
            whole.rowsLearningNothing += 1
            whole.nothingExamples = [marked.place]
        }
        merge(whole)
    }

    /// Adds the counts of another split or file under the same template.
    public mutating func merge(_ other: MaskCertificate) {
        rows += other.rows
        tokens += other.tokens
        learnedTokens += other.learnedTokens
        turns += other.turns
        turnsEndingInStop += other.turnsEndingInStop
        cutTurns += other.cutTurns
        searchedTurns += other.searchedTurns
        rowsLearningNothing += other.rowsLearningNothing
        beginTokens.none += other.beginTokens.none
        beginTokens.one += other.beginTokens.one
        beginTokens.several += other.beginTokens.several
        droppedTexts += other.droppedTexts
        straddlingTokens += other.straddlingTokens
        splitRows += other.splitRows
        partsLearningNothing += other.partsLearningNothing
        nothingExamples = Array((nothingExamples + other.nothingExamples).prefix(Self.exampleCount))
        noStopExamples = Array((noStopExamples + other.noStopExamples).prefix(Self.exampleCount))
        droppedExamples = Array((droppedExamples + other.droppedExamples).prefix(Self.exampleCount))
    }

    /// Refuses rows of running text that would learn nothing, or begin twice; such rows have no turns that must end.
    ///
    /// - Throws: `MaskError.learnsNothing`; `MaskError.repeatedBegin`.
    public func checkText() throws(MaskError) {
        if rowsLearningNothing > 0 { throw MaskError.learnsNothing(rows: rowsLearningNothing, of: rows, examples: nothingExamples) }
        if beginTokens.several > 0 { throw MaskError.repeatedBegin(rows: beginTokens.several, of: rows) }
    }

    /// Refuses rows that would learn nothing, or the wrong thing.
    ///
    /// - Throws: `MaskError.learnsNothing` for any row without a learned token; `MaskError.repeatedBegin`; `MaskError.noStop` if fewer than
    ///   99 % of the learned turns end in a stop token; `MaskError.droppedText` unless that is only to be reported.
    public func check(droppedText: DroppedTextPolicy = .error) throws(MaskError) {
        try checkText()
        if stopShare < Self.requiredStopShare {
            throw MaskError.noStop(turns: turns, ending: turnsEndingInStop, cut: cutTurns, examples: noStopExamples)
        }
        if droppedText == .error, droppedTexts > 0 { throw MaskError.droppedText(count: droppedTexts, examples: droppedExamples) }
    }
}
