import Foundation
import Testing

@testable import HoneRuns

@Suite("Records")
struct RunRecordTests {
    @Test("survive a round trip through their file")
    func roundTrip() throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        let record = makeRecord(folder.id)
        try folder.write(record)
        #expect(try folder.readRecord() == record)
    }

    @Test("a record of a run that has not begun is readable")
    func minimal() throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        let record = RunRecord(id: folder.id, created: moment(), recipe: [:])
        try folder.write(record)
        #expect(try folder.readRecord() == record)
    }

    @Test("a NaN metric does not lose the record")
    func nan() throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        var record = makeRecord(folder.id)
        record.metrics = [.init(split: "test", name: "pearson", value: .nan, low: -.infinity)]
        try folder.write(record)
        let back = try folder.readRecord()
        #expect(back.metric("pearson")?.value.isNaN == true)
        #expect(back.metric("pearson")?.low == -.infinity)
        #expect(back.metric("pearson", phase: .before) == nil)
    }

    @Test("a newer schema is refused by number, before anything else is read")
    func newer() throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        try Data("{\"schema\": 99, \"elsewhere\": true}".utf8).write(to: folder.record)
        #expect(throws: RunsError.newerSchema(path: folder.record.path, found: 99, supported: RunRecord.currentSchema)) {
            try folder.readRecord()
        }
    }

    @Test(
        "a damaged record says what is wrong",
        arguments: [
            ("", "schema"), ("{\"schema\": 1}", "missing"), ("[]", "expected"), ("{\"schema\": 1, \"id\": \"x\"}", "not the name of a run"),
        ])
    func damaged(_ text: String, _ part: String) throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        try Data(text.utf8).write(to: folder.record)
        let error = try #require(throws: RunsError.self) { try folder.readRecord() }
        #expect(error.description.contains(folder.record.path) && (text.isEmpty || error.description.contains(part)), "\(error)")
    }

    @Test("the record of another run is refused")
    func foreign() throws {
        let scratch = try Scratch()
        let (one, two) = (try makeFolder(scratch.url, seed: 1), try makeFolder(scratch.url, seed: 2))
        try one.write(makeRecord(one.id))
        try FileManager.default.copyItem(at: one.record, to: two.record)
        let error = try #require(throws: RunsError.self) { try two.readRecord() }
        #expect(error.description.contains("it is the record of \(one.id)"), "\(error)")
    }

    @Test("times are refused when they are not times")
    func time() {
        #expect(throws: DecodingError.self) { try RunJSON.decoder().decode([Date].self, from: Data("[\"yesterday\"]".utf8)) }
    }
}
