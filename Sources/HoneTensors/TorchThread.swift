internal import Foundation

/// Runs an actor's jobs on one operating-system thread of its own.
///
/// Tensor work blocks for long, so it must not occupy the shared pool; and libtorch's OpenMP pool and grad mode belong to the thread
/// that calls, so hopping between threads would make a second pool.
public final class TorchThread: SerialExecutor, @unchecked Sendable {  // `jobs` is only touched with `lock` held
    private let lock = NSCondition()
    private var jobs: [UnownedJob] = []
    private var isClosed = false

    /// Starts the thread; it waits for jobs until ``close()``.
    public init() {
        let thread = Thread { [weak self] in
            while let run = self?.next() { run() }
        }
        thread.name = "hone.torch"
        thread.stackSize = 16 << 20
        thread.start()
    }

    /// Adds a job, which runs after all that were given before it; called by the Swift runtime from any thread.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        lock.withLock {
            jobs.append(job)
            lock.signal()
        }
    }

    /// Lets the thread end when its jobs are done; jobs given later never run.
    public func close() {
        lock.withLock {
            isClosed = true
            lock.signal()
        }
    }

    private func next() -> (() -> Void)? {
        lock.lock()
        defer { lock.unlock() }
        while jobs.isEmpty {
            if isClosed { return nil }
            lock.wait()
        }
        let job = jobs.removeFirst()
        return { [self] in job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
}
