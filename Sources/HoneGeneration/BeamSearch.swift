internal import Foundation

/// One sequence that beam search found.
public struct BeamHypothesis: Sendable, Equatable {
    /// The new tokens, a stop id included.
    public var tokens: [Int32]
    /// The sum of log-probabilities (after penalties) over `length ^ lengthPenalty`.
    public var score: Double
    /// Why it ended: `stop`, `length` or `capacity`.
    public var finish: FinishReason
}

/// Finds likely sequences by keeping the best few at each step.
///
/// Equal to Transformers 5's beam search, prompt by prompt (there, prompts of one batch can prolong each other's search by steps that change
/// nothing). Sums are float32 as there. Source: doi:10.18653/v1/W17-3204 for the length penalty's use. Equal scores prefer the better
/// beam, then the lower token.
public struct BeamSearch {
    private let scorer: any TokenScorer
    private let settings: BeamSettings
    /// A score below any other: places in the lists that hold no sequence.
    private static let none: Float = -1e9

    /// Takes a model and settings.
    ///
    /// - Throws: `GenerationError.setting` for settings out of range.
    public init(_ scorer: any TokenScorer, settings: BeamSettings) throws(GenerationError) {
        try settings.validate()
        for id in settings.stopIDs where Int(id) >= scorer.vocabulary {
            throw .setting(key: "stopIDs", value: "\(id)", expected: "ids below the vocabulary's size, \(scorer.vocabulary)")
        }
        (self.scorer, self.settings) = (scorer, settings)
    }

    private struct Beam {
        var history: TokenHistory
        var score: Float
        var source: Int
    }

    private struct Finished {
        var tokens: [Int32]
        var score: Float
        var isFinished: Bool
    }

    /// The search for one prompt.
    private struct Search {
        var beams: [Beam]
        var finished: [Finished]
        var limit: Int
        var limitReason: FinishReason
        var canImprove = true
        var isDone = false
    }

    private struct Candidate {
        var beam: Int
        var token: Int32
        var score: Float
        var ends: Bool
    }

    /// Finds `settings.sequences` sequences for each prompt, the best first.
    ///
    /// - Parameter starts: what each new sequence is taken to begin with, for penalties; nil for the prompts themselves. Pass the decoder's
    ///   start tokens where prompts are the input of an encoder.
    /// - Throws: `GenerationError` for prompts that are empty or too long and logits that are not finite; what the scorer throws.
    public func generate(_ prompts: [[Int32]], starts: [[Int32]]? = nil) throws -> [[BeamHypothesis]] {
        guard !prompts.isEmpty else { return [] }
        let width = settings.beams
        let sequences = try checked(starts, prompts)
        var searches = try sequences.enumerated().map { try search($1, index: $0) }
        let capacity = zip(sequences, searches).reduce(0) { max($0, $1.0.count + $1.1.limit) }
        var live = Array(searches.indices)
        var logits = try scorer.begin(prompts.flatMap { Array(repeating: $0, count: width) }, capacity: capacity)
        var step = 0
        while true {
            try logits.check(rows: live.count * width, vocabulary: scorer.vocabulary, step: step)
            for (place, index) in live.enumerated() {
                try advance(&searches[index], index: index, logits, firstRow: place * width, step: step)
            }
            live = live.filter { !searches[$0].isDone }
            guard !live.isEmpty else { break }
            step += 1
            var sources = Array(0..<prompts.count * width)
            for index in live {
                for beam in 0..<width { sources[index * width + beam] = index * width + searches[index].beams[beam].source }
            }
            try scorer.reorder(sources)
            let rows = live.flatMap { index in (0..<width).map { index * width + $0 } }
            let tokens = live.flatMap { searches[$0].beams.compactMap { $0.history.tokens.last } }
            logits = try scorer.advance(tokens, live: rows)
        }
        return searches.map { search in
            search.finished.prefix(settings.sequences).map {
                BeamHypothesis(
                    tokens: $0.tokens, score: Double($0.score),
                    finish: $0.tokens.last.map(settings.stopIDs.contains) == true ? .stop : search.limitReason)
            }
        }
    }

    private func search(_ start: [Int32], index: Int) throws(GenerationError) -> Search {
        let room = try roomAfter(start, index: index, scorer.maximumLength)
        let history = TokenHistory(prompt: start)
        // Only the first beam counts at first: all hold the same.
        let beams = (0..<settings.beams).map { Beam(history: history, score: $0 == 0 ? 0 : Self.none, source: $0) }
        let empty = Finished(tokens: [], score: Self.none, isFinished: false)
        return Search(
            beams: beams, finished: Array(repeating: empty, count: settings.beams), limit: min(settings.maximumTokens, room),
            limitReason: room < settings.maximumTokens ? .capacity : .length)
    }

    /// One step of one prompt's search.
    private func advance(_ search: inout Search, index: Int, _ logits: Logits, firstRow: Int, step: Int) throws(GenerationError) {
        let width = settings.beams
        let candidates = try candidates(search, index: index, logits, firstRow: firstRow, step: step)
        let length = step + 1

        // The best that go on.
        let running = ranked(candidates.map { $0.ends ? $0.score + Self.none : $0.score }).prefix(width)
        let beams = running.map { place in
            let candidate = candidates[place]
            var history = search.beams[candidate.beam].history
            history.append(candidate.token)
            return Beam(history: history, score: candidate.ends ? candidate.score + Self.none : candidate.score, source: candidate.beam)
        }

        // The best that ended, among those that ended before.
        let isClosed = settings.earlyStopping == .whenFull && search.finished.allSatisfy(\.isFinished)
        var merged = search.finished
        for (place, candidate) in candidates.enumerated() {
            let counts = candidate.ends && place < width
            var score = candidate.score / Float(pow(Double(length), settings.lengthPenalty))
            if isClosed { score += Self.none }
            if !search.canImprove { score += Self.none }
            if !counts { score += Self.none }
            let tokens = Array(search.beams[candidate.beam].history.generated) + [candidate.token]
            merged.append(Finished(tokens: tokens, score: score, isFinished: counts))
        }
        search.finished = ranked(merged.map(\.score)).prefix(width).map { merged[$0] }
        search.beams = beams

        let hoped = settings.earlyStopping == .never && settings.lengthPenalty > 0 ? search.limit : length
        let best = (beams.first?.score ?? Self.none) / Float(pow(Double(hoped), settings.lengthPenalty))
        let worst = search.finished.map(\.score).min() ?? Self.none
        search.canImprove = search.canImprove && search.finished.contains { best > ($0.isFinished ? worst : Self.none) }
        let isFull = settings.earlyStopping == .whenFull && search.finished.allSatisfy(\.isFinished)
        search.isDone = !search.canImprove || isFull || candidates.allSatisfy(\.ends)
    }

    /// The best continuations of all beams: enough that `beams` of them go on even where every stop id is among them.
    private func candidates(
        _ search: Search, index: Int, _ logits: Logits, firstRow: Int, step: Int
    ) throws(GenerationError) -> [Candidate] {
        let count = max(2, 1 + settings.stopIDs.count) * settings.beams
        var all: [Candidate] = []
        for (place, beam) in search.beams.enumerated() {
            let range = (firstRow + place) * logits.vocabulary..<(firstRow + place + 1) * logits.vocabulary
            var scores = Array(logits.values[range])
            guard scores.withUnsafeBufferPointer({ TokenSelection.best($0) }) != nil else {
                throw .notFinite(sequence: index * settings.beams + place, step: step)
            }
            let divisor = scores.withUnsafeBufferPointer { LogDivisor($0) }
            for id in scores.indices { scores[id] = Float(divisor.logprob(scores[id])) }
            settings.penalties.apply(to: &scores, beam.history)
            for token in scores.withUnsafeBufferPointer({ TokenSelection.top(count, of: $0) }) {
                let ends = settings.stopIDs.contains(token.id) || step + 1 >= search.limit
                all.append(Candidate(beam: place, token: token.id, score: token.score + beam.score, ends: ends))
            }
        }
        return ranked(all.map(\.score)).prefix(count).map { all[$0] }
    }

    /// Places in falling order of score; of equals the first comes first.
    private func ranked(_ scores: [Float]) -> [Int] {
        scores.indices.sorted { scores[$0] > scores[$1] || (scores[$0] == scores[$1] && $0 < $1) }
    }
}
