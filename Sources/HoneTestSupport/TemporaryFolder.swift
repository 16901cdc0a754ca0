// Tested by FixtureFolderTests.swift.
public import Foundation

/// A folder of the test's own, removed with everything in it when the test ends.
public final class TemporaryFolder {
    /// Where the folder is.
    public let url: URL

    /// Makes an empty folder with a name that nobody else uses.
    public init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "HoneTests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        // Left behind if the system refuses; the next start of the machine clears it.
        try? FileManager.default.removeItem(at: url)
    }

    /// The place of a file or folder inside.
    public func callAsFunction(_ name: String) -> URL { url.appending(path: name) }

    /// Copies a fixture folder into this one, so that a test can change it.
    public func copy(_ folder: URL, as name: String) throws -> URL {
        try FileManager.default.copyItem(at: folder.resolvingSymlinksInPath(), to: url.appending(path: name))
        return url.appending(path: name)
    }
}
