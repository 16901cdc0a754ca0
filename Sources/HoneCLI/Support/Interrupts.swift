import Dispatch
import Foundation
import Synchronization

/// Remembers that a person asked the run to stop.
final class StopRequest: Sendable {
    private let asked = Atomic(false)

    var isAsked: Bool { asked.load(ordering: .acquiring) }

    /// Asks; false if somebody has already.
    func ask() -> Bool { !asked.exchange(true, ordering: .acquiringAndReleasing) }
}

/// Turns Ctrl-C and SIGTERM into a request for as long as the value lives; the second one ends the process at once.
final class Interrupts {
    let stop = StopRequest()
    private let sources: [any DispatchSourceSignal]

    init(_ console: Console) {
        let stop = stop
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)  // the source hears it all the same
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                // Threads of the tensor library still work, so nothing is torn down: the kernel frees the lock, checkpoints are whole.
                guard stop.ask() else { _exit(ExitReason.interrupted.rawValue) }
                console.complain((console.isTerminal ? "\n" : "") + "Stopping after this step, then saving. Ctrl-C again quits at once.")
            }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }
}
