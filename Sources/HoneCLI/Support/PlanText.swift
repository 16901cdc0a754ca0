import Foundation
import Hone
import HoneData

/// What a plan says, for people.
struct PlanText {
    var plan: Plan

    func lines(_ console: Console) -> [String] {
        let facts = plan.facts
        var rows: [[String]] = [
            [
                "model",
                "\(plan.modelName.contains("/") ? Program.path(URL(filePath: plan.modelName)) : plan.modelName)"
                    + "\(plan.isFromNothing ? " from random weights" : "") (\(facts.family), \(Format.short(facts.totalParameters)) parameters"
                    + "\(facts.method == "lora" ? " with the adapter" : ""))",
            ],
            ["tuning", tuning], ["rows", splits],
            [
                "tokens",
                "\(Format.grouped(facts.tokensPerEpoch)) in an epoch, longest row \(facts.longestRow)"
                    + (facts.maximumTokens == .max ? "" : " of \(facts.maximumTokens)"),
            ],
            ["steps", steps], ["precision", "\(facts.precision.name) (\(facts.precision.reason))"],
            ["memory", memory],
            ["time", "about \(Format.duration(facts.predictedSeconds))"],
        ]
        if case .classification = plan.recipe.task.kind { rows.insert(["classes", "\(classes)"], at: 3) }
        rows.insert(contentsOf: examples, at: 3)
        if let learned { rows.insert(["learned", learned], at: rows.firstIndex { $0[0] == "tokens" }.map { $0 + 1 } ?? rows.count) }
        return Table(rows: rows.map { [console.dim($0[0]), $0[1]] }).lines(indent: 2) + findings.map { console.dim("  note: ") + $0 }
    }

    private var tuning: String {
        let facts = plan.facts
        let share = Double(facts.trainableParameters) / Double(max(1, facts.totalParameters))
        return "\(facts.method), \(Format.short(facts.trainableParameters)) parameters change (\(Format.share(share)))"
    }

    private var splits: String {
        SplitName.allCases.compactMap { name in
            plan.facts.rows[name.rawValue].flatMap { $0 > 0 ? "\(Format.grouped($0)) \(name.rawValue)" : nil }
        }.joined(separator: ", ")
    }

    private var memory: String {
        let facts = plan.facts, parts = facts.memory
        let named = [("weights", parts.weights), ("training", parts.training), ("activations", parts.activations)]
        let shares = named.map { "\($0.0) \(Format.bytes($0.1))" }.joined(separator: ", ")
        var text = "about \(Format.bytes(facts.predictedBytes)) at most (\(shares))"
        if facts.checkpointsBlocks { text += "; activations are computed again" }
        if let slots = facts.slotsAtOnce { text += "; batches go in parts of \(Format.grouped(slots)) tokens" }
        return text
    }

    private var classes: Int { plan.data?[.train]?.classes.count ?? 0 }

    private var steps: String {
        let training = plan.recipe.training
        let accumulation = training.accumulation > 1 ? " × \(training.accumulation)" : ""
        // With a budget of tokens the number of rows is only where a batch ends at the latest.
        let size =
            training.tokenBudget.map { "at most \(Format.grouped($0))\(accumulation) tokens" }
            ?? "\(training.batchSize)\(accumulation) rows"
        return "\(Format.grouped(plan.facts.steps)) of \(size), "
            + "\(Format.plural(plan.facts.batchesPerEpoch, "batch", "batches")) an epoch"
    }

    /// What was found in files of examples: their format, the template, the tags.
    private var examples: [[String]] {
        guard let facts = plan.exampleFacts else { return [] }
        var rows = facts.files.map { file in
            ["data", "\(Program.path(URL(filePath: file.file))): \(file.format.title), \(Format.plural(file.examples, "example"))"]
        }
        if let template = facts.template {
            let stops = facts.stops.keys.sorted().joined(separator: ", ")
            let name = template.contains(" ") ? template : "Hone's “\(template)”"
            rows.append(["template", "\(name); an answer ends with \(stops)"])
        }
        if !plan.tags.isEmpty { rows.append(["tags", "\(plan.tags.count): \(plan.tags.joined(separator: ", ").clipped(to: 80))"]) }
        return rows
    }

    /// What is learned of the training rows; nil where that goes without saying.
    private var learned: String? {
        switch plan.recipe.task.kind {
        case .maskedText: return "15 % of the tokens, hidden anew in each epoch"
        case .instruction, .text:
            guard let certificate = plan.exampleFacts?.certificates[.train] else { return nil }
            let share = "\(Format.grouped(certificate.learnedTokens)) tokens (\(Format.share(certificate.learnedShare)))"
            guard certificate.turns > 0 else { return share }
            let ends =
                certificate.turnsEndingInStop == certificate.turns
                ? "each ends in a stop token" : "\(Format.grouped(certificate.turnsEndingInStop)) end in a stop token"
            return "\(share) in \(Format.plural(certificate.turns, "turn")); \(ends)"
        case .classification, .multiLabel, .regression, .sequenceToSequence, .tagging, .questionAnswering: return nil
        }
    }

    /// What was found in the data, and what a policy took away.
    private var findings: [String] { plan.warnings + plan.lengthNotes }
}
