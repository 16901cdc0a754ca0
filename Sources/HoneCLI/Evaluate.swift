import ArgumentParser
import Foundation
import Hone
import HoneData
import HoneEvaluation
import HoneRuns

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Measure a trained model on labelled rows.",
        discussion: """
            Without --data the rows are the test rows of the model's own run. With --compare both models answer the same rows, and the \
            verdict says whether the difference is more than chance.
            """)

    @Argument(help: ArgumentHelp("A run, its folder, or a model folder that Hone wrote.", valueName: "run-or-folder"))
    var model: String

    @Option(name: .long, help: ArgumentHelp("A labelled file, CSV or JSONL.", valueName: "file"))
    var data: String?

    @OptionGroup var columns: ColumnOptions

    @Option(name: .long, help: ArgumentHelp("The column of the label.", valueName: "name"))
    var labelColumn: String?

    @Option(name: .long, help: ArgumentHelp("Another model to compare with, on the same rows.", valueName: "run-or-folder"))
    var compare: String?

    @Option(
        name: .long, help: ArgumentHelp("What --compare compares, such as macroF1 (default: the task's first metric).", valueName: "name"))
    var metric: String?

    @Option(name: .long, help: ArgumentHelp("How many mistakes to show.", valueName: "count"))
    var mistakes = 5

    @OptionGroup var runs: RunsOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        let place = try ModelLocation(model, in: runs.folder)
        let other = try compare.map { try ModelLocation($0, in: runs.folder) }
        let name = try metric.map(Self.metric)
        let result = try await measure(place, rowsOf: place)
        let baseline: EvaluationResult? = if let other { try await measure(other, rowsOf: place) } else { nil }
        let comparison = try baseline.map { try result.compared(with: $0, on: name) }
        try emit(result, comparison, place, other, console)
        show(result, place, console)
        if let comparison, let other { console.say(Self.verdict(comparison, place.name, other.name)) }
    }

    /// Measures one model on the rows asked for; without --data on the test rows of `owner`'s run.
    private func measure(_ place: ModelLocation, rowsOf owner: ModelLocation) async throws -> EvaluationResult {
        let recipe = try owner.recipe()
        guard data == nil, let record = owner.record else {
            guard let data else { throw CommandError.needsData(model: owner.name) }
            return try await Classifier(place.model).evaluate(
                file: URL(filePath: data), columns: columns.mapping(recipe, label: labelColumn), settings: recipe?.evaluation ?? .init(),
                seed: recipe?.training.seed ?? Recipe.TrainingSpec().seed)
        }
        return try await Classifier(place.model).evaluate(testRowsOf: record)
    }

    private func show(_ result: EvaluationResult, _ place: ModelLocation, _ console: Console) {
        let rows = data.map { Program.path(URL(filePath: $0)) } ?? "the test rows of its run"
        console.say("\(console.bold(place.name)) on \(rows)")
        let text = ResultText(result: result)
        console.say(text.table(console))
        console.say()
        for part in [text.weakest(console), text.mistakes(console, limit: mistakes)] where !part.isEmpty {
            console.say(part)
            console.say()
        }
    }

    private func emit(
        _ result: EvaluationResult, _ comparison: PairedComparison?, _ place: ModelLocation, _ other: ModelLocation?, _ console: Console
    ) throws {
        var more: [String: JSONValue] = ["model": .string(place.model.path)]
        if let data { more["data"] = .string(URL(filePath: data).path) }
        if let run = place.run { more["run"] = .string(run.id.description) }
        more["metrics"] = .object(Dictionary(result.metrics.map { ($0.name, .number($0.value)) }, uniquingKeysWith: { first, _ in first }))
        more["intervals"] = try JSONValue(result.metrics)
        if let comparison, let other {
            more["comparison"] = try JSONValue(comparison)
            more["comparedWith"] = .string(other.model.path)
            more["verdict"] = .string(Self.verdict(comparison, place.name, other.name))
        }
        more["stored"] = .null
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
