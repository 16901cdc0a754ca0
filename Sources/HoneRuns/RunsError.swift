public import Foundation

/// Says what went wrong with a run, its folder or the index, and what to do.
public enum RunsError: Error, Equatable, Sendable {
    /// The text is not the name of a run.
    case invalidID(String)
    /// No run answers to the text; `near` holds the closest names, `total` how many runs there are.
    case notFound(String, folder: String, near: [String], total: Int)
    /// Several runs answer to the text.
    case ambiguous(String, matches: [String])
    /// A folder could not be made.
    case cannotCreate(path: String, reason: String)
    /// A file or folder could not be read.
    case cannotRead(path: String, reason: String)
    /// A file could not be written; nothing half-written was left behind.
    case cannotWrite(path: String, reason: String)
    /// A folder could not be moved away or removed.
    case cannotRemove(path: String, reason: String)
    /// The folder of the run is there already.
    case exists(path: String)
    /// A file of the run does not hold what it should.
    case corrupt(path: String, line: Int?, reason: String)
    /// A file was written by a newer Hone.
    case newerSchema(path: String, found: Int, supported: Int)
    /// Another process is training in the run's folder.
    case locked(run: String, pid: Int32?)
    /// A run in progress was asked to be deleted.
    case running(run: String, pid: Int32?)
    /// The lifecycle has no such move.
    case illegalMove(from: RunStatus, input: String)
    /// SQLite refused.
    case index(path: String, doing: String, reason: String)
    /// A comparison needs two runs or more.
    case tooFewToCompare(Int)
}

extension RunsError: CustomStringConvertible, LocalizedError {
    /// The facts as sentences: what, where, and what to do.
    public var description: String {
        switch self {
        case .invalidID, .notFound, .ambiguous, .tooFewToCompare: lookupText
        case .locked, .running, .illegalMove: stateText
        case .index(let path, let doing, let reason):
            "The run index \(path) failed while \(doing): \(reason). It holds nothing that the run folders do not: "
                + "if it stays broken, delete it and it is made again from them."
        case .cannotCreate(let path, let reason):
            "The folder \(path) cannot be made: \(reason). Choose another `output.folder`, or make its parent writable."
        case .cannotRead(let path, let reason):
            "\(path) cannot be read: \(reason). Check that the path is right and that you may read it."
        case .cannotWrite(let path, let reason):
            "\(path) cannot be written: \(reason). Free some space or make the folder writable, then run again; an older copy is untouched."
        case .cannotRemove(let path, let reason):
            "\(path) cannot be removed: \(reason). Check who owns it, then delete again."
        case .exists(let path):
            "\(path) exists already and would be overwritten. Resume that run, or start one with another name."
        case .corrupt(let path, let line, let reason):
            "\(path)\(line.map { ", line \($0)" } ?? ""): \(reason). Restore the file from a copy, or delete the run."
        case .newerSchema(let path, let found, let supported):
            "\(path) has schema \(found); this Hone reads up to \(supported). Open it with the newer Hone that wrote it."
        }
    }

    private var lookupText: String {
        switch self {
        case .invalidID(let text):
            "“\(text)” is not the name of a run. Names look like 20261123-213045-brisk-otter; a unique part of one is enough."
        case .notFound(let text, let folder, _, total: 0):
            "No run matches “\(text)”: there are no runs in \(folder). Start one with `hone train`, or name another folder with --runs."
        case .notFound(let text, let folder, let near, let total):
            "No run matches “\(text)” among the \(total) in \(folder). "
                + (near.isEmpty ? "" : "Did you mean \(near.joined(separator: " or "))? ") + "`hone runs` lists them."
        case .ambiguous(let text, let matches):
            "“\(text)” matches \(matches.count) runs: \(matches.prefix(8).joined(separator: ", "))"
                + "\(matches.count > 8 ? " and \(matches.count - 8) more" : ""). Give more of the name."
        case .tooFewToCompare(let count):
            "A comparison needs at least two runs; \(count == 0 ? "none was" : "\(count) was") given."
        default: ""
        }
    }

    private var stateText: String {
        switch self {
        case .locked(let run, let pid):
            "Run \(run) is in use\(Self.who(pid)). Wait for it, or stop it with Ctrl-C\(pid.map { " (kill -INT \($0))" } ?? ""); "
                + "to train beside it start a new run."
        case .running(let run, let pid):
            "Run \(run) is still running\(Self.who(pid)) and was not deleted. Stop it first"
                + "\(pid.map { " (kill -INT \($0))" } ?? "")."
        case .illegalMove(let from, let input):
            "A run that is \(from.rawValue) cannot “\(input)”. \(from.advice)"
        default: ""
        }
    }

    private static func who(_ pid: Int32?) -> String { pid.map { " by process \($0)" } ?? " by another process" }

    /// The same text, for callers that know only `Error`.
    public var errorDescription: String? { description }

    /// What the operating system said about the last failed call.
    static func systemReason(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
}
