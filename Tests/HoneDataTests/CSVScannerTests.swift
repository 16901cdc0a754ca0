import Foundation
import Testing

@testable import HoneData

@Suite("CSVScanner")
struct CSVScannerTests {
    struct Record: Equatable {
        var line: Int
        var fields: [String]
    }

    static func scan(_ text: String, separator: Character = ",") throws -> (records: [Record], blankLines: Int) {
        try MappedText(Data(text.utf8), file: "t.csv").withBytes { bytes in
            var scanner = CSVScanner(bytes, separator: separator.asciiValue ?? 0, file: "t.csv")
            var fields: [CSVScanner.Field] = []
            var records: [Record] = []
            while let line = try scanner.next(&fields) { records.append(Record(line: line, fields: fields.map(scanner.text))) }
            return (records, scanner.blankLines)
        }
    }

    struct Fixture: Decodable {
        struct Case: Decodable {
            var separator: String
            var text: String
            var records: [[String]]
        }
        var cases: [Case]
    }

    @Test("reads what Python's csv module wrote")
    func python() throws {
        let cases = try fixture("csv.json", as: Fixture.self).cases
        #expect(cases.count == 24)
        for (index, expected) in cases.enumerated() {
            let separator = try #require(expected.separator.first)
            #expect(try Self.scan(expected.text, separator: separator).records.map(\.fields) == expected.records, "case \(index)")
        }
    }

    @Test("numbers records by the line they start at, over line breaks in quotes and blank lines")
    func lines() throws {
        let scan = try Self.scan("a,b\r\n\"x\ny\",1\n\n\n\"\",\"p\"\"q\"\nlast,")
        #expect(
            scan.records == [
                Record(line: 1, fields: ["a", "b"]), Record(line: 2, fields: ["x\ny", "1"]), Record(line: 6, fields: ["", "p\"q"]),
                Record(line: 7, fields: ["last", ""]),
            ])
        #expect(scan.blankLines == 2)
    }

    @Test("a quote inside an unquoted field is an ordinary character")
    func bareQuote() throws {
        #expect(try Self.scan("5\" pipe,a\"\"b\n").records.map(\.fields) == [["5\" pipe", "a\"\"b"]])
    }

    @Test(
        "refuses what has no one meaning",
        arguments: [
            ("a,b\n1,\"x\ny", DataError.unterminatedQuote(file: "t.csv", line: 2)),
            ("a\n\"x\n\"y\n", .textAfterQuote(file: "t.csv", line: 3, opened: 2)),
            ("a,b\r1,2\r", .strayCarriageReturn(file: "t.csv", line: 1)), ("a\n\"x\"\ry\n", .strayCarriageReturn(file: "t.csv", line: 2)),
        ])
    func refused(text: String, error: DataError) {
        #expect(throws: error) { try Self.scan(text) }
    }

    @Test("gives back what CSVText wrote")
    func roundTrip() throws {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let pieces = ["a", "b ", ",", "\t", "\"", "\n", "\r\n", "\r", "é", "e\u{301}", "🙂", ";", "", "\u{0}", "\u{FEFF}"]
            let width = 1 + generator.index(below: 4)
            let separator: Character = generator.index(below: 2) == 0 ? "," : "\t"
            let records = (0..<6).map { row in
                (0..<width).map { _ in (row == 0 ? "h" : "") + generator.text(8, from: pieces) }
            }
            let text = records.map { CSVText.record($0, separator: separator) }.joined()
            let read = try Self.scan(text, separator: separator).records.map(\.fields)
            #expect(read.map { $0.map { Array($0.utf8) } } == records.map { $0.map { Array($0.utf8) } }, "seed \(seed)")
        }
    }
}
