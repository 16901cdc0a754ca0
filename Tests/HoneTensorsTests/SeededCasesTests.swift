import HoneTestSupport
import Testing

@Suite("Seeded cases")
struct SeededCasesTests {
    @Test("a failing case says the seed that brings it back")
    func seed() throws {
        var first: UInt64?
        let failure = try #require(throws: CheckFailure.self) {
            try checkCases(50, seed: 5) { generator in
                let copy = generator
                let value = generator.integer(0...9)
                if value == 7 {
                    first =
                        first
                        ?? {
                            var again = copy
                            return again.next()
                        }()
                    throw CheckFailure("seven")
                }
            }
        }
        let text = try #require(failure.description.firstMatch(of: /seed (\d+): seven/))
        var again = SeededGenerator(seed: try #require(UInt64(text.1)))
        #expect(again.next() == first)
    }

    @Test("equals SplitMix64's published numbers for seed 1234567")
    func reference() {
        var generator = SeededGenerator(seed: 1_234_567)
        #expect((0..<3).map { _ in generator.next() } == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
    }

    @Test("normal numbers have mean 0 and variance 1")
    func normal() throws {
        var generator = SeededGenerator(seed: 3)
        let draws = (0..<20_000).map { _ in generator.normal() }
        let mean = draws.reduce(0, +) / 20_000
        try requireClose(mean, 0, .sampleMean, "mean")
        try requireClose(draws.reduce(0) { $0 + $1 * $1 } / 20_000, 1, .sampleMean, "variance")
    }
}
