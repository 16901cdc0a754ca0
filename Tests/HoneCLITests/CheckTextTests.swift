import Foundation
import HoneData
import Testing

@testable import Hone
@testable import HoneCLI

@Suite("Checks of data for people")
struct CheckTextTests {
    private let console = Console(isJSON: false, isTerminal: false, hasColour: false, width: .max)

    private func lines(_ change: (inout DataCheck) -> Void) -> [String] {
        var check = DataCheck(file: "/nowhere/rows.jsonl")
        change(&check)
        return CheckText(check: check).lines(console)
    }

    @Test("names format, fields, roles, what is learned and lengths, and ends with the verdict")
    func full() {
        let lines = lines { check in
            check.refusal = nil
            check.files = [
                .init(
                    file: "rows.jsonl", format: "OpenAI chat (TRL conversational)", rows: 1200, examples: 1200,
                    fields: ["messages": "messages", "prompt": "frage"], unusedFields: ["id"], roles: ["user": 1200, "assistant": 1201],
                    blankLines: 2)
            ]
            check.rows = [.train: 1100, .test: 100]
            var certificate = MaskCertificate()
            (certificate.rows, certificate.tokens, certificate.learnedTokens) = (1100, 2000, 500)
            (certificate.turns, certificate.turnsEndingInStop, certificate.cutTurns) = (1101, 1100, 1)
            check.certificates = [.train: certificate]
            check.stops = ["</s>": "why"]
            check.template = "chatml"
            check.duplicates = 3
            var lengths = LengthReport(policy: .truncate, maximum: 64)
            (lengths.longest, lengths.p50, lengths.p95, lengths.truncated, lengths.tokensCut) = (90, 12, 60, 4, 31)
            lengths.histogram = [.init(upTo: 12, rows: 80), .init(upTo: 16, rows: 0), .init(upTo: 96, rows: 2)]
            check.lengths = [.train: lengths]
            check.warnings = ["a warning"]
        }
        let text = lines.joined(separator: "\n")
        for part in [
            "OpenAI chat (TRL conversational), 1,200 rows", "messages, prompt from “frage”; not used: id", "assistant 1,201, user 1,200",
            "1,100 train, 100 test", "25.0 % of 2,000 tokens; 1,100 of 1,101 turns end in a stop token; 1 turns cut", "</s> (why)",
            "median 12, 95 % up to 60, longest 90, at most 64 taken", "4 rows cut, 31 tokens lost", "note: a warning", "3 training rows",
        ] { #expect(text.contains(part), "\(part)\n\(text)") }
        #expect(lines.last == "Nothing speaks against training on this data.")
        #expect(lines.contains("    ≤ 12 80 " + String(repeating: "▪", count: 40)) && lines.contains("    ≤ 16  0 "))
        #expect(lines.contains("    ≤ 96  2 ▪"))
    }

    @Test("a handful of rows needs no bars; what is lost of them is said all the same")
    func handful() {
        func text(_ rows: Int) -> String {
            lines { check in
                (check.refusal, check.rows) = (nil, [.train: rows])
                var lengths = LengthReport(policy: .truncate, maximum: 64)
                (lengths.longest, lengths.truncated, lengths.tokensCut) = (90, 1, 26)
                lengths.histogram = [.init(upTo: 96, rows: rows)]
                check.lengths = [.train: lengths]
            }.joined(separator: "\n")
        }
        #expect(!text(4).contains("▪") && text(4).contains("1 row cut, 26 tokens lost") && text(4).contains("longest 90"))
        #expect(text(5).contains("▪") && text(5).contains("1 row cut, 26 tokens lost"))
    }

    @Test("a refusal comes last; a file that was only read promises nothing")
    func ends() {
        #expect(lines { _ in }.last?.hasPrefix("Training would be refused: ") == true)
        #expect(lines { $0.refusal = nil }.last?.contains("--model") == true)
    }

    @Test("many labels are cut short")
    func labels() {
        let text = lines { check in
            (check.task, check.refusal) = (.classification, nil)
            check.labels = Dictionary(uniqueKeysWithValues: (0..<20).map { ("c\($0 + 10)", 100 - $0) })
        }.joined(separator: "\n")
        #expect(text.contains("c10 100, c11 99") && text.contains("… (20)"))
    }
}
