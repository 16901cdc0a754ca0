import Foundation
import Testing

@testable import HoneRuns

@Suite("Times")
struct TimestampTests {
    @Test(
        "are written in UTC",
        arguments: [
            (0.0, "1970-01-01T00:00:00.000Z"), (1_795_469_445.123, "2026-11-23T21:30:45.123Z"), (951_782_400, "2000-02-29T00:00:00.000Z"),
            (-0.001, "1969-12-31T23:59:59.999Z"), (4_107_542_399.9996, "2100-02-28T23:59:59.1000Z"),
        ])
    func text(_ seconds: Double, _ expected: String) {
        // The last row rounds up into March: no .1000 may appear.
        let wanted = expected.hasSuffix(".1000Z") ? "2100-03-01T00:00:00.000Z" : expected
        #expect(Timestamp.text(Date(timeIntervalSince1970: seconds)) == wanted)
    }

    @Test("read back to the same millisecond, 400 times")
    func roundTrip() throws {
        var generator = Seeded(11)
        for _ in 0..<400 {
            let milliseconds = Int64.random(in: -60_000_000_000_000...250_000_000_000_000, using: &generator)
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            let text = Timestamp.text(date)
            let back = try #require(Timestamp.parse(text), "\(text)")
            #expect(Int64((back.timeIntervalSince1970 * 1000).rounded()) == milliseconds, "\(text)")
        }
    }

    @Test(
        "are refused when impossible",
        arguments: [
            "", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00.12Z",
            "2026-01-01T00:00:00", "２026-01-01T00:00:00Z", "-026-01-01T00:00:00Z",
        ])
    func refuse(_ text: String) { #expect(Timestamp.parse(text) == nil) }
}
