/// Changes of single logits that depend on what a sequence holds; in Transformers' order.
struct TokenPenalties: Sendable {
    var repetition: Float = 1
    var presence: Float = 0
    var frequency: Float = 0
    var noRepeatNGramSize = 0
    var minimumTokens = 0
    var stopIDs: [Int32] = []

    init() {}

    init(_ settings: SamplingSettings) {
        (repetition, presence, frequency) =
            (Float(settings.repetitionPenalty), Float(settings.presencePenalty), Float(settings.frequencyPenalty))
        (noRepeatNGramSize, minimumTokens, stopIDs) = (settings.noRepeatNGramSize, settings.minimumTokens, settings.stopIDs)
    }

    /// Whether no logit of any sequence changes.
    var areNone: Bool { repetition == 1 && presence == 0 && frequency == 0 && noRepeatNGramSize == 0 && minimumTokens == 0 }

    /// Changes a row of logits in place; tokens beyond the row cannot be chosen and are passed over.
    func apply(to scores: inout [Float], _ history: TokenHistory) {
        func change(_ token: Int32, _ body: (inout Float) -> Void) {
            if scores.indices.contains(Int(token)) { body(&scores[Int(token)]) }
        }
        if repetition != 1 {
            for token in history.seen { change(token) { $0 = $0 < 0 ? $0 * repetition : $0 / repetition } }
        }
        for token in banned(history.tokens) { change(token) { $0 = -.infinity } }
        if history.generated.count < minimumTokens {
            for token in stopIDs { change(token) { $0 = -.infinity } }
        }
        if presence != 0 || frequency != 0 {
            for (token, count) in history.counts { change(token) { $0 -= Float(count) * frequency + presence } }
        }
    }

    /// The tokens that would complete a run that is already there.
    private func banned(_ tokens: [Int32]) -> [Int32] {
        let size = noRepeatNGramSize
        guard size > 0, tokens.count >= size else { return [] }
        let suffix = tokens.suffix(size - 1)
        return (0...(tokens.count - size)).compactMap { start in
            tokens[start..<start + size - 1].elementsEqual(suffix) ? tokens[start + size - 1] : nil
        }
    }
}
