import ArgumentParser
import Foundation
import Hone
import HoneData
import HoneRuns

/// Reads one of a few words; another is refused with the nearest of them.
@Sendable
func choice<Choice: RawRepresentable & CaseIterable>(_ text: String) throws -> Choice where Choice.RawValue == String {
    if let value = Choice(rawValue: text) { return value }
    let names = Choice.allCases.map(\.rawValue)
    let near = NearestName.find(text, in: names).map { " Did you mean \($0)?" } ?? ""
    throw ValidationError("“\(text)” is none of \(names.joined(separator: ", ")).\(near)")
}

/// `--json`, for every verb.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print one JSON object a line on standard output, and nothing else there.")
    var json = false

    var console: Console { Console(isJSON: json) }
}

/// `--runs`, for verbs that look a run up.
struct RunsOption: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The folder that holds the runs (default: runs).", valueName: "folder"))
    var runs: String?

    /// The folder's name when none is given, in the current folder.
    static let standard = "runs"

    var folder: URL { URL(filePath: runs ?? Self.standard) }
}

/// How a model is loaded, for verbs that use one.
struct LoadingOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Where the base model of an adapter is now (default: where it was).", valueName: "folder"))
    var base: String?

    @OptionGroup private var computing: ComputingOptions

    var precision: Recipe.Precision { computing.precision }
    var threads: Int? { computing.threads }
}

/// How products are computed, for verbs that use a model.
struct ComputingOptions: ParsableArguments {
    @Option(name: .long, help: "The floating type of the products; auto asks the hardware.")
    var precision = Recipe.Precision.auto

    @Option(name: .long, help: ArgumentHelp("CPU threads (default: all).", valueName: "count"))
    var threads: Int?

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
    }
}

/// `--set`, for verbs that read a recipe.
struct OverrideOptions: ParsableArguments {
    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("Change one setting, such as training.epochs=2; may be given again.", valueName: "key=value"))
    var set: [String] = []

    func overrides() throws -> [RecipeOverride] { try set.map { text throws(RecipeError) in try RecipeOverride(text) } }

    /// Reads a recipe with the changes.
    ///
    /// Runs go to `runs`; else where the recipe says; else to `runs` in the current folder.
    func document(_ recipe: URL, runs: String?) throws -> RecipeDocument {
        let changes = try overrides()
        let document = try RecipeDocument(contentsOf: recipe, overrides: changes)
        let isStandard = document.recipe.output.folder == Recipe.OutputSpec().folder
        guard let folder = runs ?? (isStandard ? RunsOption.standard : nil) else { return document }
        let path = URL(filePath: folder).absoluteURL.path(percentEncoded: false)
        return try RecipeDocument(contentsOf: recipe, overrides: changes + [RecipeOverride(key: "output.folder", value: try quoted(path))])
    }

    /// A JSON string is a YAML string.
    private func quoted(_ text: String) throws -> String { String(decoding: try JSONEncoder().encode(text), as: UTF8.self) }
}

/// Column names, for verbs that read a file of rows.
struct ColumnOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The column of the text (default: found by its name).", valueName: "name"))
    var textColumn: String?

    @Option(name: .long, help: ArgumentHelp("The column of a second text.", valueName: "name"))
    var pairColumn: String?

    /// The columns, where not given as in the recipe of the model's run.
    func mapping(_ recipe: Recipe?, label: String? = nil) -> ColumnMapping {
        var columns = recipe?.columns ?? ColumnMapping()
        if let textColumn { (columns.text, columns.pair) = (textColumn, pairColumn) }
        if let pairColumn { columns.pair = pairColumn }
        if let label { columns.label = label }
        return columns
    }
}

/// How files of examples are read, for verbs that read some.
struct ExampleOptionsGroup: ParsableArguments {
    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "Name the column of a role, such as source=article; may be given again. Roles: \(Self.roles.joined(separator: ", ")).",
            valueName: "role=name"))
    var column: [String] = []

    @Option(name: .long, help: ArgumentHelp("The format of the file (default: found).", valueName: "name"))
    var format: ExampleFormat?

    static let roles = ["messages", "prompt", "completion", "text", "source", "target", "words", "tags", "context", "question", "answers"]

    /// A recipe's data section with the given options in place of its own.
    func applied(to data: Recipe.DataSpec) throws -> Recipe.DataSpec {
        var data = data
        if let format { data.format = format }
        for text in column {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, Self.roles.contains(parts[0]) else {
                throw ValidationError("--column \(text): expected role=name with one of the roles \(Self.roles.joined(separator: ", ")).")
            }
            switch parts[0] {
            case "messages": data.exampleColumns.messages = parts[1]
            case "prompt": data.exampleColumns.prompt = parts[1]
            case "completion": data.exampleColumns.completion = parts[1]
            case "text": data.text = parts[1]
            case "source": data.exampleColumns.source = parts[1]
            case "target": data.exampleColumns.target = parts[1]
            case "words": data.exampleColumns.words = parts[1]
            case "context": data.exampleColumns.context = parts[1]
            case "question": data.exampleColumns.question = parts[1]
            case "answers": data.exampleColumns.answers = parts[1]
            default: data.exampleColumns.tags = parts[1]
            }
        }
        return data
    }
}

extension Recipe.DataSpec {
    /// The rows of a file that a model is used on: each line of a text file is one, answers may be missing, tags of any scheme are kept.
    func unanswered(_ file: String) throws -> [TaskExample] {
        var data = self
        (data.exampleOptions.documents, data.exampleOptions.tagging, data.exampleOptions.answersMayBeMissing) = (.lines, .keep, true)
        return try data.exampleReader.read(URL(filePath: file)).examples
    }
}

/// How commands in messages are spelled so that they work when copied.
enum Program {
    /// The program as it was started: `hone` from the path, else the path that was typed.
    static var name: String {
        let typed = CommandLine.arguments.first ?? "hone"
        return typed.contains("/") ? typed.shellWord : "hone"
    }

    /// A path from the current folder if it lies in it, else the whole path.
    static func path(_ url: URL) -> String {
        let here = URL(filePath: FileManager.default.currentDirectoryPath).standardizedFileURL.path(percentEncoded: false)
        var path = url.standardizedFileURL.path(percentEncoded: false)
        if path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let start = here.hasSuffix("/") ? here : here + "/"
        return path.hasPrefix(start) ? String(path.dropFirst(start.count)) : path
    }

    /// How a run is named on a command line here: by its id if it lies in `runs`, else by its path.
    static func name(of run: RunFolder) -> String {
        let path = path(run.url)
        return path == "\(RunsOption.standard)/\(run.id)" ? run.id.description : (path.contains("/") ? path : "./\(path)").shellWord
    }
}
