// Tested by ReportPageTests.swift
import Foundation

extension ReportPage {
    /// The heat map, with a word on what is left out.
    static func matrix(_ confusion: ReportInput.Confusion) -> String {
        let part = ReportCharts.part(of: confusion)
        let reading =
            "Rows are the expected class, columns the prediction; blue is right, orange wrong, stronger is a larger share of the row."
        guard !part.indices.isEmpty else { return "<p class=\"note\">No prediction was wrong: there is nothing to confuse.</p>" }
        var note = reading
        if !part.isWhole {
            note += " Of the \(confusion.labels.count) classes, the \(part.indices.count) most often confused are shown"
            note += part.hidden == 0 ? "; no mix-up is left out." : "; \(Markup.count(part.hidden, "mix-up")) between others are left out."
        }
        return "<p class=\"note\">\(note)</p><div class=\"scroll matrix\">\(ReportCharts.matrix(confusion, part.indices))</div>"
    }

    /// The table of classes, weakest first.
    static func classes(_ rows: [ReportInput.ClassRow]) -> String {
        let sorted = rows.sorted { ($0.f1.isNaN ? -1 : $0.f1, $0.name) < ($1.f1.isNaN ? -1 : $1.f1, $1.name) }
        func line(_ row: ReportInput.ClassRow) -> String {
            let width = row.f1.isFinite ? Markup.fixed(max(0, min(1, row.f1)) * 100, 0) : "0"
            return "<tr><td dir=\"auto\">\(Markup.escape(row.name))</td><td class=\"n\">\(Markup.percent(row.f1))</td>"
                + "<td class=\"hide-small\"><span class=\"bar\"><b style=\"width:\(width)%\"></b></span></td>"
                + "<td class=\"n\">\(Markup.percent(row.precision))</td><td class=\"n\">\(Markup.percent(row.recall))</td>"
                + "<td class=\"n\">\(Markup.whole(row.rows))</td></tr>"
        }
        func table(_ rows: some Sequence<ReportInput.ClassRow>) -> String {
            "<div class=\"scroll\"><table><thead><tr><th>Class</th><th class=\"n\">F1</th><th class=\"hide-small\"></th>"
                + "<th class=\"n\">Precision</th><th class=\"n\">Recall</th><th class=\"n\">Rows</th></tr></thead><tbody>"
                + rows.map(line).joined() + "</tbody></table></div>"
        }
        let note = "<p class=\"note\">\(Markup.count(rows.count, "class", plural: "classes")), weakest first.</p>"
        guard sorted.count > 15 else { return note + table(sorted) }
        return note + table(sorted.prefix(12))
            + "<details><summary>The other \(sorted.count - 12) classes</summary>\(table(sorted.dropFirst(12)))</details>"
    }

    /// Wrong answers with what was expected.
    static func mistakes(_ input: ReportInput) -> String {
        guard !input.mistakes.isEmpty else { return "<p class=\"note\">There are none.</p>" }
        let total = max(input.mistakeCount, input.mistakes.count)
        let items = input.mistakes.map { mistake -> String in
            let pair = mistake.pair.map { "<p class=\"pair\" dir=\"auto\">\(Markup.escape($0))</p>" } ?? ""
            let confidence = mistake.confidence.map { "<span>\(Markup.percent($0, digits: 0)) sure</span>" } ?? ""
            return "<li><p dir=\"auto\">\(Markup.escape(mistake.text))</p>\(pair)<div class=\"verdict\"><span>expected "
                + Markup.element("span", mistake.expected, attributes: "class=\"tag right\" dir=\"auto\"") + "</span><span>predicted "
                + Markup.element("span", mistake.predicted, attributes: "class=\"tag wrong\" dir=\"auto\"")
                + "</span>\(confidence)</div></li>"
        }
        let order = input.mistakes.contains { $0.confidence != nil } ? ", the most confident first" : ""
        return "<p class=\"note\">\(Markup.whole(input.mistakes.count)) of \(Markup.count(total, "mistake"))\(order).</p>"
            + "<ol class=\"mistakes\">\(items.joined())</ol>"
    }

    /// Texts from evaluations: the last step's, and the others folded away.
    static func samples(_ samples: [ReportInput.Sample]) -> String {
        func items(_ list: some Sequence<ReportInput.Sample>) -> String {
            let items = list.map { sample in
                let prompt = sample.prompt.isEmpty ? "" : Markup.element("strong", sample.prompt)
                return "<li><p dir=\"auto\">\(prompt)\(Markup.escape(sample.text))</p>"
                    + "<div class=\"verdict\"><span>step \(Markup.whole(sample.step))</span></div></li>"
            }
            return "<ol class=\"mistakes\">\(items.joined())</ol>"
        }
        let last = samples.last?.step ?? 0
        let (newest, older) = (samples.filter { $0.step == last }, samples.filter { $0.step != last })
        guard !older.isEmpty else { return items(newest) }
        return items(newest) + "<details><summary>From earlier steps (\(older.count))</summary>\(items(older.reversed()))</details>"
    }

    /// Files, hashes and what the checks found.
    static func data(_ record: RunRecord) -> String {
        let files = record.data.map { file in
            "<tr><td>\(Markup.escape(file.role))</td><td>\(Markup.escape(file.path))</td><td class=\"n\">\(Markup.whole(file.rows))</td>"
                + "<td class=\"hide-small\">"
                + "<code title=\"\(Markup.escape(file.sha256))\">\(Markup.escape(String(file.sha256.prefix(12))))…</code></td></tr>"
        }
        let table =
            files.isEmpty
            ? "<p class=\"note\">No data files were recorded.</p>"
            : "<div class=\"scroll\"><table><thead><tr><th>Used for</th><th>File</th><th class=\"n\">Rows</th>"
                + "<th class=\"hide-small\">SHA-256</th></tr></thead><tbody>\(files.joined())</tbody></table></div>"
        guard let report = record.dataReport, case .object = report else { return table }
        // What is learned has a section of its own.
        let leaves = report.flattened.filter { !ReportLearned.shows($0.key) }.sorted { $0.key < $1.key }
        guard !leaves.isEmpty else { return table }
        return table + "<h3 style=\"margin-top:1.4rem\">Checks</h3>" + Markup.facts(leaves.map { (spaced($0.key), $0.value.text) })
    }

    /// Spells the key `train.longestRow` as `train · longest row`.
    private static func spaced(_ key: String) -> String {
        var out = ""
        for character in key {
            if character == "." {
                out += " · "
            } else if character.isUppercase, out.last?.isLowercase == true {
                out += " " + character.lowercased()
            } else {
                out.append(character)
            }
        }
        return out
    }

    /// What a person should know.
    static func warnings(_ input: ReportInput) -> String {
        input.record.warnings.map { warning in
            let counts = warning.counts.sorted { $0.key < $1.key }.map { "\(spaced($0.key)): \(Markup.whole($0.value))" }
            let tail = counts.isEmpty ? "" : " <span class=\"soft\">\(Markup.escape(counts.joined(separator: ", ")))</span>"
            return "<div class=\"warning\"><p>\(Markup.escape(warning.message))\(tail)</p></div>"
        }.joined()
    }

    /// The recipe as given, and as it was resolved.
    static func recipe(_ input: ReportInput) -> String {
        let given = input.recipe.isEmpty ? "<p class=\"note\">No recipe text was given.</p>" : "<pre>\(Markup.escape(input.recipe))</pre>"
        let leaves = input.record.recipe.flattened.filter { !$0.key.isEmpty }.sorted { $0.key < $1.key }
        guard !leaves.isEmpty else { return given }
        let rows = leaves.map { "<tr><td><code>\(Markup.escape($0.key))</code></td><td>\(Markup.escape($0.value.text))</td></tr>" }
        return given + "<details><summary>Every setting, defaults included</summary><div class=\"scroll\"><table><tbody>"
            + rows.joined() + "</tbody></table></div></details>"
    }

    /// What was recorded of model, machine and cost.
    static func record(_ record: RunRecord) -> String {
        let (counts, cost, machine) = (record.counts, record.cost, record.hardware)
        var rows: [(String, String)] = [("Run", record.id.description), ("Method", record.method), ("Seed", String(record.seed))]
        if let base = record.base {
            rows.append(("Base model", [base.path, base.family.map { "(\($0))" }].compactMap { $0 }.joined(separator: " ")))
        }
        rows.append(("Precision", record.precision + (record.precisionReason.isEmpty ? "" : ": \(record.precisionReason)")))
        let share = Double(counts.trainableParameters) / Double(max(1, counts.totalParameters))
        rows.append(
            (
                "Trained parameters",
                "\(Markup.whole(counts.trainableParameters)) of \(Markup.whole(counts.totalParameters)) "
                    + "(\(Markup.percent(share, digits: share < 0.1 ? 2 : 0)))"
            ))
        rows.append(("Training rows, tokens", "\(Markup.whole(counts.rows)), \(Markup.whole(counts.tokens))"))
        rows.append(("Steps", Markup.whole(counts.steps)))
        rows.append(("Peak memory", used(cost.measuredBytes.map(Markup.bytes), cost.predictedBytes.map(Markup.bytes))))
        rows.append(("Time", used(cost.measuredSeconds.map(Markup.duration), cost.predictedSeconds.map(Markup.duration))))
        rows.append(("Device", machine.device))
        rows.append(("Processor", "\(machine.cpu), \(Markup.count(machine.cores, "core")), \(Markup.count(machine.threads, "thread"))"))
        rows.append(("Memory", machine.memory > 0 ? Markup.bytes(machine.memory) : ""))
        let versions = record.versions
        rows.append(("Versions", "Hone \(versions.hone), libtorch \(versions.libtorch), Swift \(versions.swift)"))
        rows.append(("System", versions.system))
        if let adapter = record.adapter {
            rows += adapter.flattened.sorted { $0.key < $1.key }.map { ("Adapter: \($0.key)", $0.value.text) }
        }
        if let base = record.base { rows.append(("Base weights, SHA-256", base.sha256)) }
        if let hash = record.tokenizerHash { rows.append(("Tokenizer, SHA-256", hash)) }
        return Markup.facts(rows.map { ($0.0, $0.1.isEmpty ? "unknown" : $0.1) })
    }

    private static func used(_ measured: String?, _ predicted: String?) -> String {
        switch (measured, predicted) {
        case (let measured?, let predicted?): "\(measured) (predicted: \(predicted))"
        case (let measured?, nil): measured
        case (nil, let predicted?): "not measured (predicted: \(predicted))"
        case (nil, nil): ""
        }
    }

    /// The commands for another go.
    static func again(_ input: ReportInput) -> String {
        guard !input.commands.isEmpty else { return "<p class=\"note\">No commands were recorded.</p>" }
        return "<p class=\"note\">The same recipe, data, weights and versions on the same kind of processor give the same model.</p>"
            + "<pre>\(input.commands.map(Markup.escape).joined(separator: "\n"))</pre>"
    }
}

extension RunFolder {
    /// Writes `report.html`, in one rename.
    public func write(_ page: ReportPage) throws(RunsError) { try AtomicFile.write(Data(page.html.utf8), to: report) }
}
