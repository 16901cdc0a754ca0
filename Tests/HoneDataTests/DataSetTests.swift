import Foundation
import HoneData
import Testing

@Suite("DataSet")
struct DataSetTests {
    static func table(_ rows: [(String, String)], header: [String] = ["text", "label"]) -> String {
        CSVText.record(header) + rows.map { CSVText.record([$0.0, $0.1]) }.joined()
    }

    static let train = table((0..<20).map { ("text \($0)", $0 % 2 == 0 ? "even" : "odd") })

    @Test("reads three files into three splits and reports on all of it")
    func files() throws {
        let files = try TemporaryFiles()
        let train = try files.write(Self.train, "train.csv")
        let validation = try files.write("{\"utterance\":\"one\",\"intent\":\"odd\"}\n", "v.jsonl")
        let test = try files.write("label\ttext\neven\tTEXT 4\n", "t.tsv")
        let loader = DataLoader(task: .classification, train: train, validation: .file(validation), test: .file(test), seed: 1)
        let data = try loader.load()
        #expect((data.train.count, data.validation.count, data.test.count) == (20, 1, 1))
        #expect(data[.test] == data.test)
        #expect(data.labels?.names == ["even", "odd"])
        #expect(data.report.files.map(\.file) == ["train.csv", "v.jsonl", "t.tsv"])
        #expect(data.report.files[1].columns.text == "utterance")
        #expect(data.report[.train]?.classes == [ClassCount(label: "even", rows: 10), ClassCount(label: "odd", rows: 10)])
        #expect(data.report[.test]?.classes.map(\.rows) == [1, 0])
        #expect(data.report.leakage.map(\.rows) == [0, 1, 0])
        #expect(data.report.warnings.count == 1)
        let restored = try JSONDecoder().decode(DataReport.self, from: JSONEncoder().encode(data.report))
        #expect(restored == data.report)
    }

    @Test("splits the training file by shares, the same way each time, without overlap")
    func shares() throws {
        let files = try TemporaryFiles()
        let train = try files.write(Self.train, "train.csv")
        let loader = DataLoader(task: .classification, train: train, validation: .fraction(0.2), test: .fraction(0.2), seed: 7)
        let data = try loader.load()
        #expect(try loader.load() == data)
        let lines = SplitName.allCases.flatMap { data[$0].map(\.line) }
        #expect(lines.sorted() == Array(2...21))
        #expect(data.report[.validation]?.fraction == 0.2)
        #expect(data.report[.train]?.fraction == nil)
    }

    @Test("stops where a share comes to no row, or is none")
    func emptyShare() throws {
        let files = try TemporaryFiles()
        let train = try files.write(Self.table([("a", "x"), ("b", "y")]), "train.csv")
        let error = dataError { try DataLoader(task: .classification, train: train, validation: .fraction(0.1), seed: 1).load() }
        guard case .emptySplit(.validation, let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains("0.1 of 2 rows"))
        for share in [0, 1, -0.5, Double.nan] {
            #expect(throws: DataError.self) {
                try DataLoader(task: .classification, train: train, validation: .fraction(share), seed: 1).load()
            }
        }
    }

    @Test("a label that only the test file has is named with its file and line")
    func testOnlyLabel() throws {
        let files = try TemporaryFiles()
        let train = try files.write(Self.train, "train.csv")
        let test = try files.write(Self.table([("a", "odd"), ("b", "evne")]), "test.csv")
        let place = RowPlace(file: "test.csv", line: 3)
        let expected = DataError.unknownLabel(label: "evne", at: place, split: .test, rows: 1, nearest: "even", origin: .train)
        #expect(throws: expected) { try DataLoader(task: .classification, train: train, test: .file(test), seed: 1).load() }
    }

    @Test("a single class is an error")
    func singleClass() throws {
        let files = try TemporaryFiles()
        let train = try files.write(Self.table([("a", "x"), ("b", "x")]), "train.csv")
        #expect(throws: DataError.singleClass(label: "x", file: "train.csv", rows: 2)) {
            try DataLoader(task: .classification, train: train, seed: 1).load()
        }
    }

    @Test("the recipe's labels decide the order, and a label outside them is an error")
    func givenLabels() throws {
        let files = try TemporaryFiles()
        let train = try files.write(Self.train, "train.csv")
        let data = try DataLoader(task: .classification, train: train, labels: ["odd", "even", "none"], seed: 1).load()
        #expect(data.labels?.names == ["odd", "even", "none"])
        #expect(data.report.warnings == [.untrainedLabels(count: 1, examples: ["none"])])
        let place = RowPlace(file: "train.csv", line: 3)
        let expected = DataError.unknownLabel(label: "odd", at: place, split: .train, rows: 10, nearest: "odds", origin: .recipe)
        #expect(throws: expected) { try DataLoader(task: .classification, train: train, labels: ["odds", "even"], seed: 1).load() }
    }

    @Test("policies for repeats and leakage act and are counted")
    func policies() throws {
        let files = try TemporaryFiles()
        let train = try files.write(Self.train + "Text 0,even\ntext 1,even\n", "train.csv")
        let test = try files.write(Self.table([("text 2", "even"), ("other", "odd")]), "test.csv")
        let data = try DataLoader(
            task: .classification, train: train, test: .file(test), duplicates: .drop, leakage: .drop, seed: 1
        ).load()
        #expect(data.train.count == 20)
        #expect(data.test.count == 2)
        #expect(data.report.duplicates.dropped == 1)
        #expect(data.report.duplicates.conflicts == 1)
        #expect(data.report.leakage.map(\.dropped) == [1])
        #expect(data.report.warnings.count == 3)
        #expect(throws: DataError.self) { try DataLoader(task: .classification, train: train, duplicates: .error, seed: 1).load() }
        let copy = try files.write(Self.train, "copy.csv")
        let whole = DataLoader(task: .classification, train: copy, test: .file(train), leakage: .drop, seed: 1)
        let reason = "every row also stands in another split and data.leakage is drop"
        #expect(throws: DataError.emptySplit(split: .train, reason: reason)) { try whole.load() }
    }

    @Test("odd labels are warned of")
    func warnings() throws {
        let files = try TemporaryFiles()
        let many = (0..<20).map { ("text \($0)", "big") } + [("one", "small"), ("two", "Small"), ("three", "Small")]
        let train = try files.write(Self.table(many), "train.csv")
        let warnings = try DataLoader(task: .classification, train: train, seed: 1).load().report.warnings
        #expect(
            warnings == [
                .rareLabels(count: 1, examples: ["small"]),
                .imbalance(largest: ClassCount(label: "big", rows: 20), smallest: ClassCount(label: "small", rows: 1)),
                .similarLabels(first: "Small", second: "small"),
            ])
        #expect(warnings.allSatisfy { $0.description.contains("small") })
    }

    @Test("regression has no labels but a range, and a constant is warned of")
    func regression() throws {
        let files = try TemporaryFiles()
        let train = try files.write(Self.table([("a", "1"), ("b", "3")], header: ["text", "score"]), "train.csv")
        let data = try DataLoader(task: .regression, train: train, seed: 1).load()
        #expect(data.labels == nil)
        let values = try #require(data.report[.train]?.values)
        #expect((values.minimum, values.maximum, values.mean, values.deviation) == (1, 3, 2, 1))
        let same = try files.write(Self.table([("a", "2"), ("b", "2")], header: ["text", "score"]), "same.csv")
        #expect(try DataLoader(task: .regression, train: same, seed: 1).load().report.warnings == [.constantValue(value: 2)])
    }

    @Test("files with and without pairs do not mix")
    func pairMismatch() throws {
        let files = try TemporaryFiles()
        let train = try files.write(Self.train, "train.csv")
        let test = try files.write("sentence1,sentence2,label\na,b,odd\n", "test.csv")
        #expect(throws: DataError.pairMismatch(file: "test.csv", other: "train.csv")) {
            try DataLoader(task: .classification, train: train, test: .file(test), seed: 1).load()
        }
    }
}
