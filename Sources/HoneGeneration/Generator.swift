/// Says why a sequence ended.
public enum FinishReason: String, Codable, Sendable, CaseIterable {
    /// A stop id or a stop string came.
    case stop
    /// The most new tokens were made.
    case length
    /// The model takes no more positions.
    case capacity
    /// The callback asked for it.
    case cancelled
}

/// One token of one sequence, as it comes.
public struct GenerationEvent: Sendable {
    /// The number of the prompt.
    public var prompt: Int
    /// The number of the prompt's answer, from 0.
    public var sample: Int
    /// The text that is certain now, possibly none.
    public var text: String
    /// The token.
    public var token: Int32
    /// Its log-probability, where settings ask for it.
    public var logprob: TokenLogprob?
    /// Why the sequence ends here; nil where it goes on.
    public var finish: FinishReason?
}

/// What a callback wants next.
public enum GenerationControl: Sendable {
    /// Go on.
    case next
    /// End this sequence.
    case endSequence
    /// End all sequences.
    case endAll
}

/// One finished answer.
public struct GeneratedSequence: Sendable, Equatable {
    /// The number of the prompt.
    public var prompt: Int
    /// The number of the prompt's answer, from 0.
    public var sample: Int
    /// The new tokens, a stop id included.
    public var tokens: [Int32]
    /// Their text, without stop id and stop string.
    public var text: String
    /// Log-probabilities of the tokens, where settings ask for them; empty otherwise.
    public var logprobs: [TokenLogprob]
    /// Why it ended.
    public var finish: FinishReason
    /// The stop string that ended it.
    public var stopString: String?
}

/// Makes text with a model: batches of prompts of any lengths, whose sequences leave when they are finished.
///
/// Results do not depend on what else is in the batch, as far as the scorer's logits do not.
public struct Generator {
    private let scorer: any TokenScorer
    private let settings: SamplingSettings
    private let decoder: () -> any PieceDecoder

    /// Takes a model, settings and a maker of decoders, one for each sequence.
    ///
    /// - Throws: `GenerationError.setting` for settings out of range.
    public init(
        _ scorer: any TokenScorer, settings: SamplingSettings, decoder: @escaping () -> any PieceDecoder
    ) throws(GenerationError) {
        try settings.validate()
        for id in settings.stopIDs where Int(id) >= scorer.vocabulary {
            throw .setting(key: "stopIDs", value: "\(id)", expected: "ids below the vocabulary's size, \(scorer.vocabulary)")
        }
        (self.scorer, self.settings, self.decoder) = (scorer, settings, decoder)
    }

    private struct Sequence {
        var result: GeneratedSequence
        var history: TokenHistory
        var sampler: TokenSampler
        var decoder: any PieceDecoder
        var matcher: StopMatcher
        var limit: Int
        var limitReason: FinishReason
        var isFinished = false
    }

    /// Makes `settings.samples` answers for each prompt: all of the first prompt, then all of the second, and so on.
    ///
    /// - Parameters:
    ///   - starts: what each new sequence is taken to begin with, for penalties and the model's capacity; nil for the prompts themselves.
    ///     Pass the decoder's start tokens where prompts are the input of an encoder.
    ///   - onToken: called for each token as it comes, in the order of the sequences; its answer can end one sequence or all.
    /// - Throws: `GenerationError` for prompts that are empty or too long and for logits that are not finite; what the scorer throws.
    public func generate(
        _ prompts: [[Int32]], starts: [[Int32]]? = nil, onToken: (GenerationEvent) throws -> GenerationControl = { _ in .next }
    ) throws -> [GeneratedSequence] {
        guard !prompts.isEmpty else { return [] }
        let starts = try checked(starts, prompts)
        var sequences = try prompts.indices.flatMap { index in
            try (0..<settings.samples).map { try sequence(prompts[index], start: starts[index], index: index, sample: $0) }
        }
        let capacity = sequences.reduce(0) { max($0, $1.history.promptCount + $1.limit) }
        var live = Array(sequences.indices)
        var logits = try scorer.begin(sequences.map { prompts[$0.result.prompt] }, capacity: capacity)
        let penalties = TokenPenalties(settings)
        var step = 0
        while true {
            try logits.check(rows: live.count, vocabulary: scorer.vocabulary, step: step)
            var isEnded = false
            for (row, index) in live.enumerated() where !isEnded {
                let event = try advance(&sequences[index], index: index, logits, row: row, penalties, step: step)
                switch try onToken(event) {
                case .next: break
                case .endSequence: end(&sequences[index], .cancelled)
                case .endAll: isEnded = true
                }
            }
            if isEnded {
                for index in live { end(&sequences[index], .cancelled) }
            }
            live = live.filter { !sequences[$0].isFinished }
            guard !live.isEmpty else { break }
            step += 1
            let tokens = live.compactMap { sequences[$0].result.tokens.last }
            logits.values = []  // a scorer may write the next ones over them
            logits = try scorer.advance(tokens, live: live)
        }
        return sequences.map(\.result)
    }

    private func sequence(_ prompt: [Int32], start: [Int32], index: Int, sample: Int) throws(GenerationError) -> Sequence {
        let room = try roomAfter(start, index: index, scorer.maximumLength)
        let result = GeneratedSequence(prompt: index, sample: sample, tokens: [], text: "", logprobs: [], finish: .length)
        return Sequence(
            result: result, history: TokenHistory(prompt: start), sampler: TokenSampler(settings, prompt: prompt, sample: sample),
            decoder: decoder(), matcher: StopMatcher(settings.stop), limit: min(settings.maximumTokens, room),
            limitReason: room < settings.maximumTokens ? .capacity : .length)
    }

    /// Chooses the next token of one sequence and finds out whether it ends there.
    private func advance(
        _ sequence: inout Sequence, index: Int, _ logits: Logits, row: Int, _ penalties: TokenPenalties, step: Int
    ) throws(GenerationError) -> GenerationEvent {
        let range = row * logits.vocabulary..<(row + 1) * logits.vocabulary
        let chosen: Int32?
        if penalties.areNone {
            chosen = logits.values.withUnsafeBufferPointer { sequence.sampler.choose(UnsafeBufferPointer(rebasing: $0[range])) }
        } else {
            var scores = Array(logits.values[range])
            penalties.apply(to: &scores, sequence.history)
            chosen = scores.withUnsafeBufferPointer { sequence.sampler.choose($0) }
        }
        guard let token = chosen else { throw .notFinite(sequence: index, step: step) }
        let logprob = settings.logprobs.map { count in
            logits.values.withUnsafeBufferPointer { TokenLogprob(token: token, top: count, of: UnsafeBufferPointer(rebasing: $0[range])) }
        }
        sequence.history.append(token)
        sequence.result.tokens.append(token)
        if let logprob { sequence.result.logprobs.append(logprob) }

        let count = sequence.result.tokens.count
        var finish: FinishReason?
        if settings.stopIDs.contains(token) { finish = .stop } else if count >= sequence.limit { finish = sequence.limitReason }
        var piece = finish == .stop ? "" : sequence.decoder.push(token)
        if finish != nil { piece += sequence.decoder.finish() }
        var text = piece
        if count >= settings.minimumTokens {
            text = sequence.matcher.push(piece)
            if let found = sequence.matcher.found {
                finish = .stop
                sequence.result.stopString = found
            } else if finish != nil {
                text += sequence.matcher.finish()
            }
        }
        sequence.result.text += text
        if let finish {
            sequence.result.finish = finish
            sequence.isFinished = true
        }
        return GenerationEvent(
            prompt: sequence.result.prompt, sample: sequence.result.sample, text: text, token: token, logprob: logprob, finish: finish)
    }

    /// Ends a sequence at the callback's wish; text held back joins the result.
    private func end(_ sequence: inout Sequence, _ reason: FinishReason) {
        guard !sequence.isFinished else { return }
        sequence.result.text += sequence.matcher.push(sequence.decoder.finish()) + sequence.matcher.finish()
        sequence.result.finish = reason
        sequence.isFinished = true
    }
}

/// How many new tokens fit after a prompt.
func roomAfter(_ prompt: [Int32], index: Int, _ maximumLength: Int?) throws(GenerationError) -> Int {
    guard !prompt.isEmpty else { throw .emptyPrompt(index: index) }
    guard let maximumLength else { return Int.max / 2 }
    guard prompt.count < maximumLength else { throw .promptTooLong(index: index, tokens: prompt.count, limit: maximumLength) }
    return maximumLength - prompt.count
}

/// What new sequences begin with: `starts`, one for each prompt, or the prompts themselves.
func checked(_ starts: [[Int32]]?, _ prompts: [[Int32]]) throws(GenerationError) -> [[Int32]] {
    guard let starts else { return prompts }
    guard starts.count == prompts.count else {
        throw .setting(key: "starts", value: "\(starts.count) lists", expected: "one for each prompt, \(prompts.count)")
    }
    return starts
}
