// Tested by MaskFillerTests.swift.
internal import HoneLayers
internal import HoneModels
internal import HoneTensors

/// A masked language model in memory.
///
/// Lives on the torch thread.
final class LoadedMasker {
    let loaded: LoadedFolder<any LanguageModel>
    let compute: DType
    /// The largest difference of a probe logit, in float32; nil if the folder has no probe.
    private(set) var drift: Double?
    /// The outputs of the last token that a probe records.
    private static let recordedColumns = 64

    /// - Parameters:
    ///   - isChecked: run the probe in float32 first, and throw if logits differ from the recorded ones.
    ///   - isBrief: only a few rows are computed, in float32: frozen weights of 16 bits stay so.
    init(_ artifact: Artifact, compute: DType, isChecked: Bool, isBrief: Bool = false) throws {
        self.compute = compute
        loaded = try LoadedFolder(artifact, compute: isChecked ? .float32 : compute, leavesNarrow: isChecked || isBrief) {
            folder, facts, _ in
            guard facts.task == .maskedText else {
                throw HoneError.wrongTask(found: facts.task.rawValue, needed: "maskedText", what: "Filling in hidden words")
            }
            let (model, report) = try folder.languageModel(seed: 0)
            guard !model.isCausal else {
                throw HoneError.wrongTask(found: "a causal model", needed: "maskedText with an encoder", what: "Filling in hidden words")
            }
            return (model, model, report)
        }
        guard isChecked else { return }
        drift = try loaded.check { row in
            let all = try self.logits(row.ids, at: [row.ids.count - 1], .float32)[0]
            return row.columns.map { $0.map { all[$0] } } ?? all
        }
        if !isBrief { try loaded.prepare(compute) }
    }

    /// The outputs over the vocabulary at some places of a text, float32: `[P][V]`.
    func logits(_ ids: [Int32], at places: [Int], _ compute: DType) throws -> [[Float]] {
        let flat = try FlatTokens([ids])
        let context = Context(documents: flat.documents, isTraining: false, compute: compute)
        let values = try withGradients(false) {
            let states = try loaded.model.outputStates(flat.input, context, keeping: Tensor(places, shape: [places.count]))
            return try loaded.model.vocabularyHead.logits(states).to(.float32).floats()
        }
        let width = values.count / max(1, places.count)
        return places.indices.map { Array(values[$0 * width..<($0 + 1) * width]) }
    }

    /// What a probe records of some token ids: some outputs of the last token.
    func probe(_ ids: [Int32]) throws -> Probe.Row {
        let all = try logits(ids, at: [ids.count - 1], .float32)[0]
        return Probe.Row(ids, loaded.tokenizer, everyFew: all, columns: Self.recordedColumns)
    }
}
