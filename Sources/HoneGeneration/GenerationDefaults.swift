public import Foundation

/// What a model folder's `generation_config.json` asks for.
///
/// Missing keys have Transformers' defaults: no sampling, `top_k` 50 where there is sampling. Settings that Hone does not have are listed,
/// not dropped.
public struct GenerationDefaults: Sendable, Equatable {
    /// How tokens are chosen; `do_sample: false` is `temperature` 0.
    public var sampling = SamplingSettings()
    /// Beam search, where `num_beams` is above 1.
    public var beams: BeamSettings?
    /// The token that fills the end of shorter sequences.
    public var padID: Int32?
    /// The token that starts a text.
    public var startID: Int32?
    /// The token that starts a decoder's sequence.
    public var decoderStartID: Int32?
    /// The most positions of a sequence, prompt included (`max_length`); the caller takes the prompt's length off.
    public var maximumLength: Int?
    /// Keys whose values would change the result and that Hone does not apply.
    public var notApplied: [String] = []

    /// Reads the text of a file.
    ///
    /// - Parameter file: its name, for errors.
    /// - Throws: `GenerationError` for text that is not a JSON object and for values out of range, with the file's own keys.
    public init(json: Data, file: String = "generation_config.json") throws(GenerationError) {
        let values: [String: Value]
        do {
            values = try JSONDecoder().decode([String: Value].self, from: json)
        } catch {
            throw .file(file, problem: "not a JSON object")
        }
        try read(Fields(values: values))
    }

    private mutating func read(_ fields: Fields) throws(GenerationError) {
        let isSampling = try fields.bool("do_sample") ?? false
        sampling.temperature = isSampling ? try fields.number("temperature") ?? 1 : 0
        if isSampling, sampling.temperature <= 0 { throw fields.wrong("temperature", "a number above 0 with `do_sample: true`") }
        sampling.topK = isSampling ? try fields.integer("top_k") ?? 50 : 0
        sampling.topP = isSampling ? try fields.number("top_p") ?? 1 : 1
        sampling.minP = isSampling ? try fields.number("min_p") ?? 0 : 0
        sampling.repetitionPenalty = try fields.number("repetition_penalty") ?? 1
        sampling.noRepeatNGramSize = try fields.integer("no_repeat_ngram_size") ?? 0
        sampling.maximumTokens = try fields.integer("max_new_tokens") ?? sampling.maximumTokens
        sampling.minimumTokens = try fields.integer("min_new_tokens") ?? 0
        sampling.stopIDs = try fields.ids("eos_token_id")
        sampling.stop = try fields.texts("stop_strings")
        maximumLength = try fields.integer("max_length")
        padID = try fields.id("pad_token_id")
        startID = try fields.id("bos_token_id")
        decoderStartID = try fields.id("decoder_start_token_id")
        do {
            try sampling.validate()
        } catch .setting(let key, let value, let expected) {
            throw .setting(key: Self.names[key] ?? key, value: value, expected: expected)
        }
        if let width = try fields.integer("num_beams"), width != 1 { beams = try beamSettings(fields, width) }
        notApplied = fields.values.compactMap { key, value in
            Self.known.contains(key) || value == .null || Self.neutral[key]?.contains(value) == true ? nil : key
        }.sorted()
    }

    private func beamSettings(_ fields: Fields, _ width: Int) throws(GenerationError) -> BeamSettings {
        var beams = BeamSettings(
            beams: width, sequences: try fields.integer("num_return_sequences") ?? 1, maximumTokens: sampling.maximumTokens,
            stopIDs: sampling.stopIDs)
        beams.lengthPenalty = try fields.number("length_penalty") ?? 1
        (beams.repetitionPenalty, beams.noRepeatNGramSize) = (sampling.repetitionPenalty, sampling.noRepeatNGramSize)
        beams.minimumTokens = sampling.minimumTokens
        switch fields.values["early_stopping"] {
        case nil, .null, .bool(false): beams.earlyStopping = .heuristic
        case .bool(true): beams.earlyStopping = .whenFull
        case .text("never"): beams.earlyStopping = .never
        default: throw fields.wrong("early_stopping", "true, false or \"never\"")
        }
        do {
            try beams.validate()
        } catch .setting(let key, let value, let expected) {
            throw .setting(key: Self.names[key] ?? key, value: value, expected: expected)
        }
        return beams
    }

    /// Hone's names and the file's.
    private static let names = [
        "temperature": "temperature", "topK": "top_k", "topP": "top_p", "minP": "min_p", "repetitionPenalty": "repetition_penalty",
        "noRepeatNGramSize": "no_repeat_ngram_size", "maximumTokens": "max_new_tokens", "minimumTokens": "min_new_tokens",
        "stopIDs": "eos_token_id", "stop": "stop_strings", "beams": "num_beams", "sequences": "num_return_sequences",
        "lengthPenalty": "length_penalty",
    ]

    private static let known: Set<String> = Set(names.values).union([
        "do_sample", "max_length", "pad_token_id", "bos_token_id", "decoder_start_token_id", "early_stopping",
        // These say how to compute, report or store, not what comes out.
        "transformers_version", "_from_model_config", "use_cache", "cache_implementation", "cache_config", "return_dict_in_generate",
        "output_attentions", "output_hidden_states", "output_scores", "output_logits", "trust_remote_code", "low_memory",
    ])

    /// Values that do nothing.
    private static let neutral: [String: [Value]] = [
        "typical_p": [.number(1)], "top_h": [], "epsilon_cutoff": [.number(0)], "eta_cutoff": [.number(0)],
        "diversity_penalty": [.number(0)],
        "num_beam_groups": [.number(1)], "encoder_repetition_penalty": [.number(1)], "encoder_no_repeat_ngram_size": [.number(0)],
        "min_length": [.number(0)], "guidance_scale": [.number(1)], "renormalize_logits": [.bool(false)],
        "remove_invalid_values": [.bool(false)], "is_assistant": [.bool(false)],
    ]

    /// A JSON value, as far as these files need it.
    enum Value: Decodable, Equatable, Sendable {
        case null
        case bool(Bool)
        case number(Double)
        case text(String)
        case list([Value])
        case object

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() {
                self = .null
            } else if let given = try? value.decode(Bool.self) {
                self = .bool(given)
            } else if let given = try? value.decode(Double.self) {
                self = .number(given)
            } else if let given = try? value.decode(String.self) {
                self = .text(given)
            } else if let given = try? value.decode([Value].self) {
                self = .list(given)
            } else {
                self = .object
            }
        }
    }

    /// The file's values, read with their types.
    struct Fields {
        var values: [String: Value]

        func wrong(_ key: String, _ expected: String) -> GenerationError {
            let value =
                switch values[key] ?? .null {
                case .null: "null"
                case .bool(let value): "\(value)"
                case .number(let value): "\(value)"
                case .text(let value): "\"\(value)\""
                case .list: "a list"
                case .object: "an object"
                }
            return .setting(key: key, value: value, expected: expected)
        }

        func bool(_ key: String) throws(GenerationError) -> Bool? {
            switch values[key] ?? .null {
            case .null: nil
            case .bool(let value): value
            default: throw wrong(key, "true or false")
            }
        }

        func number(_ key: String) throws(GenerationError) -> Double? {
            switch values[key] ?? .null {
            case .null: nil
            case .number(let value): value
            default: throw wrong(key, "a number")
            }
        }

        func integer(_ key: String) throws(GenerationError) -> Int? {
            guard let value = try number(key) else { return nil }
            guard let whole = Int(exactly: value) else { throw wrong(key, "a whole number") }
            return whole
        }

        func id(_ key: String) throws(GenerationError) -> Int32? {
            let ids = try ids(key)
            guard ids.count <= 1 else { throw wrong(key, "one token id") }
            return ids.first
        }

        func ids(_ key: String) throws(GenerationError) -> [Int32] {
            var ids: [Int32] = []
            for value in list(key) {
                guard case .number(let number) = value, let id = Int32(exactly: number) else { throw wrong(key, "token ids") }
                ids.append(id)
            }
            return ids
        }

        func texts(_ key: String) throws(GenerationError) -> [String] {
            var texts: [String] = []
            for value in list(key) {
                guard case .text(let text) = value else { throw wrong(key, "texts") }
                texts.append(text)
            }
            return texts
        }

        /// One value or several.
        private func list(_ key: String) -> [Value] {
            switch values[key] ?? .null {
            case .null: []
            case .list(let values): values
            case let value: [value]
            }
        }
    }
}
