import Testing

@testable import HoneEvaluation

@Suite("McNemar's test")
struct McNemarTests {
    @Test("p-values equal SciPy's exact binomial test")
    func reference() throws {
        for subject in try MetricsFixture.load().mcNemar {
            let test = McNemar(onlyFirst: subject.onlyFirst, onlySecond: subject.onlySecond)
            #expect(abs(test.pValue - subject.pValue) <= 1e-10 * subject.pValue, "\(subject): \(test.pValue)")
        }
    }

    @Test("the order of the models does not matter, and a more uneven split is never likelier", arguments: 0..<30)
    func properties(_ smaller: Int) {
        let total = 60
        let test = McNemar(onlyFirst: smaller, onlySecond: total - smaller)
        #expect(test.pValue == McNemar(onlyFirst: total - smaller, onlySecond: smaller).pValue)
        #expect(test.pValue <= McNemar(onlyFirst: smaller + 1, onlySecond: total - smaller - 1).pValue)
        #expect((0...1).contains(test.pValue))
    }

    @Test("only rows where one model is right count")
    func rows() {
        #expect(
            McNemar(first: [true, true, false, false, true], second: [true, false, true, false, false])
                == McNemar(onlyFirst: 2, onlySecond: 1))
    }
}
