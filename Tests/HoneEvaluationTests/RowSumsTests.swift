import Foundation
import HoneData
import Testing

@testable import HoneEvaluation

@Suite("Sums of rows")
struct RowSumsTests {
    private let answers = ["the cat sat on the mat", "a dog", "birds fly high", "no", "the end of it"]
    private let references = [["the cat sat on a mat"], ["a dog ran home"], ["birds fly high"], ["yes"], ["the end", "an end of it"]]

    private func sums(_ metric: MetricName, _ rows: [[Double]]) -> RowSums {
        RowSums(metric, rows: rows, keys: references.map { RowSums.key($0.joined().utf8) })
    }

    @Test("BLEU and chrF of added-up counts are those of the corpus")
    func corpus() throws {
        let bleu = sums(.bleu, try zip(answers, references).map { try BLEU().counts($0, references: $1).sums })
        #expect(isClose(bleu.value, try BLEU().corpus(answers, references: references).value))
        let chrF = sums(.chrF, try zip(answers, references).map { try CHRF().counts($0, references: $1).sums })
        #expect(isClose(chrF.value, try CHRF().corpus(answers, references: references)))
    }

    @Test("means, losses and entities are what their own reducers say")
    func reducers() throws {
        var scores = AnswerScores()
        for (answer, wanted) in zip(answers, references) { try scores.add(answer, references: wanted) }
        for metric in [MetricName.exactMatch, .tokenF1] {
            let rows = (scores.rows(of: metric) ?? []).map { [$0, 1.0] }
            #expect(isClose(sums(metric, rows).value, try scores.values()[metric]))
        }
        var tokens = TokenScores()
        var rows: [[Double]] = []
        for part in [(3.5, 4, 2), (0.25, 1, 1), (9, 7, 0)] {
            try tokens.add(lossSum: part.0, tokens: part.1, right: part.2)
            rows.append([part.0, Double(part.1), Double(part.2)])
        }
        for metric in [MetricName.loss, .perplexity, .tokenAccuracy] {
            let value = RowSums(metric, rows: rows, keys: [1, 2, 3]).value
            #expect(isClose(value, try tokens.values()[metric]), "\(metric)")
        }
        var (entities, entityRows) = (EntityScores(), [[Double]]())
        let tags = [(["B-A", "I-A", "O"], ["B-A", "I-A", "B-B"]), (["B-B", "O"], ["O", "O"]), (["O"], ["O"])]
        for (row, pair) in tags.enumerated() {
            var single = EntityScores()
            try single.add(truths: pair.0, predictions: pair.1, row: row)
            entities.merge(single)
            entityRows.append(single.sums)
        }
        for metric in [MetricName.entityF1, .entityPrecision, .entityRecall] {
            let value = RowSums(metric, rows: entityRows, keys: [1, 2, 3]).value
            #expect(isClose(value, try entities.values()[metric]), "\(metric)")
        }
        #expect(MetricName.entityPrecision.value(sums: [2, 0, 0]) == 0 && MetricName.accuracy.value(sums: [1, 1]) == nil)
        #expect(MetricName.loss.value(sums: [1, 0, 0]) == nil && MetricName.bleu.value(sums: [1]) == nil)
    }

    @Test("rows that do not fit together are refused")
    func refused() {
        #expect(throws: EvaluationError.empty) { try Predictions.sums([]) }
        #expect(throws: EvaluationError.empty) { try Predictions.sums([RowSums(.loss, rows: [], keys: [])]) }
        #expect(throws: EvaluationError.self) { try Predictions.sums([RowSums(.loss, rows: [[1, 2], [1]], keys: [1, 2])]) }
        #expect(throws: EvaluationError.self) { try Predictions.sums([RowSums(.loss, rows: [[1, 2]], keys: [])]) }
        #expect(throws: EvaluationError.notFinite(value: "nan", row: 1)) {
            try Predictions.sums([RowSums(.loss, rows: [[1, 2], [.nan, 1]], keys: [1, 2])])
        }
    }

    @Test("two models are compared on the rows of each metric, which may be fewer for one than for another")
    func comparison() throws {
        var random = SplitMix64(state: 3)
        func model(_ skill: Double) throws -> Predictions {
            let losses = (0..<80).map { _ in [Double(10 + random.index(below: 5)) - skill, 5, 2] }
            let matches = (0..<30).map { _ in [random.index(below: 10) < Int(skill * 2) ? 1.0 : 0, 1] }
            return try Predictions.sums([
                RowSums(.loss, rows: losses, keys: Array(0..<80)), RowSums(.exactMatch, rows: matches, keys: Array(0..<30)),
            ])
        }
        let (weak, strong) = (try model(1), try model(4))
        let loss = try PairedComparison(.loss, first: weak, second: strong)
        #expect(loss.verdict == .better && loss.rows == 80 && loss.second < loss.first && loss.mcNemar == nil)
        let exact = try PairedComparison(.exactMatch, first: weak, second: strong)
        #expect(exact.verdict == .better && exact.rows == 30 && exact.mcNemar != nil)
        #expect(try PairedComparison(.loss, first: strong, second: weak).verdict == .worse)
        #expect(weak.metrics == [.loss, .exactMatch] && weak.count == 80 && weak.count(for: .exactMatch) == 30 && !weak.holdsLabels)
        #expect(throws: EvaluationError.self) { try PairedComparison(.bleu, first: weak, second: strong) }
    }

    @Test("models that were measured against other texts are not compared")
    func otherTargets() throws {
        let rows = [[1.0, 2, 1], [2, 3, 1]]
        let first = try Predictions.sums([RowSums(.loss, rows: rows, keys: [1, 2]), RowSums(.chrF, rows: rows, keys: [5, 6])])
        let second = try Predictions.sums([RowSums(.loss, rows: rows, keys: [1, 3]), RowSums(.chrF, rows: rows, keys: [5, 6])])
        #expect(throws: EvaluationError.different(what: "the target tokens of the two models")) {
            try PairedComparison(.loss, first: first, second: second)
        }
        #expect(try PairedComparison(.chrF, first: first, second: second).rows == 2)
        #expect(RowSums.key("ab".utf8) != RowSums.key("ba".utf8) && RowSums.key([]) == 0xcbf2_9ce4_8422_2325)
    }
}
