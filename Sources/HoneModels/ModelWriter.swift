public import Foundation
public import HoneLayers
public import HoneTensors
internal import HoneWeights

/// Files beside the weights that make up a tokenizer.
private let tokenizerFiles = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "vocab.json", "merges.txt", "added_tokens.json",
    "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "chat_template.jinja",
]

/// The task facts that a classification folder's `config.json` carries.
public struct HeadFacts: Sendable, Equatable {
    /// Transformers' `problem_type`.
    public enum Problem: String, Sendable {
        /// Exactly one label per row.
        case single = "single_label_classification"
        /// Any number of labels per row.
        case multiple = "multi_label_classification"
        /// One number per row.
        case regression
    }

    /// Names of the outputs in order; may be empty for a single output, which Transformers calls `LABEL_0`.
    public var labels: [String]
    /// How the outputs are to be read; decides the loss that Transformers would take; nil for taggers.
    public var problem: Problem?
    /// The token that fills batches, written where a decoder's configuration names none: Transformers finds the last real token by it, and
    /// classifies one text at a time without; nil if the tokenizer has none.
    public var padID: Int32?

    /// States the facts of a head.
    public init(labels: [String], problem: Problem?, padID: Int32? = nil) {
        (self.labels, self.problem, self.padID) = (labels, problem, padID)
    }
}

extension ModelFolder {
    /// Writes a folder that Transformers loads: configuration with the labels, weights in float32, and the tokenizer's files.
    ///
    /// - Parameter merged: values that replace the stored ones, by key; how an adapter's merged weights come in.
    /// - Throws: ``ModelError`` if the labels are not as many as the outputs, or two are equal; `WeightError` or a Foundation error naming
    ///   the file. Nothing is left under the final names of unfinished weight files.
    public func write(_ model: any SequenceClassifier, head: HeadFacts, to folder: URL, merged: [String: MergedWeight] = [:]) throws {
        try write(model, labels: model.labelCount, .sequenceClassification, head: head, to: folder, merged: merged)
    }

    /// Writes a folder of a tagger, as ``write(_:head:to:merged:)`` does.
    public func write(_ model: any TokenClassifier, labels: [String], to folder: URL, merged: [String: MergedWeight] = [:]) throws {
        let head = HeadFacts(labels: labels, problem: nil)
        try write(model, labels: model.labelCount, .tokenClassification, head: head, to: folder, merged: merged)
    }

    /// Writes a folder of a model of starts and ends of answers, as ``write(_:head:to:merged:)`` does.
    public func write(answerer model: any TokenClassifier, to folder: URL, merged: [String: MergedWeight] = [:]) throws {
        try writeFiles(
            model, configuration(.questionAnswering, dtype: .float32, head: nil), dtype: .float32, to: folder, merged: merged)
    }

    /// Writes a folder of a model whose head is the vocabulary, as ``write(_:head:to:merged:)`` does.
    ///
    /// - Parameter dtype: the type on disk; trained float32 masters are rounded to it once.
    public func write(
        _ model: any TextModel, _ task: ModelTask, dtype: DType = .float32, to folder: URL, merged: [String: MergedWeight] = [:]
    ) throws {
        try writeFiles(model, configuration(task, dtype: dtype, head: nil), dtype: dtype, to: folder, merged: merged)
    }

    /// The type of most of the checkpoint's numbers.
    public func storedType() throws -> DType {
        let checkpoint = try Checkpoint(folder: url)
        var counts: [DType: Int] = [:]
        for key in checkpoint.keys {
            let entry = try checkpoint.entry(key)
            counts[entry.dtype, default: 0] += entry.shape.reduce(1, *)
        }
        return counts.max { $0.value < $1.value }?.key ?? .float32
    }

    private func write(
        _ model: any TextModel, labels count: Int, _ task: ModelTask, head: HeadFacts, to folder: URL, merged: [String: MergedWeight]
    ) throws {
        let labels = head.labels.isEmpty && count == 1 ? ["LABEL_0"] : head.labels
        guard labels.count == count, Set(labels).count == labels.count else {
            throw ModelError.badLabels(labels, outputs: count)
        }
        var facts = head
        facts.labels = labels
        try writeFiles(model, configuration(task, dtype: .float32, head: facts), dtype: .float32, to: folder, merged: merged)
    }

    private func writeFiles(
        _ model: any TextModel, _ configuration: Data, dtype: DType, to folder: URL, merged: [String: MergedWeight]
    ) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try copyCompanions(to: folder)
        try configuration.write(to: folder.appending(path: "config.json"), options: .atomic)
        let sources = model.namedParameters().map { named in
            WeightSource(name: named.key, dtype: dtype, shape: named.parameter.shape) { put in
                let values = try merged[named.key]?.make() ?? named.parameter.stored
                try values.detached().to(.cpu).to(dtype).contiguous().withBytes(put)
            }
        }
        _ = try SafetensorsWriter().write(sources, folder: folder)
    }

    /// Whether a file of this name belongs to a tokenizer or its chat template.
    public static func isTokenizerFile(_ name: String) -> Bool { tokenizerFiles.contains(name) || name.hasSuffix(".tiktoken") }

    /// Copies the files of the tokenizer and of generation, those that exist, into another folder.
    public func copyCompanions(to folder: URL) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
        for name in names where Self.isTokenizerFile(name) || name == "generation_config.json" {
            let source = url.appending(path: name)
            let target = folder.appending(path: name)
            guard FileManager.default.fileExists(atPath: source.path), source.standardizedFileURL != target.standardizedFileURL else {
                continue
            }
            try Data(contentsOf: source).write(to: target, options: .atomic)
        }
    }

    /// The text of a `config.json` as Transformers reads it: sorted keys, floats with a point.
    public static func configText(_ values: [String: Any]) throws -> Data { Data((try HoneModels.configText(values) + "\n").utf8) }

    private func configuration(_ task: ModelTask, dtype: DType, head: HeadFacts?) throws -> Data {
        var values = config.values
        for key in ["_name_or_path", "torch_dtype", "dtype", "problem_type"] { values[key] = nil }
        values["architectures"] = [families[modelType]?.architectures[task] ?? modelType]
        values["dtype"] = "\(dtype)"
        // Transformers sizes this head by the number of labels; it must be 2, which is the default.
        if task == .questionAnswering { (values["id2label"], values["label2id"], values["num_labels"]) = (nil, nil, nil) }
        if let pad = head?.padID, task == .sequenceClassification, tasks.contains(.causalLanguageModelling),
            !(values["pad_token_id"] is NSNumber)
        {
            values["pad_token_id"] = pad
        }
        if let head {
            values["problem_type"] = head.problem?.rawValue
            values["id2label"] = Dictionary(uniqueKeysWithValues: head.labels.enumerated().map { ("\($0)", $1) })
            values["label2id"] = Dictionary(uniqueKeysWithValues: head.labels.enumerated().map { ($1, $0) })
        }
        return try Self.configText(values)
    }
}
