import Foundation

/// Writes files so that a reader, a crash or a full disk sees the old file or the new one, never half of one.
enum AtomicFile {
    /// Writes beside the target, flushes to the disk, then renames over it and flushes the folder.
    static func write(_ data: Data, to url: URL) throws(RunsError) {
        let name = ".\(url.lastPathComponent).\(getpid()).\(UUID().uuidString.prefix(8)).tmp"
        let draft = url.deletingLastPathComponent().appending(path: name)
        let file = open(draft.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .cannotWrite(path: url.path, reason: RunsError.systemReason()) }
        var failure: String?
        if !writeAll(data, to: file) || fsync(file) != 0 { failure = RunsError.systemReason() }
        if close(file) != 0, failure == nil { failure = RunsError.systemReason() }
        if failure == nil, rename(draft.path, url.path) != 0 { failure = RunsError.systemReason() }
        if let failure {
            unlink(draft.path)
            throw .cannotWrite(path: url.path, reason: failure)
        }
        flushFolder(url.deletingLastPathComponent())
    }

    /// Writes every byte, going on after a signal or a short write; false leaves the cause in `errno`.
    static func writeAll(_ data: Data, to file: Int32) -> Bool {
        data.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Foundation.write(file, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
                if count < 0 {
                    if errno == EINTR { continue }
                    return false
                }
                sent += count
            }
            return true
        }
    }

    /// Makes a rename last through a power cut.
    ///
    /// File systems that refuse it lose nothing that they promised.
    static func flushFolder(_ url: URL) {
        let folder = open(url.path, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    /// The bytes of a file.
    static func read(_ url: URL) throws(RunsError) -> Data {
        do {
            return try Data(contentsOf: url)
        } catch {
            let missing = !FileManager.default.fileExists(atPath: url.path)
            throw .cannotRead(path: url.path, reason: missing ? "there is no such file" : "\(error.localizedDescription)")
        }
    }
}
