// Tested by RunTests.swift.
internal import Foundation
internal import HoneEvaluation
internal import HoneRuns

/// Maps what a run measured to its page.
enum RunReport {
    /// How many mistakes the page shows.
    private static let mistakeLimit = 40

    /// The metrics whose course over training is drawn.
    private static let curves: Set = [
        "loss", "accuracy", "macroF1", "pearson", "spearman", "meanSquaredError", "tokenAccuracy", "perplexity", "entityF1", "exactMatch",
        "tokenF1", "bleu", "chrF", "rougeL",
    ]

    static func write(_ record: RunRecord, _ result: EvaluationResult?, recipe: String, folder: RunFolder) throws {
        let events = try EventLog.read(folder).events
        var input = ReportInput(title: record.name ?? record.id.description, record: record, events: events)
        input.evaluations = input.evaluations.filter { $0.split == "validation" }.map { evaluation in
            .init(step: evaluation.step, split: evaluation.split, metrics: evaluation.metrics.filter { curves.contains($0.key) })
        }
        input.recipe = recipe
        input.commands = commands(record)
        if let result {
            if let counts = result.confusion { input.confusion = .init(labels: result.labels, counts: counts) }
            input.classes = (result.report?.classes ?? []).map {
                .init(name: $0.name, rows: $0.support, precision: $0.precision, recall: $0.recall, f1: $0.f1)
            }
            input.mistakes = result.mistakes.prefix(mistakeLimit).map {
                .init(text: $0.text, pair: $0.pair, expected: $0.expected, predicted: $0.predicted, confidence: $0.confidence)
            }
            input.mistakeCount = result.mistakes.count
        }
        try folder.write(ReportPage(input))
    }

    private static func commands(_ record: RunRecord) -> [String] {
        ["hone train recipe.yaml", "hone evaluate \(record.id)", "hone predict \(record.id) \"…\""]
    }
}
