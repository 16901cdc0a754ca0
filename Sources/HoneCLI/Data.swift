import ArgumentParser
import Foundation
import Hone
import HoneData
import HoneRuns

struct DataCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Look at data as training would see it.",
        discussion: """
            `hone data check` says what a recipe's files hold, what of them is learned and whether training would be refused; `hone data show` \
            prints rows token by token, with what is learned.
            """,
        subcommands: [DataShowCommand.self, DataCheckCommand.self])
}

/// What both verbs are given.
struct DataOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("A recipe, or with --model a data file.", valueName: "recipe-or-file"))
    var source: String

    @Option(name: .long, help: ArgumentHelp("The model folder to read a data file with.", valueName: "folder"))
    var model: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The task of a data file: \(TaskName.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "kind"),
        transform: choice)
    var task: TaskName?

    @OptionGroup var overrides: OverrideOptions

    func validate() throws {
        if model == nil, task != nil {
            throw ValidationError("--task is for a data file; give --model too, or set task.kind in the recipe.")
        }
    }

    /// Whether the source is a recipe, by its ending; JSON must have a recipe's keys.
    var isRecipe: Bool {
        guard model == nil else { return false }
        let url = URL(filePath: source)
        switch url.pathExtension.lowercased() {
        case "yaml", "yml": return true
        case "json":
            guard let data = try? Data(contentsOf: url), let json = try? JSONSerialization.jsonObject(with: data) else { return false }
            let keys = (json as? [String: Any])?.keys.map(\.self) ?? []
            return keys.contains("model") && keys.contains("data")
        default: return false
        }
    }

    func document() throws -> RecipeDocument {
        guard let model else {
            guard isRecipe else { throw CommandError.needsModel(file: source) }
            return try overrides.document(URL(filePath: source), runs: nil)
        }
        let recipe = try Recipe.inspecting(data: source, model: model, task: task)
        return try RecipeDocument(text: recipe.yaml(), name: source, overrides: overrides.overrides())
    }
}

struct DataShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print rows as the model sees them, with what is learned.",
        discussion: """
            Learned tokens are green, or stand in \(RowText.open)\(RowText.close) where there is no colour; special tokens are written out, \
            and blanks are dots where they would be overlooked.
            """)

    @OptionGroup var data: DataOptions

    @Option(name: .long, help: ArgumentHelp("train, validation or test (default: train).", valueName: "split"), transform: choice)
    var split = SplitName.train

    @Option(name: .long, help: ArgumentHelp("How many rows from the first.", valueName: "count"))
    var rows = 3

    @Option(name: .long, help: ArgumentHelp("One row by its number, counted from 1.", valueName: "number"))
    var row: Int?

    @Option(name: .long, help: ArgumentHelp("The rows that come from a line of the file, such as 12 or rows.jsonl:12.", valueName: "line"))
    var fileLine: String?

    @Flag(name: .long, help: "Every row.")
    var all = false

    @Flag(name: .long, help: "A line for each token, with its id and spelling.")
    var ids = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard rows >= 1 else { throw ValidationError("--rows must be at least 1.") }
        let chosen = [row != nil, fileLine != nil, all].count { $0 }
        guard chosen <= 1 else { throw ValidationError("Give one of --row, --file-line and --all.") }
    }

    func run() async throws {
        let console = output.console
        let inspector = try DataInspector(data.document())
        for index in try indices(inspector) {
            let view = try inspector.row(index, of: split)
            try console.emit(
                "row", view,
                [
                    "tokens": .integer(Int64(view.tokens)), "learned": .integer(Int64(view.learned)),
                    "learnedShare": .number(view.learnedShare),
                ])
            console.say(RowText(view: view, isTagging: inspector.recipe.task.kind == .tagging).lines(console, ids: ids))
            console.say()
        }
        let (tokens, learned) = inspector.learned(split)
        let count = inspector.count(split)
        let refusal = inspector.refusal
        console.emit([
            "type": "result", "split": .string(split.rawValue), "rows": .integer(Int64(count)), "tokens": .integer(Int64(tokens)),
            "learned": .integer(Int64(learned)), "refusal": refusal.map { .string($0) } ?? .null,
        ])
        let share = tokens == 0 ? "" : " (\(Format.share(Double(learned) / Double(tokens))))"
        console.say(
            console.dim(
                "\(Format.plural(count, "row")) in \(split.rawValue): \(Format.grouped(tokens)) tokens, \(Format.grouped(learned)) learned\(share)"
            ))
        if let refusal { console.say(console.bad("Training would be refused: ") + refusal) }
    }

    /// The rows that were asked for, from 0.
    private func indices(_ inspector: DataInspector) throws -> [Int] {
        let count = inspector.count(split)
        if let row { return [row - 1] }
        if all { return Array(0..<count) }
        guard let fileLine else { return Array(0..<min(rows, count)) }
        let parts = fileLine.split(separator: ":")
        guard let line = parts.last.flatMap({ Int($0) }) else { throw CommandError.badLine(fileLine) }
        let file = parts.count > 1 ? parts.dropLast().joined(separator: ":") : nil
        let found = inspector.rows(ofLine: line, file: file, in: split)
        guard !found.isEmpty else { throw CommandError.noRowOfLine(fileLine, split: split.rawValue) }
        return found
    }
}

struct DataCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say what the data holds, what is learned, and whether training would be refused.",
        discussion: """
            With a recipe everything is checked that training checks. A data file alone is only read: its format is found and named; \
            with --model its tokens are checked too. The exit code is \(ExitReason.input.rawValue) when training would be refused.
            """)

    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        let check = data.model == nil && !data.isRecipe ? DataCheck(file: data.source) : DataCheck(try data.document())
        try console.emit("result", check)
        console.say(CheckText(check: check).lines(console))
        if check.refusal != nil { throw ExitReason.input }
    }
}
