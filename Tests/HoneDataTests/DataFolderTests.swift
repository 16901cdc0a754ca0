import Foundation
import Testing

@testable import HoneData

@Suite("DataFolder")
struct DataFolderTests {
    private let url = FileManager.default.temporaryDirectory.appending(path: "data-\(UUID().uuidString)")

    private func folder(_ names: [String]) throws -> DataFolder? {
        try? FileManager.default.removeItem(at: url)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }
        for name in names { try Data("x".utf8).write(to: url.appending(path: name)) }
        return try DataFolder(url, name: "folder")
    }

    @Test("finds the splits by their names", arguments: ["valid", "validation", "val", "dev"])
    func finds(validation: String) throws {
        let found = try #require(try folder(["train.jsonl", "\(validation).jsonl", "test.csv", "README.md", "train.lock"]))
        #expect(found.train.lastPathComponent == "train.jsonl" && found.test?.lastPathComponent == "test.csv")
        #expect(found.validation?.lastPathComponent == "\(validation).jsonl")
    }

    @Test("a training file is enough; without one, or with two, the folder is refused")
    func faults() throws {
        #expect(try folder(["train.txt"])?.validation == nil)
        #expect(throws: DataError.folder(file: "folder")) { try folder(["test.jsonl"]) }
        #expect(throws: DataError.ambiguousFolder(folder: "folder", files: ["train.csv", "train.jsonl"])) {
            try folder(["train.jsonl", "train.csv"])
        }
        #expect(DataError.ambiguousFolder(folder: "f", files: ["a", "b"]).description.contains("a, b"))
        #expect(try DataFolder(URL(filePath: #filePath), name: "file") == nil)
    }
}
