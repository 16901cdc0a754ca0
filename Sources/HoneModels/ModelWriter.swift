public import Foundation
public import HoneLayers
internal import HoneTensors
internal import HoneWeights

/// Files beside the weights that make up a tokenizer; copied into every folder that Hone writes.
private let companions = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "vocab.json", "merges.txt", "added_tokens.json",
    "generation_config.json", "chat_template.jinja",
]

/// The task facts that a classification folder's `config.json` carries.
public struct HeadFacts: Sendable, Equatable {
    /// Transformers' `problem_type`.
    public enum Problem: String, Sendable {
        case single = "single_label_classification"
        case multiple = "multi_label_classification"
        case regression
    }

    public var labels: [String]
    public var problem: Problem

    public init(labels: [String], problem: Problem) { (self.labels, self.problem) = (labels, problem) }
}

extension ModelFolder {
    /// Writes a folder that Transformers loads: configuration with the labels, weights in float32, and the tokenizer's files.
    ///
    /// - Parameter merged: values that replace the stored ones, by key; how an adapter's merged weights come in.
    /// - Throws: `WeightError` or a Foundation error naming the file; nothing is left under the final names of unfinished weight files.
    public func write(_ model: any SequenceClassifier, head: HeadFacts, to folder: URL, merged: [String: MergedWeight] = [:]) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try copyCompanions(to: folder)
        try configuration(of: model, head: head).write(to: folder.appending(path: "config.json"), options: .atomic)
        let sources = model.namedParameters().map { named in
            guard let replacement = merged[named.key] else { return WeightSource(name: named.key, tensor: named.parameter.stored) }
            return WeightSource(name: named.key, dtype: .float32, shape: named.parameter.shape) { put in
                try replacement.make().contiguous().withBytes(put)
            }
        }
        _ = try SafetensorsWriter().write(sources, folder: folder)
    }

    /// Copies the tokenizer's files, those that exist, into another folder.
    public func copyCompanions(to folder: URL) throws {
        for name in companions {
            let source = url.appending(path: name)
            let target = folder.appending(path: name)
            guard FileManager.default.fileExists(atPath: source.path), source.standardizedFileURL != target.standardizedFileURL else { continue }
            try Data(contentsOf: source).write(to: target, options: .atomic)
        }
    }

    private func configuration(of model: any SequenceClassifier, head: HeadFacts) throws -> Data {
        var values = config.values
        for key in ["_name_or_path", "torch_dtype", "dtype"] { values[key] = nil }
        values["architectures"] = [architectures[modelType] ?? modelType]
        values["dtype"] = "float32"
        values["problem_type"] = head.problem.rawValue
        values["id2label"] = Dictionary(uniqueKeysWithValues: head.labels.enumerated().map { ("\($0)", $1) })
        values["label2id"] = Dictionary(uniqueKeysWithValues: head.labels.enumerated().map { ($1, $0) })
        return try JSONSerialization.data(withJSONObject: values, options: [.prettyPrinted, .sortedKeys])
    }
}

/// Transformers' class name of each family's classifier.
private let architectures = ["bert": "BertForSequenceClassification"]
