import Foundation

/// Holds a run's folder for one process, for as long as the value lives.
///
/// The lock is the kernel's (`flock`) on `run.lock`, so it is gone the moment its process is, `kill -9` included; the file that stays
/// behind means nothing. Value, safe anywhere.
public final class RunLock: Sendable {
    private let file: Int32

    private init(file: Int32) { self.file = file }

    deinit { close(file) }

    /// Takes the lock.
    ///
    /// - Throws: `RunsError.locked` with the holder's process number, or `RunsError.cannotWrite` where the file cannot be made.
    public static func acquire(_ folder: RunFolder) throws(RunsError) -> RunLock {
        let file = open(folder.lock.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .cannotWrite(path: folder.lock.path, reason: RunsError.systemReason()) }
        // A process that asks `isHeld` has the lock for some microseconds: look again before believing in a training.
        for attempt in 0..<8 {
            if flock(file, LOCK_EX | LOCK_NB) == 0 {
                ftruncate(file, 0)
                _ = AtomicFile.writeAll(Data("\(getpid())\n".utf8), to: file)  // the number is advice only: the lock is what counts
                return RunLock(file: file)
            }
            guard errno == EWOULDBLOCK || errno == EINTR else { break }
            if attempt < 7 { usleep(2000) }
        }
        let (code, pid) = (errno, readPID(file))
        close(file)
        guard code == EWOULDBLOCK else { throw .cannotWrite(path: folder.lock.path, reason: RunsError.systemReason(code)) }
        throw .locked(run: folder.id.description, pid: pid)
    }

    /// Whether some process holds the lock, this one included.
    public static func isHeld(_ folder: RunFolder) -> Bool {
        let file = open(folder.lock.path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    private static func readPID(_ file: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes[0..<count], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
