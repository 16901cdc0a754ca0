import Foundation
import Testing

@testable import Hone

@Suite("Content hashes")
struct ContentHashTests {
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hone-hash-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test(
        "a file's hash is the published SHA-256 of its bytes",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ])
    func vectors(text: String, expected: String) throws {
        try withFolder { folder in
            let file = folder.appending(path: "a.txt")
            try Data(text.utf8).write(to: file)
            #expect(try ContentHash.file(file) == expected)
        }
    }

    @Test("a file of several pieces has the hash of the whole")
    func pieces() throws {
        try withFolder { folder in
            let file = folder.appending(path: "million.txt")
            // The message of a million letters from NIST's examples; then two mebibytes of zeros, which are read in two pieces.
            try Data(repeating: UInt8(ascii: "a"), count: 1_000_000).write(to: file)
            #expect(try ContentHash.file(file) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
            try Data(repeating: 0, count: 2 << 20).write(to: file)
            #expect(try ContentHash.file(file) == "5647f05ec18958947d32874eeb788fa396a05d0bab7c1b71f112ceb7e9b31eee")
        }
    }

    @Test("several files: the order of naming does not count, names and contents do")
    func files() throws {
        try withFolder { folder in
            let (a, b, c) = (folder.appending(path: "a"), folder.appending(path: "b"), folder.appending(path: "c"))
            try Data("1".utf8).write(to: a)
            try Data("2".utf8).write(to: b)
            try Data("2".utf8).write(to: c)
            let hash = try ContentHash.files([a, b])
            #expect(try ContentHash.files([b, a]) == hash)
            #expect(try ContentHash.files([a, c]) != hash, "another name")
            try Data("3".utf8).write(to: b)
            #expect(try ContentHash.files([a, b]) != hash, "another content")
        }
    }
}
