import Foundation
import HoneData
import Testing

@testable import HoneEvaluation

/// What sacrebleu says; written by `Fixtures/make/text_metrics.py`.
struct SegmentsFixture: Decodable {
    struct Segment: Decodable {
        var text: String
        var references: [String]
    }

    struct BLEUCase: Decodable, CustomTestStringConvertible {
        var tokenizer: BLEUTokenizer
        var lowercase: Bool
        var smooth: String
        var corpus: Double
        var precisions: [Double]
        var penalty: Double
        var counts: [Int]
        var sentences: [Double]
        var signature: String
        var testDescription: String { signature }

        var settings: BLEU {
            var bleu = BLEU()
            (bleu.tokenizer, bleu.lowercase) = (tokenizer, lowercase)
            bleu.smoothing = ["exp": .exponential, "floor": .floor(0.1), "add-k": .addK(1), "none": BLEU.Smoothing.none][smooth] ?? .none
            return bleu
        }
    }

    struct CHRFCase: Decodable, CustomTestStringConvertible {
        var corpus: Double
        var sentences: [Double]
        var signature: String
        var characterOrder: Int
        var wordOrder: Int
        var beta: Double
        var lowercase: Bool
        var whitespace: Bool
        var countsEmptyOrders: Bool
        var testDescription: String { signature }

        var settings: CHRF {
            var chrf = CHRF()
            (chrf.characterOrder, chrf.wordOrder, chrf.beta) = (characterOrder, wordOrder, beta)
            (chrf.lowercase, chrf.whitespace, chrf.countsEmptyOrders) = (lowercase, whitespace, countsEmptyOrders)
            return chrf
        }
    }

    var segments: [Segment]
    var bleu: [BLEUCase]
    var chrf: [CHRFCase]

    static func load() throws -> SegmentsFixture { try loadFixture("bleu.json") }
}

/// Reads a fixture of this target.
func loadFixture<Fixture: Decodable>(_ name: String) throws -> Fixture {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
    return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
}

@Suite("BLEU")
struct BLEUTests {
    @Test("corpus and sentence scores, counts, penalty and signature equal sacrebleu's", arguments: try SegmentsFixture.load().bleu)
    func reference(_ subject: SegmentsFixture.BLEUCase) throws {
        let fixture = try SegmentsFixture.load()
        let bleu = subject.settings
        let score = try bleu.corpus(fixture.segments.map(\.text), references: fixture.segments.map(\.references))
        #expect(isClose(score.value, subject.corpus, 1e-9))
        #expect(isClose(score.brevityPenalty, subject.penalty, 1e-9))
        for (own, expected) in zip(score.precisions, subject.precisions) { #expect(isClose(own, expected, 1e-9)) }
        let counts = [score.counts.length, score.counts.referenceLength] + score.counts.matches + score.counts.totals
        #expect(counts.prefix(subject.counts.count) == subject.counts[...])
        #expect(bleu.signature(references: nil) == subject.signature + "|version:hone")
        #expect(subject.sentences.count == fixture.segments.count)
        for (segment, expected) in zip(fixture.segments, subject.sentences) {
            let value = try bleu.sentence(segment.text, references: segment.references).value
            #expect(isClose(value, expected, 1e-9), "\(segment.text): \(value), expected \(expected)")
        }
    }

    @Test("counts add up: a merged corpus scores as the whole, and survives being written as sums")
    func merged() throws {
        let segments = try SegmentsFixture.load().segments
        let bleu = BLEU()
        var sum = BLEU.Counts(order: 4)
        for segment in segments.reversed() { try sum.merge(bleu.counts(segment.text, references: segment.references)) }
        #expect(bleu.score(sum) == (try bleu.corpus(segments.map(\.text), references: segments.map(\.references))))
        #expect(BLEU.Counts(sums: sum.sums) == sum)
        #expect(BLEU.Counts(sums: [1, 2, 3]) == nil)
        #expect(throws: EvaluationError.different(what: "the orders of n-grams")) { try sum.merge(BLEU.Counts(order: 3)) }
    }

    @Test("the bootstrap of counts holds the corpus score and repeats")
    func range() throws {
        let segments = try SegmentsFixture.load().segments
        let bleu = BLEU()
        let sums = try segments.map { try bleu.counts($0.text, references: $0.references).sums }
        func interval() throws -> Interval {
            try Bootstrap().interval(of: .bleu, sums: sums) { BLEU.Counts(sums: $0).map { bleu.score($0).value } }
        }
        let range = try interval()
        #expect(range.estimate == (try bleu.corpus(segments.map(\.text), references: segments.map(\.references)).value))
        #expect(range.low < range.estimate && range.estimate < range.high)
        #expect(range == (try interval()))
    }

    @Test("segments without references, lists of other lengths and empty lists are refused")
    func refused() {
        #expect(throws: EvaluationError.empty) { try BLEU().corpus([], references: []) }
        #expect(throws: EvaluationError.countMismatch(truths: 0, predictions: 1)) { try BLEU().corpus(["a"], references: []) }
        #expect(throws: EvaluationError.setting(name: "references", value: "empty", expected: "at least one text")) {
            try BLEU().sentence("a", references: [])
        }
        var none = BLEU()
        none.maximumOrder = 0
        #expect(throws: EvaluationError.setting(name: "maximumOrder", value: "0", expected: "at least 1")) {
            try none.sentence("a", references: ["a"])
        }
    }
}
