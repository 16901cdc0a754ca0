import ArgumentParser
import Foundation
import Hone
import HoneRuns

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List, show, compare and delete runs.",
        discussion: "A run is named by its id, by any part of it that only one run has, by `latest`, or by the path of its folder.",
        subcommands: [
            RunsListCommand.self, RunsShowCommand.self, RunsCompareCommand.self, RunsDeleteCommand.self, RunsRebuildCommand.self,
        ],
        defaultSubcommand: RunsListCommand.self)
}

struct RunsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List runs (the default).")

    @Option(name: .long, help: ArgumentHelp("Only runs in this state; may be given again.", valueName: "status"), transform: Self.status)
    var status: [RunStatus] = []

    @Option(name: .long, help: ArgumentHelp("Only runs tuned in this way: full, partial or lora.", valueName: "name"))
    var method: String?

    @Option(name: .long, help: ArgumentHelp("Only runs whose id, name or model contains this.", valueName: "text"))
    var search: String?

    @Option(name: .long, help: ArgumentHelp("Only runs made on this day (UTC) or later, such as 2026-11-23.", valueName: "day"))
    var since: String?

    @Option(
        name: .long, help: ArgumentHelp("newest, oldest, name, or a metric such as test.accuracy, the highest first.", valueName: "order"))
    var sort = "newest"

    @Flag(name: .long, help: "With a metric: the lowest first, as for test.loss.")
    var lowest = false

    @Option(name: .long, help: ArgumentHelp("At most so many.", valueName: "count"))
    var limit: Int?

    @OptionGroup var runs: RunsOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        let query = try query()
        // Asking for runs must not make a folder for them.
        let (found, problems) = FileManager.default.fileExists(atPath: runs.folder.path) ? try RunIndex(runs.folder).list(query) : ([], [])
        for run in found { try console.emit("run", run) }
        for problem in problems {
            try console.emit("problem", problem)
            console.complain("warning: \(problem.id): \(problem.message)")
        }
        console.emit(["type": "result", "runs": .integer(Int64(found.count)), "problems": .integer(Int64(problems.count))])
        if found.isEmpty {
            let isFiltered = !status.isEmpty || method != nil || search != nil || since != nil
            console.say("No runs in \(Program.path(runs.folder))\(isFiltered ? " fit" : ""). `hone train` and `hone quickstart` make them.")
        } else {
            console.say(RunTable(found).lines(console))
        }
    }

    func query() throws -> RunQuery {
        let order: RunQuery.Order =
            switch sort {
            case "newest": .newest
            case "oldest": .oldest
            case "name": .name
            default: lowest ? .lowest(metric: sort) : .highest(metric: sort)
            }
        return RunQuery(
            statuses: status.isEmpty ? nil : Set(status), method: method, text: search, since: try since.map(Self.day), order: order,
            limit: limit)
    }

    private static func status(_ text: String) throws -> RunStatus {
        guard let status = RunStatus(rawValue: text) else {
            throw ValidationError("There is no state \(text): choose one of \(RunStatus.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return status
    }

    private static func day(_ text: String) throws -> Date {
        guard text.count == 10, let date = try? Date(text, strategy: .iso8601.year().month().day()) else {
            throw CommandError.badTime(text)
        }
        return date
    }
}

/// Runs one below the other.
struct RunTable {
    var runs: [RunSummary]

    init(_ runs: [RunSummary]) { self.runs = runs }

    func lines(_ console: Console) -> [String] {
        let wanted = [
            "test.accuracy", "test.macroF1", "test.microF1", "test.pearson", "test.entityF1", "test.perplexity", "test.chrF", "test.rougeL",
        ]
        let metrics = wanted.filter { name in runs.contains { $0.metrics[name] != nil } }.prefix(4)
        let hasNames = runs.contains { $0.name != nil }
        let header =
            ["run"] + (hasNames ? ["name"] : []) + ["status", "method", "steps", "time"]
            + metrics.map { Format.title(String($0.dropFirst(5))) } + ["model"]
        let rows = runs.map { run -> [String] in
            let numbers = metrics.map { name in run.metrics[name].map { Format.metric(String(name.dropFirst(5)), $0) } ?? "" }
            return [run.id.description] + (hasNames ? [run.name ?? ""] : [])
                + [
                    run.status.rawValue, run.method, run.steps == 0 ? "" : Format.grouped(run.steps),
                    run.seconds.map(Format.duration) ?? "",
                ]
                + numbers + [run.model.map { Program.path(URL(filePath: $0)) } ?? ""]
        }
        let first = hasNames ? 4 : 3
        return Table(rightColumns: Set(first..<first + 2 + metrics.count), header: header, rows: rows).lines(
            width: console.width, header: console.dim)
    }
}

struct RunsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show what a run did, with what, and how well.")

    @Argument(help: ArgumentHelp("The run.", valueName: "run"))
    var run: String

    @OptionGroup var runs: RunsOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        let folder = try RunFolder.find(run, in: runs.folder)
        let record = try RunIndex(folder.runs).show(folder.id.description)
        console.say(RecordText(record: record, folder: folder).lines(console))
        try console.emit("result", record, ["runFolder": .string(folder.url.path)])
    }
}

struct RunsCompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Show runs side by side: settings that differ, and every metric.")

    @Argument(help: ArgumentHelp("Two runs or more; differences count from the first.", valueName: "run"))
    var names: [String]

    @OptionGroup var runs: RunsOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        let records = try names.map { name in
            let folder = try RunFolder.find(name, in: runs.folder)
            return try RunIndex(folder.runs).show(folder.id.description)
        }
        let comparison = try RunComparison(records)
        console.say(ComparisonText(comparison: comparison).lines(console))
        try console.emit("result", comparison)
    }
}

struct RunsDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete runs with their folders.")

    @Argument(help: ArgumentHelp("The runs.", valueName: "run"))
    var names: [String]

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @OptionGroup var runs: RunsOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        let folders = try names.map { try RunFolder.find($0, in: runs.folder) }
        if !yes, try !confirm(folders, console) {
            console.say("Nothing was deleted.")
            return
        }
        for folder in folders {
            try RunIndex(folder.runs).delete(folder.id.description)
            console.say("Deleted \(folder.id).")
            console.emit(["type": "deleted", "run": .string(folder.id.description)])
        }
        console.emit(["type": "result", "runs": .integer(Int64(folders.count))])
    }

    private func confirm(_ folders: [RunFolder], _ console: Console) throws -> Bool {
        guard isatty(STDIN_FILENO) == 1, !console.isJSON else { throw CommandError.cannotAsk(runs: folders.count) }
        for folder in folders { console.say("  " + Program.path(folder.url)) }
        console.say("Delete \(Format.plural(folders.count, "run")) for good? Type yes to confirm.")
        return readLine()?.lowercased() == "yes"
    }
}

struct RunsRebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild", abstract: "Make the index again from the run folders.",
        discussion: "The index follows the folders by itself; this is for an index file that was damaged.")

    @OptionGroup var runs: RunsOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        guard FileManager.default.fileExists(atPath: runs.folder.path) else { throw CommandError.noSuchModel(Program.path(runs.folder)) }
        let index = try RunIndex(runs.folder)
        try index.rebuild()
        let (found, problems) = try index.list()
        console.say(
            "The index lists \(Format.plural(found.count, "run"))\(problems.isEmpty ? "" : "; \(problems.count) could not be read").")
        console.emit(["type": "result", "runs": .integer(Int64(found.count)), "problems": .integer(Int64(problems.count))])
    }
}
