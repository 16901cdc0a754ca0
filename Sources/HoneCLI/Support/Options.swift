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
