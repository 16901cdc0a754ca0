import Dispatch
import Foundation
import Synchronization

/// Remembers that a person asked the run to stop.
final class StopRequest: Sendable {
    private let asked = Atomic(false)

    var isAsked: Bool { asked.load(ordering: .acquiring) }

    /// Asks; false if somebody has already.
    func ask() -> Bool { !asked.exchange(true, ordering: .acquiringAndReleasing) }

    /// Forgets that anybody asked.
    func reset() { asked.store(false, ordering: .releasing) }
}

/// Turns Ctrl-C and SIGTERM into a request for as long as the value lives; the second one ends the process at once.
final class Interrupts {
    let stop = StopRequest()
    private let sources: [any DispatchSourceSignal]
    private let signals: [Int32]

    /// - Parameters:
    ///   - signals: what counts as a request.
    ///   - message: what the first one says; nil for nothing.
    init(
        _ console: Console, signals: [Int32] = [SIGINT, SIGTERM],
        message: String? = "Stopping after this step, then saving. Ctrl-C again quits at once."
    ) {
        let stop = stop
        self.signals = signals
        sources = signals.map { number in
            signal(number, SIG_IGN)  // the source hears it all the same
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                // Threads of the tensor library still work, so nothing is torn down: the kernel frees the lock, checkpoints are whole.
                guard stop.ask() else {
                    TerminalMode.restore()
                    _exit(ExitReason.interrupted.rawValue)
                }
                if let message { console.complain((console.isTerminal ? "\n" : "") + message) }
            }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
        for number in signals { signal(number, SIG_DFL) }
    }
}
