// Tested by TaggerTests.swift.
internal import HoneLayers
internal import HoneModels
internal import HoneTensors
internal import HoneText

/// A tagger in memory.
///
/// Lives on the torch thread.
final class LoadedTagger {
    let loaded: LoadedFolder<any TokenClassifier>
    let compute: DType
    /// The largest difference of a probe logit, in float32; nil if the folder has no probe.
    private(set) var drift: Double?

    /// - Parameters:
    ///   - isChecked: run the probe in float32 first, and throw if logits differ from the recorded ones.
    ///   - isBrief: only a few rows are computed, in float32: frozen weights of 16 bits stay so.
    init(_ artifact: Artifact, compute: DType, isChecked: Bool, isBrief: Bool = false) throws {
        self.compute = compute
        loaded = try LoadedFolder(artifact, compute: isChecked ? .float32 : compute, leavesNarrow: isChecked || isBrief) {
            folder, facts, head in
            guard facts.task == .tagging else {
                throw HoneError.wrongTask(found: facts.task.rawValue, needed: "tagging", what: "A tagger")
            }
            let (model, report) = try folder.tagger(labels: facts.labels.count, head: head, seed: 0)
            return (model, model, report)
        }
        guard isChecked else { return }
        drift = try loaded.check { try self.lastLogits($0.ids) }
        if !isBrief { try loaded.prepare(compute) }
    }

    /// The outputs of the last token, float32; the parameters must compute in float32.
    private func lastLogits(_ ids: [Int32]) throws -> [Float] {
        let flat = try FlatTokens([ids])
        let context = Context(documents: flat.documents, isTraining: false, compute: .float32)
        let values = try withGradients(false) { try loaded.model.logits(flat.input, context, keeping: nil).to(.float32).floats() }
        return Array(values.suffix(values.count / max(1, ids.count)))
    }

    /// What a probe records of some token ids: the outputs of the last token.
    func probe(_ ids: [Int32]) throws -> Probe.Row {
        Probe.Row(text: loaded.tokenizer.decode(ids), pair: nil, ids: ids, logits: try lastLogits(ids), columns: nil)
    }
}
