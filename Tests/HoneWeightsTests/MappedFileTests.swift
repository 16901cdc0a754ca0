import Foundation
import Testing

@testable import HoneWeights

@Suite("Mapped files")
struct MappedFileTests {
    @Test("a mapped file has the bytes of the file")
    func bytes() throws {
        let folder = try TemporaryFolder()
        let content: [UInt8] = [3, 1, 4, 1, 5, 9, 2, 6]
        let file = try MappedFile(path: folder.write(content, as: "x").plainPath)
        #expect(file.count == content.count)
        #expect(file.withBytes { Array($0) } == content)
    }

    @Test("a map outlives the name of its file")
    func renamed() throws {
        let folder = try TemporaryFolder()
        let url = try folder.write([7, 8, 9], as: "x")
        let file = try MappedFile(path: url.plainPath)
        try FileManager.default.removeItem(at: url)
        #expect(file.withBytes { Array($0) } == [7, 8, 9])
    }

    @Test("a file is mapped once for all who read it at a time, and anew when it is another file")
    func shared() throws {
        let folder = try TemporaryFolder()
        let url = try folder.write([7, 8, 9], as: "x")
        func address(_ file: MappedFile) -> Int { file.withBytes { Int(bitPattern: $0.baseAddress) } }
        var first: MappedFile? = try MappedFile(path: url.plainPath)
        let place = address(try #require(first))
        let second = try MappedFile(path: url.plainPath)
        #expect(address(second) == place)
        first = nil
        #expect(second.withBytes { Array($0) } == [7, 8, 9])
        // As weights are replaced: by a rename.
        try FileManager.default.removeItem(at: url)
        _ = try folder.write([1, 2, 3], as: "x")
        let other = try MappedFile(path: url.plainPath)
        #expect(address(other) != place && other.withBytes { Array($0) } == [1, 2, 3])
        #expect(second.withBytes { Array($0) } == [7, 8, 9])
    }

    #if os(Linux)
        @Test("a map ends with the last who reads it")
        func ends() throws {
            let folder = try TemporaryFolder()
            let path = try folder.write([UInt8](repeating: 1, count: 5000), as: "ending").plainPath
            func isMapped() throws -> Bool {
                // Files of /proc have no size: read to the end.
                let maps = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/maps")).readToEnd() ?? Data()
                return String(decoding: maps, as: UTF8.self).contains(path)
            }
            var (first, second): (MappedFile?, MappedFile?) = (try MappedFile(path: path), try MappedFile(path: path))
            #expect(try isMapped() && first?.count == second?.count)
            first = nil
            #expect(try isMapped())
            second = nil
            #expect(try !isMapped())
        }
    #endif

    @Test("a missing file is named")
    func missing() throws {
        let path = try TemporaryFolder().file("absent").plainPath
        #expect(throws: WeightError.unreadable(file: path, reason: "No such file or directory")) { try MappedFile(path: path) }
    }

    @Test("an empty file is an error of its own")
    func empty() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write([], as: "x").plainPath
        #expect(throws: WeightError.emptyFile(file: path)) { try MappedFile(path: path) }
    }

    @Test("a folder and a device are not files", arguments: ["/dev/null", "/"])
    func notAFile(_ path: String) {
        #expect(throws: WeightError.notAFile(file: path)) { try MappedFile(path: path) }
    }

    @Test("a file without permission is named", .enabled(if: getuid() != 0, "the superuser may read everything"))
    func forbidden() throws {
        let folder = try TemporaryFolder()
        let url = try folder.write([1], as: "x")
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: url.plainPath)
        #expect(throws: WeightError.unreadable(file: url.plainPath, reason: "Permission denied")) { try MappedFile(path: url.plainPath) }
    }
}
