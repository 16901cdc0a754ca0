// Tested by ArtifactTests.swift.
internal import Foundation
internal import HoneAdapters
internal import HoneLayers
internal import HoneModels
internal import HoneTensors
internal import HoneText
internal import HoneWeights

/// A model in memory with its adapter, prepared to compute without gradients.
///
/// Lives on the torch thread.
struct LoadedFolder<Model> {
    let artifact: Artifact
    let folder: ModelFolder
    let tokenizer: Tokenizer
    let model: Model
    let text: any TextModel

    var facts: ArtifactFacts { artifact.facts }

    /// The most tokens of an input: those of training, and no more than the model has places for.
    var maximumTokens: Int { min(facts.maximumTokens, text.sizes.maximumPositions) }

    /// Loads the weights, and the adapter where there is one.
    ///
    /// - Parameters:
    ///   - leavesNarrow: frozen weights that are stored in 16 bits stay so, whatever `compute` is, and are widened for each product.
    ///   - build: makes the model of a folder; its head is new where an adapter brings it.
    init(
        _ artifact: Artifact, compute: DType, leavesNarrow: Bool,
        build: (ModelFolder, ArtifactFacts, ModelFolder.Head) throws -> (Model, any TextModel, LoadReport)
    ) throws {
        self.artifact = artifact
        guard FileManager.default.fileExists(atPath: artifact.weights.path) else {
            throw HoneError.baseMissing(path: artifact.weights.path, folder: artifact.url.path)
        }
        if let expected = artifact.weightsHash {
            let found = try ContentHash.files(Checkpoint(folder: artifact.weights).files.map { URL(filePath: $0.file.path) })
            guard found == expected else { throw HoneError.baseChanged(path: artifact.weights.path, expected: expected, found: found) }
        }
        folder = try ModelFolder(artifact.weights)
        tokenizer = try Tokenizer(folder: artifact.companions)
        let report: LoadReport
        (model, text, report) = try build(folder, artifact.facts, artifact.adapter == nil ? .checkpoint : .new)
        // An adapter begins with random numbers, although it takes others at once.
        try Library.exclusively { try attach(artifact.adapter, report) }
        try prepare(compute, leavesNarrow: leavesNarrow)
    }

    private func attach(_ adapter: URL?, _ report: LoadReport) throws {
        guard let adapter else {
            // BERT's pooler is read by classifiers only; anything else that is not in the folder would answer at random.
            let missing = report.new.filter { facts.task.rows != nil || !$0.contains("pooler") }
            guard missing.isEmpty else {
                throw HoneError.noTrainedHead(folder: artifact.weights.path, task: facts.task.rawValue, weights: missing)
            }
            let nothing = PartialConfig(lastLayers: 0, patterns: [], freezesEmbeddings: true)
            _ = try Tuning.partial(nothing).apply(
                to: text.tuningTarget(new: []), compute: .float32, leavesNarrow: true)
            return
        }
        let target = text.tuningTarget(new: report.new)
        _ = try Tuning.lora(PEFTFolder.config(in: adapter)).apply(to: target, compute: .float32, leavesNarrow: true)
        try PEFTFolder.load(adapter, into: target)
    }

    /// Puts every weight in the type in which products run.
    func prepare(_ compute: DType, leavesNarrow: Bool = false) throws {
        try text.prepare(compute, leavesNarrow: leavesNarrow)
    }

    /// Switches the adapter on or off; without one nothing changes.
    func setAdapter(_ isOn: Bool) {
        for (_, slot) in text.slotsByPath() { (slot.layer as? LoRA)?.isEnabled = isOn }
    }

    var hasAdapter: Bool { artifact.adapter != nil }

    /// Whether there is a probe to be checked: only with the model as it was saved.
    var hasProbe: Bool { !artifact.isUntuned }

    /// Compares recorded with found outputs.
    ///
    /// - Returns: the largest difference; nil without a probe.
    func check(logits: (Probe.Row) throws -> [Float]) throws -> Double? {
        guard hasProbe, let probe = try Probe.read(artifact.url) else { return nil }
        let found = probe.drift(try probe.rows.map(logits))
        guard found <= Probe.limit else { throw HoneError.probe(folder: artifact.url.path, drift: found, limit: Probe.limit) }
        return found
    }
}

extension TextModel {
    /// Puts every weight, frozen, in the type in which products run.
    func prepare(_ compute: DType, leavesNarrow: Bool = false) throws {
        for named in namedParameters() + wrapperParameters() {
            try named.parameter.prepare(trainable: false, compute: compute, leavesNarrow: leavesNarrow)
        }
    }
}
