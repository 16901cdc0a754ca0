public import Foundation
internal import HoneLayers
internal import HoneTensors
internal import HoneWeights

/// What a family file gives to be found: how to build its classifier, and how its checkpoints name things.
struct Family: Sendable {
    let makeClassifier: @Sendable (_ config: [String: Any], _ labels: Int, _ file: String) throws -> any SequenceClassifier
    /// Prefix that the bare encoder's keys lack, such as `bert.`.
    let encoderPrefix: String
    /// Buffers and other heads that a checkpoint of this family may carry and a classifier does not use.
    let ignorable: [String]
    /// Keys that a checkpoint may lack: they are new in this model, and are reported.
    let optional: [String]
    /// Standard deviation of new weights.
    let deviation: @Sendable (_ config: [String: Any]) -> Double
}

/// The families that Hone knows, by `model_type`.
let families: [String: Family] = [
    "bert": Family(
        makeClassifier: { try BertClassifier(BertConfig($0, file: $2), labelCount: $1, file: $2) }, encoderPrefix: "bert.",
        ignorable: ["bert.embeddings.position_ids", "cls."], optional: ["bert.pooler.", "classifier."],
        deviation: { ($0["initializer_range"] as? NSNumber)?.doubleValue ?? 0.02 })
]

/// Says what happened while a checkpoint was read; goes into the run's record.
public struct LoadReport: Sendable, Equatable, Codable {
    /// Weights that the checkpoint did not have and that start at random (or zero for biases).
    public var new: [String] = []
    /// Weights of the checkpoint that this model does not use, such as a pre-training head.
    public var unused: [String] = []
    /// Bytes of the checkpoint.
    public var bytes = 0
}

/// A Hugging Face model folder: `config.json`, weights and tokenizer files.
public struct ModelFolder {
    /// Whether a head in the checkpoint is kept.
    public enum Head: String, Sendable, Codable, CaseIterable {
        /// Keep the checkpoint's head if it has one for as many labels; otherwise make a new one only where the checkpoint has none.
        case checkpoint
        /// Always start with a new head.
        case new
    }

    /// Where the folder is.
    public let url: URL
    /// The whole `config.json`, so that writing keeps what Hone does not read.
    public let config: JSONObject
    /// The family, as `model_type` names it, such as `bert`.
    public let modelType: String

    /// Reads `config.json`.
    ///
    /// - Throws: ``ModelError`` if the folder has no usable `config.json` or names a family that Hone does not know.
    public init(_ url: URL) throws(ModelError) {
        let file = url.appending(path: "config.json")
        guard let data = try? Data(contentsOf: file) else { throw .noConfig(folder: url.path) }
        guard let json = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else {
            throw .badConfig(file: file.path, reason: "it is not a JSON object")
        }
        guard let type = json["model_type"] as? String else { throw .badConfig(file: file.path, reason: "it has no “model_type”") }
        guard families[type] != nil else { throw .unknownFamily(type, file: file.path, known: families.keys.sorted()) }
        (self.url, config, modelType) = (url, JSONObject(json), type)
    }

    /// Label names that the folder's configuration declares, in index order; empty if it declares none.
    public var labelNames: [String] { ConfigReader(json: config.values, file: configPath).labelNames() }

    private var configPath: String { url.appending(path: "config.json").path }

    /// Builds the classifier and fills it from the checkpoint; weights stay mapped until a run prepares them.
    ///
    /// - Parameters:
    ///   - labels: the number of outputs.
    ///   - head: whether the checkpoint's head is kept.
    ///   - seed: decides the values of new weights.
    /// - Throws: ``ModelError`` for missing, unexpected or misshapen weights; `WeightError` for unreadable files.
    public func classifier(labels: Int, head: Head, seed: UInt64) throws -> (model: any SequenceClassifier, report: LoadReport) {
        guard let family = families[modelType] else {
            throw ModelError.unknownFamily(modelType, file: configPath, known: families.keys.sorted())
        }
        let model = try family.makeClassifier(config.values, labels, configPath)
        let report = try load(into: model, family, head: head, seed: seed)
        return (model, report)
    }

    private func load(into model: any SequenceClassifier, _ family: Family, head: Head, seed: UInt64) throws -> LoadReport {
        let checkpoint = try Checkpoint(folder: url)
        var (keys, discarded) = try storedKeys(of: checkpoint, family, model, head)
        var report = LoadReport(bytes: checkpoint.byteCount)
        var missing: [String] = []
        try Library.seed(seed)
        for (key, parameter) in model.namedParameters().map({ ($0.key, $0.parameter) }) {
            if let stored = keys.removeValue(forKey: key) {
                try fill(parameter, key, from: checkpoint, stored, isHead: isHead(key, model))
            } else if family.optional.contains(where: key.hasPrefix) {
                let isMatrix = parameter.shape.count > 1
                try parameter.load(
                    isMatrix ? .normal(parameter.shape, deviation: family.deviation(config.values)) : .zeros(parameter.shape))
                report.new.append(key)
            } else {
                missing.append(key)
            }
        }
        guard missing.isEmpty else { throw ModelError.missingKeys(missing, source: checkpoint.source) }
        let unexpected = keys.filter { key, _ in !family.ignorable.contains(where: key.hasPrefix) }
        guard unexpected.isEmpty else { throw ModelError.unexpectedKeys(unexpected.values.sorted(), source: checkpoint.source) }
        discarded += keys.values
        report.unused = discarded.sorted()
        return report
    }

    /// The checkpoint's keys by the names that the classifier gives them, and those of a head that is not wanted.
    private func storedKeys(
        of checkpoint: Checkpoint, _ family: Family, _ model: any SequenceClassifier, _ head: Head
    ) throws -> (keys: [String: String], discarded: [String]) {
        var keys: [String: String] = [:]
        var discarded: [String] = []
        for stored in checkpoint.keys {
            let key = canonical(stored, family, model)
            if head == .new && isHead(key, model) {
                discarded.append(stored)
            } else if let other = keys.updateValue(stored, forKey: key) {
                throw ModelError.twoSpellings(key: key, stored: [other, stored], source: checkpoint.source)
            }
        }
        return (keys, discarded)
    }

    private func isHead(_ key: String, _ model: any SequenceClassifier) -> Bool { model.headPaths.contains { key.hasPrefix($0 + ".") } }

    private func fill(_ parameter: Parameter, _ key: String, from checkpoint: Checkpoint, _ stored: String, isHead: Bool) throws {
        let entry = try checkpoint.entry(stored)
        guard entry.shape == parameter.shape else {
            if isHead, let found = entry.shape.first, entry.shape.dropFirst() == parameter.shape.dropFirst() {
                throw ModelError.headMismatch(found: found, needed: parameter.shape[0], source: checkpoint.source)
            }
            throw ModelError.shape(key: stored, expected: parameter.shape, found: entry.shape, source: checkpoint.source)
        }
        guard entry.dtype.isFloatingPoint else {
            throw WeightError.dtype(
                file: checkpoint.source, key: stored, found: entry.dtype, expected: DType.allCases.filter(\.isFloatingPoint))
        }
        try parameter.load(entry.tensor())
    }

    /// The key as the classifier names it: old spellings of norms, and the bare encoder's missing prefix.
    private func canonical(_ key: String, _ family: Family, _ model: any SequenceClassifier) -> String {
        var key = key
        if key.hasSuffix("LayerNorm.gamma") { key = key.dropLast(5) + "weight" }
        if key.hasSuffix("LayerNorm.beta") { key = key.dropLast(4) + "bias" }
        let known = [family.encoderPrefix] + family.ignorable + model.headPaths.map { $0 + "." }
        return known.contains(where: key.hasPrefix) ? key : family.encoderPrefix + key
    }
}

/// A decoded JSON object that is only read.
public struct JSONObject {
    /// The keys and what they hold, as `JSONSerialization` gives it.
    public let values: [String: Any]
    /// Holds a decoded object.
    public init(_ values: [String: Any]) { self.values = values }
}
