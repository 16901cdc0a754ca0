// Tested by PretrainingTests.swift.
internal import Foundation
internal import HoneData
internal import HoneModels
internal import HoneText

/// The model folder that training starts from: the recipe's, or for random weights one that Hone makes of a shape and a tokenizer.
///
/// A folder that was made lies in a temporary place until a run copies it; it is removed with the last plan that holds it.
struct StartFolder: Sendable {
    let url: URL
    /// What was learned for the tokenizer; nil where it was given.
    private(set) var learned: LearnedVocabulary?
    private let temporary: TemporaryStart?
    /// The shape in a word, for people; nil for a folder that was given.
    let name: String?

    var isMade: Bool { name != nil }

    /// - Parameters:
    ///   - kept: the folder that a run has kept from its beginning; used where it is there.
    ///   - texts: the training texts, read only where a tokenizer is learned from them.
    init(_ recipe: Recipe, kept: URL?, texts: () throws -> [String]) throws {
        name = Self.name(recipe.model)
        guard let name else {
            (url, temporary) = (URL(filePath: recipe.model.path ?? ""), nil)
            return
        }
        if let kept, FileManager.default.fileExists(atPath: kept.appending(path: "config.json").path) {
            (url, temporary) = (kept, nil)
            return
        }
        let temporary = try TemporaryStart()
        (url, self.temporary) = (temporary.url, temporary)
        let shape = try Self.shape(recipe.model.source)
        switch recipe.model.vocabulary {
        case .folder(let path): try useTokenizer(in: URL(filePath: path), shape)
        case .own where recipe.model.path != nil: preconditionFailure("the folder “\(name)” has its own shape and tokenizer")
        case .learned(let count): try learn(count, recipe, shape, texts())
        case .own:
            guard case .size(let size) = recipe.model.source else { preconditionFailure("the recipe's check asks for a tokenizer") }
            try learn(size.vocabulary, recipe, shape, texts())
        }
    }

    /// Copies the folder to where it stays.
    func keeping(in folder: URL) throws -> StartFolder {
        try FileManager.default.copyItem(at: url, to: folder)
        return StartFolder(url: folder, learned: learned, temporary: nil, name: name)
    }

    private init(url: URL, learned: LearnedVocabulary?, temporary: TemporaryStart?, name: String?) {
        (self.url, self.learned, self.temporary, self.name) = (url, learned, temporary, name)
    }

    /// What the shape is called; nil where the recipe's folder has everything.
    private static func name(_ model: Recipe.ModelSpec) -> String? {
        switch model.source {
        case .size(let size): size.rawValue
        case .config(let path): path
        case .folder(let path): model.weights == .random && model.vocabulary != .own ? path : nil
        }
    }

    private static func shape(_ source: Recipe.ModelSpec.Source) throws -> [String: Any] {
        let file: URL
        switch source {
        case .size(let size): return size.config
        case .config(let path): file = URL(filePath: path)
        case .folder(let path): file = URL(filePath: path).appending(path: "config.json")
        }
        guard let data = try? Data(contentsOf: file) else { throw HoneError.noConfig(path: file.path) }
        guard let json = try? JSONSerialization.jsonObject(with: data), let values = json as? [String: Any] else {
            throw ModelError.badConfig(file: file.path, reason: "it is not a JSON object")
        }
        return values
    }

    // MARK: Making

    private func useTokenizer(in folder: URL, _ shape: [String: Any]) throws {
        var copied = 0
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] where ModelFolder.isTokenizerFile(name) {
            try FileManager.default.copyItem(at: folder.appending(path: name), to: url.appending(path: name))
            copied += 1
        }
        guard copied > 0 else { throw TokenizerError.noTokenizerFile(folder: folder.path, found: []) }
        let tokenizer = try Tokenizer(folder: url)
        let special = tokenizer.specialTokens
        try writeConfig(shape, tokenizer.vocabularySize, begin: special.bos?.id, end: special.eos?.id, pad: tokenizer.padID)
    }

    private mutating func learn(_ count: Int, _ recipe: Recipe, _ shape: [String: Any], _ texts: [String]) throws {
        let isSequence = recipe.task.kind == .sequenceToSequence
        let frame: TrainedBPE.Frame = isSequence ? .sequence : recipe.task.kind == .maskedText ? .masked : .causal
        let trainer = BPETrainer(vocabularySize: count, specialTokens: frame.tokens, pattern: .llama3)
        let trained = trainer.train(texts, threads: recipe.training.threads ?? Host.cores)
        func id(_ token: String?) -> Int32? { token.flatMap { trained.tokens.firstIndex(of: $0) }.map { Int32($0) } }
        try writeConfig(shape, trained.tokens.count, begin: id(frame.begin), end: id(frame.end), pad: id(frame.pad))
        let folder = try ModelFolder(url)
        // The positions of models with an encoder and a decoder are relative and end nowhere.
        let positions = isSequence ? nil : try folder.emptyLanguageModel().sizes.maximumPositions
        try trained.write(to: url, frame: frame, maximumLength: positions)
        learned = LearnedVocabulary(
            tokens: trained.tokens.count, wanted: count, merges: trained.merges.count, bytes: texts.reduce(0) { $0 + $1.utf8.count })
    }

    /// The vocabulary and the ids of special tokens follow the tokenizer.
    private func writeConfig(_ shape: [String: Any], _ vocabulary: Int, begin: Int32?, end: Int32?, pad: Int32?) throws {
        var values = shape
        for key in ["_name_or_path", "architectures", "torch_dtype", "dtype", "transformers_version"] { values[key] = nil }
        values["vocab_size"] = vocabulary
        for (key, id) in [("bos_token_id", begin), ("eos_token_id", end), ("pad_token_id", pad)] {
            values[key] = id.map { Int($0) } ?? NSNull()
        }
        // A decoder of its own begins with the padding token.
        if values["decoder_start_token_id"] != nil || values["model_type"] as? String == "t5" {
            values["decoder_start_token_id"] = pad.map { Int($0) } ?? NSNull()
        }
        try ModelFolder.configText(values).write(to: url.appending(path: "config.json"), options: .atomic)
    }
}

/// What was learned for a tokenizer, for plan and record.
public struct LearnedVocabulary: Sendable, Equatable, Codable {
    /// Tokens in all.
    public var tokens: Int
    /// Tokens that the recipe asked for.
    public var wanted: Int
    /// Pairs that became tokens.
    public var merges: Int
    /// The size of the training texts.
    public var bytes: Int
}

/// A folder that is removed when nobody needs it any more.
private final class TemporaryStart: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "hone-start-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }  // the system clears what is left
}
