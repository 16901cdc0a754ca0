import Testing

@testable import HoneEvaluation

@Suite("Means of parts")
struct MeanValueTests {
    @Test("parts of different size weigh by their count")
    func weights() throws {
        var (first, second) = (MeanValue(), MeanValue())
        try first.add(sum: 6, count: 3)
        try second.add(sum: 1, count: 1)
        first.merge(second)
        #expect(first.value == 1.75)
    }

    @Test("no parts have no mean, and a loss that is not finite is an error")
    func edges() {
        var mean = MeanValue()
        #expect(mean.value == nil)
        #expect(throws: EvaluationError.notFinite(value: "nan", row: 0)) { try mean.add(sum: .nan, count: 2) }
        #expect(mean.value == nil)
    }
}
