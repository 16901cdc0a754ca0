import ArgumentParser
import Foundation
import Hone
import HoneData
import HoneRuns

/// The program.
///
/// Each verb has a file of its own beside this one.
@main
struct HoneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hone",
        abstract: "Fine-tunes language models on your own data.",
        discussion: """
            A recipe (`hone recipe new`) says what to train on what; a run folder holds what came of it. Every verb takes --json: then \
            standard output holds one JSON object a line, the last of type `result` or `error`, and nothing else.

            \(ExitReason.table)
            """,
        version: Host.version,
        subcommands: [
            QuickstartCommand.self, TrainCommand.self, PretrainCommand.self, DataCommand.self, PlanCommand.self, ChatCommand.self,
            EvaluateCommand.self, PredictCommand.self, EmbedCommand.self, MergeCommand.self, RunsCommand.self, RecipeCommand.self,
            DoctorCommand.self,
        ])

    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let isJSON = arguments.prefix { $0 != "--" }.contains("--json")
        do {
            try checkVerb(arguments.first)
            var command = try parseAsRoot(arguments)
            if var verb = command as? any AsyncParsableCommand { try await verb.run() } else { try command.run() }
        } catch {
            finish(Console(isJSON: isJSON), error)
        }
    }

    /// The parser says only that a wrong verb is unexpected.
    static func checkVerb(_ word: String?) throws {
        let verbs = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard let word, !word.hasPrefix("-"), !verbs.contains(word) else { return }
        throw CommandError.unknownVerb(word, nearest: NearestName.find(word, in: verbs), verbs: verbs)
    }

    /// Says what went wrong and ends the process with the code of the table.
    private static func finish(_ console: Console, _ error: any Error) -> Never {
        let outcome = Outcome(error)
        switch outcome.channel {
        case .silent: break
        case .answer: console.raw(outcome.message)
        case .complaint:
            console.emit(["type": "error", "code": .string(outcome.code), "message": .string(outcome.message)])
            console.complain(outcome.text)
        }
        Foundation.exit(outcome.status.rawValue)
    }
}

/// What an error that ended a verb means to the caller.
struct Outcome: Equatable {
    enum Channel: Equatable {
        case silent
        /// Asked for: a help text or a version.
        case answer
        case complaint
    }

    var status: ExitReason
    var channel: Channel
    var code: String
    /// What happened, in one paragraph.
    var message: String
    /// What is shown: the message, after a usage error with the usage line.
    var text: String

    init(_ error: any Error) {
        if let status = error as? ExitReason {
            self.init(status, .silent, "", "")
        } else if Self.isFromParser(error) {
            let isAnswer = HoneCommand.exitCode(for: error).isSuccess
            let full = HoneCommand.fullMessage(for: error)
            self.init(
                isAnswer ? .success : .input, isAnswer ? .answer : .complaint, "usage", isAnswer ? full : HoneCommand.message(for: error))
            if !isAnswer { text = full.replacingOccurrences(of: "Error: ", with: "error: ", options: .anchored) }
        } else if let error = error as? CommandError {
            self.init(error.status, .complaint, "usage", error.description)
        } else {
            let fault = Fault(error)
            self.init(ExitReason(fault.kind), .complaint, fault.code, fault.message)
        }
    }

    private init(_ status: ExitReason, _ channel: Channel, _ code: String, _ message: String) {
        (self.status, self.channel, self.code, self.message) = (status, channel, code, message)
        text = "error: " + message
    }

    /// ArgumentParser throws its own, non-public types; what is not one of ours with a description of a fault is its.
    private static func isFromParser(_ error: any Error) -> Bool {
        error is ValidationError || error is CleanExit || error is ExitCode
            || String(reflecting: type(of: error)).hasPrefix("ArgumentParser.")
    }
}
