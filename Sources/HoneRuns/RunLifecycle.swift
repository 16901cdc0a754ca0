/// Names the state of a run for records, lists and filters.
public enum RunStatus: String, Codable, Sendable, CaseIterable, Hashable {
    case queued
    case running
    case interrupted
    case finished
    case failed

    var advice: String {
        switch self {
        case .queued: "Start it first."
        case .running: "Stop it first, with Ctrl-C."
        case .interrupted: "Resume it with `hone train --resume`."
        case .finished: "Start a new run from its recipe instead."
        case .failed: "Resume it from its last checkpoint, or start a new run."
        }
    }
}

/// Answers “what now?” for one run; something else does it.
///
/// `queued → running → finished`, with `running → stopping → interrupted` for Ctrl-C and `running → failed` for an error. An interrupted
/// or failed run may run again from its last checkpoint; a finished one never does.
public struct RunLifecycle: Codable, Sendable, Equatable {
    /// Names where the run is.
    public enum State: Codable, Sendable, Equatable {
        case queued
        case running
        case stopping
        case interrupted
        case finished
        case failed(reason: String)
    }

    /// Names what happened.
    public enum Input: Sendable, Equatable {
        case start
        case interrupt
        case saved
        case vanished
        case resume
        case done
        case crash(reason: String)
    }

    /// Names what to do about it.
    public enum Action: Sendable, Equatable {
        case launch
        case saveThenStop
        case record
        case none
    }

    /// Where the run is now.
    public private(set) var state: State

    /// Starts a life in the queue.
    public init() { state = .queued }

    /// Takes up the life of a run from its record; a failed one has the reason that the record gives.
    public init(status: RunStatus, reason: String? = nil) {
        state =
            switch status {
            case .queued: .queued
            case .running: .running
            case .interrupted: .interrupted
            case .finished: .finished
            case .failed: .failed(reason: reason ?? "")
            }
    }

    /// The state as records spell it; a run that is stopping still runs.
    public var status: RunStatus {
        switch state {
        case .queued: .queued
        case .running, .stopping: .running
        case .interrupted: .interrupted
        case .finished: .finished
        case .failed: .failed
        }
    }

    /// Moves to the next state and says what to do.
    ///
    /// - Throws: `RunsError.illegalMove` where the state has no such move; the state stays as it was.
    public mutating func handle(_ input: Input) throws(RunsError) -> Action {
        switch (state, input) {
        case (.queued, .start), (.interrupted, .resume), (.failed, .resume):
            state = .running
            return .launch
        case (.running, .interrupt):
            state = .stopping
            return .saveThenStop
        case (.stopping, .interrupt):
            return .none
        case (.stopping, .saved), (.running, .vanished), (.stopping, .vanished), (.queued, .interrupt):
            state = .interrupted
            return .record
        case (.running, .done), (.stopping, .done):
            state = .finished
            return .record
        case (.queued, .crash(let reason)), (.running, .crash(let reason)), (.stopping, .crash(let reason)):
            state = .failed(reason: reason)
            return .record
        default:
            throw .illegalMove(from: status, input: input.name)
        }
    }
}

extension RunLifecycle.Input {
    var name: String {
        switch self {
        case .start: "start"
        case .interrupt: "interrupt"
        case .saved: "saved"
        case .vanished: "vanished"
        case .resume: "resume"
        case .done: "done"
        case .crash: "crash"
        }
    }
}
