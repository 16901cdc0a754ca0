// Tested by DecoderTests.swift.
internal import HoneLayers

/// Qwen 2 and 2.5: Llama with biases on queries, keys and values; `model_type` `qwen2`.
///
/// Source: arXiv:2407.10671; Transformers `Qwen2Config`.
let qwen2 = decoderFamily("Qwen2", answers: "transformer") { json, file throws(ModelError) in
    let reader = ConfigReader(json: json, file: file)
    var config = try DecoderConfig(
        llamaLike: reader, vocabulary: 151_936, inner: 22_016, keyValueHeads: 32, maximumPositions: 32_768)
    (config.queryKeyValueBias, config.outputBias) = (true, false)
    try config.setQwenWindows(reader)
    return config
}

/// Qwen 3: normalised queries and keys, no biases; `model_type` `qwen3`.
///
/// Source: arXiv:2505.09388; Transformers `Qwen3Config`.
let qwen3 = decoderFamily("Qwen3", answers: "transformer") { json, file throws(ModelError) in
    let reader = ConfigReader(json: json, file: file)
    var config = try DecoderConfig(
        llamaLike: reader, vocabulary: 151_936, inner: 22_016, keyValueHeads: 32, headWidth: 128, maximumPositions: 32_768)
    config.normalizesQueriesAndKeys = true
    try config.setQwenWindows(reader)
    return config
}

extension DecoderConfig {
    /// Windows are off unless asked for, and then in the layers from `max_window_layers` on.
    fileprivate mutating func setQwenWindows(_ reader: ConfigReader) throws(ModelError) {
        guard try reader.flag("use_sliding_window", false) else { return }
        let window = reader.json.keys.contains("sliding_window") ? try reader.optionalInteger("sliding_window") : 4096
        let first = try reader.integer("max_window_layers", 28)
        try setWindows(reader, window: window) { $0 >= first && window != nil }
    }
}
