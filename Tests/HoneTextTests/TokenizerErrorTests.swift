import Foundation
import HoneText
import Testing

@Suite("TokenizerError")
struct TokenizerErrorTests {
    @Test("every message names the file and the fact")
    func messages() {
        let cases: [(TokenizerError, [String])] = [
            (
                .noTokenizerFile(folder: "m", found: ["merges.txt"]),
                ["m", "merges.txt", "tokenizer.json", "spiece.model", "vocab.txt", "*.tiktoken"]
            ),
            (.unreadable(file: "f", reason: "why"), ["f", "why"]),
            (.malformed(file: "f", line: 3, column: 4, problem: "odd"), ["f", "3", "4", "odd"]),
            (.duplicateKey(file: "f", line: 3, path: "k"), ["f", "3", "k"]),
            (.missingKey(file: "f", line: 3, path: "k"), ["f", "3", "k"]),
            (.wrongValue(file: "f", line: 3, path: "k", found: "x", expected: "y"), ["f", "3", "k", "x", "y"]),
            (.unsupported(file: "f", line: 3, path: "k", name: "n", supported: ["s", "t"]), ["f", "3", "k", "n", "s, t"]),
            (.duplicateID(file: "f", id: 3, tokens: ["a", "b"]), ["f", "3", "“a” and “b”"]),
        ]
        for (error, facts) in cases {
            for fact in facts { #expect(error.description.contains(fact), "\(error)") }
            #expect(error.localizedDescription == error.description)
        }
    }
}
