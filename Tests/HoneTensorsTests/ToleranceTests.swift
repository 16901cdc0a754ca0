import HoneTestSupport
import Testing

@Suite("Tolerances")
struct ToleranceTests {
    @Test("the bound has an absolute and a relative part")
    func bound() {
        let tolerance = Tolerance.float32Sum
        #expect(tolerance.accepts(0.99e-5, 0) && !tolerance.accepts(1.1e-5, 0))
        #expect(tolerance.accepts(1000.009, 1000) && !tolerance.accepts(1000.011, 1000))
        #expect(tolerance.description.contains("float32Sum"))
    }

    @Test("exact means exact")
    func exact() {
        #expect(Tolerance.exact.accepts(1, 1) && !Tolerance.exact.accepts(1, 1.nextUp))
    }
}
