import Foundation
import HoneTestSupport
import Testing

@Suite("Taking turns")
struct ExclusiveTests {
    @Test("gives back what the body returns and lets the same test in again")
    func nested() throws {
        #expect(exclusively { exclusively { 3 } } == 3)
        #expect(throws: CheckFailure.self) { try exclusively { throw CheckFailure("out") } }
        #expect(exclusively { 4 } == 4)
    }
}
