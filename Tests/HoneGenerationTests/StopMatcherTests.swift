import Testing

@testable import HoneGeneration

@Suite("Stop strings")
struct StopMatcherTests {
    private func run(_ pieces: [String], _ stops: [String]) -> (emitted: [String], found: String?) {
        var matcher = StopMatcher(stops)
        var emitted = pieces.map { matcher.push($0) }
        emitted.append(matcher.finish())
        return (emitted, matcher.found)
    }

    @Test("a stop string across pieces ends the text, and no part of it comes out")
    func across() {
        let (emitted, found) = run(["Hi <", "|en", "d|", "> more"], ["<|end|>"])
        #expect(emitted == ["Hi ", "", "", "", ""])
        #expect(found == "<|end|>")
    }

    @Test("what only looked like a stop string comes out as soon as that is certain")
    func falseStart() {
        let (emitted, found) = run(["a\n", "b\n", "\n", "\n"], ["\n\n\n"])
        #expect(emitted == ["a", "\nb", "", "", ""])
        #expect(found == "\n\n\n")
        #expect(run(["x<|e", "x"], ["<|end|>"]).emitted == ["x", "<|ex", ""])
        #expect(run(["x<|e"], ["<|end|>"]).emitted == ["x", "<|e"])
        #expect(run(["abc"], []).emitted == ["abc", ""])
    }

    @Test("the result does not depend on where pieces end", arguments: 0..<200)
    func chunks(_ seed: Int) {
        var random = TestRandom(state: UInt64(seed))
        let letters = ["a", "b", "é", "語"]
        let stops = [["ab", "bab", "aé語"], ["aab", "ab", "b語b"], ["é", "語é"], ["aaaa", "abab"]][seed % 4]
        let text = (0..<14).map { _ in letters[Int(random.next() % 4)] }
        // The reference: after each letter, is a stop string complete?
        var (expected, expectedStop): (String, String?) = (text.joined(), nil)
        search: for end in 1...text.count {
            let whole = text[..<end].joined()
            for stop in stops.sorted(by: { $0.utf8.count > $1.utf8.count }) where whole.hasSuffix(stop) {
                (expected, expectedStop) = (String(whole.dropLast(stop.count)), stop)
                break search
            }
        }
        for size in 1...5 {
            let pieces = stride(from: 0, to: text.count, by: size).map { text[$0..<min(text.count, $0 + size)].joined() }
            let (emitted, found) = run(pieces, stops)
            #expect(emitted.joined() == expected && found == expectedStop, "seed \(seed), pieces of \(size)")
        }
    }
}
