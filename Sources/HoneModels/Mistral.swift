// Tested by DecoderTests.swift.
internal import HoneLayers

/// Mistral: Llama with a sliding window in every layer; `model_type` `mistral`.
///
/// Source: arXiv:2310.06825; Transformers `MistralConfig`.
let mistral = decoderFamily("Mistral", answers: "model") { json, file throws(ModelError) in
    let reader = ConfigReader(json: json, file: file)
    var config = try DecoderConfig(
        llamaLike: reader, inner: 14_336, keyValueHeads: 8, maximumPositions: 131_072)
    let window = reader.json.keys.contains("sliding_window") ? try reader.optionalInteger("sliding_window") : 4096
    try config.setWindows(reader, window: window) { _ in window != nil }
    return config
}
