import Foundation
import Testing

@testable import HoneRuns

@Suite("Run folders")
struct RunFolderTests {
    @Test("are made with their parents and hold the parts of a run")
    func create() throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url.appending(path: "deep/runs"))
        #expect(folder.exists)
        #expect(FileManager.default.fileExists(atPath: folder.checkpoints.path))
        #expect(folder.checkpoint(step: 12).path.hasSuffix("\(folder.id)/checkpoints/step-12"))
        try folder.writeRecipe("model: ./minilm\n")
        #expect(try String(contentsOf: folder.recipe, encoding: .utf8) == "model: ./minilm\n")
    }

    @Test("draw another name when the first is taken")
    func collision() throws {
        let scratch = try Scratch()
        let folders = try (0..<8).map { _ in try makeFolder(scratch.url, seed: 3) }
        #expect(Set(folders.map(\.id)).count == 8)
        #expect(try RunFolder.all(in: scratch.url) == folders.sorted { $0.id < $1.id })
    }

    @Test("are refused where a file stands in the way")
    func blocked() throws {
        let scratch = try Scratch()
        let file = scratch.url.appending(path: "runs")
        try Data().write(to: file)
        let error = try #require(throws: RunsError.self) { try makeFolder(file) }
        guard case .cannotCreate = error else {
            Issue.record("\(error)")
            return
        }
        #expect(error.description.contains("output.folder"), "\(error)")
    }

    @Test("are refused where the parent cannot be written", .enabled(if: getuid() != 0, "the superuser may write everywhere"))
    func readOnly() throws {
        let scratch = try Scratch()
        chmod(scratch.url.path, 0o555)
        defer { chmod(scratch.url.path, 0o755) }
        #expect(throws: RunsError.self) { try makeFolder(scratch.url) }
    }

    @Test("are found by path or by a part of the name; other folders are passed over")
    func find() throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        try FileManager.default.createDirectory(at: scratch.url.appending(path: "notes"), withIntermediateDirectories: false)
        #expect(try RunFolder.find(folder.id.words, in: scratch.url) == folder)
        #expect(try RunFolder.find(folder.url.path, in: scratch.url).id == folder.id)
        #expect(try RunFolder.all(in: scratch.url).count == 1)
        #expect(try RunFolder.all(in: scratch.url.appending(path: "absent")).isEmpty)
        #expect(throws: RunsError.invalidID("notes")) { try RunFolder.find(scratch.url.path + "/notes", in: scratch.url) }
    }
}
