import Testing

@testable import HoneText

@Suite("PreTokenizer")
struct PreTokenizerTests {
    private func words(_ stages: [PreTokenizerStage], _ text: String) -> [String] {
        var normalized = NormalizedText(), written = NormalizedText(), found: [Range<Int>] = []
        let bytes = Array(text.utf8)
        var scalar: Int32? = 0
        normalized.copy(bytes, 0..<bytes.count, scalar: &scalar)
        let preTokenizer = PreTokenizer(stages, properties: .shared)
        preTokenizer.split(normalized, 0..<bytes.count, into: &found, written: &written)
        return found.map { String(decoding: (preTokenizer.rewrites ? written : normalized).bytes[$0], as: UTF8.self) }
    }

    @Test("spaces separate and punctuation stands alone")
    func bert() {
        #expect(words([.bert], "  Hey friend!\u{3000}you?!? ") == ["Hey", "friend", "!", "you", "?", "!", "?"])
        #expect(words([.bert], "«é»a_b") == ["«", "é", "»", "a", "_", "b"])
        #expect(words([.bert], " \t\n").isEmpty)
        #expect(words([.bert], "").isEmpty)
    }

    @Test("without a pre-tokenizer the text is one word")
    func none() {
        #expect(words([], " a b ") == [" a b "])
        #expect(words([], "").isEmpty)
    }

    @Test("the expression of GPT-2")
    func gpt2() {
        let scan: [PreTokenizerStage] = [.split(.scanner(.gpt2), .isolated, isInverted: false)]
        #expect(words(scan, "I've  don'T 12345é!?\n\n x ") == ["I", "'ve", " ", " don", "'", "T", " 12345", "é", "!?", "\n\n", " x", " "])
        #expect(words(scan, "'s'") == ["'s", "'"])
    }

    @Test(
        "the later expressions differ in digits, capitals and what ends a run of symbols",
        arguments: zip(
            [
                #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
                #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
            ],
            [
                ["don", "'T", " helloWorld", " ", "123", "45", " //\n", "/x", "\n \n", "  ", " y"],
                ["don", "'T", " helloWorld", " ", "1", "2", "3", "4", "5", " //\n", "/x", "\n \n", "  ", " y"],
            ]))
    func expressions(pattern: String, expected: [String]) throws {
        let rules = try #require(WordScanner.Rules.known[pattern])
        #expect(words([.split(.scanner(rules), .isolated, isInverted: false)], "don'T helloWorld 12345 //\n/x\n \n   y") == expected)
    }

    @Test("Metaspace marks words, the first one only where told to")
    func metaspace() {
        let mark = Array("▁".utf8)
        #expect(words([.metaspace(mark, .always, splits: true)], "a b  c") == ["▁a", "▁b", "▁", "▁c"])
        #expect(words([.metaspace(mark, .never, splits: false)], "a b") == ["a▁b"])
        #expect(words([.whitespaceSplit, .metaspace(mark, .first, splits: true)], "a b") == ["▁a", "b"])
    }

    static let wordKinds = [
        "whitespace", "digits", "bert", "metaspace-splits", "removed-false", "removed-true", "isolated-false", "isolated-true",
        "merged-with-previous-false", "merged-with-previous-true", "merged-with-next-false", "merged-with-next-true", "contiguous-false",
        "contiguous-true", "punctuation-removed", "punctuation-isolated", "punctuation-merged-with-previous",
        "punctuation-merged-with-next", "punctuation-contiguous",
    ]

    @Test("words and offsets equal the library's", arguments: wordKinds)
    func fixtures(kind: String) throws {
        let fixture = try TokenizerFixture("words-\(kind)", kind: "bpe")
        let tokenizer = try fixture.tokenizer()
        #expect(!fixture.cases.isEmpty)
        for row in fixture.cases { #expect(tokenizer.encode(row.text) == row.expected, "\(row.text.debugDescription)") }
    }

    @Test("an expression that Hone does not run is named")
    func unknownExpression() {
        let part = ##"{"type":"Split","pattern":{"Regex":"(?<=x)\\d"},"behavior":"Isolated","invert":false}"##
        #expect {
            try Tokenizer(json: tokenizerJSON(preTokenizer: part), file: "t.json")
        } throws: { error in
            guard case .unsupported("t.json", _, "pre_tokenizer.pattern.Regex", let name, _) = error as? TokenizerError else {
                return false
            }
            return name == #"(?<=x)\d"#
        }
    }
}
