import Foundation
import Testing

@testable import HoneData

@Suite("SplitMix64")
struct SplitMix64Tests {
    @Test("draws the numbers of the reference code")
    func reference() {
        // The published check values for seed 1234567.
        var generator = SplitMix64(state: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ]
        #expect((0..<5).map { _ in generator.next() } == expected)
    }

    @Test("goes on after being saved as if it had not been", arguments: [0, 1, UInt64.max])
    func resumes(seed: UInt64) throws {
        var generator = SplitMix64(state: seed)
        _ = generator.next()
        var restored = try JSONDecoder().decode(SplitMix64.self, from: JSONEncoder().encode(generator))
        #expect((0..<8).map { _ in generator.next() } == (0..<8).map { _ in restored.next() })
    }

    @Test("keeps indices in range and uses all of them", arguments: [1, 2, 3, 7, 100])
    func indices(bound: Int) {
        var generator = SplitMix64(state: 5)
        let drawn = Set((0..<bound * 40).map { _ in generator.index(below: bound) })
        #expect(drawn == Set(0..<bound))
    }

    @Test("shuffles into a permutation that the seed and the epoch decide")
    func shuffles() {
        for seed in seeds {
            func order(_ seed: UInt64, _ epoch: Int) -> [Int] {
                var values = Array(0..<50)
                var generator = SplitMix64(seed: seed, epoch: epoch)
                generator.shuffle(&values)
                return values
            }
            #expect(order(seed, 3).sorted() == Array(0..<50), "seed \(seed)")
            #expect(order(seed, 3) == order(seed, 3), "seed \(seed)")
            #expect(order(seed, 3) != order(seed, 4), "seed \(seed)")
            #expect(order(seed, 3) != order(seed + 1, 3), "seed \(seed)")
        }
    }

    @Test("an order recorded once stays the same")
    func frozenOrder() {
        var values = Array(0..<10)
        var generator = SplitMix64(seed: 17, epoch: 2)
        generator.shuffle(&values)
        #expect(values == [7, 8, 2, 3, 1, 4, 9, 6, 0, 5])
    }

    @Test("hashes text evenly, and by the seed")
    func hashes() {
        let units = (0..<1000).map { StableHash.unit("text \($0)".utf8, seed: 9) }
        #expect(units.allSatisfy { (0..<1).contains($0) })
        #expect((450...550).contains(units.count { $0 < 0.5 }))
        #expect(StableHash.unit("text".utf8, seed: 1) != StableHash.unit("text".utf8, seed: 2))
    }
}
