internal import Crypto
internal import Foundation

/// SHA-256 of file contents, for records.
enum ContentHash {
    /// The hash of one file as lower-case hexadecimal digits; reads a mebibyte at a time.
    static func file(_ url: URL) throws -> String {
        let handle = try FileHandle(forReadingFrom: url)
        defer { try? handle.close() }
        var hash = SHA256()
        while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(data: piece) }
        return hex(hash.finalize())
    }

    /// One hash over several files, by name and content, in name order.
    static func files(_ urls: [URL]) throws -> String {
        var hash = SHA256()
        for url in urls.sorted(by: { $0.lastPathComponent < $1.lastPathComponent }) {
            hash.update(data: Data("\(url.lastPathComponent):\(try file(url))\n".utf8))
        }
        return hex(hash.finalize())
    }

    private static func hex(_ digest: some Sequence<UInt8>) -> String {
        digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
