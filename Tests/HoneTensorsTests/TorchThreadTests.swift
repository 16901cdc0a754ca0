import Foundation
import HoneTensors
import Testing

private actor Worker {
    private let thread: TorchThread
    private var order: [Int] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ thread: TorchThread) { self.thread = thread }

    func visit(_ number: Int) -> UInt {
        order.append(number)
        return UInt(bitPattern: ObjectIdentifier(Thread.current))
    }

    var visits: [Int] { order }

    func gradMode() throws -> Bool {
        let x = try Tensor.ones([1])
        try x.setRequiresGradient(true)
        return try (x * 2).hasGraph
    }
}

@Suite("The torch thread")
struct TorchThreadTests {
    @Test("runs all jobs of an actor on one thread, one after another, and not on the caller's")
    func oneThread() async throws {
        let thread = TorchThread()
        let worker = Worker(thread)
        let threads = await withTaskGroup(of: UInt.self) { group in
            for number in 0..<200 { group.addTask { await worker.visit(number) } }
            return await group.reduce(into: Set<UInt>()) { $0.insert($1) }
        }
        #expect(threads.count == 1)
        #expect(await worker.visits.sorted() == Array(0..<200))
        #expect(try await worker.gradMode())
        thread.close()
    }

    @Test("keeps the order of jobs from one task")
    func order() async {
        let thread = TorchThread()
        let worker = Worker(thread)
        for number in 0..<50 { _ = await worker.visit(number) }
        #expect(await worker.visits == Array(0..<50))
        thread.close()
    }
}
