// Tested by WriterTests.swift.
internal import HoneGeneration
internal import HoneModels
internal import HoneTensors
internal import HoneText

/// A model that writes, in memory: causal, or one that reads one text and writes another.
///
/// Lives on the torch thread.
final class LoadedWriter {
    enum Kind {
        case language(any LanguageModel)
        case sequence(any SequenceToSequenceModel)
    }

    let loaded: LoadedFolder<Kind>
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
            if facts.task == .sequenceToSequence {
                let (model, report) = try folder.sequenceToSequence()
                return (.sequence(model), model, report)
            }
            guard facts.task == .instruction || facts.task == .text else {
                throw HoneError.wrongTask(found: facts.task.rawValue, needed: "instruction, text or sequenceToSequence", what: "Writing")
            }
            let (model, report) = try folder.languageModel(seed: 0)
            guard model.isCausal else {
                throw HoneError.wrongTask(
                    found: "a masked language model", needed: "instruction or text with a causal model", what: "Writing")
            }
            return (.language(model), model, report)
        }
        guard isChecked else { return }
        drift = try loaded.check { try self.logits($0.ids, columns: $0.columns) }
        if !isBrief { try loaded.prepare(compute) }
    }

    /// A scorer of this model with nothing read yet.
    func scorer(_ compute: DType) -> any TokenScorer {
        switch loaded.model {
        case .language(let model): LanguageScorer(model, compute: compute)
        case .sequence(let model): SequenceScorer(model, compute: compute)
        }
    }

    /// The outputs after the last token, float32.
    private func logits(_ ids: [Int32], columns: [Int]?) throws -> [Float] {
        let all = try scorer(.float32).begin([ids], capacity: ids.count + 1).values
        return columns.map { $0.map { all[$0] } } ?? all
    }

    /// What a probe records of some token ids.
    func probe(_ ids: [Int32]) throws -> Probe.Row {
        Probe.Row(ids, loaded.tokenizer, everyFew: try logits(ids, columns: nil), columns: Self.recordedColumns)
    }
}

extension Probe.Row {
    /// Records some of many outputs.
    init(_ ids: [Int32], _ tokenizer: Tokenizer, everyFew all: [Float], columns count: Int) {
        let step = max(1, all.count / count)
        let columns = Array(stride(from: 0, to: all.count, by: step).prefix(count))
        self.init(text: tokenizer.decode(ids), pair: nil, ids: ids, logits: columns.map { all[$0] }, columns: columns)
    }
}
