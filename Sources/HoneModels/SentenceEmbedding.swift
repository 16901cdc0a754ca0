public import Foundation
public import HoneLayers
public import HoneTensors

/// How the states of a text's tokens become one vector: `1_Pooling/config.json` of sentence-transformers.
public struct EmbeddingSettings: Sendable, Equatable, Codable {
    /// One way; raw values are the names in the file.
    public enum Pooling: String, Sendable, Codable, CaseIterable {
        /// The first token's state.
        case first = "cls"
        /// The largest number of each column.
        case largest = "max"
        /// The mean over the tokens.
        case mean
        /// The sum over the tokens, divided by the root of their number.
        case meanOverRoot = "mean_sqrt_len_tokens"
        /// The mean with weights 1, 2, 3, … by place.
        case weightedMean = "weightedmean"
        /// The last token's state.
        case last = "lasttoken"
    }

    /// The ways, whose vectors are joined end to end.
    public var pooling: [Pooling]
    /// Whether vectors are scaled to length 1.
    public var isNormalized: Bool
    /// The longest text in tokens, special ones included; nil for the model's own limit.
    public var maximumTokens: Int?
    /// Texts that go before a text, by the name of what it is for, such as `query`.
    public var prompts: [String: String] = [:]
    /// The prompt that every text gets unless another is named; nil for none.
    public var defaultPrompt: String?
    /// How vectors are compared.
    public var similarity = Similarity.cosine
    /// Whether the folder says how its embeddings are made; otherwise the usual way of the model's kind was taken.
    public var isDeclared: Bool

    /// States the settings.
    public init(pooling: [Pooling], isNormalized: Bool, isDeclared: Bool) {
        (self.pooling, self.isNormalized, self.isDeclared) = (pooling, isNormalized, isDeclared)
    }
}

extension EmbeddingSettings {
    /// Reads `modules.json` and what it names; where there is none, the mean for encoders and the last token for decoders, of length 1.
    ///
    /// - Throws: ``ModelError`` for a module or a way of pooling that Hone does not have, naming file and value.
    public init(_ folder: URL, isCausal: Bool) throws(ModelError) {
        let file = folder.appending(path: "modules.json")
        guard let data = try? Data(contentsOf: file) else {
            self.init(pooling: [isCausal ? .last : .mean], isNormalized: true, isDeclared: false)
            maximumTokens = try Self.tokenizerLimit(folder)
            return
        }
        guard let modules = (try? JSONSerialization.jsonObject(with: data)) as? [[String: Any]] else {
            throw .badConfig(file: file.path, reason: "it is not a list of modules")
        }
        self.init(pooling: [], isNormalized: false, isDeclared: true)
        for module in modules {
            let reader = ConfigReader(json: module, file: file.path)
            let path = folder.appending(path: try reader.text("path", ""))
            // Class paths differ between versions; the last part is the class.
            let name = try reader.text("type", "").split(separator: ".").last.map(String.init) ?? ""
            switch name {
            case "Transformer": continue
            case "Pooling": pooling = try Self.pooling(path.appending(path: "config.json"))
            case "Normalize": isNormalized = true
            default: throw .unsupported(key: "type", value: name, file: file.path, supported: ["Transformer", "Pooling", "Normalize"])
            }
        }
        guard !pooling.isEmpty else { throw .badConfig(file: file.path, reason: "no module pools the states of tokens") }
        try readLimits(folder)
    }

    private static func pooling(_ file: URL) throws(ModelError) -> [Pooling] {
        let reader = try ConfigReader.required(file)
        guard try reader.flag("include_prompt", true) else {
            throw .unsupported(key: "include_prompt", value: "false", file: file.path, supported: ["true"])
        }
        if reader.json["pooling_mode"] != nil {
            let names = try (reader.json["pooling_mode"] is String) ? [reader.text("pooling_mode", "")] : reader.texts("pooling_mode") ?? []
            var found: [Pooling] = []
            for name in names {
                guard let pooling = Pooling(rawValue: name) else {
                    throw .unsupported(key: "pooling_mode", value: name, file: file.path, supported: Pooling.allCases.map(\.rawValue))
                }
                found.append(pooling)
            }
            return found
        }
        // Older files have a flag for each way; vectors are joined in this order.
        let flags: [(String, Pooling)] = [
            ("pooling_mode_cls_token", .first), ("pooling_mode_max_tokens", .largest), ("pooling_mode_mean_tokens", .mean),
            ("pooling_mode_mean_sqrt_len_tokens", .meanOverRoot), ("pooling_mode_weightedmean_tokens", .weightedMean),
            ("pooling_mode_lasttoken", .last),
        ]
        var found: [Pooling] = []
        for (key, pooling) in flags where try reader.flag(key, false) { found.append(pooling) }
        return found.isEmpty ? [.mean] : found
    }

    /// The file with the settings of `Transformer`; older versions named it after the family.
    private static let transformerFiles = ["bert", "roberta", "distilbert", "camembert", "xlm-roberta"].map { "sentence_\($0)_config.json" }

    private mutating func readLimits(_ folder: URL) throws(ModelError) {
        for name in Self.transformerFiles {
            guard let reader = try ConfigReader.optional(folder.appending(path: name)) else { continue }
            maximumTokens = try reader.optionalInteger("max_seq_length")
            guard try !reader.flag("do_lower_case", false) else {
                throw .unsupported(key: "do_lower_case", value: "true", file: reader.file, supported: ["false"])
            }
            try reader.require("transformer_task", is: "feature-extraction")
            try reader.require("module_output_name", is: "token_embeddings")
            break
        }
        if maximumTokens == nil { maximumTokens = try Self.tokenizerLimit(folder) }
        if let reader = try ConfigReader.optional(folder.appending(path: "config_sentence_transformers.json")) {
            prompts = reader.json["prompts"] as? [String: String] ?? [:]
            defaultPrompt = try reader.text("default_prompt_name", "")
            if defaultPrompt == "" { defaultPrompt = nil }
            let name = try reader.text("similarity_fn_name", similarity.rawValue)
            guard let found = Similarity(rawValue: name) else {
                throw .unsupported(
                    key: "similarity_fn_name", value: name, file: reader.file, supported: Similarity.allCases.map(\.rawValue))
            }
            similarity = found
        }
    }

    /// The longest text that the tokenizer's settings allow, where sentence-transformers 6 keeps it; Transformers writes 1e30 for none.
    private static func tokenizerLimit(_ folder: URL) throws(ModelError) -> Int? {
        let reader = try ConfigReader.optional(folder.appending(path: "tokenizer_config.json"))
        guard let limit = try reader?.optionalNumber("model_max_length"), limit >= 1, limit <= Double(Int32.max) else { return nil }
        return Int(limit)
    }
}

extension ConfigReader {
    /// The object in a JSON file that may be absent.
    fileprivate static func optional(_ file: URL) throws(ModelError) -> ConfigReader? {
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        return try required(file)
    }

    fileprivate static func required(_ file: URL) throws(ModelError) -> ConfigReader {
        guard let data = try? Data(contentsOf: file), let json = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else {
            throw .badConfig(file: file.path, reason: "it cannot be read as a JSON object")
        }
        return ConfigReader(json: json, file: file.path)
    }
}

/// Gives each text one vector: body, pooling, scaling to length 1.
///
/// Source: sentence-transformers 6.2, `Transformer`, `Pooling` and `Normalize`.
public final class EmbeddingModel: TextModel {
    /// How states become a vector.
    public let settings: EmbeddingSettings
    private let body: any Backbone
    private let prefix: String

    init(_ body: any Backbone, prefix: String, _ settings: EmbeddingSettings) {
        (self.body, self.prefix, self.settings) = (body, prefix, settings)
    }

    /// The body under its checkpoint prefix.
    public var children: [Child] { [Child(prefix, body)] }
    /// The sizes of the body.
    public var sizes: ModelSizes { body.sizes }
    /// What LoRA adapts in the body.
    public var defaultLoRATargets: [String] { body.defaultLoRATargets }
    /// There is no head.
    public var headPaths: [String] { [] }
    /// Path prefix of the body's blocks.
    public var blockPrefix: String { prefix.isEmpty ? body.blockPath : "\(prefix).\(body.blockPath)" }
    /// Path prefix of the body's embeddings.
    public var embeddingPrefix: String { prefix.isEmpty ? body.embeddingPath : "\(prefix).\(body.embeddingPath)" }
    /// Sets the body's dropout.
    public func setDropout(_ probability: Double) { body.setDropout(probability) }

    /// The numbers in a vector.
    public var width: Int { sizes.width * settings.pooling.count }

    /// Returns the vectors of texts, `[N]` ids → `[B, W]` in float32, W ``width``.
    public func callAsFunction(_ input: ModelInput, _ context: Context) throws -> Tensor {
        let states: Tensor
        let joined: Tensor
        if settings.pooling == [.first] {
            joined = try firsts(of: body(input, context, keeping: context.documents.firstRows()), context)
        } else if settings.pooling == [.last] {
            joined = try firsts(of: body(input, context, keeping: context.documents.lastRows()), context)
        } else {
            states = try body(input, context, keeping: nil).to(.float32)
            let rows = zip(try context.documents.starts.integers(), try context.documents.lengths.integers())
            joined = try .stacked(
                rows.map { start, length in
                    let own = try states.slice(0, start..<(start + length))
                    return try .concatenated(settings.pooling.map { try $0(own) })
                })
        }
        guard settings.isNormalized else { return joined }
        return try joined / joined.norm(-1, keepingAxis: true).clamped(1e-12, .infinity)
    }

    private func firsts(of rows: Tensor, _ context: Context) throws -> Tensor {
        try rows.slice(0, 0..<context.documents.starts.count).to(.float32)
    }
}

extension EmbeddingSettings.Pooling {
    /// One vector of the states of a text, `[T, D]` → `[D]`.
    fileprivate func callAsFunction(_ states: Tensor) throws -> Tensor {
        let T = states.size(0)
        switch self {
        case .first: return try states.slice(0, 0..<1).squeezed(0)
        case .last: return try states.slice(0, (T - 1)..<T).squeezed(0)
        case .largest: return try states.largest(0)
        case .mean: return try states.mean(0)
        case .meanOverRoot: return try states.sum(0) * (1 / Double(T).squareRoot())
        case .weightedMean:
            let weights = try Tensor.range(1, T + 1, dtype: .float32).to(states.device).unsqueezed(-1)
            return try (states * weights).sum(0) * (2 / Double(T * (T + 1)))
        }
    }
}

extension ModelFolder {
    /// Builds the model that gives each text a vector, and fills its body; heads in the checkpoint are not used.
    ///
    /// - Throws: ``ModelError`` for a family that has no one body, for settings that Hone does not have, and for missing or unexpected
    ///   weights; `WeightError` for unreadable files.
    public func embedder() throws -> (model: EmbeddingModel, report: LoadReport) {
        let (body, prefix, family) = try backbone()
        let model = EmbeddingModel(body, prefix: prefix, try EmbeddingSettings(url, isCausal: body.isCausal))
        return (model, try load(model, family, nil, newable: [], head: .checkpoint, seed: 0))
    }
}
