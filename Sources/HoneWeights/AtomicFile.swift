internal import Foundation

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The system calls that can fail half-way, as values, so that tests can make them fail.
struct FileCalls: Sendable {
    var write: @Sendable (Int32, UnsafeRawPointer, Int) -> Int = { descriptor, start, count in
        #if canImport(Glibc)
            Glibc.write(descriptor, start, count)
        #elseif canImport(Musl)
            Musl.write(descriptor, start, count)
        #else
            Darwin.write(descriptor, start, count)
        #endif
    }
    var synchronise: @Sendable (Int32) -> Int32 = { fsync($0) }
}

/// Writes a file under a temporary name beside its place and renames it once it is whole and on disk.
///
/// Until the rename, whatever stood under the final name stays as it was; on any failure the temporary file is removed.
enum AtomicFile {
    static func write(
        to path: String, bytesNeeded: Int, calls: FileCalls = FileCalls(),
        _ body: (_ put: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let folder = (path as NSString).deletingLastPathComponent
        let draft = (folder as NSString).appendingPathComponent(".\((path as NSString).lastPathComponent).\(UUID().uuidString).partial")
        func failure(_ code: Int32) -> WeightError {
            code == ENOSPC || code == EDQUOT
                ? .diskFull(file: path, bytesNeeded: bytesNeeded)
                : .unwritable(file: path, bytesNeeded: bytesNeeded, reason: systemReason(code))
        }
        var descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(errno) }
        var isWhole = false
        defer {
            if descriptor >= 0 { close(descriptor) }
            if !isWhole { unlink(draft) }
        }
        try body { piece in
            if let code = put(piece, to: descriptor, calls: calls) { throw failure(code) }
        }
        guard calls.synchronise(descriptor) == 0 else { throw failure(errno) }
        let closed = close(descriptor)
        descriptor = -1
        guard closed == 0, rename(draft, path) == 0 else { throw failure(errno) }
        isWhole = true
        try synchronise(folder: folder.isEmpty ? "." : folder, failure: failure)
    }

    /// Writes every byte, in pieces the system takes at once; returns the error number where it refuses.
    private static func put(_ piece: UnsafeRawBufferPointer, to descriptor: Int32, calls: FileCalls) -> Int32? {
        guard let base = piece.baseAddress else { return nil }
        var done = 0
        while done < piece.count {
            let written = calls.write(descriptor, base + done, min(piece.count - done, 1 << 30))
            if written > 0 {
                done += written
            } else if written == 0 {
                return EIO
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }

    /// Makes the rename itself survive a power cut.
    private static func synchronise(folder: String, failure: (Int32) -> WeightError) throws {
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        // Some file systems cannot synchronise a folder and say so with EINVAL; the file itself is already on disk.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure(errno) }
    }
}
