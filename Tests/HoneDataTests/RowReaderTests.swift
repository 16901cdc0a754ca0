import Foundation
import HoneData
import Testing

@Suite("RowReader")
struct RowReaderTests {
    @Test("reads CSV and TSV with the line each row starts at and the text untouched")
    func table() throws {
        let file = try read("text,label\r\n\"a, \"\"b\"\"\nc\",x\n  spaced  ,y\n", as: .csv)
        #expect(
            file.rows == [
                TextRow(file: "rows.csv", line: 2, text: "a, \"b\"\nc", target: .label("x")),
                TextRow(file: "rows.csv", line: 4, text: "  spaced  ", target: .label("y")),
            ])
        #expect(file.report.rows == 2)
        #expect(try read("label\ttext\nx\ta,b\n", as: .tsv).rows[0].text == "a,b")
        #expect(try read("\u{FEFF}text,label\na,x\n", as: .csv).rows[0].text == "a")
    }

    @Test("reads JSONL, counts blank lines, and takes whole numbers and truth values as labels")
    func jsonLines() throws {
        let text =
            "{\"text\": \"a\", \"label\": 3}\n\n{\"label\": true, \"text\": \"b\\nc\"}\r\n \n{\"text\":\"d\",\"label\":\"x\",\"more\":[{}]}"
        let file = try read(text, as: .jsonl)
        #expect(file.rows.map(\.line) == [1, 3, 5])
        #expect(file.rows.map(\.text) == ["a", "b\nc", "d"])
        #expect(file.rows.map(\.target) == [.label("3"), .label("true"), .label("x")])
        #expect(file.report.blankLines == 2)
    }

    @Test("reads texts without targets")
    func unlabelled() throws {
        let file = try read("text\nx\n", as: .csv, task: nil)
        #expect(file.rows == [TextRow(file: "rows.csv", line: 2, text: "x")])
    }

    @Test("reads several labels from an array, or from a cell with | or ;")
    func multiLabel() throws {
        let lines = "{\"text\":\"a\",\"labels\":[\"x\",\"y z\"]}\n{\"text\":\"b\",\"labels\":[]}\n"
        #expect(try read(lines, as: .jsonl, task: .multiLabel).rows.map(\.target) == [.labels(["x", "y z"]), .labels([])])
        let bars = try read("text,labels\na,x | y;z\nb,x\n".replacingOccurrences(of: ";", with: "-"), as: .csv, task: .multiLabel)
        #expect(bars.rows.map(\.target) == [.labels(["x", "y-z"]), .labels(["x"])])
        #expect(bars.report.columns.labelSeparator == "|")
        #expect(try read("text,labels\na,x;y\n", as: .csv, task: .multiLabel).rows[0].target == .labels(["x", "y"]))
        let slash = ColumnMapping(labelSeparator: "/")
        #expect(
            try read("text,labels\na,x|1/y;2\n", as: .csv, task: .multiLabel, columns: slash).rows[0].target == .labels(["x|1", "y;2"]))
        #expect(try read("text,labels\na,x\n", as: .csv, task: .multiLabel).report.columns.labelSeparator == nil)
    }

    @Test("reads numbers")
    func regression() throws {
        let file = try read("text,score\na, -1.5e1\nb,+3\n", as: .csv, task: .regression)
        #expect(file.rows.map(\.target) == [.value(-15), .value(3)])
        #expect(try read("{\"text\":\"a\",\"score\":0.25}", as: .jsonl, task: .regression).rows[0].target == .value(0.25))
    }

    @Test("a broken line 417 is named, with the reason")
    func line417() {
        var lines = (1...600).map { "{\"text\": \"row \($0)\", \"label\": \"a\"}" }
        lines[416] = "{\"text\": \"row 417\", \"label\": }"
        let error = dataError { try read(lines.joined(separator: "\n"), as: .jsonl) }
        let reason = "found “}” where a value was expected"
        #expect(error == .brokenJSON(file: "rows.jsonl", line: 417, column: 30, reason: reason))
    }

    @Test(
        "refuses a table that is not one",
        arguments: [
            ("text,label\na,x\nb\n", DataError.ragged(file: "rows.csv", line: 3, expected: 2, found: 1)),
            ("text,label\n\"a\nb\",x\nc,d,e\n", .ragged(file: "rows.csv", line: 4, expected: 2, found: 3)),
            ("text,label\n", .noRows(file: "rows.csv")), ("\n\n", .emptyFile(file: "rows.csv")), ("", .emptyFile(file: "rows.csv")),
            ("text,label\n \t,x\n", .emptyCell(file: "rows.csv", line: 2, column: "text")),
            ("text,label\na,\n", .emptyCell(file: "rows.csv", line: 2, column: "label")),
        ])
    func badTables(text: String, error: DataError) {
        #expect(throws: error) { try read(text, as: .csv) }
    }

    @Test(
        "refuses JSON that is no row",
        arguments: [
            ("[{\"text\": \"a\"}]", DataError.jsonArray(file: "rows.jsonl")), (" \n", .emptyFile(file: "rows.jsonl")),
            ("{\"text\":\"a\",\"label\":\"x\"}\n[1]", .notAnObject(file: "rows.jsonl", line: 2, found: "an array")),
            ("3", .notAnObject(file: "rows.jsonl", line: 1, found: "the number 3")),
            (
                "{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"b\",\"lable\":\"x\"}",
                .missingKey(file: "rows.jsonl", line: 2, key: "label", keys: ["text", "lable"], suggestion: "lable")
            ),
            (
                "{\"text\":null,\"label\":\"x\"}",
                .wrongKind(file: "rows.jsonl", line: 1, column: "text", expected: "text in quotes", found: "null")
            ),
            (
                "{\"text\":\"a\",\"label\":1.5}",
                .wrongKind(
                    file: "rows.jsonl", line: 1, column: "label", expected: "a label (text, a whole number, true or false)",
                    found: "the number 1.5")
            ),
            ("{\"text\":\"a\",\"label\":\" \"}", .emptyCell(file: "rows.jsonl", line: 1, column: "label")),
        ])
    func badLines(text: String, error: DataError) {
        #expect(throws: error) { try read(text, as: .jsonl) }
    }

    @Test("refuses what is no finite number", arguments: ["nan", "inf", "0x10", "1,5", "1e999", "1e300", "high", "", "1 2"])
    func badNumbers(cell: String) {
        let error = dataError { try read(CSVText.record(["text", "score"]) + CSVText.record(["a", cell]), as: .csv, task: .regression) }
        let expected: DataError =
            cell.isEmpty
            ? .emptyCell(file: "rows.csv", line: 2, column: "score")
            : .badNumber(file: "rows.csv", line: 2, column: "score", found: cell)
        #expect(error == expected)
    }

    @Test("refuses label lists with no one meaning")
    func badLabelLists() {
        let mixed = "text,labels\na,x|y\nb,x;y\n"
        #expect(throws: DataError.mixedSeparators(file: "rows.csv", line: 3, column: "labels")) {
            try read(mixed, as: .csv, task: .multiLabel)
        }
        #expect(throws: DataError.repeatedLabel(file: "rows.csv", line: 2, column: "labels", label: "x")) {
            try read("text,labels\na,x|x\n", as: .csv, task: .multiLabel)
        }
        #expect(throws: DataError.emptyCell(file: "rows.csv", line: 2, column: "labels")) {
            try read("text,labels\na,x|\n", as: .csv, task: .multiLabel)
        }
        let expected = "an array of labels such as [\"a\", \"b\"]"
        let found = "the string “x”"
        #expect(throws: DataError.wrongKind(file: "rows.jsonl", line: 1, column: "labels", expected: expected, found: found)) {
            try read("{\"text\":\"a\",\"labels\":\"x\"}", as: .jsonl, task: .multiLabel)
        }
    }

    @Test("reads a file from disk under the name it was given")
    func fromDisk() throws {
        let files = try TemporaryFiles()
        let file = try files.write("text,label\na,x\n", "train.csv")
        let rows = try RowReader(task: .classification).read(file.url, name: "data/train.csv").rows
        #expect(rows[0].place.description == "data/train.csv:2")
        #expect(throws: DataError.missingFile(file: "trian.csv", suggestion: "train.csv")) {
            try RowReader(task: .classification).read(files.folder.appending(path: "trian.csv"), name: "trian.csv")
        }
    }

    @Test("damaged bytes give rows or a DataError, never a crash")
    func fuzz() {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let samples = [
                "text,labels\n\"a \"\"b\"\"\",x|y\r\né🙂,z\n",
                "{\"text\": \"a\\u00e9\", \"labels\": [\"x\"], \"label\": 3}\n{\"text\": \"b\"}\n",
            ]
            for format in DataFormat.allCases {
                for task in TaskKind.allCases {
                    var bytes = Array(samples[format == .jsonl ? 1 : 0].utf8)
                    for _ in 0..<1 + generator.index(below: 5) {
                        let byte = UInt8(truncatingIfNeeded: generator.next())
                        let place = generator.index(below: bytes.count)
                        if generator.index(below: 2) == 0 { bytes[place] = byte } else { bytes.insert(byte, at: place) }
                        if generator.index(below: 4) == 0 { bytes.removeLast() }
                    }
                    do {
                        _ = try RowReader(task: task).read(Data(bytes), format: format, name: "f")
                    } catch {
                        #expect(!error.description.isEmpty, "seed \(seed)")
                    }
                }
            }
        }
    }
}
