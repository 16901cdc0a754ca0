import Testing

@testable import HoneEvaluation

@Suite("chrF")
struct CHRFTests {
    @Test("corpus and sentence scores and the signature equal sacrebleu's", arguments: try SegmentsFixture.load().chrf)
    func reference(_ subject: SegmentsFixture.CHRFCase) throws {
        let segments = try SegmentsFixture.load().segments
        let chrf = subject.settings
        #expect(isClose(try chrf.corpus(segments.map(\.text), references: segments.map(\.references)), subject.corpus, 1e-9))
        #expect(chrf.signature(references: nil) == subject.signature + "|version:hone")
        #expect(subject.sentences.count == segments.count)
        for (segment, expected) in zip(segments, subject.sentences) {
            let value = try chrf.sentence(segment.text, references: segment.references)
            #expect(isClose(value, expected, 1e-9), "\(segment.text): \(value), expected \(expected)")
        }
    }

    @Test("chrF++ adds words up to pairs; counts add up and survive being written as sums")
    func plusPlus() throws {
        #expect(CHRF.plusPlus.wordOrder == 2)
        let segments = try SegmentsFixture.load().segments
        var sum = CHRF.Counts(orders: 8)
        for segment in segments { try sum.merge(CHRF.plusPlus.counts(segment.text, references: segment.references)) }
        #expect(CHRF.Counts(sums: sum.sums) == sum)
        #expect(CHRF.Counts(sums: [1, 2]) == nil)
        #expect(CHRF.plusPlus.score(sum) == (try CHRF.plusPlus.corpus(segments.map(\.text), references: segments.map(\.references))))
    }

    @Test("wrong settings and missing references are refused")
    func refused() {
        var chrf = CHRF()
        chrf.characterOrder = 0
        #expect(throws: EvaluationError.setting(name: "characterOrder", value: "0", expected: "at least 1")) {
            try chrf.sentence("a", references: ["a"])
        }
        #expect(throws: EvaluationError.empty) { try CHRF().corpus([], references: []) }
        #expect(throws: EvaluationError.self) { try CHRF().sentence("a", references: []) }
    }
}
