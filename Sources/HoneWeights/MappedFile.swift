internal import Foundation

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Maps a whole file into memory, read-only, for as long as the object lives.
///
/// Pages are read from disk when first touched and can be dropped by the system again, so opening costs nothing in proportion to size.
/// The file must not be shortened by another program meanwhile: touching a page that is gone ends the process. Renaming or deleting it is
/// safe, which is why Hone only ever replaces weight files by a rename.
///
/// Immutable and safe to share between threads.
public final class MappedFile: Sendable {
    /// The path as it was given.
    public let path: String
    /// The number of bytes, at least one.
    public let count: Int
    private let address: UInt

    /// Maps the file at a path.
    ///
    /// - Throws: `WeightError.unreadable` (missing, no permission, mapping refused), `.notAFile`, `.emptyFile`.
    public init(path: String) throws(WeightError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(file: path, reason: systemReason(errno)) }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw .unreadable(file: path, reason: systemReason(errno)) }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw .notAFile(file: path) }
        guard facts.st_size > 0 else { throw .emptyFile(file: path) }
        guard let base = mmap(nil, Int(facts.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw .unreadable(file: path, reason: systemReason(errno))
        }
        (self.path, count, address) = (path, Int(facts.st_size), UInt(bitPattern: base))
    }

    deinit {
        munmap(UnsafeMutableRawPointer(bitPattern: address), count)
    }

    /// Lends the file's bytes to a closure.
    ///
    /// The pointer may outlive the call only beside a reference to this object: the map ends with the last of them.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count))
    }
}

/// The system's words for an error number, such as `No such file or directory`.
func systemReason(_ code: Int32) -> String {
    String(cString: strerror(code))
}
