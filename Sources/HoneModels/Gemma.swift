// Tested by DecoderTests.swift.
internal import HoneLayers
internal import HoneTensors

/// Gemma: norms with an offset of 1, scaled embeddings, tied; `model_type` `gemma`.
///
/// Source: arXiv:2403.08295; Transformers `GemmaConfig`.
let gemma = decoderFamily("Gemma", pad: 0) { json, file throws(ModelError) in
    let reader = ConfigReader(json: json, file: file)
    // The first checkpoints say “gelu” in hidden_act and mean its tanh approximation, which hidden_activation then names.
    var config = try DecoderConfig(
        llamaLike: reader, vocabulary: 256_000, width: 3072, inner: 24_576, layers: 28, heads: 16, keyValueHeads: 16, headWidth: 256,
        maximumPositions: 8192, isTied: true, activationKeys: ["hidden_activation", "hidden_act"], activation: "gelu_pytorch_tanh")
    if config.activation == .gelu { config.activation = .geluTanh }
    config.setGemmaNorms()
    return config
}

/// Gemma 2: norms around each part, capped scores and logits, every other layer with a window; `model_type` `gemma2`.
///
/// Source: arXiv:2408.00118; Transformers `Gemma2Config`.
let gemma2 = decoderFamily("Gemma2", pad: 0) { json, file throws(ModelError) in
    let reader = ConfigReader(json: json, file: file)
    var config = try DecoderConfig(gemmaLike: reader, vocabulary: 256_000, maximumPositions: 8192)
    config.attentionCap = try reader.capping("attn_logit_softcapping", 50)
    config.logitCap = try reader.capping("final_logit_softcapping", 30)
    try config.setWindows(reader, window: reader.integer("sliding_window", 4096)) { $0.isMultiple(of: 2) }
    return config
}

/// Gemma 3, text only: normalised queries and keys, five layers with a window and their own angles to one without; `gemma3_text`.
///
/// Source: arXiv:2503.19786; Transformers `Gemma3TextConfig`.
let gemma3 = decoderFamily("Gemma3", classifier: "Gemma3TextForSequenceClassification", tagger: false, pad: 0) {
    json, file throws(ModelError) in
    let reader = ConfigReader(json: json, file: file)
    var config = try DecoderConfig(gemmaLike: reader, vocabulary: 262_208, maximumPositions: 131_072)
    try reader.refuse("use_bidirectional_attention")
    config.normalizesQueriesAndKeys = true
    config.attentionCap = try reader.capping("attn_logit_softcapping", nil)
    config.logitCap = try reader.capping("final_logit_softcapping", nil)
    let pattern = try reader.integer("_sliding_window_pattern", reader.integer("sliding_window_pattern", 6))
    try config.setWindows(reader, window: reader.integer("sliding_window", 4096)) { !($0 + 1).isMultiple(of: pattern) }
    let global = try reader.rotary(
        kind: "full_attention", headWidth: config.headWidth, theta: 1_000_000, maximumPositions: config.maximumPositions)
    var local = DecoderConfig.RotaryConfig(
        base: try reader.number("rope_local_base_freq", 10_000), width: config.headWidth, scaling: .none)
    if let kinds = try reader.object("rope_parameters"), try kinds.object("sliding_attention") != nil {
        local = try reader.rotary(
            kind: "sliding_attention", headWidth: config.headWidth, theta: 10_000, maximumPositions: config.maximumPositions)
    }
    config.rotary = [global, local]
    config.rotaryOfLayer = config.windows.map { $0 == nil ? 0 : 1 }
    return config
}

extension DecoderConfig {
    /// Gemma 2 and 3: what they share.
    fileprivate init(gemmaLike reader: ConfigReader, vocabulary: Int, maximumPositions: Int) throws(ModelError) {
        try self.init(
            llamaLike: reader, vocabulary: vocabulary, width: 2304, inner: 9216, layers: 26, heads: 8, keyValueHeads: 4, headWidth: 256,
            maximumPositions: maximumPositions, isTied: true, activationKeys: ["hidden_activation"], activation: "gelu_pytorch_tanh")
        attentionScale = 1 / (try reader.number("query_pre_attn_scalar", 256)).squareRoot()
        normalizesOutputs = true
        setGemmaNorms()
    }

    fileprivate mutating func setGemmaNorms() { (normOffset, embeddingScale) = (1, Double(width).squareRoot()) }
}

extension ConfigReader {
    /// A cap; `null` in the file means none.
    fileprivate func capping(_ key: String, _ fallback: Double?) throws(ModelError) -> Double? {
        json.keys.contains(key) ? try optionalNumber(key) : fallback
    }
}
