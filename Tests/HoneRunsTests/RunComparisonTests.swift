import Testing

@testable import HoneRuns

@Suite("Comparisons")
struct RunComparisonTests {
    @Test("show the settings that differ, and metrics as distances from the first run")
    func compare() throws {
        let ids = try RunIDTests.ids()
        let first = makeRecord(ids[0], accuracy: 0.9)
        var second = makeRecord(ids[1], accuracy: 0.925)
        second.recipe = ["model": "./minilm", "training": ["epochs": 5, "learningRate": 0.0001, "seed": 17], "tuning": ["method": "full"]]
        second.data[0].sha256 = "other"
        second.metrics.append(.init(split: "test", name: "macroF1", value: 0.5))
        let comparison = try RunComparison([first, second])
        #expect(comparison.recipe.map(\.key) == ["training.epochs", "tuning.method", "tuning.rank"])
        #expect(comparison.recipe.map(\.values) == [[3, 5], ["lora", "full"], [8, nil]])
        #expect(comparison.facts.map(\.key) == ["data.train.sha256"])
        #expect(comparison.metrics.map(\.key) == ["test.accuracy", "test.accuracy (before)", "test.macroF1"])
        #expect(abs((comparison.metrics[0].deltas[1] ?? 0) - 0.025) < 1e-12)
        #expect(comparison.metrics[2].deltas == [nil, nil])
    }

    @Test("equal runs differ in nothing")
    func equal() throws {
        let ids = try RunIDTests.ids()
        let comparison = try RunComparison([makeRecord(ids[0]), makeRecord(ids[1]), makeRecord(ids[2])])
        #expect(comparison.recipe.isEmpty && comparison.facts.isEmpty)
        #expect(comparison.metrics.allSatisfy { $0.deltas == [0, 0, 0] })
    }

    @Test("need two runs", arguments: 0...1)
    func tooFew(_ count: Int) throws {
        let records = [makeRecord(try RunIDTests.ids()[0])].prefix(count)
        #expect(throws: RunsError.tooFewToCompare(count)) { try RunComparison(Array(records)) }
    }
}
