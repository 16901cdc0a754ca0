import Foundation
import Testing

@testable import HoneData

@Suite("TextKey")
struct TextKeyTests {
    @Test(
        "case, white space and composition make no difference",
        arguments: [
            ("Where is my CARD", "where is my card"), (" a\t b\n", "a b"), ("caf\u{E9}", "cafe\u{301}"), ("a\u{A0}\u{2003}b", "a b"),
            ("ÀÞ×ß", "àþ×ß"), ("ΑΣ", "ας".replacingOccurrences(of: "ς", with: "σ")), ("ПРИВЕТ", "привет"), ("", " \u{3000} "),
        ])
    func same(first: String, second: String) {
        #expect(TextKey(first) == TextKey(second))
        #expect(TextKey(first).hashValue == TextKey(second).hashValue)
    }

    @Test("punctuation, letters and joined words make a difference", arguments: [("a.", "a"), ("ab", "a b"), ("é", "e"), ("÷", "×")])
    func different(first: String, second: String) {
        #expect(TextKey(first) != TextKey(second))
    }

    @Test("a pair is not its two texts joined")
    func pairs() {
        #expect(TextKey("a", pair: "b") != TextKey("a b"))
        #expect(TextKey("A ", pair: " B") == TextKey("a", pair: "b"))
        #expect(TextKey("a", pair: "") != TextKey("a"))
    }

    @Test("agrees with the plain way of writing it down, and a key is its own key")
    func reference() {
        let pieces = [
            "a", "B", " ", "\n", "É", "e\u{301}", "\u{301}", "日本", "가", "\u{1100}", "\u{1161}", "\u{11A8}", "🙂", "İ", "K", "\u{3099}",
            "か", "“", "\u{FE0F}", "Ж", "\u{2028}", "ﬁ", "\u{1F}",
        ]
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let text = generator.text(12, from: pieces)
            // Scalar by scalar: `lowercased()` would also turn a final sigma.
            var lower = text.unicodeScalars.map { $0.properties.isWhitespace ? " " : $0.properties.lowercaseMapping }.joined()
            lower = lower.unicodeScalars.split(separator: " ").map { String($0) }.joined(separator: " ")
            let key = TextKey(text)
            #expect(key.bytes == Array(lower.precomposedStringWithCanonicalMapping.utf8), "seed \(seed): \(text)")
            #expect(TextKey(key.text) == key, "seed \(seed)")
        }
    }
}
