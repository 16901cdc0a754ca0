import ArgumentParser
import Foundation
import Hone
import HoneRuns

struct RecipeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe", abstract: "Explain the keys of a recipe, or print one to begin with.", subcommands: [RecipeNewCommand.self])

    @Option(name: .long, help: ArgumentHelp("Explain one key, or all keys below it, such as training.", valueName: "key"))
    var explain: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        let rows = try Self.rows(explain)
        for row in rows {
            console.emit([
                "type": "key", "key": .string(row.key), "value": .string(row.type), "meaning": .string(row.meaning),
                "default": row.defaultText.map { .string($0) } ?? .null, "condition": row.condition.map { .string($0) } ?? .null,
            ])
        }
        console.emit(["type": "result", "keys": .integer(Int64(rows.count))])
        let width = min(console.width, 100)
        for row in rows { console.say(Self.lines(row, width, console)) }
    }

    private static func rows(_ key: String?) throws -> [RecipeReference.Row] {
        guard let key else { return RecipeReference.rows }
        let found = RecipeReference.rows.filter { $0.key == key || $0.key.hasPrefix(key + ".") }
        guard found.isEmpty else { return found }
        // The last part alone is what people remember.
        let last = key.split(separator: ".").last.map { $0.lowercased() } ?? ""
        let near = RecipeReference.rows.map(\.key).filter { $0.lowercased().split(separator: ".").last?.hasPrefix(last.prefix(4)) ?? false }
        throw CommandError.unknownKey(key, near: Array(near.prefix(5)))
    }

    private static func lines(_ row: RecipeReference.Row, _ width: Int, _ console: Console) -> [String] {
        let condition = row.condition.map { " (with \($0))" } ?? ""
        let head = console.bold(row.key) + console.dim(condition)
        let facts = "\(row.type); " + (row.defaultText.map { "default \($0)" } ?? "must be given")
        return [head] + (row.meaning.wrapped(to: width - 4) + facts.wrapped(to: width - 4)).map { "    " + $0 }
    }
}

struct RecipeNewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Print a recipe to begin with.",
        discussion: "For example: hone recipe new --task instruction --train chats.jsonl > recipe.yaml")

    @Option(name: .long, help: "What the model is to learn.")
    var task = TaskName.classification

    @Option(name: .long, help: ArgumentHelp("The model folder, in Hugging Face's layout.", valueName: "folder"))
    var model = "./model"

    @Option(name: .long, help: ArgumentHelp("The file of training rows (default: a name that fits the task).", valueName: "file"))
    var train: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let text = try RecipeStarter(task: task, model: model, train: train).text()
        output.console.say(text)
        output.console.emit(["type": "result", "task": .string(task.rawValue), "recipe": .string(text)])
    }
}
