import Testing

@testable import HoneData

@Suite("Leakage")
struct LeakageTests {
    static let sample: [SplitName: [TextRow]] = [
        .train: rows([("a", "x"), ("b", "x"), ("c", "y"), ("b ", "x")]),
        .validation: rows([("B", "x"), ("d", "y")], file: "v.csv"),
        .test: rows([("d", "y"), ("A", "y"), ("e", "y")], file: "t.csv"),
    ]

    @Test("counts the rows of a split that stand in another")
    func report() throws {
        var splits = Self.sample
        let reports = try Leakage.resolve(&splits, policy: .report)
        #expect(splits == Self.sample)
        #expect(reports.map(\.rows) == [1, 1, 1])
        #expect(reports.map(\.from) == [.train, .train, .validation])
        #expect(reports.map(\.into) == [.validation, .test, .test])
        #expect(reports[1].examples.map(\.description) == ["train.csv:2 and t.csv:3"])
    }

    @Test("drops from the split nearer to training and never from test")
    func drop() throws {
        var splits = Self.sample
        let reports = try Leakage.resolve(&splits, policy: .drop)
        #expect(splits[.train]?.map(\.text) == ["c"])
        #expect(splits[.validation]?.map(\.text) == ["B"])
        #expect(splits[.test] == Self.sample[.test])
        #expect(reports.map(\.dropped) == [2, 1, 1])
        #expect(try Leakage.resolve(&splits, policy: .error).allSatisfy { $0.rows == 0 })
    }

    @Test("stops under error")
    func error() {
        var splits = Self.sample
        let pair = RowPair(first: RowPlace(file: "train.csv", line: 3), second: RowPlace(file: "v.csv", line: 2))
        #expect(throws: DataError.leakage(from: .train, into: .validation, rows: 1, examples: [pair])) {
            try Leakage.resolve(&splits, policy: .error)
        }
    }
}
