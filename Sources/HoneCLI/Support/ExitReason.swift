import Hone

/// The exit codes of the program; part of its interface.
enum ExitReason: Int32, Error, CaseIterable {
    case success = 0
    case failure = 1
    case input = 2
    case diverged = 3
    case interrupted = 130

    init(_ kind: Fault.Kind) {
        self =
            switch kind {
            case .input: .input
            case .running: .failure
            case .diverged: .diverged
            }
    }

    var meaning: String {
        switch self {
        case .success: "done"
        case .failure: "something broke at work, such as a full disk"
        case .input: "the command line, the recipe, the data or a named file is wrong; nothing was trained"
        case .diverged: "the training ran away to numbers that are not finite"
        case .interrupted: "stopped by Ctrl-C or SIGTERM, saved, and ready for --resume"
        }
    }

    /// The table in the help text.
    static var table: String {
        "Exit codes:\n" + allCases.map { "  \("\($0.rawValue)".padded(to: 4))\($0.meaning)" }.joined(separator: "\n")
    }
}
