import Foundation
import HoneData
import Testing

@Suite("DataError")
struct DataErrorTests {
    static let place = RowPlace(file: "t.csv", line: 7)
    static let pair = RowPair(first: place, second: RowPlace(file: "u.csv", line: 9))

    /// One error of every case, with the facts its message must hold.
    static let cases: [(DataError, [String])] = [
        (.missingFile(file: "trian.csv", suggestion: "train.csv"), ["trian.csv", "train.csv"]),
        (.folder(file: "data"), ["data", "folder", "train.jsonl"]),
        (.ambiguousFolder(folder: "data", files: ["train.csv", "train.jsonl"]), ["data", "train.csv, train.jsonl"]),
        (.notTrainable(at: place, name: "pairs", advice: "Name the columns."), ["t.csv:7", "pairs", "Name the columns."]),
        (.unreadable(file: "t.csv", reason: "no permission"), ["t.csv", "no permission"]),
        (.unknownFormat(file: "t.xlsx", found: ".xlsx"), ["t.xlsx", ".xlsx", ".jsonl", ".csv", ".tsv"]),
        (.emptyFile(file: "t.csv"), ["t.csv", "empty"]),
        (.noRows(file: "t.csv"), ["t.csv", "header"]),
        (.notUTF8(file: "t.csv", line: 7, byte: 0x0F, looksLike: "UTF-16"), ["t.csv:7", "0x0F", "UTF-16", "UTF-8"]),
        (
            .missingField(at: place, format: .messages, field: "messages[1].role", keys: ["rol"], suggestion: "rol"),
            ["t.csv:7", "messages[1].role", "it has “rol”", "Rename “rol” to “role”.", "OpenAI chat"]
        ),
        (
            .missingField(at: place, format: .messages, field: "messages", keys: ["id", "mesages"], suggestion: "mesages"),
            ["t.csv:7", "no “messages”", "it has “id”, “mesages”", "Rename “mesages” to “messages”."]
        ),
        (
            .missingField(at: place, format: .promptCompletion, field: "frag", keys: ["frage", "antwort"], suggestion: "frage"),
            ["t.csv:7", "no “frag”", "Did you mean “frage”?"]
        ),
        (
            .wrongField(at: place, format: .messages, field: "messages", expected: "a list", found: "null"),
            ["t.csv:7", "“messages”", "null", "expected a list", "OpenAI chat"]
        ),
        (
            .unknownRow(at: place, keys: ["a"], nearest: .alpaca, missing: ["output"]),
            ["t.csv:7", "“a”", "Alpaca", "“output”"]
        ),
        (.unknownRow(at: place, keys: ["a"], nearest: nil, missing: []), ["t.csv:7", "“a”", "messages"]),
        (.mixedFormats(at: place, file: .messages, row: .alpaca), ["t.csv:7", "Alpaca", "OpenAI chat"]),
        (.badTagLine(at: place, found: "x", expected: "two columns"), ["t.csv:7", "“x”", "two columns"]),
        (.badTag(at: place, tag: "I-x", after: "O"), ["t.csv:7", "I-x", "after “O”", "data.tagging"]),
        (.badTag(at: place, tag: "x", after: nil), ["t.csv:7", "“x”", "B-NAME"]),
        (.unknownTag(at: place, tag: "B-x", nearest: "B-y"), ["t.csv:7", "B-x", "B-y"]),
        (.noExamples(file: "t.jsonl", format: .text), ["t.jsonl", "no rows"]),
        (.unknownEnding(file: "t.xlsx", found: ".xlsx", known: [".jsonl", ".txt"]), ["t.xlsx", ".xlsx", ".jsonl, .txt"]),
        (.cannotSplit(split: .train, rows: 2, what: "pairs"), ["2 train rows", "pairs", "data.tooLong"]),
        (.ragged(file: "t.csv", line: 7, expected: 2, found: 1), ["t.csv:7", "1 field;", "2", "quotes"]),
        (.unterminatedQuote(file: "t.csv", line: 7), ["t.csv:7", "quote", "\"\""]),
        (.textAfterQuote(file: "t.csv", line: 7, opened: 5), ["t.csv:7", "line 5", "\"\""]),
        (.strayCarriageReturn(file: "t.csv", line: 7), ["t.csv:7", "CRLF"]),
        (.repeatedColumn(file: "t.csv", column: "text"), ["t.csv", "text", "twice"]),
        (.jsonArray(file: "t.json"), ["t.json", "JSONL", "jq"]),
        (.brokenJSON(file: "t.jsonl", line: 417, column: 12, reason: "found “x”"), ["t.jsonl:417", "byte 12", "found “x”"]),
        (.notAnObject(file: "t.jsonl", line: 7, found: "null"), ["t.jsonl:7", "null", "object"]),
        (
            .missingKey(file: "t.jsonl", line: 7, key: "label", keys: ["text", "lable"], suggestion: "lable"),
            ["t.jsonl:7", "“label”", "“text”", "mean “lable”"]
        ),
        (
            .missingColumn(file: "t.csv", role: .label, wanted: "intnt", columns: ["a", "intent"], suggestion: "intent"),
            ["t.csv", "intnt", "“a”, “intent”", "mean “intent”", "data.label"]
        ),
        (
            .missingColumn(file: "t.csv", role: .text, wanted: nil, columns: ["a", "b"], suggestion: nil),
            ["t.csv", "“a”, “b”", "data.text", "header"]
        ),
        (.ambiguousColumn(file: "t.csv", role: .label, candidates: ["label", "intent"]), ["t.csv", "“label”, “intent”", "data.label"]),
        (.sharedColumn(file: "t.csv", column: "x", roles: [.text, .label]), ["t.csv", "“x”", "data.text and data.label"]),
        (.pairMismatch(file: "v.csv", other: "t.csv"), ["v.csv", "t.csv", "data.pair"]),
        (.emptyCell(file: "t.csv", line: 7, column: "text"), ["t.csv:7", "“text”", "empty"]),
        (.wrongKind(file: "t.jsonl", line: 7, column: "text", expected: "text", found: "null"), ["t.jsonl:7", "null", "expected text"]),
        (.badNumber(file: "t.csv", line: 7, column: "score", found: "1,5"), ["t.csv:7", "1,5", "score", "finite"]),
        (.repeatedLabel(file: "t.csv", line: 7, column: "labels", label: "a"), ["t.csv:7", "“a”", "labels"]),
        (.mixedSeparators(file: "t.csv", line: 7, column: "labels"), ["t.csv:7", "|", ";"]),
        (
            .unknownLabel(label: "refnd", at: place, split: .test, rows: 3, nearest: "refund", origin: .train),
            ["t.csv:7", "test", "refnd", "3 rows", "“refund”", "training rows"]
        ),
        (
            .unknownLabel(label: "x", at: place, split: .train, rows: 1, nearest: nil, origin: .recipe),
            ["t.csv:7", "1 row ", "task.labels"]
        ),
        (.singleClass(label: "a", file: "t.csv", rows: 12), ["12", "t.csv", "“a”", "two labels"]),
        (.noLabels(file: "t.csv"), ["t.csv", "label"]),
        (.badLabelList(reason: "it is empty"), ["task.labels", "it is empty"]),
        (.targetMismatch(at: place, task: .regression), ["t.csv:7", "regression"]),
        (.badFraction(validation: 0.5, test: 0.75), ["0.5", "0.75", "below 1"]),
        (.emptySplit(split: .validation, reason: "because"), ["validation", "because"]),
        (.duplicates(file: "t.csv", rows: 4, conflicts: 1, examples: [pair]), ["4", "1 text", "t.csv:7 and u.csv:9", "drop"]),
        (.leakage(from: .train, into: .test, rows: 5, examples: [pair]), ["5 rows", "train", "test", "t.csv:7", "data.leakage"]),
        (
            .tooLong(split: .train, rows: 3, of: 9, longest: 700, maximum: 512, examples: [place]),
            ["3 of 9", "512", "700", "t.csv:7", "drop", "truncate", "data.tooLong"]
        ),
        (.allTooLong(split: .train, rows: 9, shortest: 600, maximum: 512), ["All 9", "512", "600", "data.maximumTokens"]),
        (.maximumTooSmall(maximum: 2, special: 3), ["2 tokens", "3 special", "data.maximumTokens"]),
        (.badBatchSetting(name: "training.batchSize", found: 0), ["training.batchSize", "0"]),
        (.rowOverBudget(row: 4, tokens: 99, budget: 64), ["4", "99", "64"]),
    ]

    @Test("says what, where, what was found and what to do", arguments: cases)
    func message(error: DataError, facts: [String]) {
        for fact in facts {
            #expect(error.description.contains(fact), "“\(fact)” is missing from: \(error.description)")
        }
        #expect(error.description.hasSuffix(".") || error.description.hasSuffix("?") || error.description.contains("jq"))
        #expect(error.localizedDescription == error.description)
        #expect(!error.description.contains("cannot be used"))
    }
}
