import Foundation
import Hone
import HoneRuns
import Synchronization

/// Shows a run while it goes on, and stops it when asked to.
final class RunWatcher: Sendable {
    private struct State: Sendable {
        var progress = TrainingProgress()
        var run: RunID?
        var savedSeconds: Double?
        /// When the line was last drawn, in seconds since the process started.
        var lastDrawn = -1.0
        /// A line that the next one must replace stands on the terminal.
        var isDrawn = false
    }

    private let console: Console
    private let stop: StopRequest
    private let state = Mutex(State())
    /// Least time between two drawings, in seconds.
    private let interval: Double

    init(_ console: Console, stop: StopRequest) {
        (self.console, self.stop) = (console, stop)
        interval = console.isTerminal ? 0.1 : 2
    }

    /// What the runner calls.
    var observer: RunObserver {
        { [self] event in
            hear(event)
            return stop.isAsked ? .stop(reason: "asked to stop by Ctrl-C or SIGTERM") : .proceed
        }
    }

    /// The run that was heard of; nil before it began.
    var run: RunID? { state.withLock(\.run) }

    /// When the model was saved, in seconds since the process started.
    var savedSeconds: Double? { state.withLock(\.savedSeconds) }

    private func hear(_ timed: TimedEvent) {
        // An event of this module always encodes.
        if console.isJSON, let line = try? EventLog.line(timed) { console.emit(line: line) }
        state.withLock { state in
            state.progress.take(timed.event)
            note(timed.event, &state)
            if !console.isJSON { show(timed.event, &state) }
        }
    }

    private func note(_ event: RunEvent, _ state: inout State) {
        switch event {
        case .started(let run, _): state.run = run
        case .checkpoint(_, "model", _): state.savedSeconds = Host.secondsSinceStart()
        case .finished: state.savedSeconds = state.savedSeconds ?? Host.secondsSinceStart()
        default: break
        }
    }

    private func show(_ event: RunEvent, _ state: inout State) {
        switch event {
        case .plan: draw("Loading the model …", &state)
        case .resumed(let step): line("Going on from step \(step).", &state)
        case .step: step(&state)
        case .evaluation(_, "validation", let metrics, _): line(evaluation(metrics, state.progress), &state)
        case .sample(_, let prompt, let text): line(sample(prompt, text), &state)
        case .evaluation(_, "test-before", _, _): draw("Starting to train …", &state)
        case .warning(let code, let message, _):
            // The plan has shown what it found in the data.
            if !["data", "length"].contains(code) { line(console.dim("note: \(message)"), &state) }
        case .finished, .interrupted, .failed, .guardTripped: clear(&state)
        default: break
        }
    }

    private func step(_ state: inout State) {
        let now = Host.secondsSinceStart()
        let isLast = state.progress.step == state.progress.totalSteps
        guard now - state.lastDrawn >= interval || (isLast && console.isTerminal) else { return }
        state.lastDrawn = now
        if console.isTerminal {
            draw(state.progress.line(width: console.width - 1), &state)
        } else {
            console.say(state.progress.line(width: 120))
        }
    }

    private func evaluation(_ metrics: [String: Double], _ progress: TrainingProgress) -> String {
        let wanted = [
            "accuracy", "macroF1", "microF1", "pearson", "spearman", "entityF1", "perplexity", "tokenAccuracy", "exactMatch", "chrF",
            "rougeL",
        ]
        let scores = wanted.filter { metrics[$0] != nil }.prefix(4)
        let found = (["loss"] + scores).compactMap { name in metrics[name].map { "\(Format.title(name)) \(Format.metric(name, $0))" } }
        let place = String(format: "epoch %.1f · ", progress.epoch) + "step \(progress.step)/\(progress.totalSteps)"
        let training = progress.loss.map { ["training loss \(Format.loss($0))"] } ?? []
        let text = ([place] + training + ["validation " + found.joined(separator: ", ")]).joined(separator: " · ")
        return text.clipped(to: console.isTerminal ? console.width : .max)
    }

    /// A text that the model wrote, a few lines of it, without anything that could move the cursor.
    private func sample(_ prompt: String, _ text: String) -> String {
        let room = (console.width == .max ? 100 : console.width) - 4
        let lines = (prompt + text).split(separator: "\n").flatMap { String($0).oneLine.wrapped(to: room) }.filter { !$0.isEmpty }
        let shown = lines.prefix(6).map { console.dim("  │ " + $0) }
        return (shown + (lines.count > 6 ? [console.dim("  │ …")] : [])).joined(separator: "\n")
    }

    /// Puts up a line that the next one replaces; nothing where lines cannot be replaced.
    private func draw(_ text: String, _ state: inout State) {
        guard console.isTerminal else { return }
        console.raw("\r\u{1B}[K" + text)
        state.isDrawn = true
    }

    private func line(_ text: String, _ state: inout State) {
        clear(&state)
        console.say(text)
        state.lastDrawn = Host.secondsSinceStart()
    }

    private func clear(_ state: inout State) {
        if state.isDrawn { console.raw("\r\u{1B}[K") }
        state.isDrawn = false
    }

    /// Removes the line, for instance before an error is shown.
    func clear() { state.withLock { clear(&$0) } }
}
