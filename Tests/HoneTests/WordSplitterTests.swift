import Hone
import HoneData
import Testing

@Suite("Words of running text")
struct WordSplitterTests {
    static let cases: [(text: String, words: [String])] = [
        ("", []), ("  \n\t ", []), ("one  two", ["one", "two"]), ("Ada's dog.", ["Ada's", "dog", "."]),
        ("(well-known) “Zürich”!", ["(", "well-known", ")", "“", "Zürich", "”", "!"]), ("... ?!", [".", ".", ".", "?", "!"]),
        ("@ada #swift @ #", ["@ada", "#swift", "@", "#"]), ("#1, @x.", ["#1", ",", "@x", "."]), ("##a @@b", ["#", "#a", "@", "@b"]),
        ("U.S. $5 3.14", ["U.S", ".", "$5", "3.14"]), ("日本、東京", ["日本、東京"]), ("a🐶b 🐶.", ["a🐶b", "🐶", "."]),
    ]

    @Test("white space and punctuation at the ends divide words", arguments: cases.indices)
    func words(index: Int) { #expect(WordSplitter().words(Self.cases[index].text).map(\.text) == Self.cases[index].words) }

    @Test("places are those of the words in the text, and nothing but white space is left out", arguments: UInt64(0)..<200)
    func places(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let letters: [Unicode.Scalar] = ["a", "é", "日", "🐶", " ", "\n", ".", "@", "#", "'", "(", "\u{301}", "-"]
        let scalars = (0..<random.index(below: 20)).map { _ in letters[random.index(below: letters.count)] }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        let words = WordSplitter().words(String(text))
        var covered = [Bool](repeating: false, count: scalars.count)
        for word in words {
            #expect(Array(word.text.unicodeScalars) == Array(scalars[word.range]), "seed \(seed)")
            for place in word.range {
                #expect(!covered[place])
                covered[place] = true
            }
        }
        for (place, scalar) in scalars.enumerated() { #expect(covered[place] != scalar.properties.isWhitespace, "seed \(seed)") }
    }
}
