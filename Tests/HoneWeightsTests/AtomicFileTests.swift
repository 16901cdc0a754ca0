import Foundation
import Synchronization
import Testing

@testable import HoneWeights

@Suite("Atomic files")
struct AtomicFileTests {
    /// Calls that accept `room` bytes and then fail with `code`.
    private func calls(room: Int, code: Int32) -> FileCalls {
        let left = Mutex(room)
        var calls = FileCalls()
        let write = calls.write
        calls.write = { descriptor, start, count in
            let allowed = left.withLock { left in
                let allowed = min(left, count)
                left -= allowed
                return allowed
            }
            guard allowed > 0 else {
                errno = code
                return -1
            }
            return write(descriptor, start, allowed)
        }
        return calls
    }

    @Test("a full disk is named with the bytes needed, at whatever byte it fills up", arguments: [0, 1, 8, 60, 100, 119])
    func diskFull(_ room: Int) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write([1, 2, 3])
        var writer = SafetensorsWriter()
        try writer.write([floats("a", [8])], to: folder.file("probe"))
        let needed = try folder.file("probe").bytes.count
        #expect(needed > room)
        try FileManager.default.removeItem(at: folder.file("probe"))
        writer.calls = calls(room: room, code: ENOSPC)
        #expect(throws: WeightError.diskFull(file: file.plainPath, bytesNeeded: needed)) { try writer.write([floats("a", [8])], to: file) }
        #expect(try file.bytes == [1, 2, 3])
        #expect(try folder.names == ["model.safetensors"])
    }

    @Test("short writes are continued until everything is written")
    func shortWrites() throws {
        let folder = try TemporaryFolder()
        var writer = SafetensorsWriter()
        let write = writer.calls.write
        writer.calls.write = { descriptor, start, count in write(descriptor, start, min(count, 3)) }
        try writer.write([floats("a", [8])], to: folder.file("x.safetensors"))
        let entry = try Checkpoint(file: folder.file("x.safetensors")).entry("a")
        #expect(entry.withBytes { $0.load(fromByteOffset: 28, as: Float.self) } == 7)
    }

    @Test("a refusal to synchronise is an error")
    func synchronise() throws {
        let folder = try TemporaryFolder()
        var writer = SafetensorsWriter()
        writer.calls.synchronise = { _ in
            errno = EIO
            return -1
        }
        #expect(throws: WeightError.self) { try writer.write([floats("a", [8])], to: folder.file("x.safetensors")) }
        #expect(try folder.names.isEmpty)
    }

    @Test("a missing folder is an error that names the file")
    func missingFolder() throws {
        let file = try TemporaryFolder().file("absent/x.safetensors")
        let error = #expect(throws: WeightError.self) { try SafetensorsWriter().write([], to: file) }
        #expect(error?.description.contains("absent/x.safetensors") == true)
    }

    @Test("the file that is replaced may still be mapped")
    func replacesMapped() throws {
        let folder = try TemporaryFolder()
        let file = folder.file("x.safetensors")
        try SafetensorsWriter().write([floats("a", [2])], to: file)
        let old = try Checkpoint(file: file)
        try SafetensorsWriter().write([WeightSource(try old.entry("a"), name: "b"), floats("c", [5])], to: file)
        #expect(try Checkpoint(file: file).keys == ["b", "c"])
        #expect(old.keys == ["a"])
    }
}
