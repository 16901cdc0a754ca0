import ArgumentParser
import Foundation
import Hone
import HoneData
import HoneEvaluation
import HoneRuns

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Measure a model on rows whose answers are known.",
        discussion: """
            Without --data the rows are the test rows of the model's own run. Models that write are measured by the loss of the right \
            answers' tokens, and by what they answer themselves, on as many rows as --answers says. With --compare both models answer \
            the same rows, and the verdict says whether the difference is more than chance.
            """)

    @Argument(help: ArgumentHelp("A run, its folder, a model folder, or an adapter's.", valueName: "run-or-folder"))
    var model: String

    @Option(name: .long, help: ArgumentHelp("A file with the right answers: CSV, JSONL, text, CoNLL.", valueName: "file"))
    var data: String?

    @Option(name: .long, help: ArgumentHelp("How many rows are answered in full (default: as in the run's recipe).", valueName: "count"))
    var answers: Int?

    @Option(name: .long, help: ArgumentHelp("The longest answer in tokens (default: as in the run's recipe).", valueName: "count"))
    var maxTokens: Int?

    @Option(
        name: .long,
        help: ArgumentHelp("Beams to follow when one text is made of another (default: as in the run's recipe).", valueName: "count"))
    var beams: Int?

    @Option(name: .long, help: "What happens to rows that are longer than the model reads (default: as in the run's recipe).")
    var tooLong: TooLongPolicy?

    @OptionGroup var columns: ColumnOptions
    @OptionGroup var examples: ExampleOptionsGroup

    @Option(name: .long, help: ArgumentHelp("The column of the label.", valueName: "name"))
    var labelColumn: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Another model to compare with, on the same rows; base for the model before the tuning.", valueName: "run-or-folder"))
    var compare: String?

    @Option(
        name: .long, help: ArgumentHelp("What --compare compares, such as macroF1 (default: the task's first metric).", valueName: "name"))
    var metric: String?

    @Option(name: .long, help: ArgumentHelp("How many mistakes to show.", valueName: "count"))
    var mistakes = 5

    @OptionGroup var loading: LoadingOptions
    @OptionGroup var runs: RunsOption
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let answers, answers < 0 { throw ValidationError("--answers must be 0 or more.") }
        if let maxTokens, maxTokens < 1 { throw ValidationError("--max-tokens must be at least 1.") }
        if let beams, beams < 1 { throw ValidationError("--beams must be at least 1.") }
        if metric != nil, compare == nil { throw ValidationError("--metric says what --compare compares; name a model with --compare.") }
    }

    func run() async throws {
        let console = output.console
        let place = try ModelLocation(model, in: runs.folder)
        let artifact = try place.artifact(base: loading.base)
        let other = try other(than: artifact)
        let name = try metric.map(Self.metric)
        if let assumption = artifact.assumption { console.complain("note: " + assumption) }
        if let other, let assumption = other.artifact.assumption { console.complain("note: " + assumption) }
        let rows = try rows(artifact, place)
        let result = try await measure(artifact, rows)
        let baseline: EvaluationResult? = if let other { try await measure(other.artifact, rows) } else { nil }
        let comparison = try baseline.map { try result.compared(with: $0, on: name) }
        try emit(result, comparison, place, other?.artifact, console, named: other?.name)
        show(ResultText(result: result, before: baseline), place, other?.name, console)
        if let comparison, let other { console.say(Self.verdict(comparison, place.name, other.name)) }
    }

    /// What the model is compared with.
    private func other(than artifact: Artifact) throws -> (artifact: Artifact, name: String)? {
        guard let compare else { return nil }
        // A folder of this name can still be meant: ./base.
        if compare == "base" { return (try artifact.untuned(), "the base") }
        let place = try ModelLocation(compare, in: runs.folder)
        return (try place.artifact(), place.name)
    }

    private func measure(_ artifact: Artifact, _ rows: EvaluationRows) async throws -> EvaluationResult {
        try await Evaluator.evaluate(artifact, on: rows, precision: loading.precision, threads: loading.threads)
    }

    /// The rows asked for; without --data the test rows of the model's run.
    private func rows(_ artifact: Artifact, _ place: ModelLocation) throws -> EvaluationRows {
        var rows: EvaluationRows
        if let data {
            var recipe = try place.recipe() ?? Recipe(model: artifact.weights.path, train: data, task: artifact.facts.task)
            // Columns named here replace those of the run.
            if !examples.column.isEmpty { (recipe.data.exampleColumns, recipe.data.text) = (ExampleColumns(), nil) }
            recipe.data = try examples.applied(to: recipe.data)
            let mapping = columns.mapping(recipe, label: labelColumn)
            (recipe.data.text, recipe.data.pair, recipe.data.label) = (mapping.text, mapping.pair, mapping.label)
            rows = EvaluationRows(file: URL(filePath: data), recipe: recipe)
        } else {
            guard let record = place.record else { throw CommandError.needsData(model: place.name) }
            rows = try EvaluationRows(testRowsOf: record)
        }
        if let answers { rows.recipe.evaluation.generatedRows = answers }
        if let maxTokens { rows.recipe.evaluation.maximumNewTokens = maxTokens }
        if let beams { rows.recipe.evaluation.beams = beams }
        if let tooLong { rows.recipe.data.tooLong = tooLong }
        return rows
    }

    private func show(_ text: ResultText, _ place: ModelLocation, _ other: String?, _ console: Console) {
        let rows = data.map { Program.path(URL(filePath: $0)) } ?? "the test rows of its run"
        console.say("\(console.bold(place.name)) on \(rows)")
        console.say(text.table(console, columns: (other ?? "", place.name)))
        console.say()
        for part in [text.weakest(console), text.mistakes(console, limit: mistakes)] where !part.isEmpty {
            console.say(part)
            console.say()
        }
    }

    private func emit(
        _ result: EvaluationResult, _ comparison: PairedComparison?, _ place: ModelLocation, _ other: Artifact?, _ console: Console,
        named name: String?
    ) throws {
        var more: [String: JSONValue] = ["model": .string(place.model.path)]
        if let data { more["data"] = .string(URL(filePath: data).path) }
        if let run = place.run { more["run"] = .string(run.id.description) }
        more["metrics"] = .object(Dictionary(result.metrics.map { ($0.name, .number($0.value)) }, uniquingKeysWith: { first, _ in first }))
        more["intervals"] = try JSONValue(result.metrics)
        if let comparison, let other {
            more["comparison"] = try JSONValue(comparison)
            more["comparedWith"] = .string(other.url.path)
            more["verdict"] = .string(Self.verdict(comparison, place.name, name ?? other.url.path))
        }
        try console.emit("result", result, more)
    }

    private static func metric(_ text: String) throws -> MetricName {
        guard let name = MetricName(rawValue: text) else {
            throw CommandError.unknownMetric(text, known: MetricName.allCases.map(\.rawValue))
        }
        return name
    }

    /// Which of two models is better, in words.
    static func verdict(_ comparison: PairedComparison, _ name: String, _ other: String) -> String {
        let metric = comparison.metric.rawValue
        let share = String(format: "%.0f %%", comparison.difference.confidence * 100)
        let difference = Format.metric(
            metric, comparison.difference.estimate, low: comparison.difference.low, high: comparison.difference.high)
        let facts =
            "\(Format.title(metric)) \(Format.metric(metric, comparison.second)) against \(Format.metric(metric, comparison.first)) "
            + "on the same \(Format.plural(comparison.rows, "row")), difference \(difference) at \(share)"
        switch comparison.verdict {
        case .better: return "\(name) is better than \(other): \(facts)."
        case .worse: return "\(name) is worse than \(other): \(facts)."
        case .undecided(let more):
            let advice = more.map { " If the difference is real, about \(Format.grouped($0)) more rows would show it." } ?? ""
            return "These rows do not decide between \(name) and \(other): \(facts).\(advice)"
        }
    }
}
