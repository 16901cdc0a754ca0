import Testing

@testable import HoneGeneration

@Suite("Token selection")
struct TokenSelectionTests {
    @Test("the highest scores come in falling order, of equals the lower id first", arguments: [0, 1, 2, 7, 100, 500, 900])
    func top(_ count: Int) {
        var random = TestRandom(state: 3)
        let scores = random.logits(500).map { ($0 * 8).rounded() / 8 }
        let expected = scores.indices.sorted { scores[$0] > scores[$1] || (scores[$0] == scores[$1] && $0 < $1) }.prefix(count)
        #expect(scores.withUnsafeBufferPointer { TokenSelection.top(count, of: $0) }.map(\.id) == expected.map(Int32.init))
    }

    @Test("the best is the lowest of equals; rows that no choice can be made from have none")
    func best() {
        func best(_ scores: [Float]) -> Int32? { scores.withUnsafeBufferPointer { TokenSelection.best($0)?.id } }
        #expect(best([1, 3, 3, -.infinity]) == 1)
        #expect(best([-.infinity, -.infinity]) == nil)
        #expect(best([1, .nan, 5]) == nil)
        #expect(best([1, .infinity]) == nil)
        #expect(best([]) == nil)
        // Long rows go in lanes, their ends one by one.
        var random = TestRandom(state: 5)
        for count in [15, 16, 17, 64, 500] {
            let scores = random.logits(count).map { ($0 * 4).rounded() / 4 }
            let expected = scores.indices.max { scores[$0] < scores[$1] || (scores[$0] == scores[$1] && $0 > $1) }
            #expect(best(scores) == expected.map(Int32.init))
            for place in [0, count / 2, count - 1] {
                for strange in [Float.nan, .infinity] {
                    var broken = scores
                    broken[place] = strange
                    #expect(best(broken) == nil, "\(strange) at \(place) of \(count)")
                }
            }
        }
    }
}
