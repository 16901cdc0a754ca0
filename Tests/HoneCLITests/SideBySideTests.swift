import HoneData
import Testing

@testable import HoneCLI

@Suite("Texts side by side")
struct SideBySideTests {
    @Test("lines break at blanks, long words are cut, blank lines stay")
    func lines() {
        #expect(LineBreaker.lines("one two three", width: 7) == ["one two", "three"])
        #expect(LineBreaker.lines("a\n\nb", width: 7) == ["a", "", "b"])
        #expect(LineBreaker.lines("incomprehensible", width: 6) == ["incomp", "rehens", "ible"])
        #expect(LineBreaker.lines("", width: 6) == [""])
        #expect(LineBreaker.lines("日本 日本語", width: 6) == ["日本", "日本語"])
    }

    @Test("text in pieces breaks as in one piece, within the width", arguments: UInt64(0)..<200)
    func pieces(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let letters: [Character] = ["a", "b", "é", "日", " ", " ", "\n", "🐶"]
        let text = String((0..<60).map { _ in letters[random.index(below: letters.count)] })
        let width = 3 + random.index(below: 12)
        var breaker = LineBreaker(width: width)
        var lines = [""]
        func take(_ parts: [LineBreaker.Part]) {
            for part in parts {
                if case .text(let piece) = part { lines[lines.count - 1] += piece } else { lines.append("") }
            }
        }
        var rest = text[...]
        while !rest.isEmpty {
            let piece = rest.prefix(1 + random.index(below: 5))
            rest = rest.dropFirst(piece.count)
            take(breaker.push(String(piece)))
        }
        take(breaker.finish())
        #expect(lines == LineBreaker.lines(text, width: width), "seed \(seed)")
        #expect(lines.allSatisfy { $0.columns <= width }, "seed \(seed), width \(width)")
        #expect(lines.joined().filter { !$0.isWhitespace } == text.filter { !$0.isWhitespace }, "seed \(seed)")
    }

    private func shown(left: String, right: [String], width: Int) -> [String] {
        var columns = SideBySide(left: left, width: width)
        var text = columns.begin()
        for piece in right { text += columns.push(piece) }
        text += columns.finish()
        #expect(text.hasSuffix("\n"))
        return text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test("the left text stands beside the right one, whichever is longer")
    func columns() {
        #expect(
            shown(left: "one two three", right: ["fo", "ur fi", "ve"], width: 21) == [
                "one two   │ four five", "three     │ ",
            ])
        #expect(
            shown(left: "one", right: ["a long answer\nof lines"], width: 21) == [
                "one       │ a long", "          │ answer", "          │ of lines",
            ])
        #expect(SideBySide.header("base", "tuned", width: 21) == "base      │ tuned")
    }

    @Test("no row is wider than the terminal", arguments: [20, 33, 80, 120])
    func widths(width: Int) {
        let rows = shown(left: "日本語 and a rather long text 🐶 of words", right: ["incomprehensibilities ", "日本語日本語日本語", " x"], width: width)
        #expect(rows.allSatisfy { $0.columns <= width })
    }
}
