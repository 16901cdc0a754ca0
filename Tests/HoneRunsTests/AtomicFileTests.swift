import Foundation
import Testing

@testable import HoneRuns

@Suite("Atomic files")
struct AtomicFileTests {
    @Test("replace the old file and leave nothing else behind")
    func replace() throws {
        let scratch = try Scratch()
        let url = scratch.url.appending(path: "record.json")
        try AtomicFile.write(Data("old".utf8), to: url)
        try AtomicFile.write(Data(repeating: 7, count: 3_000_001), to: url)
        #expect(try AtomicFile.read(url).count == 3_000_001)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path) == ["record.json"])
    }

    @Test(
        "a full disk is an error that says so, and leaves the old state", .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func full() throws {
        let file = open("/dev/full", O_WRONLY)
        defer { close(file) }
        #expect(!AtomicFile.writeAll(Data("x".utf8), to: file))
        #expect(errno == ENOSPC)
        let scratch = try Scratch()
        let error = try #require(throws: RunsError.self) {
            try AtomicFile.write(Data("x".utf8), to: scratch.url.appending(path: "absent/record.json"))
        }
        #expect(error.description.contains("No such file or directory"), "\(error)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty)
    }

    @Test("a failed rename removes the draft")
    func failedRename() throws {
        let scratch = try Scratch()
        let target = scratch.url.appending(path: "record.json")
        try FileManager.default.createDirectory(at: target.appending(path: "inside"), withIntermediateDirectories: true)
        #expect(throws: RunsError.self) { try AtomicFile.write(Data("x".utf8), to: target) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path) == ["record.json"])
    }
}
