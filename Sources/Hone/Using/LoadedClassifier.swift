// Tested by ClassifierTests.swift.
internal import Foundation
internal import HoneData
internal import HoneModels
internal import HoneTensors
internal import HoneText
internal import HoneTraining

/// A classifier or a model of one number in memory, ready to predict.
///
/// Lives on the torch thread.
final class LoadedClassifier {
    let loaded: LoadedFolder<any SequenceClassifier>
    let scoring: Scoring
    let predictor: Predictor
    /// The largest difference of a probe logit, in float32; nil if the folder has no probe.
    private(set) var drift: Double?

    /// - Parameters:
    ///   - isChecked: run the probe in float32 first, and throw if ids or logits differ from the recorded ones.
    ///   - isBrief: only a few rows are computed, in float32: frozen weights of 16 bits stay so.
    init(_ artifact: Artifact, compute: DType, isChecked: Bool, isBrief: Bool = false) throws {
        let facts = artifact.facts
        guard let kind = facts.task.rows else {
            throw HoneError.wrongTask(found: facts.task.rawValue, needed: "classification, multiLabel or regression", what: "A classifier")
        }
        scoring = Scoring(task: kind, labels: facts.labels)
        loaded = try LoadedFolder(artifact, compute: isChecked ? .float32 : compute, leavesNarrow: isChecked || isBrief) {
            folder, facts, head in
            let (model, report) = try folder.classifier(labels: kind == .regression ? 1 : facts.labels.count, head: head, seed: 0)
            return (model, model, report)
        }
        predictor = Predictor(
            forward: loaded.model.forward, compute: compute, device: .cpu, budget: PlanFacts.evaluationBudget, paddingID: facts.padID)
        guard isChecked else { return }
        if loaded.hasProbe, let probe = try Probe.read(artifact.url) { try check(probe) }
        if !isBrief { try loaded.prepare(compute) }
    }

    private func check(_ probe: Probe) throws {
        let folder = loaded.artifact.url.path
        for row in probe.rows where loaded.tokenizer.encodeIDs(row.text, pair: row.pair) != row.ids {
            throw HoneError.tokens(folder: folder, text: row.text)
        }
        let found = probe.drift(
            try exactLogits(probe.rows.map { TextRow(file: "probe", line: 0, text: $0.text, pair: $0.pair, target: .none) }))
        drift = found
        guard found <= Probe.limit else { throw HoneError.probe(folder: folder, drift: found, limit: Probe.limit) }
    }

    /// Float32 logits; the parameters must compute in float32.
    func exactLogits(_ rows: [TextRow]) throws -> [[Float]] {
        let encoded = try encode(
            rows.map { TextRow(file: $0.file, line: $0.line, text: $0.text, pair: $0.pair, target: .none) }, labels: nil)
        return try Predictor(
            forward: loaded.model.forward, compute: .float32, device: .cpu, budget: PlanFacts.evaluationBudget,
            paddingID: loaded.facts.padID
        ).logits(of: encoded)
    }

    /// Token ids of rows; rows that are too long are an error naming them.
    func encode(_ rows: [TextRow], labels: LabelSet?) throws -> [EncodedRow] {
        try RowEncoder(labels: labels, maximum: loaded.maximumTokens, tooLong: .error).encode(rows, split: .test, with: loaded.tokenizer)
            .rows
    }
}
