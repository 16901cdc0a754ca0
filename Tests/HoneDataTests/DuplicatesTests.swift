import Testing

@testable import HoneData

@Suite("Duplicates")
struct DuplicatesTests {
    static let sample = rows([("Hello", "a"), ("bye", "b"), (" hello ", "a"), ("HELLO", "b"), ("hello", "b"), ("new", "a")])

    @Test("counts repeats and conflicts and keeps every row under report")
    func report() throws {
        let (kept, report) = try Duplicates.resolve(Self.sample, policy: .report)
        #expect(kept == Self.sample)
        #expect(report.rows == 2)
        #expect(report.conflicts == 1)
        #expect(report.conflictRows == 4)
        #expect(report.dropped == 0)
        #expect(report.examples.map(\.description) == ["train.csv:2 and train.csv:4", "train.csv:5 and train.csv:6"])
        #expect(report.conflictExamples.map(\.description) == ["train.csv:2 and train.csv:5"])
    }

    @Test("drops later repeats and leaves conflicts to a person")
    func drop() throws {
        let (kept, report) = try Duplicates.resolve(Self.sample, policy: .drop)
        #expect(kept.map(\.line) == [2, 3, 5, 7])
        #expect(report.dropped == 2)
        #expect(report.conflictRows == 2)
    }

    @Test("stops under error, and not where nothing repeats")
    func error() throws {
        let found = dataError { try Duplicates.resolve(Self.sample, policy: .error) }
        guard case .duplicates(file: "train.csv", rows: 2, conflicts: 1, let examples) = found else {
            Issue.record("\(String(describing: found))")
            return
        }
        #expect(examples.count == 3)
        #expect(try Duplicates.resolve(rows([("a", "x"), ("b", "x")]), policy: .error).rows.count == 2)
    }

    @Test("the order of labels makes no difference")
    func labelOrder() throws {
        let both = [["a", "b"], ["b", "a"]].map { TextRow(file: "f", line: 1, text: "t", target: .labels($0)) }
        #expect(try Duplicates.resolve(both, policy: .drop).rows.count == 1)
    }

    @Test("dropping twice drops nothing more")
    func idempotent() throws {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let sample = rows(
                (0..<60).map { _ in (generator.text(3, from: ["a", "A", " ", "b", "é", "e\u{301}"]) + "x", "\(generator.index(below: 2))") }
            )
            let once = try Duplicates.resolve(sample, policy: .drop)
            let twice = try Duplicates.resolve(once.rows, policy: .drop)
            #expect(twice.rows == once.rows, "seed \(seed)")
            #expect(twice.report.rows == 0, "seed \(seed)")
            #expect(twice.report.conflicts == once.report.conflicts, "seed \(seed)")
            #expect(once.report.dropped == once.report.rows, "seed \(seed)")
        }
    }
}
