// Tested by DecoderTests.swift.
internal import Foundation
internal import HoneLayers
internal import HoneTensors

/// Reads typed values out of a decoded JSON object; a wrong type is an error that names the key.
struct ConfigReader {
    let json: [String: Any]
    let file: String

    func integer(_ key: String, _ fallback: Int) throws(ModelError) -> Int { try optionalInteger(key) ?? fallback }

    func optionalInteger(_ key: String) throws(ModelError) -> Int? {
        guard let value = present(key) else { return nil }
        guard let number = value as? NSNumber, Double(number.intValue) == number.doubleValue, number.intValue > 0 else {
            throw .badConfig(file: file, reason: "“\(key)” is \(value); expected a positive whole number")
        }
        return number.intValue
    }

    /// A token id: a whole number from 0.
    func id(_ key: String, _ fallback: Int) throws(ModelError) -> Int {
        guard let value = present(key) else { return fallback }
        guard let number = value as? NSNumber, Double(number.intValue) == number.doubleValue, number.intValue >= 0 else {
            throw .badConfig(file: file, reason: "“\(key)” is \(value); expected a token id, a whole number from 0")
        }
        return number.intValue
    }

    func number(_ key: String, _ fallback: Double) throws(ModelError) -> Double { try optionalNumber(key) ?? fallback }

    func optionalNumber(_ key: String) throws(ModelError) -> Double? {
        guard let value = present(key) else { return nil }
        guard let number = value as? NSNumber else { throw .badConfig(file: file, reason: "“\(key)” is \(value); expected a number") }
        return number.doubleValue
    }

    func flag(_ key: String, _ fallback: Bool) throws(ModelError) -> Bool {
        guard let value = present(key) else { return fallback }
        guard let flag = value as? Bool else { throw .badConfig(file: file, reason: "“\(key)” is \(value); expected true or false") }
        return flag
    }

    func text(_ key: String, _ fallback: String) throws(ModelError) -> String {
        guard let value = present(key) else { return fallback }
        guard let text = value as? String else { throw .badConfig(file: file, reason: "“\(key)” is \(value); expected a string") }
        return text
    }

    func texts(_ key: String) throws(ModelError) -> [String]? {
        guard let value = present(key) else { return nil }
        guard let texts = value as? [String] else {
            throw .badConfig(file: file, reason: "“\(key)” is \(value); expected a list of strings")
        }
        return texts
    }

    func numbers(_ key: String) throws(ModelError) -> [Double] {
        guard let list = present(key) as? [NSNumber] else {
            throw .badConfig(file: file, reason: "“\(key)” is \(present(key) ?? "absent"); expected a list of numbers")
        }
        return list.map(\.doubleValue)
    }

    /// The object under a key, if there is one.
    func object(_ key: String) throws(ModelError) -> ConfigReader? {
        guard let value = present(key) else { return nil }
        guard let object = value as? [String: Any] else {
            throw .badConfig(file: file, reason: "“\(key)” is \(value); expected an object")
        }
        return ConfigReader(json: object, file: file)
    }

    func require(_ key: String, is expected: String) throws(ModelError) {
        let found = try text(key, expected)
        guard found == expected else { throw .unsupported(key: key, value: found, file: file, supported: [expected]) }
    }

    func refuse(_ key: String) throws(ModelError) {
        if let flag = present(key) as? Bool, flag { throw .unsupported(key: key, value: "true", file: file, supported: ["false"]) }
    }

    /// `id2label` in index order; empty if absent or incomplete.
    func labelNames() -> [String] {
        guard let table = present("id2label") as? [String: Any] else { return [] }
        let names = (0..<table.count).map { table["\($0)"] as? String }
        return names.contains { $0 == nil } ? [] : names.compactMap { $0 }
    }

    private func present(_ key: String) -> Any? {
        guard let value = json[key], !(value is NSNull) else { return nil }
        return value
    }
}

extension ConfigReader {
    /// One of the activations that a feed-forward layer without a gate can have.
    func activation(_ key: String, _ fallback: String) throws(ModelError) -> Activation {
        let name = try text(key, fallback)
        guard let activation = Activation(rawValue: name) else {
            throw .unsupported(key: key, value: name, file: file, supported: Activation.allCases.map(\.rawValue))
        }
        return activation
    }

    /// Refuses a masked language model with an output matrix of its own; other tasks have none.
    func refuseUntied(for task: ModelTask?) throws(ModelError) {
        guard task == .maskedLanguageModelling, try !flag("tie_word_embeddings", true) else { return }
        throw .unsupported(key: "tie_word_embeddings", value: "false", file: file, supported: ["true"])
    }

    /// Which layers see a window only, from `layer_types`, or what the family does where it is absent.
    func slidingLayers(_ layers: Int, _ isSliding: (Int) -> Bool) throws(ModelError) -> [Bool] {
        guard let types = try texts("layer_types") else { return (0..<layers).map(isSliding) }
        guard types.count == layers else {
            throw .badConfig(file: file, reason: "“layer_types” has \(types.count) entries for \(layers) layers")
        }
        let known = ["full_attention", "sliding_attention"]
        if let unknown = types.first(where: { !known.contains($0) }) {
            throw .unsupported(key: "layer_types", value: unknown, file: file, supported: known)
        }
        return types.map { $0 == "sliding_attention" }
    }

    /// One of the activations that a gate can have, under any of the keys.
    func gateActivation(_ keys: [String], _ fallback: String) throws(ModelError) -> GateActivation {
        let key = keys.first { present($0) != nil } ?? keys[0]
        let name = try text(key, fallback)
        guard let activation = gateActivations[name] else {
            throw .unsupported(key: key, value: name, file: file, supported: gateActivations.keys.sorted())
        }
        return activation
    }

    /// Rotary angles of the usual layers, in the spellings of Transformers 4 (`rope_theta`, `rope_scaling`) and 5 (`rope_parameters`).
    ///
    /// - Parameters:
    ///   - kind: the kind of layer, such as `sliding_attention`, where each kind has its own angles.
    ///   - theta: the base that is taken where none is declared.
    func rotary(kind: String? = nil, headWidth: Int, theta: Double, maximumPositions: Int) throws(ModelError) -> DecoderConfig.RotaryConfig
    {
        let (newer, older) = (try object("rope_parameters"), try object("rope_scaling"))
        var scaling = newer ?? older ?? ConfigReader(json: [:], file: file)
        if let kind, let own = try scaling.object(kind) { scaling = own }
        let base = try scaling.number("rope_theta", number("rope_theta", theta))
        let share = try scaling.number("partial_rotary_factor", number("partial_rotary_factor", 1))
        let width = Int(Double(headWidth) * share)
        guard width > 0, width.isMultiple(of: 2) else {
            throw .badConfig(file: file, reason: "\(width) of \(headWidth) columns of a head would rotate; expected an even number above 0")
        }
        let kindOfScaling = try scaling.rotaryScaling(
            original: optionalInteger("original_max_position_embeddings"), maximumPositions: maximumPositions, pairs: width / 2)
        return DecoderConfig.RotaryConfig(base: base, width: width, scaling: kindOfScaling)
    }

    private func rotaryScaling(original declared: Int?, maximumPositions: Int, pairs: Int) throws(ModelError) -> RotaryScaling {
        let name = try text("rope_type", try text("type", "default"))
        let own = try integer("original_max_position_embeddings", maximumPositions)
        let original = declared ?? own
        func factor() throws(ModelError) -> Double {
            guard let factor = try optionalNumber("factor"), factor > 0 else {
                throw .badConfig(file: file, reason: "rope type “\(name)” needs a “factor” above 0")
            }
            return factor
        }
        switch name {
        case "default": return .none
        case "linear": return .linear(factor: try factor())
        case "dynamic": return .dynamic(factor: try factor())
        case "llama3":
            guard let low = try optionalNumber("low_freq_factor"), let high = try optionalNumber("high_freq_factor"), high > low else {
                throw .badConfig(file: file, reason: "rope type “llama3” needs “low_freq_factor” below “high_freq_factor”")
            }
            return .llama3(factor: try factor(), low: low, high: high, original: original)
        case "yarn":
            let factor = try number("factor", Double(maximumPositions) / Double(original))
            func scale(_ m: Double) -> Double { factor <= 1 ? 1 : 0.1 * m * log(factor) + 1 }
            var attention = scale(1)
            if let m = try optionalNumber("mscale"), let all = try optionalNumber("mscale_all_dim"), m != 0, all != 0 {
                attention = scale(m) / scale(all)
            }
            var yarn = RotaryScaling.YaRN(
                factor: factor, attentionFactor: try number("attention_factor", attention), original: original)
            yarn.fast = try number("beta_fast", yarn.fast)
            yarn.slow = try number("beta_slow", yarn.slow)
            yarn.truncates = try flag("truncate", true)
            return .yarn(yarn)
        case "longrope", "su":
            let (short, long) = (try numbers("short_factor"), try numbers("long_factor"))
            guard short.count == pairs, long.count == pairs else {
                throw .badConfig(
                    file: file, reason: "“short_factor” and “long_factor” have \(short.count) and \(long.count) numbers; expected \(pairs)")
            }
            let ratio = try number("factor", Double(maximumPositions) / Double(original))
            let usual = ratio <= 1 ? 1 : (1 + log(ratio) / log(Double(original))).squareRoot()
            return .longRoPE(
                short: short, long: long, attentionFactor: try number("attention_factor", usual), original: original)
        default:
            throw .unsupported(
                key: "rope_type", value: name, file: file, supported: ["default", "linear", "dynamic", "yarn", "longrope", "llama3"])
        }
    }
}

private let gateActivations: [String: GateActivation] = [
    "silu": .silu, "swish": .silu, "gelu": .gelu, "gelu_new": .geluTanh, "gelu_pytorch_tanh": .geluTanh, "relu": .relu,
]
