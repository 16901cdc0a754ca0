internal import Foundation

/// Temperature, top-k, top-p and min-p: which tokens may be drawn, and with what scores.
///
/// Semantics are Transformers': all tokens equal to the k-th are kept; top-p keeps a token where the tokens above it have less than `p`
/// together (of equal scores the higher id counts as above); min-p compares with the most likely token. At least one token is kept.
/// Nothing sorts the whole vocabulary unless top-p has to keep most of it.
struct TokenFilters: Sendable {
    var temperature: Float = 1
    var topK = 0
    var topP = 1.0
    var minP = 0.0

    init() {}

    init(_ settings: SamplingSettings) {
        (temperature, topK, topP, minP) = (Float(settings.temperature), settings.topK, settings.topP, settings.minP)
    }

    /// The tokens that are left, with scores divided by the temperature; tokens at −infinity are never among them.
    func keep(_ scores: UnsafeBufferPointer<Float>, best: ScoredToken) -> [ScoredToken] {
        var kept: [ScoredToken]
        if topK > 0, topK < scores.count {
            kept = keepTopK(scores)
        } else if topP < 1 {
            kept = keepTopP(scores, best: best.score)
        } else {
            kept = above(-.infinity, scores)
        }
        if topP < 1, topK > 0, topK < scores.count {
            kept = prefix(sorted(kept), total: kept.reduce(0) { $0 + weight($1.score, best.score) }, best: best.score) ?? kept
        }
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
        for id in scores.indices where scores[id] > least { result.append(ScoredToken(id: Int32(id), score: scores[id])) }
        return result
    }

    /// Takes more and more of the highest scores until they have the probability asked for.
    private func keepTopP(_ scores: UnsafeBufferPointer<Float>, best: Float) -> [ScoredToken] {
        var total = 0.0
        for score in scores { total += weight(score, best) }
        var count = 256
        while count < scores.count / 4 {
            let top = TokenSelection.top(count, of: scores)
            // All that equal the last one must be at hand, because equals are ordered by id, highest first.
            if let last = top.last, last.score > -.infinity {
                let complete = top.filter { $0.score > last.score }
                if let kept = prefix(sorted(complete), total: total, best: best, isComplete: false) { return kept }
            }
            count *= 4
        }
        let all = sorted(above(-.infinity, scores))
        return prefix(all, total: total, best: best) ?? all
    }

    /// The shortest prefix with the probability asked for; nil where the list ends before.
    private func prefix(_ list: [ScoredToken], total: Double, best: Float, isComplete: Bool = true) -> [ScoredToken]? {
        var sum = 0.0
        for (place, token) in list.enumerated() {
            if sum >= topP * total { return Array(list[..<max(1, place)]) }
            sum += weight(token.score, best)
        }
        return isComplete ? list : nil
    }

    private func sorted(_ list: [ScoredToken]) -> [ScoredToken] {
        list.sorted { $0.score > $1.score || ($0.score == $1.score && $0.id > $1.id) }
    }

    /// `exp((s − max) / T)`; what is below e⁻⁴⁵ of the most likely token adds nothing that float64 sums could show.
    private func weight(_ score: Float, _ best: Float) -> Double {
        let distance = (score - best) / temperature
        return distance < -45 ? 0 : exp(Double(distance))
    }
}
