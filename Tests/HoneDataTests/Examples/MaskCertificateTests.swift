import Foundation
import HoneData
import Testing

@Suite("CausalEncoder and its certificate")
struct MaskCertificateTests {
    static func encode(
        _ talks: [[(String, String)]], _ style: ChatML.Style = .chatml, maximum: Int = 1000, _ policy: TooLongPolicy = .error,
        tokens: EndTokens = chatTokens
    ) throws -> CausalEncoder.Result {
        let examples = talks.enumerated().map {
            TaskExample.conversation(conversation($0.element), RowPlace(file: "r", line: $0.offset + 1))
        }
        let encoder = CausalEncoder(
            renderer: ChatML(style: style), tokenizer: CharacterTokens(), tokens: tokens, maximum: maximum, tooLong: policy,
            templateHash: "abc")
        return try encoder.encode(examples, split: .train)
    }

    static let good = [("u", "hi"), ("a", "yes")]

    @Test("counts what is learned and passes")
    func passes() throws {
        let result = try Self.encode([Self.good, Self.good + [("u", "so"), ("a", "no")]])
        let certificate = result.certificate
        try certificate.check()
        #expect((certificate.rows, certificate.turns, certificate.turnsEndingInStop) == (2, 3, 3))
        #expect(certificate.learnedTokens == 4 + 4 + 3)
        #expect(certificate.tokens == result.rows.reduce(0) { $0 + $1.ids.count } && certificate.templateHash == "abc")
        #expect(certificate.beginTokens.none == 2 && certificate.learnedShare > 0 && certificate.stopShare == 1)
        #expect(try JSONDecoder().decode(MaskCertificate.self, from: JSONEncoder().encode(certificate)) == certificate)
    }

    @Test("refuses rows that learn nothing")
    func nothing() throws {
        let certificate = try Self.encode([Self.good, [("u", "hi")]]).certificate
        #expect(throws: MaskError.learnsNothing(rows: 1, of: 2, examples: [RowPlace(file: "r", line: 2)])) { try certificate.check() }
    }

    @Test("refuses when more than 1 % of turns do not end in a stop token")
    func noStop() throws {
        let endless = try Self.encode([Self.good], .endless).certificate
        #expect(throws: MaskError.noStop(turns: 1, ending: 0, cut: 0, examples: [RowPlace(file: "r", line: 1)])) { try endless.check() }
        var many = MaskCertificate()
        (many.rows, many.turns, many.turnsEndingInStop) = (100, 100, 99)
        try many.check()
        many.turnsEndingInStop = 98
        #expect(throws: MaskError.self) { try many.check() }
        // Another stop token than generation uses is none.
        let other = try Self.encode([Self.good], tokens: EndTokens(stops: [77])).certificate
        #expect(throws: MaskError.self) { try other.check() }
    }

    @Test("refuses dropped text unless it is only to be reported")
    func dropped() throws {
        let certificate = try Self.encode([[("s", "be kind")] + Self.good], .withoutSystem).certificate
        #expect(certificate.droppedTexts == 1 && certificate.droppedExamples.map(\.text) == ["be kind"])
        #expect(throws: MaskError.self) { try certificate.check() }
        try certificate.check(droppedText: .report)
    }

    @Test("running text needs no turns, but must learn something and begin once")
    func text() throws {
        try Self.encode([Self.good], .endless).certificate.checkText()
        var twice = MaskCertificate()
        (twice.rows, twice.beginTokens.several) = (3, 2)
        #expect(throws: MaskError.repeatedBegin(rows: 2, of: 3)) { try twice.checkText() }
        let nothing = try Self.encode([[("u", "hi")]]).certificate
        #expect(throws: MaskError.self) { try nothing.checkText() }
    }

    @Test("refuses a second begin token")
    func begin() throws {
        let certificate = try Self.encode([[("u", "hi"), ("a", "yes")]], .begin).certificate
        try certificate.check()
        #expect(certificate.beginTokens.one == 1)
        let encoder = CausalEncoder(tokenizer: CharacterTokens(), tokens: chatTokens, maximum: 99)
        let two = try encoder.encode([.text("<s><s>abc", somewhere)], split: .train).certificate
        #expect(throws: MaskError.repeatedBegin(rows: 1, of: 1)) { try two.check() }
    }

    @Test("a cut turn is counted and stops the run")
    func cut() throws {
        let long = Self.good + [("u", "so"), ("a", "a long answer")]
        let whole = try Self.encode([long]).rows[0].ids.count
        let result = try Self.encode([Self.good, long], maximum: whole - 3, .truncate)
        #expect(result.certificate.cutTurns == 1 && result.lengths.truncated == 1 && result.lengths.tokensCut == 3)
        #expect(result.certificate.turns == 3 && result.certificate.turnsEndingInStop == 2)
        #expect(throws: MaskError.self) { try result.certificate.check() }
        #expect(try Self.encode([Self.good, long], maximum: whole - 3, .drop).rows.map(\.source) == [0])
        #expect(throws: DataError.self) { try Self.encode([Self.good, long], maximum: whole - 3) }
        #expect(throws: DataError.self) { try Self.encode([long], maximum: whole - 3, .drop) }
    }

    @Test("splitting predicts every learned token exactly once")
    func splits() throws {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let talk = (0..<2 + generator.index(below: 5)).map { index in
                (index % 2 == 0 ? "u" : "a", String(repeating: "x", count: 1 + generator.index(below: 30)))
            }
            let whole = try Self.encode([talk])
            let maximum = 2 + generator.index(below: 40)
            let parts = try Self.encode([talk], maximum: maximum, .split)
            #expect(parts.certificate.learnedTokens == whole.certificate.learnedTokens, "seed \(seed)")
            #expect(parts.certificate.turnsEndingInStop == whole.certificate.turnsEndingInStop, "seed \(seed)")
            #expect(parts.rows.allSatisfy { $0.ids.count <= maximum && $0.target.targetCount > 0 }, "seed \(seed)")
            try parts.certificate.check()
        }
    }

    @Test("text: every token is learned and kept, with an end token")
    func wholeText() throws {
        let encoder = CausalEncoder(tokenizer: CharacterTokens(), tokens: chatTokens, maximum: 4, tooLong: .split)
        let result = try encoder.encode([.text("abcdefghi", somewhere)], split: .train)
        var joined = result.rows[0].ids
        for row in result.rows.dropFirst() {
            #expect(row.ids.first == joined.last)
            joined += row.ids.dropFirst()
        }
        #expect(joined == "abcdefghi".map { CharacterTokens.id(String($0)) } + [2])
        #expect(result.certificate.learnedTokens == 9 && result.certificate.splitRows == 1)
        try result.certificate.check()
    }

    @Test("a prompt and its completion: the completion and the end are learned")
    func completion() throws {
        var encoder = CausalEncoder(renderer: ChatML(), tokenizer: CharacterTokens(joins: ["b"]), tokens: chatTokens, maximum: 99)
        let example = TaskExample.promptCompletion(prompt: "ab", completion: "cd", somewhere)
        let marked = try encoder.mark(example)
        // “bc” is one token that starts in the prompt: it is not learned, and counted.
        #expect(marked.learnedText == "d" && marked.straddling == 1 && marked.ids.last == 2 && marked.turns[0].endsInStop)
        encoder.promptsAreChats = true
        encoder.tokenizer = CharacterTokens()
        #expect(try encoder.mark(example).learnedText == "cd<|im_end|>")
        encoder.renderer = nil
        #expect(throws: MaskError.noTemplate(at: somewhere)) { try encoder.mark(example) }
        #expect(throws: MaskError.self) { try encoder.mark(.pair(SequencePair(source: "a", target: "b"), somewhere)) }
    }

    static let errors: [(MaskError, [String])] = [
        (.templateFailed(at: somewhere, reason: "because"), ["rows.jsonl:3", "because"]),
        (.turnNotFound(at: somewhere, message: 4, reason: "because"), ["rows.jsonl:3", "messages[4]", "because"]),
        (.noTemplate(at: somewhere), ["rows.jsonl:3", "chat_template"]),
        (.wrongKind(at: somewhere, expected: "text"), ["rows.jsonl:3", "text"]),
        (.learnsNothing(rows: 2, of: 9, examples: [somewhere]), ["2 of 9", "rows.jsonl:3"]),
        (.noStop(turns: 9, ending: 3, cut: 2, examples: [somewhere]), ["3 of 9", "2 were cut", "99 %"]),
        (
            .droppedText(count: 2, examples: [DroppedText(place: somewhere, message: 1, field: "content", text: "abc")]),
            ["2", "messages[1].content", "abc"]
        ),
        (.repeatedBegin(rows: 1, of: 9), ["1 of 9"]),
    ]

    @Test("every refusal says where and what", arguments: errors)
    func texts(error: MaskError, says: [String]) {
        for part in says { #expect(error.description.contains(part), "\(error.description)") }
        #expect(error.errorDescription == error.description)
    }
}
