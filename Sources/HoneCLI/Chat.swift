import ArgumentParser
import Foundation
import Hone
import HoneRuns

struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat", abstract: "Talk to a model that writes.",
        discussion: """
            Works with a run, a model folder in Hugging Face's layout and an adapter's folder. Answers come as they are written; Ctrl-C \
            stops one, Ctrl-D ends. /help lists what can be typed besides messages, such as /compare and /set temperature 0.8.

            Lines piped in are the turns of one conversation, and answers go to standard output. Where a conversation no longer fits \
            into what the model can read, its oldest turns are left out, and that is said.
            """)

    @Argument(help: ArgumentHelp("A run, its folder, a model folder, or an adapter's.", valueName: "run-or-folder"))
    var model: String

    @Option(name: .long, help: ArgumentHelp("What the model is told before the conversation.", valueName: "text"))
    var system: String?

    @Flag(name: .long, help: "Let the model from before the tuning answer too, side by side on a wide terminal.")
    var compare = false

    @Option(name: .long, help: ArgumentHelp("Another model to answer too, instead of the base.", valueName: "run-or-folder"))
    var with: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A file with a chat template, or chatml or plain (default: the folder's own, else one of these).", valueName: "name"))
    var template: String?

    @Flag(name: .long, help: "Say after each answer how fast it was.")
    var stats = false

    @OptionGroup(title: "Answers") var sampling: SamplingOptions
    @OptionGroup var loading: LoadingOptions
    @OptionGroup var runs: RunsOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        let isTalk = console.isTerminal && isatty(STDIN_FILENO) == 1
        // What is typed while the model loads waits for the prompt.
        if isTalk { TerminalMode.set(.quiet) }
        defer { TerminalMode.restore() }
        let place = try ModelLocation(model, in: runs.folder)
        let other = try with.map { try ModelLocation($0, in: runs.folder) }
        var models = try await ChatModels(place, with: other, loading, template: template)
        let settings = try sampling.applied(to: try await models.first.sampling)
        let abilities = try await models.abilities()
        if system != nil, abilities.input != .conversation { throw CommandError.noSystem(input: abilities.input.rawValue) }
        var session = ChatSession(abilities, settings: settings, system: system, showsStats: stats)
        if compare || with != nil {
            if let reason = abilities.cannotCompare { throw CommandError.chat(line: nil, reason) }
            try await models.prepareSecond()
            session.startComparing()
        }
        let header = try await ChatText.header(models.first, name: place.name, settings: settings)
        guard isTalk else {
            for line in header.dropFirst() { console.complain("note: " + line) }
            var chat = PipedChat(console, models, session)
            return try await chat.run()
        }
        TerminalChat.say(header + ["/help lists the commands, Ctrl-D ends."], console)
        var chat = TerminalChat(console, models, session)
        try await chat.run()
    }
}
