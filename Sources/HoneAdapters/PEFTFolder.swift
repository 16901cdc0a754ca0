public import Foundation
internal import HoneLayers
internal import HoneTensors
internal import HoneWeights

/// Writes and reads LoRA adapters as PEFT's files: `adapter_config.json` and `adapter_model.safetensors`.
///
/// Keys are `base_model.model.` + layer path + `.lora_A.weight`; modules trained whole stand under their own names.
/// Source: PEFT 0.21, LoRA.
public enum PEFTFolder {
    /// What PEFT calls the model's task; decides which class of PEFT wraps it.
    public enum Task: String, Sendable, CaseIterable {
        /// Classification and regression of whole texts.
        case sequenceClassification = "SEQ_CLS"
        /// One answer per token.
        case tokenClassification = "TOKEN_CLS"
        /// Start and end of an answer.
        case questionAnswering = "QUESTION_ANS"
        /// The next token.
        case causalLanguageModelling = "CAUSAL_LM"
        /// Another text.
        case sequenceToSequence = "SEQ_2_SEQ_LM"
    }

    private static let prefix = "base_model.model."
    private static let weights = "adapter_model.safetensors"

    /// Writes the adapter of `target.model`.
    /// - Parameters:
    ///   - task: what the model is for; nil for a kind that PEFT has no name for, such as masked language models.
    ///   - baseModel: what `base_model_name_or_path` says.
    public static func write(
        _ config: LoRAConfig, of target: TuningTarget, task: Task? = .sequenceClassification, baseModel: String, to folder: URL
    ) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let whole = target.model.namedParameters().filter { target.isWhole($0.key) }
        let sources = (target.model.wrapperParameters() + whole).map { WeightSource(name: prefix + $0.key, tensor: $0.parameter.stored) }
        try SafetensorsWriter().write(sources, to: folder.appending(path: weights))
        let modules = Array(Set(target.wholePaths.map { String($0.split(separator: ".").last ?? "") })).sorted()
        var json = json(config, baseModel: baseModel)
        json["target_modules"] = targetModules(config, target.model)
        // Where Conv1D and Linear layers are adapted together, PEFT goes by the kind of each, whatever this says.
        json["fan_in_fan_out"] = target.model.slotsByPath().contains { ($0.slot.layer as? LoRA)?.linear.isTransposed ?? false }
        json["task_type"] = task?.rawValue ?? NSNull()
        json["modules_to_save"] = modules + (task == .sequenceClassification && !modules.contains("score") ? ["score"] : [])
        let data = try JSONSerialization.data(withJSONObject: json, options: [.prettyPrinted, .sortedKeys])
        try data.write(to: folder.appending(path: "adapter_config.json"), options: .atomic)
    }

    /// The recipe's targets where PEFT's rule (a path or the end of one) finds the same layers by them; else the layers' paths.
    private static func targetModules(_ config: LoRAConfig, _ model: any Module) -> [String] {
        let slots = model.slotsByPath()
        let adapted = slots.filter { $0.slot.layer is LoRA }.map(\.path)
        let found = slots.map(\.path).filter { path in config.targets.contains { path == $0 || path.hasSuffix("." + $0) } }
        let isEach = config.targets.allSatisfy { target in found.contains { $0 == target || $0.hasSuffix("." + target) } }
        return (found == adapted && isEach ? config.targets : adapted).sorted()
    }

    private static func json(_ config: LoRAConfig, baseModel: String) -> [String: Any] {
        [
            "peft_type": "LORA", "base_model_name_or_path": baseModel, "inference_mode": true, "r": config.rank,
            "lora_alpha": number(config.alpha), "lora_dropout": config.dropout, "use_rslora": config.rankStabilized, "use_dora": false,
            "bias": "none", "init_lora_weights": true, "rank_pattern": config.rankPattern,
            "alpha_pattern": config.alphaPattern.mapValues(number),
        ]
    }

    private static func number(_ value: Double) -> Any { value == value.rounded() && abs(value) < 1e9 ? Int(value) : value }

    /// Reads the settings of an adapter folder.
    ///
    /// - Throws: ``AdapterError`` for a missing or malformed file, or a variant of LoRA that Hone does not compute.
    public static func config(in folder: URL) throws -> LoRAConfig {
        let file = folder.appending(path: "adapter_config.json")
        guard let data = try? Data(contentsOf: file) else {
            throw AdapterError.unreadable(file: file.path, reason: "there is no such file")
        }
        guard let json = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else {
            throw AdapterError.unreadable(file: file.path, reason: "it is not a JSON object")
        }
        func refuse(_ key: String, unless supported: String, _ isFine: (Any) -> Bool) throws {
            guard let value = json[key], !(value is NSNull), !isFine(value) else { return }
            throw AdapterError.unsupported(key: key, value: "\(value)", file: file.path, supported: supported)
        }
        try refuse("peft_type", unless: "LORA") { $0 as? String == "LORA" }
        try refuse("bias", unless: "none") { $0 as? String == "none" }
        for key in ["use_dora", "lora_bias", "use_qalora"] { try refuse(key, unless: "false") { $0 as? Bool == false } }
        // `fan_in_fan_out` says how the base stores its weights, which the base itself tells; A and B are the same either way.
        try refuse("fan_in_fan_out", unless: "true or false") { $0 is Bool }
        for key in ["layers_to_transform", "layer_replication", "target_parameters", "trainable_token_indices", "exclude_modules"] {
            try refuse(key, unless: "null") { ($0 as? [Any])?.isEmpty ?? false }
        }
        try refuse("init_lora_weights", unless: "true, false, gaussian, orthogonal, eva: the others change the base's weights") {
            $0 is Bool || ["gaussian", "orthogonal", "eva"].contains($0 as? String)
        }
        for key in ["alora_invocation_tokens", "arrow_config", "kasa_config", "velora_config", "monteclora_config", "use_bdlora"] {
            try refuse(key, unless: "null") { $0 as? Bool == false }
        }
        guard let rank = json["r"] as? Int, rank > 0, let alpha = (json["lora_alpha"] as? NSNumber)?.doubleValue else {
            throw AdapterError.unreadable(file: file.path, reason: "it needs “r” and “lora_alpha”")
        }
        guard let targets = json["target_modules"] as? [String] else {
            throw AdapterError.unsupported(
                key: "target_modules", value: "\(json["target_modules"] ?? "missing")", file: file.path, supported: "a list of layer names")
        }
        var config = LoRAConfig(
            rank: rank, alpha: alpha, dropout: (json["lora_dropout"] as? NSNumber)?.doubleValue ?? 0,
            rankStabilized: json["use_rslora"] as? Bool ?? false, targets: targets)
        config.rankPattern = json["rank_pattern"] as? [String: Int] ?? [:]
        config.alphaPattern = (json["alpha_pattern"] as? [String: NSNumber] ?? [:]).mapValues(\.doubleValue)
        return config
    }

    /// Puts the values of an adapter folder into a model that carries that adapter.
    ///
    /// Every key is used and every parameter filled, or it throws. A module that the model would train whole and the adapter does not
    /// name in `modules_to_save` keeps the base's values.
    public static func load(_ folder: URL, into target: TuningTarget) throws {
        let file = folder.appending(path: weights)
        let checkpoint = try Checkpoint(file: file)
        let saved = try savedModules(folder)
        let listed = target.wholePaths.filter { path in saved.contains { path.hasSuffix($0) } }
        let whole = target.model.namedParameters().filter { named in listed.contains { named.key == $0 || named.key.hasPrefix($0 + ".") } }
        let own = target.model.wrapperParameters() + whole
        let wanted = Dictionary(uniqueKeysWithValues: own.map { (prefix + $0.key, $0.parameter) })
        let missing = wanted.keys.filter { !checkpoint.contains($0) }.sorted()
        let unexpected = checkpoint.keys.filter { wanted[$0] == nil }
        guard missing.isEmpty, unexpected.isEmpty else {
            throw AdapterError.keyMismatch(missing: missing, unexpected: unexpected, file: file.path)
        }
        for (key, parameter) in wanted {
            let entry = try checkpoint.entry(key)
            guard entry.shape == parameter.shape else {
                throw AdapterError.shape(key: key, expected: parameter.shape, found: entry.shape, file: file.path)
            }
            try parameter.restore(entry.tensor())
        }
    }

    /// Ends of the paths of modules that the adapter holds whole.
    private static func savedModules(_ folder: URL) throws -> [String] {
        let file = folder.appending(path: "adapter_config.json")
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
        return json?["modules_to_save"] as? [String] ?? []
    }
}
