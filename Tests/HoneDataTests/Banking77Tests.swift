import Foundation
import HoneData
import Testing

@Suite("Banking77")
struct Banking77Tests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/data/intent-banking77").standardizedFileURL

    static var isPresent: Bool { FileManager.default.fileExists(atPath: folder.appending(path: "train.csv").path) }

    static func file(_ name: String) -> DataFile { DataFile(folder.appending(path: name), name: name) }

    @Test("reads all rows and labels of a real data set", .enabled(if: isPresent, "../shared/data/intent-banking77 is not here"))
    func real() throws {
        let loader = DataLoader(task: .classification, train: Self.file("train.csv"), test: .file(Self.file("test.csv")), seed: 1)
        let data = try loader.load()
        #expect(data.train.count == 10_003)
        #expect(data.test.count == 3_080)
        #expect(data.labels?.count == 77)
        #expect(data.report.files[0].columns.label == "category")
        #expect(data.report[.test]?.classes.allSatisfy { $0.rows == 40 } == true)
        #expect(data.report[.train]?.classes.map(\.rows).reduce(0, +) == 10_003)
        let again = try loader.load()
        #expect(again == data)
    }

    @Test("splits a real data set near its shares", .enabled(if: isPresent, "../shared/data/intent-banking77 is not here"))
    func shares() throws {
        let data = try DataLoader(
            task: .classification, train: Self.file("train.csv"), validation: .fraction(0.1), leakage: .error, seed: 17
        ).load()
        #expect((900...1100).contains(data.validation.count))
        #expect(data.train.count + data.validation.count == 10_003)
        #expect(data.report[.validation]?.classes.allSatisfy { $0.rows > 0 } == true)
    }
}
