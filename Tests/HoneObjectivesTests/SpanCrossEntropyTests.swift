import HoneData
import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneObjectives

@Suite("Cross-entropy of answers")
struct SpanCrossEntropyTests {
    struct Fixture: Decodable {
        struct Case: Decodable {
            var name: String
            var lengths: [Int], starts: [Int32], ends: [Int32]
            var scores: [Float], gradient: [Float]
            var sum: Float
        }
        var cases: [Case]
    }

    private func batch(_ subject: Fixture.Case, _ layout: Batching, _ rows: [Int]? = nil) -> TokenBatch {
        let list = subject.lengths.indices.map { row in
            EncodedRow(
                ids: [Int32](repeating: 7, count: subject.lengths[row]), typeIDs: [Int32](repeating: 0, count: subject.lengths[row]),
                target: .span(start: subject.starts[row], end: subject.ends[row]), source: row)
        }
        return TokenBatch(rows ?? Array(list.indices), of: list, layout: layout, paddingID: 0)
    }

    @Test("value, gradient and divisor are Transformers', packed, padded and row by row, also for extreme scores")
    func reference() throws {
        let fixture: Fixture = try FixtureFolder("HoneObjectives").json("span-loss.json")
        #expect(fixture.cases.count == 4)
        for subject in fixture.cases {
            let firsts = subject.lengths.indices.map { subject.lengths[..<$0].reduce(0, +) }
            let scores = try Tensor(subject.scores, shape: [subject.scores.count / 2, 2])
            try scores.setRequiresGradient(true)
            let terms = try SpanCrossEntropy()(scores, batch(subject, .packed))
            #expect(terms.sum.dtype == .float32 && terms.weight == Double(subject.lengths.count))
            try requireClose(terms.sum, [subject.sum], .float32Sum, "sum")
            try terms.sum.backward()
            try requireClose(#require(try scores.gradient()), subject.gradient, .float32Sum, "gradient")

            let padded = batch(subject, .padded)
            var block = [Float](repeating: 9, count: 2 * padded.slotCount)
            for (row, length) in subject.lengths.enumerated() {
                for place in 0..<(2 * length) { block[2 * Int(padded.starts[row]) + place] = subject.scores[2 * firsts[row] + place] }
            }
            let again = try SpanCrossEntropy()(Tensor(block, shape: [padded.slotCount, 2]), padded)
            try requireClose(again.sum, [subject.sum], .float32Sum, "padded")
            let parts = try subject.lengths.indices.map { row in
                let own = try scores.detached().slice(0, firsts[row]..<(firsts[row] + subject.lengths[row]))
                return try SpanCrossEntropy()(own, batch(subject, .packed, [row])).sum.item()
            }
            try requireClose(parts.reduce(0, +), Double(subject.sum), .float32Sum, "row by row")
        }
    }

    @Test("a row without an answer, and one that ends outside its tokens, are errors that name the row")
    func outside() throws {
        let subject = Fixture.Case(name: "", lengths: [2, 3], starts: [0, 1], ends: [1, 3], scores: [], gradient: [], sum: 0)
        let error = try #require(throws: ObjectiveError.self) { try SpanCrossEntropy()(.zeros([5, 2]), batch(subject, .packed)) }
        #expect(error == .spanOutside(place: 3, length: 3, row: 1) && error.description.contains("0 ..< 3"))
        let row = EncodedRow(ids: [1], typeIDs: [0], target: .none, source: 0)
        let none = TokenBatch([0], of: [row], layout: .packed, paddingID: 0)
        #expect(throws: ObjectiveError.wrongTarget(expected: "answer", row: 0)) { try SpanCrossEntropy()(.zeros([1, 2]), none) }
        #expect(throws: ObjectiveError.self) { try SpanCrossEntropy()(.zeros([1, 3]), none) }
        #expect(SpanCrossEntropy().weight(of: [.span(start: 0, end: 0), .span(start: 1, end: 2)]) == 2)
    }
}
