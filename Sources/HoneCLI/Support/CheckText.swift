import Foundation
import Hone
import HoneData

/// What a check of data found, for people.
struct CheckText {
    var check: DataCheck

    func lines(_ console: Console) -> [String] {
        var lines: [String] = []
        for file in check.files { lines += self.file(file, console) }
        var rows: [[String]] = []
        if !check.rows.isEmpty { rows.append(["rows", splits { check.rows[$0].map { Format.grouped($0) } }]) }
        rows += learned
        if !check.labels.isEmpty { rows.append([check.task == .tagging ? "tags" : "labels", labels]) }
        if check.duplicates > 0 { rows.append(["repeated", Format.plural(check.duplicates, "training row")]) }
        lines += Table(rows: rows.map { [console.dim($0[0]), $0[1]] }).lines(indent: 2)
        for split in SplitName.allCases {
            if let report = check.lengths[split] { lines += lengths(split, report, console) }
        }
        lines += check.warnings.map { console.dim("  note: ") + $0 }
        if let refusal = check.refusal {
            lines.append(console.bad("Training would be refused: ") + refusal)
        } else if check.rows.isEmpty {
            lines.append("Read without a fault. With --model, or by a recipe, its tokens are checked too.")
        } else {
            lines.append(console.good("Nothing speaks against training on this data."))
        }
        return lines
    }

    private func file(_ file: DataCheck.File, _ console: Console) -> [String] {
        let examples = file.examples == file.rows ? "" : ", \(Format.plural(file.examples, "example"))"
        var rows = [["format", "\(file.format), \(Format.plural(file.rows, "row"))\(examples)"]]
        let fields = file.fields.sorted { $0.key < $1.key }.map { $0.key == $0.value ? $0.key : "\($0.key) from “\($0.value)”" }
        let unused = file.unusedFields.isEmpty ? "" : "; not used: \(file.unusedFields.joined(separator: ", "))"
        if !fields.isEmpty || !unused.isEmpty { rows.append(["fields", fields.joined(separator: ", ") + unused]) }
        let roles = file.roles.sorted { $0.key < $1.key }.map { "\($0.key) \(Format.grouped($0.value))" }
        if !roles.isEmpty { rows.append(["messages", roles.joined(separator: ", ")]) }
        if file.blankLines > 0, !file.fields.keys.contains("documents") { rows.append(["blank lines", Format.grouped(file.blankLines)]) }
        return [console.bold(Program.path(URL(filePath: file.file)))]
            + Table(rows: rows.map { [console.dim($0[0]), $0[1]] }).lines(indent: 2)
    }

    private func splits(_ text: (SplitName) -> String?) -> String {
        SplitName.allCases.compactMap { split in text(split).map { "\($0) \(split.rawValue)" } }.joined(separator: ", ")
    }

    private var learned: [[String]] {
        var rows: [[String]] = []
        for split in SplitName.allCases {
            guard let certificate = check.certificates[split] else { continue }
            var facts = [
                "\(Format.share(certificate.learnedShare)) of \(Format.grouped(certificate.tokens)) tokens"
            ]
            if certificate.turns > 0 {
                facts.append(
                    "\(Format.grouped(certificate.turnsEndingInStop)) of \(Format.plural(certificate.turns, "turn")) end in a stop token")
            }
            let counted: [(Int, String)] = [
                (certificate.cutTurns, "turns cut"), (certificate.rowsLearningNothing, "rows learn nothing"),
                (certificate.droppedTexts, "texts left out by the template"),
                (certificate.searchedTurns, "turns found by changing their text"),
                (certificate.straddlingTokens, "tokens across the edge of a turn"), (certificate.beginTokens.several, "rows begin twice"),
                (certificate.splitRows, "rows split"), (certificate.partsLearningNothing, "parts left out, nothing to learn"),
            ]
            facts += counted.filter { $0.0 > 0 }.map { "\(Format.grouped($0)) \($1)" }
            rows.append(["learned, \(split.rawValue)", facts.joined(separator: "; ")])
        }
        if let template = check.template { rows.append(["template", template]) }
        for (token, why) in check.stops.sorted(by: { $0.key < $1.key }) { rows.append(["stop token", "\(token) (\(why))"]) }
        return rows
    }

    private var labels: String {
        let sorted = check.labels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let shown = sorted.prefix(12).map { "\($0.key) \(Format.grouped($0.value))" }.joined(separator: ", ")
        return sorted.count > 12 ? "\(shown), … (\(sorted.count))" : shown
    }

    /// A bar for each bin of lengths.
    private func lengths(_ split: SplitName, _ report: LengthReport, _ console: Console) -> [String] {
        let limit = report.maximum == .max ? "" : ", at most \(Format.grouped(report.maximum)) taken"
        var lines = [
            console.dim("  tokens, \(split.rawValue)")
                + "  median \(Format.grouped(report.p50)), 95 % up to \(Format.grouped(report.p95)), longest \(Format.grouped(report.longest))\(limit)"
        ]
        // A few rows are said by the line above.
        guard report.histogram.reduce(0, { $0 + $1.rows }) > 4 else { return lines + lost(report) }
        let most = report.histogram.map(\.rows).max() ?? 0
        let (edge, count) = (report.histogram.last.map { Format.grouped($0.upTo).count } ?? 0, Format.grouped(most).count)
        for bin in report.histogram {
            let width = most == 0 ? 0 : Int((Double(bin.rows) / Double(most) * 40).rounded(.up))
            lines.append(
                "    ≤ \(Format.grouped(bin.upTo).padded(to: edge, isRight: true)) \(Format.grouped(bin.rows).padded(to: count, isRight: true)) "
                    + String(repeating: "▪", count: bin.rows == 0 ? 0 : width))
        }
        return lines + lost(report)
    }

    private func lost(_ report: LengthReport) -> [String] {
        var lines: [String] = []
        if report.truncated > 0 {
            lines.append("    \(Format.plural(report.truncated, "row")) cut, \(Format.plural(report.tokensCut, "token")) lost")
        }
        if report.dropped > 0 { lines.append("    \(Format.plural(report.dropped, "row")) dropped for their length") }
        return lines
    }
}
