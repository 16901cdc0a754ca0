import ArgumentParser
import Foundation
import Hone
import HoneRuns

struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train by a recipe, or go on with a run.",
        discussion: """
            Says first what it will do and what it will cost, then trains, and leaves a run folder with the model, a report and a record. \
            Ctrl-C finishes the step, saves and says how to go on; a killed run goes on in the same way.
            """)

    @Argument(help: ArgumentHelp("The recipe, YAML or JSON.", valueName: "recipe"))
    var recipe: String?

    @OptionGroup var overrides: OverrideOptions

    @Option(name: .long, help: ArgumentHelp("Go on with this run from its newest checkpoint.", valueName: "run"))
    var resume: String?

    @OptionGroup var runs: RunsOption

    @Flag(name: .long, help: "Stop after the plan; nothing is trained or written.")
    var dryRun = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        switch (recipe, resume) {
        case (nil, nil): throw ValidationError("Name a recipe, or a run with --resume. `hone recipe new` prints a recipe to begin with.")
        case (.some, .some): throw ValidationError("A run goes on with its own recipe: give a recipe or --resume, not both.")
        case (nil, .some) where !overrides.set.isEmpty || dryRun:
            throw ValidationError("--set and --dry-run are for new runs; a run goes on as it began.")
        default: break
        }
    }

    func run() async throws {
        let console = output.console
        var session = TrainingSession(console: console, runs: runs.folder)
        let outcome: (result: RunResult, savedSeconds: Double?)
        if let resume {
            let folder = try RunFolder.find(resume, in: runs.folder)
            console.say("Going on with \(folder.id).")
            session.runs = folder.runs
            outcome = try await session.run { try await Runner.resume(folder, observe: $0) }
        } else {
            let plan = try Plan(try overrides.document(URL(filePath: recipe ?? ""), runs: runs.runs))
            if dryRun { return try PlanCommand.show(plan, console) }
            console.say(PlanText(plan: plan).lines(console))
            console.say()
            session.runs = URL(filePath: plan.recipe.output.folder)
            outcome = try await session.run { try await Runner.start(plan, observe: $0) }
        }
        try session.emit(outcome.result, savedSeconds: outcome.savedSeconds)
        try session.endIfInterrupted(outcome.result)
        try Self.show(outcome.result, console)
    }

    static func show(_ result: RunResult, _ console: Console) throws {
        console.say()
        if let after = result.after {
            let text = ResultText(
                result: after, before: result.before, recorded: result.record.metrics.filter { $0.phase == .before && $0.split == "test" })
            console.say("Test rows")
            console.say(text.table(console))
            if let verdict = try text.verdict() { console.say("  " + verdict) }
            console.say()
            let examples = after.report == nil ? text.mistakes(console, limit: 2) : text.weakest(console)
            if !examples.isEmpty {
                console.say(examples)
                console.say()
            }
        }
        console.say(RunFooter(result).lines(console))
    }
}

/// Where a finished run is, and what it cost.
struct RunFooter {
    var result: RunResult

    init(_ result: RunResult) { self.result = result }

    func lines(_ console: Console) -> [String] {
        let (record, folder) = (result.record, result.folder)
        var cost: [String] = []
        if let seconds = record.cost.measuredSeconds { cost.append(Format.duration(seconds)) }
        if let bytes = record.cost.measuredBytes { cost.append("\(Format.bytes(bytes)) at most") }
        var rows = [["run", Program.path(folder.url)], ["report", Program.path(folder.report)], ["model", Program.path(folder.model)]]
        if !cost.isEmpty { rows.append(["cost", cost.joined(separator: ", ")]) }
        rows.append(["next", next])
        return Table(rows: rows.map { [console.dim($0[0]), $0[1]] }).lines(indent: 2)
    }

    /// What a person will want to do with the model.
    private var next: String {
        let run = Program.name(of: result.folder)
        return switch result.record.recipe["task"]?["kind"] {
        case "instruction", "sequenceToSequence": "\(Program.name) chat \(run)"
        case "questionAnswering": "\(Program.name) predict \(run) --context \"…\" \"…?\""
        default: "\(Program.name) predict \(run) \"…\""
        }
    }
}
