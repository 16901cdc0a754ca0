public import Foundation
internal import HoneLayers
internal import HoneTensors
internal import HoneWeights

/// Says what happened while a checkpoint was read; goes into the run's record.
public struct LoadReport: Sendable, Equatable, Codable {
    /// Weights that the checkpoint did not have and that start at random (or zero for biases).
    public var new: [String] = []
    /// Weights of the checkpoint that this model does not use, such as a pre-training head.
    public var unused: [String] = []
    /// Bytes of the checkpoint.
    public var bytes = 0

    /// A report of nothing read.
    public init() {}

    init(bytes: Int) { self.bytes = bytes }
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
    public init(_ url: URL) throws(ModelError) { try self.init(url, configuration: url.appending(path: "config.json")) }

    private init(_ url: URL, configuration file: URL) throws(ModelError) {
        guard let data = try? Data(contentsOf: file) else {
            throw FileManager.default.fileExists(atPath: url.path) ? .noConfig(folder: url.path) : .noFolder(url.path)
        }
        guard let json = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else {
            throw .badConfig(file: file.path, reason: "it is not a JSON object")
        }
        guard let type = json["model_type"] as? String else { throw .badConfig(file: file.path, reason: "it has no “model_type”") }
        guard families[type] != nil else { throw .unknownFamily(type, file: file.path, known: families.keys.sorted()) }
        (self.url, config, modelType) = (url, JSONObject(json), type)
    }

    /// Reads a configuration that lies anywhere, under any name; there are no weights beside it.
    ///
    /// - Throws: as ``init(_:)``.
    public init(configuration file: URL) throws(ModelError) {
        try self.init(file.deletingLastPathComponent(), configuration: file)
    }

    /// Label names that the folder's configuration declares, in index order; empty if it declares none.
    public var labelNames: [String] { ConfigReader(json: config.values, file: configPath).labelNames() }

    private var configPath: String { url.appending(path: "config.json").path }

    /// What this family can be built for.
    public var tasks: [ModelTask] { ModelTask.allCases.filter { family?.supports($0) ?? false } }

    /// What the class that `config.json` names first is for; nil if it names none, or one without a head that Hone knows.
    public var declaredTask: ModelTask? {
        guard let name = (config.values["architectures"] as? [String])?.first else { return nil }
        return family?.architectures.first { $0.value == name }?.key
    }

    private var family: Family? { families[modelType] }

    /// Builds the classifier and fills it from the checkpoint; weights stay mapped until a run prepares them.
    ///
    /// - Parameters:
    ///   - labels: the number of outputs.
    ///   - head: whether the checkpoint's head is kept.
    ///   - seed: decides the values of new weights.
    /// - Throws: ``ModelError`` for missing, unexpected or misshapen weights; `WeightError` for unreadable files.
    public func classifier(labels: Int, head: Head, seed: UInt64) throws -> (model: any SequenceClassifier, report: LoadReport) {
        let task = ModelTask.sequenceClassification, family = try family(for: task)
        guard let build = family.classifier else { throw noTask(task) }
        let model = try build(family.backbone(config.values, configPath, task), family.prefix(for: task), labels, config.values)
        return (model, try load(model, family, task, newable: model.headPaths, head: head, seed: seed))
    }

    /// Builds the tagger and fills it, as ``classifier(labels:head:seed:)`` does.
    public func tagger(labels: Int, head: Head, seed: UInt64) throws -> (model: any TokenClassifier, report: LoadReport) {
        let task = ModelTask.tokenClassification, family = try family(for: task)
        guard let build = family.tagger else { throw noTask(task) }
        let model = try build(family.backbone(config.values, configPath, task), family.prefix(for: task), labels, config.values)
        return (model, try load(model, family, task, newable: model.headPaths, head: head, seed: seed))
    }

    /// Builds the model of starts and ends of answers and fills it, as ``classifier(labels:head:seed:)`` does.
    public func answerer(head: Head, seed: UInt64) throws -> (model: any TokenClassifier, report: LoadReport) {
        let task = ModelTask.questionAnswering, family = try family(for: task)
        guard let build = family.answerer else { throw noTask(task) }
        let model = try build(family.backbone(config.values, configPath, task), family.prefix(for: task), config.values)
        return (model, try load(model, family, task, newable: model.headPaths, head: head, seed: seed))
    }

    /// Builds the language model, causal or masked as the family is, and fills it.
    ///
    /// - Parameter seed: decides the values of a masked model's head where the checkpoint has none.
    public func languageModel(seed: UInt64) throws -> (model: any LanguageModel, report: LoadReport) {
        let (model, family, task) = try bareLanguageModel()
        let newable = task == .maskedLanguageModelling ? (model.head?.namedParameters().map(\.key) ?? []) : []
        return (model, try load(model, family, task, newable: newable, head: .checkpoint, seed: seed))
    }

    /// Builds the language model that `config.json` describes with random weights: what pre-training starts from.
    ///
    /// Values are distributed as Transformers initialises each family; see `InitialValues`.
    public func randomLanguageModel(seed: UInt64) throws -> any LanguageModel {
        let (model, family, _) = try bareLanguageModel()
        try draw(model, family, seed)
        return model
    }

    private func draw(_ model: any TextModel, _ family: Family, _ seed: UInt64) throws {
        for (key, parameter) in model.namedParameters().map({ ($0.key, $0.parameter) }) {
            if parameter.shape.count > 1 {
                try parameter.load(family.initialValues(key, config.values).tensor(parameter.shape, key: key, seed: seed))
            } else if let start = family.normStart?(config.values) {
                try parameter.load(.full(parameter.shape, start))
            }
        }
    }

    /// Builds the language model that `config.json` describes without values, to learn its sizes; takes no memory for them.
    public func emptyLanguageModel() throws -> any LanguageModel { try bareLanguageModel().0 }

    private func bareLanguageModel() throws -> (VocabularyModel, Family, ModelTask) {
        guard let family, let build = family.languageModel else { throw noTask(.causalLanguageModelling) }
        let task = family.supports(.maskedLanguageModelling) ? ModelTask.maskedLanguageModelling : .causalLanguageModelling
        let body = try family.backbone(config.values, configPath, task)
        return (try build(body, family.prefix(for: task), config.values), family, task)
    }

    /// Builds the model that reads one text and writes another, and fills it.
    public func sequenceToSequence() throws -> (model: any SequenceToSequenceModel, report: LoadReport) {
        let (model, family) = try bareSequenceToSequence(Set(try Checkpoint(folder: url).keys))
        return (model, try load(model, family, .sequenceToSequence, newable: [], head: .checkpoint, seed: 0))
    }

    /// Builds the model that reads one text and writes another with random weights, distributed as Transformers initialises it.
    ///
    /// The output matrix is the table of words unless `tie_word_embeddings` is false.
    public func randomSequenceToSequence(seed: UInt64) throws -> any SequenceToSequenceModel {
        let (model, family) = try bareSequenceToSequence(keysWithoutCheckpoint)
        try draw(model, family, seed)
        return model
    }

    /// Builds that model without values, to learn its sizes; takes no memory for them.
    public func emptySequenceToSequence() throws -> any SequenceToSequenceModel {
        try bareSequenceToSequence(keysWithoutCheckpoint).0
    }

    private var keysWithoutCheckpoint: Set<String> {
        (config.values["tie_word_embeddings"] as? Bool) == false ? ["lm_head.weight"] : []
    }

    private func bareSequenceToSequence(_ keys: Set<String>) throws -> (any SequenceToSequenceModel, Family) {
        let family = try family(for: .sequenceToSequence)
        guard let build = family.sequenceToSequence else { throw noTask(.sequenceToSequence) }
        return (try build(config.values, keys, configPath), family)
    }

    /// The body of the family without a head, the prefix of its keys, and the family.
    func backbone() throws -> (body: any Backbone, prefix: String, family: Family) {
        guard let family, family.sequenceToSequence == nil else { throw noTask(.sequenceClassification) }
        return (try family.backbone(config.values, configPath, nil), family.prefix, family)
    }

    private func family(for task: ModelTask) throws(ModelError) -> Family {
        guard let family, family.supports(task) else { throw noTask(task) }
        return family
    }

    private func noTask(_ task: ModelTask) -> ModelError {
        .noTask(task, family: modelType, supported: tasks, file: configPath)
    }

    func load(
        _ model: any TextModel, _ family: Family, _ task: ModelTask?, newable: [String], head: Head, seed: UInt64
    ) throws -> LoadReport {
        try Library.exclusively { try fill(model, family, task, newable: newable, head: head, seed: seed) }
    }

    private func fill(
        _ model: any TextModel, _ family: Family, _ task: ModelTask?, newable: [String], head: Head, seed: UInt64
    ) throws -> LoadReport {
        let checkpoint = try Checkpoint(folder: url)
        let names = KeyNames(family, task, headPaths: newable)
        var (keys, discarded) = try storedKeys(of: checkpoint, names, head)
        var report = LoadReport(bytes: checkpoint.byteCount)
        var missing: [String] = []
        try Library.seed(seed)
        for (key, parameter) in model.namedParameters().map({ ($0.key, $0.parameter) }) {
            if let stored = keys.removeValue(forKey: key) {
                try fill(parameter, key, from: checkpoint, stored, isHead: names.isHead(key))
            } else if names.isHead(key) || names.isOptional(key) {
                let isMatrix = parameter.shape.count > 1
                // A norm begins at 1, a bias at 0; the layer made them so.
                if isMatrix { try parameter.load(.normal(parameter.shape, deviation: family.deviation(config.values))) }
                report.new.append(key)
            } else {
                missing.append(key)
            }
        }
        guard missing.isEmpty else { throw ModelError.missingKeys(missing, source: checkpoint.source) }
        let unexpected = keys.filter { key, _ in !names.isIgnorable(key) }
        guard unexpected.isEmpty else { throw ModelError.unexpectedKeys(unexpected.values.sorted(), source: checkpoint.source) }
        discarded += keys.values
        report.unused = discarded.sorted()
        return report
    }

    /// The checkpoint's keys by the names that the model gives them, and those of a head that is not wanted.
    private func storedKeys(
        of checkpoint: Checkpoint, _ names: KeyNames, _ head: Head
    ) throws -> (keys: [String: String], discarded: [String]) {
        var keys: [String: String] = [:]
        var discarded: [String] = []
        for stored in checkpoint.keys {
            let key = names.canonical(stored)
            if head == .new && names.isHead(key) {
                discarded.append(stored)
            } else if let other = keys.updateValue(stored, forKey: key) {
                throw ModelError.twoSpellings(key: key, stored: [other, stored], source: checkpoint.source)
            }
        }
        return (keys, discarded)
    }

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
}

/// How the keys of a checkpoint relate to those of the model that is built from it.
private struct KeyNames {
    private let family: Family
    private let prefix: String
    private let headPaths: [String]

    /// - Parameter task: nil for a body without a head.
    init(_ family: Family, _ task: ModelTask?, headPaths: [String]) {
        (self.family, prefix, self.headPaths) = (family, dotted(task.map { family.prefix(for: $0) } ?? family.prefix), headPaths)
    }

    /// Whether a key belongs to a head that may be new.
    func isHead(_ key: String) -> Bool { headPaths.contains { key == $0 || key.hasPrefix($0 + ".") } }

    /// Whether a key of the body may be new.
    func isOptional(_ key: String) -> Bool { family.optional.contains { key.hasPrefix(prefix + $0) } }

    /// Whether a key may be there and not be used: other heads, buffers, copies.
    func isIgnorable(_ key: String) -> Bool {
        family.heads.contains(where: key.hasPrefix) || family.ignored.prefixes.contains(where: key.hasPrefix)
            || family.ignored.suffixes.contains(where: key.hasSuffix) || isOptional(key)
    }

    /// The key as the model names it: old spellings of norms, another task's prefix, and the bare body's missing prefix.
    func canonical(_ key: String) -> String {
        var key = key
        if key.hasSuffix("LayerNorm.gamma") { key = key.dropLast(5) + "weight" }
        if key.hasSuffix("LayerNorm.beta") { key = key.dropLast(4) + "bias" }
        if prefix.isEmpty || key.hasPrefix(prefix) || isHead(key) { return key }
        let others = Set(family.prefixes.values + [family.prefix]).map(dotted).filter { !$0.isEmpty }
        if let other = others.first(where: key.hasPrefix) { return prefix + key.dropFirst(other.count) }
        return isIgnorable(key) ? key : prefix + key
    }
}

private func dotted(_ prefix: String) -> String { prefix.isEmpty ? "" : prefix + "." }

/// A decoded JSON object that is only read.
public struct JSONObject {
    /// The keys and what they hold, as `JSONSerialization` gives it.
    public let values: [String: Any]
    /// Holds a decoded object.
    public init(_ values: [String: Any]) { self.values = values }
}

extension ModelFolder {
    /// The ids that `config.json` names as ends of text: one, several or none.
    public var endTokens: [Int32] {
        if let id = config.values["eos_token_id"] as? NSNumber { return [id.int32Value] }
        return (config.values["eos_token_id"] as? [NSNumber])?.map(\.int32Value) ?? []
    }
}

extension ModelFolder {
    /// The same configuration with another place for the files beside it, as an adapter's folder has them.
    public func beside(_ url: URL) -> ModelFolder { ModelFolder(url: url, config: config, modelType: modelType) }

    private init(url: URL, config: JSONObject, modelType: String) {
        (self.url, self.config, self.modelType) = (url, config, modelType)
    }
}
