import Testing

@testable import Hone

@Suite("Suggestions")
struct RecipeSuggestionTests {
    @Test(
        "the edit distance counts insertions, deletions, replacements and swaps",
        arguments: [
            ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("rank", "rnak", 1), ("lerning", "learning", 1),
            ("kitten", "sitting", 3),
        ])
    func distance(a: String, b: String, expected: Int) {
        #expect(RecipeSuggestion.distance(Array(a), Array(b)) == expected)
        #expect(RecipeSuggestion.distance(Array(b), Array(a)) == expected)
    }

    @Test(
        "a name is suggested only when it is near",
        arguments: [
            ("lerningRate", "learningRate"), ("LEARNING_RATE", "learningRate"), ("learning-rate", "learningRate"), ("epoch", "epochs"),
            ("zebra", nil), ("", nil), ("x", nil), ("_", nil),
        ] as [(String, String?)])
    func nearest(name: String, expected: String?) {
        #expect(RecipeSuggestion.nearest(to: name, among: ["epochs", "learningRate", "seed", "k"]) == expected)
    }
}
