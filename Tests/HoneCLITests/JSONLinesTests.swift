import Foundation
import Hone
import HoneRuns
import Testing

@testable import HoneCLI

@Suite("JSON lines of a run")
struct JSONLinesTests {
    private func record() throws -> RunRecord {
        var record = RunRecord(id: try RunID(parsing: "20261123-213045-brisk-otter"), created: Date(timeIntervalSince1970: 0), recipe: [:])
        record.status = .finished
        record.cost.measuredBytes = 12
        record.versions = .init(hone: "0", libtorch: "2", swift: "6", system: "s")
        return record
    }

    @Test("the result has what a benchmark reads")
    func result() throws {
        let record = try record()
        let folder = RunFolder(id: record.id, in: URL(filePath: "/runs"))
        let line = RunLine(folder: folder, record: record, before: nil, after: nil, savedSeconds: 3.5)
        let value = try JSONValue(line)
        #expect(value["run"] == "20261123-213045-brisk-otter")
        #expect(value["status"] == "finished" && value["peakBytes"] == 12 && value["savedSeconds"] == 3.5)
        #expect(value["metrics"] == [:] && value["versions"]?["libtorch"] == "2")
        #expect(value["runFolder"]?.text.contains("brisk-otter") == true && value["model"]?.text.hasSuffix("model") == true)
    }

    @Test("a run that is not finished has no model to name")
    func interrupted() throws {
        var record = try record()
        record.status = .interrupted
        let line = RunLine(
            folder: RunFolder(id: record.id, in: URL(filePath: "/runs")), record: record, before: nil, after: nil, savedSeconds: nil)
        #expect(try JSONValue(line)["model"] == nil)
    }

    @Test("everything that --json prints for people to read too is one object a line")
    func events() throws {
        let event = TimedEvent(
            time: Date(timeIntervalSince1970: 0),
            event: .step(index: 1, epoch: 0, loss: .nan, gradientNorm: nil, learningRate: 1, tokens: 2, rows: 3, seconds: 4))
        let line = try EventLog.line(event)
        #expect(line.last == UInt8(ascii: "\n") && !line.dropLast().contains(UInt8(ascii: "\n")))
        let object = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
        for key in ["type", "index", "loss", "rows", "seconds"] { #expect(object[key] != nil, "\(key)") }
    }
}
