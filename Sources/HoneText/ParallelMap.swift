// Tested by TokenizerTests.swift

import Dispatch
import Synchronization

/// Runs a function for 0 ..< count on several threads and returns the results in order.
enum ParallelMap {
    private final class State<Result: Sendable>: Sendable {
        let next = Atomic(0)
        let results: Mutex<[Result?]>

        init(count: Int) { results = Mutex([Result?](repeating: nil, count: count)) }
    }

    static func run<Result: Sendable>(count: Int, threads: Int, _ body: @Sendable (Int) -> Result) -> [Result] {
        let state = State<Result>(count: count)
        DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in
            while true {
                let index = state.next.add(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                let result = body(index)
                state.results.withLock { $0[index] = result }
            }
        }
        return state.results.withLock { $0.compactMap { $0 } }
    }
}
