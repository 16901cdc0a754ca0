// Tested by LanguageRunTests.swift.
internal import Foundation
internal import HoneAdapters
internal import HoneData
internal import HoneGeneration
internal import HoneLayers
internal import HoneModels
internal import HoneTensors
internal import HoneText
internal import HoneWeights

/// A model folder in memory with its adapter, prepared to compute without gradients.
///
/// Lives on the torch thread.
struct LoadedFolder<Model> {
    let facts: ArtifactFacts
    let folder: ModelFolder
    let tokenizer: Tokenizer
    let model: Model
    let text: any TextModel

    /// Loads a folder that Hone wrote, or with `task` any model folder.
    ///
    /// - Parameters:
    ///   - base: where the base model of an adapter is now; nil for where it was.
    ///   - build: makes the model of a folder; `isNew` says whether heads are not in it.
    init(
        _ url: URL, base: URL?, compute: DType, facts given: ArtifactFacts? = nil,
        build: (ModelFolder, ArtifactFacts, _ isAdapter: Bool) throws -> (Model, any TextModel, LoadReport)
    ) throws {
        let facts = try given ?? ArtifactFacts.read(url)
        self.facts = facts
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
        let (model, text, report) = try build(folder, facts, facts.isAdapter)
        (self.model, self.text) = (model, text)
        let target = text.tuningTarget(new: facts.isAdapter ? report.new : [])
        let tuning: Tuning =
            facts.isAdapter
            ? .lora(try PEFTFolder.config(in: url)) : .partial(PartialConfig(lastLayers: 0, patterns: [], freezesEmbeddings: true))
        _ = try tuning.apply(to: target, compute: .float32)
        if facts.isAdapter { try PEFTFolder.load(url, into: target) }
        try prepare(compute)
    }

    /// Puts every weight in the type in which products run.
    func prepare(_ compute: DType) throws {
        for named in text.namedParameters() + text.wrapperParameters() {
            try named.parameter.prepare(trainable: false, compute: compute)
        }
    }

    /// Switches the adapter on or off; without one nothing changes.
    func setAdapter(_ isOn: Bool) {
        for (_, slot) in text.slotsByPath() { (slot.layer as? LoRA)?.isEnabled = isOn }
    }

    var hasAdapter: Bool { text.slotsByPath().contains { $0.slot.layer is LoRA } }

    /// Compares recorded with found outputs.
    ///
    /// - Returns: the largest difference; nil without a probe.
    func check(_ url: URL, logits: (Probe.Row) throws -> [Float]) throws -> Double? {
        guard let probe = try Probe.read(url) else { return nil }
        let found = probe.drift(try probe.rows.map(logits))
        guard found <= Probe.limit else { throw HoneError.probe(folder: url.path, drift: found, limit: Probe.limit) }
        return found
    }
}

/// A model that writes, in memory: causal, or one that reads one text and writes another.
final class LoadedWriter {
    enum Kind {
        case language(any LanguageModel)
        case sequence(any SequenceToSequenceModel)
    }

    let loaded: LoadedFolder<Kind>
    let compute: DType
    private(set) var drift: Double?
    /// The outputs of the last token that a probe records.
    private static let recordedColumns = 64

    init(_ url: URL, base: URL?, compute: DType, isChecked: Bool, facts: ArtifactFacts? = nil) throws {
        self.compute = compute
        loaded = try LoadedFolder(url, base: base, compute: isChecked ? .float32 : compute, facts: facts) { folder, facts, _ in
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
        drift = try loaded.check(url) { try self.logits($0.ids, columns: $0.columns) }
        if compute != .float32 { try loaded.prepare(compute) }
    }

    /// The outputs after the last token, float32.
    private func logits(_ ids: [Int32], columns: [Int]?) throws -> [Float] {
        let scorer: any TokenScorer =
            switch loaded.model {
            case .language(let model): LanguageScorer(model, compute: .float32)
            case .sequence(let model): SequenceScorer(model, compute: .float32)
            }
        let all = try scorer.begin([ids], capacity: ids.count + 1).values
        return columns.map { $0.map { all[$0] } } ?? all
    }

    /// What a probe records of some token ids.
    func probe(_ ids: [Int32]) throws -> Probe.Row {
        let all = try logits(ids, columns: nil)
        let step = max(1, all.count / Self.recordedColumns)
        let columns = Array(stride(from: 0, to: all.count, by: step).prefix(Self.recordedColumns))
        return Probe.Row(text: loaded.tokenizer.decode(ids), pair: nil, ids: ids, logits: columns.map { all[$0] }, columns: columns)
    }
}

/// A tagger in memory.
final class LoadedTagger {
    let loaded: LoadedFolder<any TokenClassifier>
    let compute: DType
    private(set) var drift: Double?

    init(_ url: URL, base: URL?, compute: DType, isChecked: Bool) throws {
        self.compute = compute
        loaded = try LoadedFolder(url, base: base, compute: isChecked ? .float32 : compute) { folder, facts, isAdapter in
            guard facts.task == .tagging else {
                throw HoneError.wrongTask(found: facts.task.rawValue, needed: "tagging", what: "A tagger")
            }
            let (model, report) = try folder.tagger(labels: facts.labels.count, head: isAdapter ? .new : .checkpoint, seed: 0)
            return (model, model, report)
        }
        guard isChecked else { return }
        drift = try loaded.check(url) { try self.logits([$0.ids], .float32)[0].last ?? [] }
        if compute != .float32 { try loaded.prepare(compute) }
    }

    /// Outputs per token of some rows.
    func logits(_ rows: [[Int32]], _ compute: DType) throws -> [[[Float]]] {
        try rows.map { ids in
            let flat = try FlatTokens([ids])
            let context = Context(documents: flat.documents, isTraining: false, compute: compute)
            let values = try withGradients(false) { try loaded.model.logits(flat.input, context, keeping: nil).to(.float32).floats() }
            let width = values.count / max(1, ids.count)
            return ids.indices.map { Array(values[$0 * width..<($0 + 1) * width]) }
        }
    }

    /// What a probe records of some token ids: the outputs of the last token.
    func probe(_ ids: [Int32]) throws -> Probe.Row {
        Probe.Row(
            text: loaded.tokenizer.decode(ids), pair: nil, ids: ids, logits: try logits([ids], .float32)[0].last ?? [], columns: nil)
    }
}
