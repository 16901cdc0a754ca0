internal import Foundation
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Maps a whole file into memory, read-only, for as long as the object lives.
///
/// Objects that map the same file at the same time share one map: its pages are in memory once, and counted once.
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
    private let map: Map

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
        (self.path, count) = (path, Int(facts.st_size))
        map = try Map.of(descriptor, Map.Identity(facts), path)
    }

    /// Lends the file's bytes to a closure.
    ///
    /// The pointer may outlive the call only beside a reference to this object: the map ends with the last of them.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: map.address), count: count))
    }
}

/// One map of a file, which ends with the last object that uses it.
private final class Map: Sendable {
    /// What a file is as long as nobody writes to it.
    struct Identity: Hashable {
        var device: UInt64, file: UInt64, size: Int, seconds: Int, nanoseconds: Int

        init(_ facts: stat) {
            (device, file, size) = (UInt64(truncatingIfNeeded: facts.st_dev), UInt64(facts.st_ino), Int(facts.st_size))
            #if canImport(Darwin)
                (seconds, nanoseconds) = (facts.st_mtimespec.tv_sec, facts.st_mtimespec.tv_nsec)
            #else
                (seconds, nanoseconds) = (facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec)
            #endif
        }
    }

    private struct Reference {
        weak var map: Map?
    }
    private static let live = Mutex<[Identity: Reference]>([:])

    let address: UInt
    private let count: Int

    private init(_ address: UInt, _ count: Int) { (self.address, self.count) = (address, count) }

    deinit { munmap(UnsafeMutableRawPointer(bitPattern: address), count) }

    /// The map that is alive of this file, or a new one.
    static func of(_ descriptor: Int32, _ identity: Identity, _ path: String) throws(WeightError) -> Map {
        try live.withLock { maps throws(WeightError) in
            if let map = maps[identity]?.map { return map }
            guard let base = mmap(nil, identity.size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
                throw .unreadable(file: path, reason: systemReason(errno))
            }
            let map = Map(UInt(bitPattern: base), identity.size)
            maps = maps.filter { $0.value.map != nil }
            maps[identity] = Reference(map: map)
            return map
        }
    }
}

/// The system's words for an error number, such as `No such file or directory`.
func systemReason(_ code: Int32) -> String {
    String(cString: strerror(code))
}
