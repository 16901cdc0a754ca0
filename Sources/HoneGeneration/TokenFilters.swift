internal import Foundation

/// Temperature, top-k, top-p and min-p: which tokens may be drawn, and with what scores.
///
/// Semantics are Transformers': all tokens equal to the k-th are kept; top-p keeps a token where the tokens above it have less than `p`
/// together (of equal scores the higher id counts as above); min-p compares with the most likely token. At least one token is kept.
/// Nothing sorts the whole vocabulary.
struct TokenFilters: Sendable {
    var temperature: Float = 1
    var topK = 0
    var topP = 1.0
    var minP = 0.0

    init() {}

    init(_ settings: SamplingSettings) {
        (temperature, topK, topP, minP) = (Float(settings.temperature), settings.topK, settings.topP, settings.minP)
    }

    /// The tokens that are left, in any fixed order, with scores divided by the temperature; never tokens at −infinity.
    func keep(_ scores: UnsafeBufferPointer<Float>, best: ScoredToken) -> [ScoredToken] {
        var kept = topK > 0 && topK < scores.count ? keepTopK(scores) : above(-.infinity, scores)
        if topP < 1 { kept = keepTopP(kept, best: best.score) }
        if minP > 0 {
            let least = Float(Double(best.score / temperature) + log(minP))
            kept = kept.filter { $0.score / temperature >= least || $0.score == best.score }
        }
        if temperature != 1 {
            for place in kept.indices { kept[place].score /= temperature }
        }
        return kept
    }

    private func keepTopK(_ scores: UnsafeBufferPointer<Float>) -> [ScoredToken] {
        let top = TokenSelection.top(topK, of: scores)
        guard let last = top.last else { return [] }
        guard last.score > -.infinity else { return top.filter { $0.score > -.infinity } }
        return above(last.score.nextDown, scores)
    }

    /// Tokens above a score, by id.
    private func above(_ least: Float, _ scores: UnsafeBufferPointer<Float>) -> [ScoredToken] {
        var result: [ScoredToken] = []
        if least == -.infinity { result.reserveCapacity(scores.count) }
        for id in scores.indices where scores[id] > least { result.append(ScoredToken(id: Int32(id), score: scores[id])) }
        return result
    }

    /// Sums probabilities in bins of score, finds the bin where the sum reaches `topP`, and sorts that bin only: O(V).
    private func keepTopP(_ tokens: [ScoredToken], best: Float) -> [ScoredToken] {
        // Bins of 0.01 nats hold few tokens; equal scores share a bin.
        let (bins, width) = (4500, Float(0.01))
        func bin(_ token: ScoredToken) -> Int { min(bins - 1, Int(min(45, (best - token.score) / temperature) / width)) }
        let weights = tokens.map { weight($0.score, best) }
        var sums = Array(repeating: 0.0, count: bins)
        for (token, weight) in zip(tokens, weights) { sums[bin(token)] += weight }
        let wanted = topP * sums.reduce(0, +)
        var (before, border) = (0.0, 0)
        while border < bins - 1, before + sums[border] < wanted {
            before += sums[border]
            border += 1
        }
        var (kept, divided): ([ScoredToken], [ScoredToken]) = ([], [])
        for token in tokens {
            let place = bin(token)
            if place < border { kept.append(token) } else if place == border { divided.append(token) }
        }
        for token in divided.sorted(by: { $0.score > $1.score || ($0.score == $1.score && $0.id > $1.id) }) {
            if before >= wanted, !kept.isEmpty { break }
            kept.append(token)
            before += weight(token.score, best)
        }
        return kept
    }

    /// `exp((s − max) / T)`; what is below e⁻⁴⁵ of the most likely token adds nothing that float64 sums could show.
    private func weight(_ score: Float, _ best: Float) -> Double {
        let distance = (score - best) / temperature
        return distance < -45 ? 0 : exp(Double(distance))
    }
}
