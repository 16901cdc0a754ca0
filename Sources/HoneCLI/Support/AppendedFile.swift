import Foundation

/// A file of lines that grows at its end; what was written stays whatever happens after.
final class AppendedFile {
    private let url: URL
    private let file: Int32

    /// Opens a file, or makes it; one whose last line is not ended gets a line break first.
    ///
    /// - Throws: `CommandError.cannotCreate` with the reason.
    init(_ url: URL) throws(CommandError) {
        self.url = url
        file = open(url.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .cannotCreate(path: url.path, reason: String(cString: strerror(errno))) }
        var last: UInt8 = 0x0A
        let size = lseek(file, 0, SEEK_END)
        if size > 0, pread(file, &last, 1, size - 1) == 1, last != 0x0A { try append(Data("\n".utf8)) }
    }

    deinit { close(file) }

    /// Writes a line, its line break included.
    ///
    /// - Throws: `CommandError.cannotSave` with the reason.
    func append(_ line: Data) throws(CommandError) {
        let reason = writeAll(line, to: file)
        if let reason { throw .cannotSave(path: url.path, reason: reason) }
    }
}

/// Writes every byte, in as many pieces as the system takes.
///
/// - Returns: why it could not; nil if all is written.
func writeAll(_ data: Data, to file: Int32) -> String? {
    data.withUnsafeBytes { bytes in
        var start = 0
        while start < bytes.count {
            let count = Foundation.write(file, bytes.baseAddress.map { $0 + start }, bytes.count - start)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(cString: strerror(errno)) }
            start += count
        }
        return nil
    }
}
