import Foundation
import Synchronization

/// Shows an answer as it is written, on the thread that writes it.
final class AnswerPrinter: Sendable {
    /// Where the answer goes.
    enum Place {
        /// Below what stands there.
        case below
        /// Nowhere; a line counts its tokens meanwhile.
        case hidden(name: String)
        /// Into the right column.
        case right(SideBySide)
    }

    private struct State {
        var place: Place
        var hasBegun = false
        var tokens = 0
    }

    private let console: Console
    private let stop: StopRequest
    private let state: Mutex<State>

    init(_ console: Console, _ place: sending Place, stop: StopRequest) {
        (self.console, self.stop) = (console, stop)
        state = Mutex(State(place: place))
    }

    /// Takes a piece; returns whether to go on.
    func take(_ piece: String) -> Bool {
        state.withLock { state in
            state.tokens += 1
            if case .hidden(let name) = state.place {
                console.control("\r\u{1B}[K" + console.dim("\(name): \(Format.plural(state.tokens, "token")) …"))
                return
            }
            // White space before the first word is the template's affair.
            let text = state.hasBegun ? piece : String(piece.drop { $0.isWhitespace })
            guard !text.isEmpty else { return }
            state.hasBegun = true
            show(text.printable, &state)
        }
        return !stop.isAsked
    }

    private func show(_ text: String, _ state: inout State) {
        switch state.place {
        case .below: console.control(text)
        case .hidden: break
        case .right(var columns):
            console.control(columns.push(text))
            state.place = .right(columns)
        }
    }

    /// Ends the answer.
    func finish() {
        state.withLock { state in
            switch state.place {
            case .below: console.control("\n")
            case .hidden: console.control("\r\u{1B}[K")
            case .right(var columns): console.control(columns.finish())
            }
        }
    }
}
