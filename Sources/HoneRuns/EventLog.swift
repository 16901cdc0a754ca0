public import Foundation
import Synchronization

/// Appends events to `events.jsonl`, one `write(2)` a line, and reads them back.
///
/// A line that was written survives `kill -9`; checkpoints, ends and failures are also flushed to the disk. Only the holder of the
/// run's lock may open the log to write. Value, safe anywhere.
public final class EventLog: Sendable {
    /// How many torn lines were found at the end of the file and moved to `events.jsonl.torn`: 0 or 1.
    public let tornLines: Int

    private struct State {
        let file: Int32
        var size: off_t
    }
    private let state: Mutex<State>
    private let path: String

    /// Opens the log of a run, making it if need be; a last line that a crash tore is moved aside, never fatal.
    ///
    /// - Throws: `RunsError.cannotWrite` or `RunsError.cannotRead` with the system's reason.
    public init(_ folder: RunFolder) throws(RunsError) {
        path = folder.events.path
        tornLines = try Self.moveTornLine(folder)
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .cannotWrite(path: path, reason: RunsError.systemReason()) }
        state = Mutex(State(file: file, size: lseek(file, 0, SEEK_END)))
    }

    deinit { state.withLock { _ = close($0.file) } }

    /// Appends one event.
    ///
    /// - Throws: `RunsError.cannotWrite`, for instance on a full disk; the log is cut back to whole lines first.
    public func append(_ event: RunEvent, at time: Date) throws(RunsError) {
        let line = try Self.line(TimedEvent(time: time, event: event), path: path)
        let failure: String? = state.withLock { state in
            guard AtomicFile.writeAll(line, to: state.file) else {
                let reason = RunsError.systemReason()
                ftruncate(state.file, state.size)
                return reason
            }
            state.size += off_t(line.count)
            if event.mustLast, fsync(state.file) != 0, errno != EINVAL { return RunsError.systemReason() }
            return nil
        }
        if let failure { throw .cannotWrite(path: path, reason: failure) }
    }

    /// One event as its line, with the newline.
    ///
    /// - Throws: `RunsError.cannotWrite` if the event cannot be spelled, which no event of this module causes.
    public static func line(_ event: TimedEvent, path: String = "the event") throws(RunsError) -> Data {
        do {
            return try RunJSON.encoder().encode(event) + Data("\n".utf8)
        } catch {
            throw .cannotWrite(path: path, reason: RunJSON.explain(error))
        }
    }

    /// Reads a log as it stands, without changing it; no file means no events.
    ///
    /// A last line without its newline, or one that does not parse, is left out and counted: it is torn, or being written right now.
    /// - Throws: `RunsError.corrupt` with the line's number where an earlier line does not parse.
    public static func read(_ folder: RunFolder) throws(RunsError) -> (events: [TimedEvent], tornLines: Int) {
        guard FileManager.default.fileExists(atPath: folder.events.path) else { return ([], 0) }
        let data = try AtomicFile.read(folder.events)
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
        let isWhole = data.last == UInt8(ascii: "\n") || data.isEmpty
        let decoder = RunJSON.decoder()
        var events: [TimedEvent] = []
        events.reserveCapacity(lines.count)
        for (index, line) in lines.enumerated() {
            let isLast = index == lines.count - 1
            if isLast, !isWhole { return (events, 1) }
            do {
                events.append(try decoder.decode(TimedEvent.self, from: line))
            } catch {
                if isLast { return (events, 1) }
                throw .corrupt(path: folder.events.path, line: index + 1, reason: RunJSON.explain(error))
            }
        }
        return (events, 0)
    }

    /// The events that still hold: `resumed(step:)` cancels every earlier event of a larger step.
    ///
    /// Events without a step (`started`, `plan`, `warning`) always hold. The log itself keeps everything.
    /// - Complexity: O(n).
    public static func effective(_ events: [TimedEvent]) -> [TimedEvent] {
        var limit = Int.max
        var kept: [TimedEvent] = []
        for event in events.reversed() {
            if let step = event.event.step, step > limit { continue }
            if case .resumed(let step) = event.event { limit = min(limit, step) }
            kept.append(event)
        }
        return kept.reversed()
    }

    /// Moves a torn end to `events.jsonl.torn`; the copy is safe before the log is cut, so a crash in between only doubles it.
    private static func moveTornLine(_ folder: RunFolder) throws(RunsError) -> Int {
        guard FileManager.default.fileExists(atPath: folder.events.path) else { return 0 }
        let data = try AtomicFile.read(folder.events)
        let body = data.last == UInt8(ascii: "\n") ? data.dropLast() : data
        let start = body.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let last = body[start...]
        let isWhole = data.count != body.count && (try? RunJSON.decoder().decode(TimedEvent.self, from: last)) != nil
        guard !data.isEmpty, !isWhole else { return 0 }
        let torn = open(folder.tornEvents.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard torn >= 0 else { throw .cannotWrite(path: folder.tornEvents.path, reason: RunsError.systemReason()) }
        defer { close(torn) }
        guard AtomicFile.writeAll(last + Data("\n".utf8), to: torn), fsync(torn) == 0 else {
            throw .cannotWrite(path: folder.tornEvents.path, reason: RunsError.systemReason())
        }
        guard truncate(folder.events.path, off_t(start)) == 0 else {
            throw .cannotWrite(path: folder.events.path, reason: RunsError.systemReason())
        }
        return 1
    }
}

extension RunEvent {
    /// Whether the event must survive a power cut, not only a crash.
    var mustLast: Bool {
        switch self {
        case .started, .plan, .step, .evaluation, .sample, .warning: false
        case .checkpoint, .guardTripped, .finished, .failed, .interrupted, .resumed: true
        }
    }
}
