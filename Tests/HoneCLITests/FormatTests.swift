import Foundation
import Testing

@testable import HoneCLI

@Suite("Numbers and text for people")
struct FormatTests {
    @Test(
        "durations",
        arguments: [
            (0.04, "0.0 s"), (3.21, "3.2 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (72, "1 min 12 s"),
            (3599.6, "1 h 00 min"), (7500, "2 h 05 min"), (.nan, "?"), (-1, "?"),
        ])
    func durations(seconds: Double, text: String) { #expect(Format.duration(seconds) == text) }

    @Test(
        "sizes",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (612_000_000, "612 MB"), (999_960_000, "1.0 GB"), (24_100_000_000, "24.1 GB"),
        ])
    func sizes(count: Int, text: String) { #expect(Format.bytes(count) == text) }

    @Test("large counts", arguments: [(0, "0"), (9999, "9,999"), (313_344, "313k"), (22_713_216, "22.7M"), (7_000_000_000, "7.0B")])
    func counts(count: Int, text: String) { #expect(Format.short(count) == text) }

    @Test("groups of three", arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1003, "-1,003")])
    func groups(count: Int, text: String) { #expect(Format.grouped(count) == text) }

    @Test("shares are per cent, other metrics numbers, each with its interval")
    func metrics() {
        #expect(Format.metric("accuracy", 0.8524) == "85.2 %")
        #expect(Format.metric("macroF1", 0.8524, low: 0.8, high: 0.9) == "85.2 % (80.0 to 90.0)")
        #expect(Format.metric("matthews", 0.7165, low: 0.66, high: 0.7672) == "0.7165 (0.66 to 0.7672)")
        #expect(Format.metric("loss", 0.47) == "0.470")
        #expect(Format.metric("loss", 3.29, low: 3.07, high: 3.5179) == "3.290 (3.070 to 3.518)")
    }

    @Test("wide characters count for two columns, marks for none")
    func columns() {
        #expect("abc".columns == 3)
        #expect("日本".columns == 4)
        #expect("e\u{301}".columns == 1)
        #expect("🚲".columns == 2)
    }

    @Test("clipping never goes beyond the width", arguments: 0...12)
    func clipping(width: Int) {
        for text in ["", "short", "a longer line than that", "日本語のテキスト", "🚲🚲🚲🚲🚲🚲🚲"] {
            let clipped = text.clipped(to: width)
            #expect(clipped.columns <= width)
            if text.columns <= width { #expect(clipped == text) }
        }
    }

    @Test("text from data cannot move the cursor")
    func oneLine() { #expect("a\nb\t\tc\u{1B}[2Jd\r\ne".oneLine == "a b c [2Jd e") }

    @Test(
        "words for the shell",
        arguments: [("runs/a-b_c.d", "runs/a-b_c.d"), ("my runs", "'my runs'"), ("it's", "'it'\\''s'"), ("", "''"), ("$HOME", "'$HOME'")])
    func shell(text: String, word: String) { #expect(text.shellWord == word) }

    @Test("columns line up, numbers to the right, and lines stay within the width")
    func table() {
        let table = Table(
            rightColumns: [1], header: ["run", "steps", "model"], rows: [["a", "1", "minilm"], ["long-name", "1,000", "bert"]])
        #expect(
            table.lines(indent: 1) == [
                " run        steps  model",
                " a              1  minilm",
                " long-name  1,000  bert",
            ])
        #expect(table.lines(width: 12).allSatisfy { $0.columns <= 12 })
        #expect(Table(rows: []).lines().isEmpty)
    }

    @Test("wrapping breaks at blanks")
    func wrapping() {
        #expect("one two three".wrapped(to: 7) == ["one two", "three"])
        #expect("".wrapped(to: 7).isEmpty)
        #expect("incomprehensible".wrapped(to: 4) == ["incomprehensible"])
    }
}
