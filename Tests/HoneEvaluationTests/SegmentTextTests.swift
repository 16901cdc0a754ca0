import Testing

@testable import HoneEvaluation

@Suite("Segments of text")
struct SegmentTextTests {
    private func lower(_ text: String) -> [Unicode.Scalar] { SegmentText.lowercased(Array(text.unicodeScalars)) }

    @Test("lowercase follows the full mappings, the final sigma and no canonical equivalence")
    func lowercase() {
        #expect(lower("ΑΣ ΣΑ Σ AΣ\u{301}Β Σ") == Array("ας σα σ aσ\u{301}β σ".unicodeScalars))
        #expect(lower("\u{130}\u{212A}") == ["i", "\u{307}", "k"])
        #expect(SegmentText.token("é".unicodeScalars) != SegmentText.token("e\u{301}".unicodeScalars))
    }

    @Test("runs are counted, and there are none longer than the list")
    func runs() {
        #expect(SegmentText.runs(of: 2, in: [1, 2, 1, 2]) == [[1, 2]: 2, [2, 1]: 1])
        #expect(SegmentText.runs(of: 5, in: [1, 2]).isEmpty)
    }

    @Test("replacement goes left to right without overlap")
    func replace() {
        #expect(SegmentText.replace(Array("aaa&amp;".unicodeScalars), "aa", "b") == Array("ba&amp;".unicodeScalars))
        #expect(SegmentText.withoutTrailingSpace([" ", "a", " ", "\u{1C}"]) == [" ", "a"])
    }
}
