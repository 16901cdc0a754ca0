import Foundation
import Hone
import HoneData
import HoneEvaluation

/// What was measured, for people.
struct ResultText {
    var result: EvaluationResult
    var before: EvaluationResult?
    /// What the record says was measured before, where the measurement itself is not at hand: of a run that went on.
    var recorded: [RunRecord.Metric] = []

    /// A table of the metrics, with those from before the training, or of another model, beside them.
    func table(_ console: Console, names: [String]? = nil, columns: (String, String) = ("before", "after")) -> [String] {
        let shown = result.metrics.filter { names?.contains($0.name) ?? true }
        let rows = shown.map { metric -> [String] in
            let after = cell(metric)
            guard hasEarlier else { return [Format.title(metric.name), console.bold(after)] }
            let earlier = before?[metric.name].map(cell) ?? recorded.first { $0.name == metric.name }.map(cell)
            return [Format.title(metric.name), earlier ?? "", console.bold(after)]
        }
        let interval = String(format: "(%.0f %% interval)", result.confidence * 100)
        let header =
            hasEarlier ? ["", "\(columns.0) \(interval)", columns.1] : ["", "\(Format.plural(result.rows, "row")) \(interval)"]
        var lines = Table(header: header, rows: rows).lines(indent: 2, header: console.dim)
        if let answered = result.answered, answered < result.rows {
            lines.append(console.dim("  \(Format.grouped(answered)) of the rows were answered in full"))
        }
        return lines + result.notes.map { console.dim("  note: ") + $0 }
    }

    private var hasEarlier: Bool { before != nil || !recorded.isEmpty }

    private func cell(_ metric: RunRecord.Metric) -> String { Format.metric(metric.name, metric.value, low: metric.low, high: metric.high) }

    private func cell(_ metric: MeasuredMetric) -> String { Format.metric(metric.name, metric.value, low: metric.low, high: metric.high) }

    /// What fine-tuning did, in a sentence; nil without a "before".
    func verdict() throws -> String? {
        guard let before else { return nil }
        let comparison = try result.compared(with: before)
        let change =
            "\(Format.title(comparison.metric.rawValue)) went from \(value(comparison.first, comparison)) to "
            + "\(value(comparison.second, comparison)) on the same \(Format.plural(comparison.rows, "test row"))"
        switch comparison.verdict {
        case .better: return "Fine-tuning helped: \(change), more than chance explains.\(try reserve(before))"
        case .worse:
            return "Fine-tuning made it worse: \(change). The report's loss curve tells why: still falling asks for more epochs, "
                + "rising for fewer, or for a lower training.learningRate."
        case .undecided: return "Too close to call: \(change), which chance can explain. More test rows would tell."
        }
    }

    /// What speaks against a lower loss: answers that did not become better with it.
    ///
    /// Empty where they did, or none were written.
    private func reserve(_ before: EvaluationResult) throws -> String {
        guard let answers = try result.comparedAnswers(with: before), answers.verdict != .better else { return "" }
        let change = "chrF \(value(answers.first, answers)) before, \(value(answers.second, answers)) after"
        return answers.verdict == .worse
            ? " But the answers that it writes became worse: \(change)."
            : " Whether the answers that it writes are better is too close to call: \(change)."
    }

    private func value(_ number: Double, _ comparison: PairedComparison) -> String { Format.metric(comparison.metric.rawValue, number) }

    /// The three weakest classes, each with what it is taken for and some mistakes.
    func weakest(_ console: Console, examples: Int = 2) -> [String] {
        guard let report = result.report, !report.weakest.isEmpty else { return [] }
        var lines = ["Weakest classes"]
        let room = console.width == .max ? 100 : console.width
        for weakness in report.weakest {
            let line = weakness.line
            let taken = weakness.confusions.map { "\($0.givenAs) \($0.count)×" }.joined(separator: ", ")
            lines.append(
                "  \(console.bold(line.name))  F1 \(Format.share(line.f1)), \(Format.plural(line.support, "row"))"
                    + (taken.isEmpty ? "" : "; taken for \(taken)"))
            for mistake in result.mistakes.filter({ $0.expected == line.name }).prefix(examples) {
                let certainty = mistake.confidence.map { " (\(Int(($0 * 100).rounded())) % sure)" } ?? ""
                let end = " → \(mistake.predicted)\(certainty)"
                lines.append("    “" + mistake.text.oneLine.clipped(to: max(20, room - end.columns - 6)) + "”" + console.dim(end))
            }
        }
        return lines
    }

    /// Some of the mistakes: those that the model was surest of, or, of tasks without certainty, the first.
    func mistakes(_ console: Console, limit: Int) -> [String] {
        guard !result.mistakes.isEmpty, limit > 0 else { return [] }
        let room = console.width == .max ? 100 : console.width
        let isSure = result.mistakes.contains { $0.confidence != nil || $0.error != nil }
        guard isSure else { return texts(limit, room, console) }
        let shown = result.mistakes.prefix(limit).map { mistake -> String in
            let certainty = mistake.confidence.map { ", \(Int(($0 * 100).rounded())) % sure" } ?? ""
            let end = " → \(mistake.predicted), not \(mistake.expected)\(certainty)"
            return "  “" + mistake.text.oneLine.clipped(to: max(20, room - end.columns - 4)) + "”" + console.dim(end)
        }
        return ["Mistakes (\(result.mistakes.count) in all, the surest first)"] + shown
    }

    /// Mistakes whose answers are texts, one below the other.
    private func texts(_ limit: Int, _ room: Int, _ console: Console) -> [String] {
        let of = result.answered ?? result.rows
        let shown = result.mistakes.prefix(limit).flatMap { mistake -> [String] in
            [
                "  “" + mistake.text.oneLine.clipped(to: max(20, room - 4)) + "”",
                console.dim("    wanted  ") + mistake.expected.oneLine.clipped(to: max(20, room - 12)),
                console.dim(result.answered == nil ? "    found   " : "    wrote   ")
                    + mistake.predicted.oneLine.clipped(to: max(20, room - 12)),
            ]
        }
        return ["Other than wanted (\(Format.grouped(result.mistakes.count)) of \(Format.grouped(of)), the first of them)"] + shown
    }
}
