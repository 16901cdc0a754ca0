import Testing

@testable import HoneEvaluation

@Suite("Scores of entities")
struct EntityScoresTests {
    struct Fixture: Decodable {
        struct Case: Decodable, CustomTestStringConvertible {
            var name: String
            var truths: [[String]]
            var predictions: [[String]]
            var averages: [EntityScores.Average.RawValue: [Double]]
            var types: [String: [Double]]
            var accuracy: Double
            var testDescription: String { name }
        }

        var entities: [Case]
    }

    @Test("every type, every average and token accuracy equal seqeval's", arguments: try (loadFixture("entities.json") as Fixture).entities)
    func reference(_ subject: Fixture.Case) throws {
        var (scores, back) = (EntityScores(), EntityScores())
        for (row, (truths, predictions)) in zip(subject.truths, subject.predictions).enumerated() {
            if row % 3 == 0 {
                try back.add(truths: truths, predictions: predictions, row: row)
            } else {
                try scores.add(truths: truths, predictions: predictions, row: row)
            }
        }
        scores.merge(back)
        #expect(scores.types.keys.sorted() == subject.types.keys.sorted())
        for (type, expected) in subject.types {
            let counts = try #require(scores.types[type])
            for (own, other) in zip([counts.precision, counts.recall, counts.f1, Double(counts.truths)], expected) {
                #expect(isClose(own, other, 1e-9), "\(type)")
            }
        }
        for (name, expected) in subject.averages {
            let average = try #require(EntityScores.Average(rawValue: name))
            let own = try #require(scores.scores(average))
            #expect(
                isClose(own.precision, expected[0], 1e-9) && isClose(own.recall, expected[1], 1e-9) && isClose(own.f1, expected[2], 1e-9))
        }
        let values = try scores.values()
        #expect(isClose(values[.tokenAccuracy], subject.accuracy, 1e-9))
        #expect(isClose(values[.entityF1], EntityScores.f1(sums: scores.sums)))
    }

    @Test("without entities there is no macro average, and nothing was found")
    func nothing() throws {
        var scores = EntityScores()
        #expect(throws: EvaluationError.empty) { try scores.values() }
        try scores.add(truths: ["O"], predictions: ["O"], row: 0)
        #expect(scores.scores(.macro) == nil)
        #expect(scores.scores(.weighted)?.f1 == 0)
        #expect(try scores.values()[.entityF1] == 0)
    }

    @Test(
        "tags of other forms and lists of other lengths are refused with their row", arguments: ["", "PER", "BPER", "B-", "O-PER", "b-PER"])
    func refused(_ tag: String) {
        var scores = EntityScores()
        #expect(throws: EvaluationError.tag(tag, row: 4)) { try scores.add(truths: ["O"], predictions: [tag], row: 4) }
        #expect(throws: EvaluationError.countMismatch(truths: 1, predictions: 0)) { try scores.add(truths: ["O"], predictions: [], row: 0) }
        #expect(scores == EntityScores())
    }
}
