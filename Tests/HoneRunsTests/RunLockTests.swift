import Foundation
import Testing

@testable import HoneRuns

@Suite("Run locks")
struct RunLockTests {
    @Test("refuse a second holder with pid and advice, and free themselves")
    func exclusion() throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        #expect(!RunLock.isHeld(folder))
        var lock: RunLock? = try RunLock.acquire(folder)
        #expect(lock != nil && RunLock.isHeld(folder))
        let error = try #require(throws: RunsError.self) { try RunLock.acquire(folder) }
        #expect(error == .locked(run: folder.id.description, pid: getpid()))
        #expect(error.description.contains("kill -INT \(getpid())"), "\(error)")
        lock = nil
        #expect(!RunLock.isHeld(folder))
        _ = try RunLock.acquire(folder)
    }

    @Test(
        "are refused while another process holds one, and vanish when it is killed", .enabled(if: Other.isAvailable, "flock(1) is absent"))
    func otherProcess() throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        let other = try Other(holding: folder)
        #expect(RunLock.isHeld(folder))
        #expect(throws: RunsError.self) { try RunLock.acquire(folder) }
        other.kill()
        #expect(!RunLock.isHeld(folder))
        _ = try RunLock.acquire(folder)
    }

    @Test("the file that a killed process leaves behind means nothing")
    func stale() throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        try Data("4194304\n".utf8).write(to: folder.lock)
        #expect(!RunLock.isHeld(folder))
        _ = try RunLock.acquire(folder)
    }

    @Test("ten threads: one wins")
    func race() async throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        let held = await withTaskGroup(of: RunLock?.self) { group in
            for _ in 0..<10 { group.addTask { try? RunLock.acquire(folder) } }
            return await group.reduce(into: [RunLock]()) { locks, lock in if let lock { locks.append(lock) } }
        }
        #expect(held.count == 1)
    }
}

/// Another process that holds a run's lock: the system's `flock` with a `cat` that waits for its input.
final class Other {
    static let program = "/usr/bin/flock"
    static var isAvailable: Bool { FileManager.default.isExecutableFile(atPath: program) }
    private let process = Process()
    private let (input, output) = (Pipe(), Pipe())

    init(holding folder: RunFolder) throws {
        process.executableURL = URL(filePath: Self.program)
        process.arguments = ["--no-fork", folder.lock.path, "cat"]
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        input.fileHandleForWriting.write(Data("held\n".utf8))
        _ = output.fileHandleForReading.availableData  // comes only when `cat` runs, thus with the lock held
    }

    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    deinit { if process.isRunning { kill() } }
}
