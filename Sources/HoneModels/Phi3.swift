// Tested by DecoderTests.swift.
internal import HoneLayers

/// Phi-3: Llama with one matrix for queries, keys and values and one for gate and up; `model_type` `phi3`.
///
/// Source: arXiv:2404.14219; Transformers `Phi3Config`.
let phi3 = decoderFamily("Phi3", pad: 32_000) { json, file throws(ModelError) in
    let reader = ConfigReader(json: json, file: file)
    var config = try DecoderConfig(
        llamaLike: reader, vocabulary: 32_064, width: 3072, inner: 8192, maximumPositions: 4096, epsilon: 1e-5)
    config.isFused = true
    (config.queryKeyValueBias, config.outputBias, config.feedForwardBias) = (false, false, false)
    config.residualDropout = try reader.number("resid_pdrop", 0)
    let window = try reader.optionalInteger("sliding_window")
    try config.setWindows(reader, window: window) { _ in window != nil }
    return config
}
