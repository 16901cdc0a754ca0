/// A token and its score.
struct ScoredToken: Sendable, Equatable {
    var id: Int32
    var score: Float
}

enum TokenSelection {
    /// The `count` highest scores, descending; of equals the lower id first.
    ///
    /// One pass with a heap of `count`: O(V + changes · log count), and changes are few after the first rows.
    static func top(_ count: Int, of scores: UnsafeBufferPointer<Float>) -> [ScoredToken] {
        let count = min(count, scores.count)
        guard count > 0 else { return [] }
        // A heap whose root is the worst kept: the lowest score, of equals the highest id.
        var heap: [ScoredToken] = (0..<count).map { ScoredToken(id: Int32($0), score: scores[$0]) }
        func isWorse(_ a: ScoredToken, _ b: ScoredToken) -> Bool { a.score < b.score || (a.score == b.score && a.id > b.id) }
        func sink(_ start: Int) {
            var place = start
            while true {
                var child = 2 * place + 1
                guard child < count else { return }
                if child + 1 < count, isWorse(heap[child + 1], heap[child]) { child += 1 }
                guard isWorse(heap[child], heap[place]) else { return }
                heap.swapAt(child, place)
                place = child
            }
        }
        for place in stride(from: count / 2 - 1, through: 0, by: -1) { sink(place) }
        var worst = heap[0].score
        for id in count..<scores.count where scores[id] > worst {
            heap[0] = ScoredToken(id: Int32(id), score: scores[id])
            sink(0)
            worst = heap[0].score
        }
        return heap.sorted { isWorse($1, $0) }
    }

    /// The highest score and its token, of equals the lowest; nil where there is NaN, +infinity, or nothing above −infinity.
    static func best(_ scores: UnsafeBufferPointer<Float>) -> ScoredToken? {
        // A vocabulary is long: lanes find the highest score, and a second look its place.
        typealias Lanes = SIMD16<Float>
        let bytes = UnsafeRawBufferPointer(scores), whole = scores.count / Lanes.scalarCount * Lanes.scalarCount
        var (most, strange) = (Lanes(repeating: -.infinity), SIMDMask<Lanes.MaskStorage>(repeating: false))
        for start in stride(from: 0, to: whole, by: Lanes.scalarCount) {
            let lanes = bytes.loadUnaligned(fromByteOffset: start * MemoryLayout<Float>.size, as: Lanes.self)
            strange .|= lanes .!= lanes
            most.replace(with: lanes, where: lanes .> most)
        }
        var (highest, isNaN) = (most.max(), any(strange))
        for score in scores[whole...] {
            isNaN = isNaN || score.isNaN
            if score > highest { highest = score }
        }
        guard !isNaN, highest.isFinite, let id = scores.firstIndex(of: highest) else { return nil }
        return ScoredToken(id: Int32(id), score: highest)
    }
}
