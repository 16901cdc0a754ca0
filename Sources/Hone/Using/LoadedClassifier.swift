// Tested by ClassifierTests.swift.
internal import Foundation
internal import HoneAdapters
internal import HoneData
internal import HoneLayers
internal import HoneModels
internal import HoneTensors
internal import HoneText
internal import HoneTraining
internal import HoneWeights

/// A model folder in memory, ready to predict.
///
/// Lives on the torch thread.
final class LoadedClassifier {
    let facts: ArtifactFacts
    /// The kind of row target.
    let kind: TaskKind
    let model: any SequenceClassifier
    let folder: ModelFolder
    let tokenizer: Tokenizer
    let predictor: Predictor
    /// The largest difference of a probe logit, in float32; nil if the folder has no probe.
    private(set) var drift: Double?

    /// Loads a full checkpoint, or an adapter on its base.
    ///
    /// - Parameters:
    ///   - base: where the base model of an adapter is now; nil for where it was.
    ///   - isChecked: run the probe in float32 first, and throw if ids or logits differ from the recorded ones.
    init(_ url: URL, base: URL?, compute: DType, isChecked: Bool) throws {
        facts = try ArtifactFacts.read(url)
        guard let kind = facts.task.rows else {
            throw HoneError.wrongTask(found: facts.task.rawValue, needed: "classification, multiLabel or regression", what: "A classifier")
        }
        self.kind = kind
        let source = facts.isAdapter ? base ?? URL(filePath: facts.basePath) : url
        if facts.isAdapter {
            guard FileManager.default.fileExists(atPath: source.path) else {
                throw HoneError.baseMissing(path: source.path, folder: url.path)
            }
            let hash = try ContentHash.files(Checkpoint(folder: source).files.map { URL(filePath: $0.file.path) })
            guard hash == facts.baseHash else { throw HoneError.baseChanged(path: source.path, expected: facts.baseHash, found: hash) }
        }
        folder = try ModelFolder(source)
        tokenizer = try Tokenizer(folder: url)
        let outputs = kind == .regression ? 1 : facts.labels.count
        let loaded = try folder.classifier(labels: outputs, head: facts.isAdapter ? .new : .checkpoint, seed: 0)
        model = loaded.model
        let target = model.tuningTarget(new: facts.isAdapter ? loaded.report.new : [])
        let tuning: Tuning =
            facts.isAdapter
            ? .lora(try PEFTFolder.config(in: url)) : .partial(PartialConfig(lastLayers: 0, patterns: [], freezesEmbeddings: true))
        _ = try tuning.apply(to: target, compute: .float32)
        if facts.isAdapter { try PEFTFolder.load(url, into: target) }
        let all = model.namedParameters() + model.wrapperParameters()
        predictor = Predictor(
            forward: model.forward, compute: compute, device: .cpu, budget: PlanFacts.evaluationBudget, paddingID: facts.padID)
        for named in all { try named.parameter.prepare(trainable: false, compute: .float32) }
        if isChecked, let probe = try Probe.read(url) { try check(probe, url) }
        if compute != .float32 { for named in all { try named.parameter.prepare(trainable: false, compute: compute) } }
    }

    private func check(_ probe: Probe, _ url: URL) throws {
        for row in probe.rows where tokenizer.encodeIDs(row.text, pair: row.pair) != row.ids {
            throw HoneError.tokens(folder: url.path, text: row.text)
        }
        let found = probe.drift(
            try exactLogits(probe.rows.map { TextRow(file: "probe", line: 0, text: $0.text, pair: $0.pair, target: .none) }))
        drift = found
        guard found <= Probe.limit else { throw HoneError.probe(folder: url.path, drift: found, limit: Probe.limit) }
    }

    /// Float32 logits; the parameters must compute in float32.
    func exactLogits(_ rows: [TextRow]) throws -> [[Float]] {
        let encoded = try encode(
            rows.map { TextRow(file: $0.file, line: $0.line, text: $0.text, pair: $0.pair, target: .none) }, labels: nil)
        return try Predictor(
            forward: model.forward, compute: .float32, device: .cpu, budget: PlanFacts.evaluationBudget, paddingID: facts.padID
        ).logits(of: encoded)
    }

    /// Token ids of rows; rows that are too long are an error naming them.
    func encode(_ rows: [TextRow], labels: LabelSet?) throws -> [EncodedRow] {
        try RowEncoder(labels: labels, maximum: facts.maximumTokens, tooLong: .error).encode(rows, split: .test, with: tokenizer).rows
    }
}
