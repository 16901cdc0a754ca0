import Testing

@testable import HoneData

@Suite("Truncation")
struct TruncationTests {
    struct Fixture: Decodable {
        struct Case: Decodable {
            var first: Int
            var second: Int
            var maximum: Int
            var kept: [Int]
        }
        var cases: [Case]
    }

    @Test("keeps as many tokens of each text as the tokenizers library does")
    func reference() throws {
        let cases = try fixture("truncation.json", as: Fixture.self).cases
        #expect(cases.count > 200)
        for expected in cases {
            let room = expected.maximum - (expected.second == 0 ? 2 : 3)
            let kept = Truncation.shares(expected.first, expected.second, room: room)
            #expect([kept.first, kept.second] == expected.kept, "\(expected)")
        }
    }

    @Test("fills the room exactly and never adds")
    func fills() {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let (first, second) = (generator.index(below: 30), generator.index(below: 30))
            let room = 1 + generator.index(below: 40)
            let kept = Truncation.shares(first, second, room: room)
            #expect(kept.first + kept.second == min(room, first + second), "seed \(seed)")
            #expect(kept.first <= first && kept.second <= second, "seed \(seed)")
        }
    }

    @Test("refuses a maximum that special tokens fill")
    func tooSmall() {
        let row = WordEncoding().encodeText("a b", pair: "c")
        #expect(throws: DataError.maximumTooSmall(maximum: 3, special: 3)) { try Truncation(maximum: 3).cut(row, first: 2) }
    }
}
