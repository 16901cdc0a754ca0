// Tested by ArtifactTests.swift.
public import Foundation
internal import HoneAdapters
internal import HoneData
internal import HoneModels
internal import HoneText

/// A model folder before it is loaded: where its parts lie, and what the model is for.
///
/// Understands what Hone wrote, Hugging Face folders of a known family, and LoRA adapters of PEFT. A value; safe anywhere.
public struct Artifact: Sendable, Equatable {
    /// The folder that was named.
    public let url: URL
    /// The folder with `config.json` and the weights; of an adapter, its base model's.
    public let weights: URL
    /// The folder of the adapter; nil without one.
    public let adapter: URL?
    /// The folder with the tokenizer, the chat template and `generation_config.json`.
    public let companions: URL
    /// What the model is for: as Hone wrote it down, or as the folder's own files say.
    public let facts: ArtifactFacts
    /// What was assumed of a folder that Hone did not write, in a sentence; nil for one that says it itself.
    public let assumption: String?
    /// The hash that the weights must have; nil for those that lie beside the facts.
    let weightsHash: String?
    /// Whether this is a tuned model's base, which may lack a head for the task.
    let isUntuned: Bool

    /// Looks at a folder.
    ///
    /// - Parameters:
    ///   - url: the run's `model` folder, a copy of it, a Hugging Face folder or an adapter's.
    ///   - base: where the base model of an adapter is now; nil for where it was.
    /// - Throws: ``HoneError`` or `ModelError` saying what the folder lacks.
    public init(_ url: URL, base: URL? = nil) throws {
        func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: url.appending(path: name).path) }
        self.url = url
        isUntuned = false
        if exists(ArtifactFacts.file) {
            facts = try ArtifactFacts.read(url)
            assumption = nil
            companions = url
            guard facts.isAdapter else {
                if base != nil { throw HoneError.notAnAdapter(folder: url.path) }
                (weights, adapter, weightsHash) = (url, nil, nil)
                return
            }
            (weights, adapter) = (base ?? URL(filePath: facts.basePath), url)
            weightsHash = facts.baseHash.isEmpty ? nil : facts.baseHash
        } else if exists("adapter_config.json") {
            let foreign = try ForeignAdapter(url)
            weights = base ?? URL(filePath: foreign.base)
            guard FileManager.default.fileExists(atPath: weights.path) else {
                throw HoneError.baseMissing(path: base?.path ?? foreign.base, folder: url.path)
            }
            facts = try foreign.facts(ModelFolder(weights))
            (adapter, weightsHash) = (url, nil)
            companions = Self.hasTokenizer(url) ? url : weights
            assumption =
                "Hone did not write this adapter: taken for \(facts.task.words) on \(weights.path), as its adapter_config.json says."
        } else {
            guard exists("config.json") else { throw HoneError.notAModel(folder: url.path) }
            if base != nil { throw HoneError.notAnAdapter(folder: url.path) }
            let folder = try ModelFolder(url)
            facts = try ArtifactFacts(foreign: folder)
            (weights, adapter, companions, weightsHash) = (url, nil, url, nil)
            assumption = "Hone did not write this folder: taken for \(try facts.assumption(folder))."
        }
    }

    private init(_ tuned: Artifact, base: URL, facts: ArtifactFacts) {
        (url, weights, adapter, companions) = (base, base, nil, tuned.companions)
        (self.facts, assumption, isUntuned) = (facts, nil, true)
        weightsHash = facts.baseHash.isEmpty ? nil : facts.baseHash
    }

    /// The model as it was before tuning, to be asked as the tuned one is: with its tokenizer, template and settings.
    ///
    /// - Throws: ``HoneError/noBase(folder:)`` for a folder that does not say what it was tuned from.
    public func untuned() throws(HoneError) -> Artifact {
        guard !facts.basePath.isEmpty else { throw .noBase(folder: url.path) }
        let base = adapter == nil ? URL(filePath: facts.basePath) : weights
        guard FileManager.default.fileExists(atPath: base.path) else { throw .baseMissing(path: base.path, folder: url.path) }
        var facts = facts
        facts.method = "full"
        return Artifact(self, base: base, facts: facts)
    }

    private static func hasTokenizer(_ folder: URL) -> Bool {
        ["tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "vocab.json", "vocab.txt"].contains {
            FileManager.default.fileExists(atPath: folder.appending(path: $0).path)
        }
    }
}

/// An adapter folder that PEFT wrote.
private struct ForeignAdapter {
    let url: URL
    let base: String
    let task: TaskName

    init(_ url: URL) throws {
        self.url = url
        let file = url.appending(path: "adapter_config.json")
        guard let json = (try? JSONSerialization.jsonObject(with: Data(contentsOf: file))) as? [String: Any] else {
            throw AdapterError.unreadable(file: file.path, reason: "it is not a JSON object")
        }
        base = json["base_model_name_or_path"] as? String ?? ""
        switch (json["task_type"] as? String).flatMap(PEFTFolder.Task.init) {
        case .causalLanguageModelling: task = .instruction
        case .sequenceToSequence: task = .sequenceToSequence
        case .tokenClassification: task = .tagging
        case .sequenceClassification: task = .classification
        case .questionAnswering: task = .questionAnswering
        case nil:
            throw AdapterError.unsupported(
                key: "task_type", value: json["task_type"].map { "\($0)" } ?? "missing", file: file.path,
                supported: PEFTFolder.Task.allCases.map(\.rawValue).joined(separator: ", "))
        }
    }

    func facts(_ folder: ModelFolder) throws -> ArtifactFacts {
        let labels = task == .tagging || task == .classification ? folder.declaredLabels : []
        var facts = ArtifactFacts(
            task: task, labels: labels, method: "lora", maximumTokens: .max, basePath: folder.url.path, baseHash: "",
            padID: try Tokenizer(folder: folder.url).padID ?? 0)
        facts.readsAsUsual()
        return facts
    }
}

extension ArtifactFacts {
    /// What a Hugging Face folder is for, by the class that its `config.json` names.
    fileprivate init(foreign folder: ModelFolder) throws {
        let task: TaskName
        var labels: [String] = []
        switch folder.declaredTask {
        case .sequenceClassification:
            labels = folder.declaredLabels
            switch folder.config.values["problem_type"] as? String {
            case HeadFacts.Problem.multiple.rawValue: task = .multiLabel
            case HeadFacts.Problem.regression.rawValue: task = .regression
            case nil where labels.count == 1: task = .regression
            default: task = .classification
            }
            if task == .regression { labels = [] }
        case .tokenClassification: (task, labels) = (.tagging, folder.declaredLabels)
        case .maskedLanguageModelling: task = .maskedText
        case .sequenceToSequence: task = .sequenceToSequence
        case .causalLanguageModelling: task = try Self.writing(folder)
        case nil where folder.tasks.contains(.causalLanguageModelling): task = try Self.writing(folder)
        case nil where folder.tasks.contains(.sequenceToSequence): task = .sequenceToSequence
        case .questionAnswering: task = .questionAnswering
        case nil:
            throw HoneError.noHead(folder: folder.url.path, architecture: folder.architecture ?? folder.modelType)
        }
        self.init(
            task: task, labels: labels, method: "full", maximumTokens: .max, basePath: "", baseHash: "",
            padID: try Tokenizer(folder: folder.url).padID ?? 0)
        readsAsUsual()
    }

    /// How contexts are read where nobody wrote it down.
    fileprivate mutating func readsAsUsual() {
        guard task == .questionAnswering else { return }
        (questions, maximumTokens) = (.usual, QuestionFacts.usualMaximum)
    }

    /// A causal model with a chat template answers; one without goes on with texts.
    private static func writing(_ folder: ModelFolder) throws -> TaskName {
        try ChatTemplate(folder: folder.url) == nil ? .text : .instruction
    }

    /// What was assumed and why.
    fileprivate func assumption(_ folder: ModelFolder) throws -> String {
        var reasons = [
            folder.declaredTask == nil
                ? "a \(folder.modelType) model can do that" : "config.json says \(folder.architecture ?? folder.modelType)"
        ]
        if task == .text { reasons.append("there is no chat template") }
        if folder.labelNames.isEmpty, !labels.isEmpty { reasons.append("its labels have no names") }
        return "\(task.words) (\(reasons.joined(separator: ", ")))"
    }
}

extension ModelFolder {
    /// The class that `config.json` names first.
    fileprivate var architecture: String? { (config.values["architectures"] as? [String])?.first }

    /// The label names of `config.json`; where it has none, Transformers' two.
    fileprivate var declaredLabels: [String] { labelNames.isEmpty ? ["LABEL_0", "LABEL_1"] : labelNames }
}

extension TaskName {
    /// What a model of this kind is, in words.
    public var words: String {
        switch self {
        case .classification: "a classifier"
        case .multiLabel: "a classifier of several labels"
        case .regression: "a model of one number"
        case .instruction: "a model that answers"
        case .text: "a model that goes on with texts"
        case .maskedText: "a model that fills in hidden words"
        case .sequenceToSequence: "a model that reads one text and writes another"
        case .tagging: "a tagger"
        case .questionAnswering: "a model that finds answers in a text"
        }
    }
}
