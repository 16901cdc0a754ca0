import Foundation
import HoneData
import HoneText
import Testing

@Suite("RowEncoder")
struct RowEncoderTests {
    static let labels = ["x", "y"]
    /// Rows of 3, 4, 7 and 5 tokens.
    static let sample = rows([("a", "x"), ("a b", "y"), ("a bb c d e", "y"), ("a b c", "x")])

    static func encode(_ rows: [TextRow], maximum: Int, _ policy: TooLongPolicy) throws -> (rows: [EncodedRow], report: LengthReport) {
        try RowEncoder(labels: LabelSet(labels), maximum: maximum, tooLong: policy).encode(rows, split: .train, with: WordEncoding())
    }

    @Test("encodes rows and measures them")
    func encodes() throws {
        let (rows, report) = try Self.encode(Self.sample, maximum: 7, .error)
        #expect(rows.map(\.ids.count) == [3, 4, 7, 5])
        #expect(rows[2].ids == [1, 11, 12, 11, 11, 11, 2])
        #expect(rows.map(\.target) == [.classIndex(0), .classIndex(1), .classIndex(1), .classIndex(0)])
        #expect(rows.map(\.source) == [0, 1, 2, 3])
        #expect((report.rows, report.tokens) == (4, 19))
        #expect((report.longest, report.p50, report.p95) == (7, 4, 7))
        #expect((report.truncated, report.dropped, report.tokensCut) == (0, 0, 0))
    }

    @Test("the default stops with the count, the longest and the places")
    func tooLong() throws {
        let places = [RowPlace(file: "train.csv", line: 4), RowPlace(file: "train.csv", line: 5)]
        let expected = DataError.tooLong(split: .train, rows: 2, of: 4, longest: 7, maximum: 4, examples: places)
        #expect(throws: expected) {
            try RowEncoder(labels: LabelSet(Self.labels), maximum: 4).encode(Self.sample, split: .train, with: WordEncoding())
        }
    }

    @Test("drop leaves long rows out, counts them and names the labels that are gone")
    func drops() throws {
        let sample = Self.sample + rows([("long long long long long", "x")])
        let (rows, report) = try Self.encode(sample, maximum: 4, .drop)
        #expect(rows.map(\.source) == [0, 1])
        #expect(report.dropped == 3)
        #expect(report.rows == 2)
        #expect(report.longest == 7)
        #expect(report.labelsLost.isEmpty)
        #expect(try Self.encode(Self.sample, maximum: 3, .drop).report.labelsLost == ["y"])
    }

    @Test("truncate keeps the special tokens at both ends and counts what it cut")
    func truncates() throws {
        let (rows, report) = try Self.encode(Self.sample, maximum: 4, .truncate)
        #expect(rows[2].ids == [1, 11, 12, 2])
        #expect(rows.map(\.ids.count) == [3, 4, 4, 4])
        #expect((report.truncated, report.tokensCut, report.rows) == (2, 4, 4))
        #expect(report.examples.map(\.line) == [4, 5])
    }

    @Test("pairs get their segments and lose tokens from the longer text first")
    func pairs() throws {
        let short = TextRow(file: "f", line: 1, text: "a b", pair: "c", target: .label("x"))
        let long = TextRow(file: "f", line: 2, text: "a b c d e f", pair: "gg hh", target: .label("y"))
        let (rows, report) = try Self.encode([short, long], maximum: 8, .truncate)
        #expect(rows[0].typeIDs == [0, 0, 0, 0, 1, 1])
        #expect(rows[1].ids == [1, 11, 11, 11, 2, 12, 12, 2])
        #expect(rows[1].typeIDs == [0, 0, 0, 0, 0, 1, 1, 1])
        #expect(report.tokensCut == 3)
    }

    @Test("all rows too long is an error under every policy", arguments: TooLongPolicy.allCases)
    func allTooLong(policy: TooLongPolicy) {
        #expect(throws: DataError.allTooLong(split: .train, rows: 4, shortest: 3, maximum: 2)) {
            try Self.encode(Self.sample, maximum: 2, policy)
        }
    }

    @Test("makes every kind of target")
    func targets() throws {
        let set = try LabelSet(["x", "y", "z"])
        func target(_ target: RowTarget, _ labels: LabelSet?) throws -> EncodedTarget {
            let row = TextRow(file: "f", line: 1, text: "a", target: target)
            let encoder = RowEncoder(labels: labels, maximum: 9)
            return try encoder.encode([row], split: .test, with: WordEncoding()).rows[0].target
        }
        #expect(try target(.labels(["z", "x"]), set) == .multiHot([1, 0, 1]))
        #expect(try target(.labels([]), set) == .multiHot([0, 0, 0]))
        #expect(try target(.value(0.5), nil) == .value(0.5))
        #expect(try target(.none, nil) == .none)
        #expect(throws: DataError.targetMismatch(at: RowPlace(file: "f", line: 1), task: .regression)) { try target(.label("x"), nil) }
        #expect(throws: DataError.self) { try target(.label("w"), set) }
        #expect(try RowEncoder(labels: nil, maximum: 9).encode([], split: .test, with: WordEncoding()).rows.isEmpty)
    }

    static let encoder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/data/tok-bert/minilm-tokenizer.json").standardizedFileURL

    @Test(
        "works with a real tokenizer",
        .enabled(if: FileManager.default.fileExists(atPath: encoder.path), "../shared/data/tok-bert is not here"))
    func realTokenizer() throws {
        let tokenizer = try Tokenizer(json: Data(contentsOf: Self.encoder), file: "tokenizer.json")
        let texts = rows([("Hello there, world", "x"), ("hi", "y")])
        let (encoded, _) = try RowEncoder(labels: LabelSet(Self.labels), maximum: 6, tooLong: .truncate)
            .encode(texts, split: .train, with: tokenizer)
        #expect(encoded[0].ids == [101, 7592, 2045, 1010, 2088, 102])
        #expect(encoded[1].ids == [101, 7632, 102])
        let (cut, report) = try RowEncoder(labels: LabelSet(Self.labels), maximum: 4, tooLong: .truncate)
            .encode(texts, split: .train, with: tokenizer)
        #expect(cut[0].ids == [101, 7592, 2045, 102])
        #expect(report.tokensCut == 2)
    }
}
