import Foundation
import Testing

@testable import HoneRuns

@Suite("Events")
struct RunEventTests {
    @Test("survive a round trip as one flat line", arguments: sampleEvents)
    func roundTrip(_ event: RunEvent) throws {
        let timed = TimedEvent(time: moment(), event: event)
        let line = try EventLog.line(timed)
        #expect(line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        #expect(try RunJSON.decoder().decode(TimedEvent.self, from: line) == timed)
        let object = try #require(JSONSerialization.jsonObject(with: line) as? [String: Any])
        #expect(object["type"] as? String == event.kind.rawValue)
        #expect(object["time"] as? String == "2026-11-23T21:30:45.123Z")
    }

    @Test("every kind has a sample above, or is `started`")
    func coverage() {
        #expect(Set(sampleEvents.map(\.kind)).union([.started]) == Set(RunEvent.Kind.allCases))
    }

    @Test("a NaN loss is written as a string and read as NaN")
    func nan() throws {
        let event = RunEvent.step(
            index: 9, epoch: 1, loss: .nan, gradientNorm: .nan, learningRate: 1e-4, tokens: 5, rows: 1, seconds: 2)
        let line = try EventLog.line(TimedEvent(time: moment(), event: event))
        #expect(String(decoding: line, as: UTF8.self).contains("\"loss\":\"NaN\""))
        guard case .step(_, _, let loss, let norm, _, _, _, _) = try RunJSON.decoder().decode(TimedEvent.self, from: line).event else {
            Issue.record("not a step")
            return
        }
        #expect(loss.isNaN && norm?.isNaN == true)
    }

    @Test("has exactly the promised shape")
    func shape() throws {
        let id = try RunID(parsing: "20261123-213045-brisk-otter")
        let line = try EventLog.line(TimedEvent(time: moment(), event: .started(run: id, pid: 42)))
        #expect(
            String(decoding: line, as: UTF8.self)
                == "{\"pid\":42,\"run\":\"20261123-213045-brisk-otter\",\"time\":\"2026-11-23T21:30:45.123Z\",\"type\":\"started\"}\n")
    }
}
