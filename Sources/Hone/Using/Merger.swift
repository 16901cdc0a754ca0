// Tested by MergerTests.swift.
public import Foundation
internal import HoneData
internal import HoneLayers
internal import HoneModels
internal import HoneTensors
internal import HoneText

/// What merging came to.
public struct MergeReport: Sendable, Equatable, Codable {
    /// How many matrices took a change; 0 for a model without an adapter.
    public var merged: Int
    /// The largest difference of a probe logit between the adapted model and the written one, in float32.
    public var drift: Double
    /// How many probe rows were compared.
    public var probes: Int
    /// The type of the numbers on disk.
    public var dtype: String
}

/// Folds adapters into their base models, for every kind of task.
public enum Merger {
    /// Writes a plain checkpoint with the adapter folded in, which Transformers loads; then loads it and checks what it answers.
    ///
    /// Merged matrices are computed in float32 and rounded once to the base's type on disk; classifiers and taggers are written in float32.
    /// - Throws: what loading throws, and errors that name a file that cannot be written; ``HoneError/probe(folder:drift:limit:)`` only for
    ///   the model that is read, never for the one that is written: how far it moved is in the report.
    public static func merge(_ artifact: Artifact, into folder: URL) async throws -> MergeReport {
        try await MergeHost().merge(artifact, into: folder)
    }
}

/// Holds one merging on a torch thread of its own.
private actor MergeHost {
    private let thread = TorchThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    deinit { thread.close() }

    func merge(_ artifact: Artifact, into folder: URL) throws -> MergeReport {
        Library.threads = Host.cores
        let model = try LoadedAny(artifact, isChecked: true)
        let probe = try model.probe(like: Probe.read(artifact.url) ?? Probe(plain: model.tokenizer))
        let merged = try model.text.mergedWeights()
        let dtype = try model.write(to: folder, merged)
        var facts = artifact.facts
        // What it was tuned from is no longer needed; the whole model is here.
        (facts.method, facts.basePath, facts.baseHash) = ("full", "", "")
        // Template and stop tokens lie with the adapter.
        try model.folder.beside(artifact.companions).copyCompanions(to: folder)
        try facts.write(to: folder)
        let written = try LoadedAny(Artifact(folder), isChecked: false)
        let found = try written.probe(like: probe)
        // The probe of the merged folder says what the merged model answers, so that it can be checked when it is loaded.
        try found.write(to: folder)
        return MergeReport(merged: merged.count, drift: probe.drift(found.rows.map(\.logits)), probes: probe.rows.count, dtype: dtype)
    }
}

extension Probe {
    /// Inputs for a folder that brings none.
    fileprivate init(plain tokenizer: Tokenizer) {
        let texts = [
            "The quick brown fox jumps over the lazy dog.", "Is 7 more than 3?", "Zwölf Boxkämpfer jagen Viktor quer über den Deich.",
        ]
        self.init(rows: texts.map { Row(text: $0, pair: nil, ids: tokenizer.encodeIDs($0, pair: nil), logits: [], columns: nil) })
    }
}

/// A model of any kind in memory, in float32.
private enum LoadedAny {
    case classifier(LoadedClassifier)
    case writer(LoadedWriter)
    case tagger(LoadedTagger)
    case masker(LoadedMasker)
    case answerer(LoadedAnswerer)

    init(_ artifact: Artifact, isChecked: Bool) throws {
        switch artifact.facts.task {
        case .classification, .multiLabel, .regression:
            self = .classifier(try LoadedClassifier(artifact, compute: .float32, isChecked: isChecked, isBrief: true))
        case .instruction, .text, .sequenceToSequence:
            self = .writer(try LoadedWriter(artifact, compute: .float32, isChecked: isChecked, isBrief: true))
        case .tagging: self = .tagger(try LoadedTagger(artifact, compute: .float32, isChecked: isChecked, isBrief: true))
        case .maskedText: self = .masker(try LoadedMasker(artifact, compute: .float32, isChecked: isChecked, isBrief: true))
        case .questionAnswering: self = .answerer(try LoadedAnswerer(artifact, compute: .float32, isChecked: isChecked, isBrief: true))
        }
    }

    var text: any TextModel {
        switch self {
        case .classifier(let model): model.loaded.text
        case .writer(let model): model.loaded.text
        case .tagger(let model): model.loaded.text
        case .masker(let model): model.loaded.text
        case .answerer(let model): model.loaded.text
        }
    }

    var folder: ModelFolder {
        switch self {
        case .classifier(let model): model.loaded.folder
        case .writer(let model): model.loaded.folder
        case .tagger(let model): model.loaded.folder
        case .masker(let model): model.loaded.folder
        case .answerer(let model): model.loaded.folder
        }
    }

    /// Writes the whole model.
    ///
    /// - Returns: the type of its numbers on disk.
    func write(to url: URL, _ merged: [String: MergedWeight]) throws -> String {
        switch self {
        case .classifier(let model):
            let head = HeadFacts(
                labels: model.scoring.labels, problem: model.scoring.task.problem, padID: model.loaded.tokenizer.padID)
            try folder.write(model.loaded.model, head: head, to: url, merged: merged)
            return "\(DType.float32)"
        case .tagger(let model):
            try folder.write(model.loaded.model, labels: model.loaded.facts.labels, to: url, merged: merged)
            return "\(DType.float32)"
        case .answerer(let model):
            try folder.write(answerer: model.loaded.model, to: url, merged: merged)
            return "\(DType.float32)"
        case .writer(let model):
            let task: ModelTask = if case .sequence = model.loaded.model { .sequenceToSequence } else { .causalLanguageModelling }
            return try write(task, to: url, merged)
        case .masker: return try write(.maskedLanguageModelling, to: url, merged)
        }
    }

    private func write(_ task: ModelTask, to url: URL, _ merged: [String: MergedWeight]) throws -> String {
        let dtype = try folder.storedType()
        try folder.write(text, task, dtype: dtype, to: url, merged: merged)
        return "\(dtype)"
    }

    var tokenizer: Tokenizer {
        switch self {
        case .classifier(let model): model.loaded.tokenizer
        case .writer(let model): model.loaded.tokenizer
        case .tagger(let model): model.loaded.tokenizer
        case .masker(let model): model.loaded.tokenizer
        case .answerer(let model): model.loaded.tokenizer
        }
    }

    /// What this model answers to the inputs of a recorded probe.
    func probe(like recorded: Probe) throws -> Probe {
        switch self {
        case .classifier(let model):
            let rows = recorded.rows.map { TextRow(file: "probe", line: 0, text: $0.text, pair: $0.pair, target: .none) }
            var probe = recorded
            for (index, logits) in try model.exactLogits(rows).enumerated() { probe.rows[index].logits = logits }
            return probe
        case .writer(let model): return Probe(rows: try recorded.rows.map { try model.probe($0.ids) })
        case .tagger(let model): return Probe(rows: try recorded.rows.map { try model.probe($0.ids) })
        case .masker(let model): return Probe(rows: try recorded.rows.map { try model.probe($0.ids) })
        case .answerer(let model):
            return Probe(
                rows: try recorded.rows.map { try model.probe(ContextQuestion(question: $0.text, context: $0.pair ?? $0.text)) })
        }
    }
}
