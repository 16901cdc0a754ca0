// Tested by ReportPageTests.swift
import Foundation

extension ReportPage {
    /// The main numbers as a chart and as a table.
    static func summary(_ input: ReportInput) -> String {
        guard !input.summary.isEmpty else { return "<p class=\"note\">No final numbers were recorded.</p>" }
        let confidence = input.record.metrics.compactMap(\.confidence).first ?? 0.95
        let isPaired = input.summary.contains { $0.before != nil }
        let interval = "\(Markup.percent(confidence, digits: 0)) confidence intervals"
        // One axis serves one kind of number: shares have one together, every other measure its own, worth its room for a comparison.
        let others = input.summary.filter { !$0.isShare && $0.before != nil }
        let charts = ([input.summary.filter(\.isShare)] + others.map { [$0] }).map(ReportCharts.whiskers).joined()
        let legend =
            isPaired
            ? "<div class=\"legend\"><span><i class=\"ring\"></i>before training</span>"
                + "<span><i class=\"dot\" style=\"background:var(--accent)\"></i>after training</span>"
                + "<span>whiskers: \(interval)</span></div>"
            : charts.isEmpty
                ? "<p class=\"note\">In brackets: \(interval).</p>" : "<div class=\"legend\"><span>whiskers: \(interval)</span></div>"
        let rows = input.summary.map { measure -> String in
            let cells = (isPaired ? [cell(measure.before, measure)] : []) + [cell(measure.after, measure)]
            return "<tr><td>\(Markup.escape(measure.name)) <span class=\"soft\">\(Markup.escape(measure.split))</span></td>"
                + cells.joined() + (isPaired ? change(measure) : "") + "</tr>"
        }
        let head =
            isPaired ? "<th class=\"n\">Before</th><th class=\"n\">After</th><th class=\"n\">Change</th>" : "<th class=\"n\">Value</th>"
        return charts + legend
            + "<div class=\"scroll\"><table style=\"margin-top:1rem\"><thead><tr><th>Measure</th>\(head)</tr></thead><tbody>"
            + rows.joined() + "</tbody></table></div>"
    }

    private static func cell(_ estimate: ReportInput.Estimate?, _ measure: ReportInput.Measure) -> String {
        guard let estimate else { return "<td class=\"n soft\">–</td>" }
        let format: (Double) -> String = { measure.isShare ? Markup.fixed($0 * 100, 1) : Markup.short($0) }
        var text = measure.isShare ? Markup.percent(estimate.value) : Markup.short(estimate.value)
        if let low = estimate.low, let high = estimate.high {
            text += " <span class=\"soft interval\">[\(format(low)), \(format(high))]</span>"
        }
        return "<td class=\"n\">\(text)</td>"
    }

    private static func change(_ measure: ReportInput.Measure) -> String {
        guard let before = measure.before?.value, let after = measure.after?.value, (after - before).isFinite else {
            return "<td class=\"n soft\">–</td>"
        }
        let delta = after - before
        let size =
            measure.isShare ? Markup.fixed(abs(delta) * 100, 1) + "<span class=\"hide-small\"> points</span>" : Markup.short(abs(delta))
        let kind = delta == 0 ? "soft" : (delta > 0) != measure.isBetterLow ? "good" : "bad"
        return "<td class=\"n \(kind)\">\(delta == 0 ? "" : delta > 0 ? "+" : "−")\(size)</td>"
    }

    /// Curves over the steps: loss, metrics, learning rate, gradient norm.
    static func training(_ input: ReportInput) -> String {
        guard !input.steps.isEmpty || !input.evaluations.isEmpty else { return "<p class=\"note\">No steps were recorded.</p>" }
        let last = max(input.steps.map(\.index).max() ?? 0, input.evaluations.map(\.step).max() ?? 0)
        let charts = [lossChart(input, last)] + metricCharts(input, last) + stepCharts(input, last)
        let kept = input.record.bestStep.map { " The weights kept are those of step \(Markup.whole($0))." } ?? ""
        let steps = Markup.count(input.steps.count, "step")
        let hint = "<p class=\"note\">\(steps) recorded.\(kept) Point at a curve to read its values.</p>"
        return hint + "<div class=\"charts\">" + charts.joined() + "</div>" + nonFiniteNote(input)
    }

    private static func lossChart(_ input: ReportInput, _ last: Int) -> String {
        let raw = ReportCharts.thinned(input.steps.map { (x: Double($0.index), y: $0.loss) })
        let window = max(2, raw.count / 20)
        var lines: [ReportCharts.Line] = []
        if raw.count >= 12 {
            lines.append(.init(name: "training", color: "var(--accent)", points: raw, isThin: true))
            lines.append(
                .init(name: "training, smoothed", color: "var(--accent)", points: ReportCharts.smoothed(raw, window: window)))
        } else if !raw.isEmpty {
            lines.append(.init(name: "training", color: "var(--accent)", points: raw, hasDots: true))
        }
        for (number, split) in Set(input.evaluations.filter { $0.metrics["loss"] != nil }.map(\.split)).sorted().enumerated() {
            let points = input.evaluations.filter { $0.split == split }.compactMap { evaluation in
                evaluation.metrics["loss"].map { (x: Double(evaluation.step), y: $0) }
            }
            lines.append(.init(name: split, color: palette[(number + 1) % palette.count], points: points, hasDots: true))
        }
        let marks =
            input.steps.first { !$0.loss.isFinite }.map { [(x: Double($0.index), text: "loss is \(RunJSON.text(of: $0.loss))")] } ?? []
        return ReportCharts.curve(title: "Loss", unit: "mean per target, by step", lines: lines, last: last, marks: marks)
    }

    /// One chart for the shares of 1, and one for each other metric.
    private static func metricCharts(_ input: ReportInput, _ last: Int) -> [String] {
        let names = Set(input.evaluations.flatMap(\.metrics.keys)).subtracting(["loss"]).sorted()
        func lines(_ names: [String]) -> [ReportCharts.Line] {
            let splits = Set(input.evaluations.map(\.split)).sorted()
            let pairs = names.flatMap { name in splits.map { (name, $0) } }
            return pairs.enumerated().compactMap { number, pair in
                let points = input.evaluations.filter { $0.split == pair.1 }.compactMap { evaluation in
                    evaluation.metrics[pair.0].map { (x: Double(evaluation.step), y: $0) }
                }
                let title = ReportInput.Measure.title(of: pair.0)
                let name = splits.count > 1 ? "\(title), \(pair.1)" : title
                return points.isEmpty ? nil : .init(name: name, color: palette[number % palette.count], points: points, hasDots: true)
            }
        }
        let shares = names.filter(MetricWords.isShare)
        let splits = Set(input.evaluations.map(\.split)).sorted().joined(separator: ", ")
        var charts: [String] = []
        if !shares.isEmpty {
            charts.append(
                ReportCharts.curve(title: "Quality", unit: splits, lines: lines(shares), last: last, isShare: true))
        }
        for name in names where !MetricWords.isShare(name) {
            charts.append(
                ReportCharts.curve(title: ReportInput.Measure.title(of: name), unit: splits, lines: lines([name]), last: last))
        }
        return charts
    }

    private static func stepCharts(_ input: ReportInput, _ last: Int) -> [String] {
        guard !input.steps.isEmpty else { return [] }
        let rates = ReportCharts.thinned(input.steps.map { (x: Double($0.index), y: $0.learningRate) })
        var charts = [
            ReportCharts.curve(
                title: "Learning rate", unit: "by step", lines: [.init(name: "", color: "var(--c4)", points: rates)], last: last,
                zero: true)
        ]
        let norms = ReportCharts.thinned(
            input.steps.compactMap { step in step.gradientNorm.map { (x: Double(step.index), y: $0) } })
        if !norms.isEmpty {
            charts.append(
                ReportCharts.curve(
                    title: "Gradient norm", unit: "before clipping, by step", lines: [.init(name: "", color: "var(--c3)", points: norms)],
                    last: last, zero: true))
        }
        return charts
    }

    private static func nonFiniteNote(_ input: ReportInput) -> String {
        let broken = input.steps.filter { !$0.loss.isFinite }
        guard let first = broken.first else { return "" }
        return "<div class=\"warning failure\"><p>The loss was not finite at \(Markup.count(broken.count, "step")), first at step "
            + "\(Markup.whole(first.index)) (\(RunJSON.text(of: first.loss))).</p></div>"
    }

    private static let palette = ["var(--accent)", "var(--second)", "var(--c4)", "var(--c3)", "var(--c5)", "var(--good)"]
}
