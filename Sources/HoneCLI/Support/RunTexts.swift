import Foundation
import Hone
import HoneRuns

/// A run's record, for people.
struct RecordText {
    var record: RunRecord
    var folder: RunFolder

    func lines(_ console: Console) -> [String] {
        var rows: [[String]] = [["status", record.status.rawValue + (record.reason.map { ": \($0)" } ?? "")]]
        if let name = record.name { rows.append(["name", name]) }
        rows.append(["made", Format.time(record.created)])
        if let base = record.base { rows.append(["base", "\(Program.path(URL(filePath: base.path))) (\(base.sha256.prefix(12))…)"]) }
        let counts = record.counts
        rows += [
            [
                "tuning",
                "\(record.method), \(Format.short(counts.trainableParameters)) of \(Format.short(counts.totalParameters)) parameters",
            ],
            ["precision", "\(record.precision) (\(record.precisionReason))"], ["seed", "\(record.seed)"],
        ]
        for file in record.data {
            rows.append([
                "\(file.role) rows",
                "\(Format.grouped(file.rows)) from \(Program.path(URL(filePath: file.path))) (\(file.sha256.prefix(12))…)",
            ])
        }
        rows.append(["steps", Format.grouped(counts.steps) + (record.bestStep.map { ", the best at \(Format.grouped($0))" } ?? "")])
        if let cost { rows.append(["cost", cost]) }
        rows += [["machine", machine], ["versions", versions], ["folder", Program.path(folder.url)]]
        if FileManager.default.fileExists(atPath: folder.report.path) { rows.append(["report", Program.path(folder.report)]) }
        return [console.bold(record.id.description)] + Table(rows: rows.map { [console.dim($0[0]), $0[1]] }).lines(indent: 2)
            + metrics(console) + record.warnings.map { console.dim("  note: ") + $0.message }
    }

    private var cost: String? {
        let parts = [record.cost.measuredSeconds.map(Format.duration), record.cost.measuredBytes.map { "\(Format.bytes($0)) at most" }]
        let text = parts.compactMap(\.self).joined(separator: ", ")
        guard !text.isEmpty else { return nil }
        let foreseen = [record.cost.predictedSeconds.map(Format.duration), record.cost.predictedBytes.map(Format.bytes)].compactMap(\.self)
        return text + (foreseen.isEmpty ? "" : " (foreseen \(foreseen.joined(separator: ", ")))")
    }

    private var machine: String {
        let hardware = record.hardware
        return "\(hardware.cpu), \(Format.plural(hardware.threads, "thread")), \(Format.bytes(hardware.memory)), \(hardware.device)"
    }

    private var versions: String {
        let versions = record.versions
        return "Hone \(versions.hone), libtorch \(versions.libtorch), Swift \(versions.swift), \(versions.system)"
    }

    private func metrics(_ console: Console) -> [String] {
        guard !record.metrics.isEmpty else { return [] }
        let hasBefore = record.metrics.contains { $0.phase == .before }
        var names: [String] = []
        for metric in record.metrics where !names.contains(metric.name) { names.append(metric.name) }
        func cell(_ name: String, _ phase: RunRecord.Metric.Phase) -> String {
            record.metric(name, phase: phase).map { Format.metric(name, $0.value, low: $0.low, high: $0.high) } ?? ""
        }
        let rows = names.map { [Format.title($0)] + (hasBefore ? [cell($0, .before)] : []) + [cell($0, .after)] }
        return Table(header: ["test rows"] + (hasBefore ? ["before"] : []) + ["after"], rows: rows).lines(indent: 2, header: console.dim)
    }
}

/// Runs side by side, for people.
struct ComparisonText {
    var comparison: RunComparison

    func lines(_ console: Console) -> [String] {
        let names = comparison.runs.map(\.words)
        var lines: [String] = []
        if !comparison.metrics.isEmpty {
            let rows = comparison.metrics.map { row in
                [row.key]
                    + zip(row.values, row.deltas).enumerated().map {
                        cell(row.key, $0.element.0?.value, $0.offset == 0 ? nil : $0.element.1)
                    }
            }
            lines += Table(header: ["metric"] + names, rows: rows).lines(width: console.width, header: console.bold) + [""]
        }
        lines += table("setting", comparison.recipe, names, console)
        lines += comparison.recipe.isEmpty ? ["The recipes are the same.", ""] : [""]
        return lines + table("fact", comparison.facts, names, console)
    }

    private func table(_ title: String, _ differences: [RunComparison.Difference], _ names: [String], _ console: Console) -> [String] {
        guard !differences.isEmpty else { return [] }
        let rows = differences.map { row in [row.key] + row.values.map { $0.map { $0.text.clipped(to: 40) } ?? "–" } }
        return Table(header: [title] + names, rows: rows).lines(width: console.width, header: console.bold)
    }

    private func cell(_ key: String, _ value: Double?, _ delta: Double?) -> String {
        let name = key.split(separator: " ").first?.split(separator: ".").last.map(String.init) ?? key
        guard let value else { return "–" }
        guard let delta else { return Format.metric(name, value) }
        let change = Format.isShare(name) ? String(format: "%+.1f", delta * 100) : String(format: "%+.4g", delta)
        return "\(Format.metric(name, value)) (\(change))"
    }
}
