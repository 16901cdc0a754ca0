// Tested by DecoderTests.swift.
internal import HoneLayers

/// Llama 1 to 3.x: `model_type` `llama`.
///
/// Source: arXiv:2302.13971, arXiv:2407.21783; Transformers `LlamaConfig`.
let llama = decoderFamily("Llama", answers: "transformer") { json, file throws(ModelError) in
    try DecoderConfig(llamaLike: ConfigReader(json: json, file: file))
}

extension DecoderConfig {
    /// Reads the keys that all Llama-like families share.
    ///
    /// - Parameters:
    ///   - vocabulary: and the others: what the family takes where a key is absent.
    ///   - biasKey: the key that gives queries, keys, values and the output a bias; nil if the family has none.
    init(
        llamaLike reader: ConfigReader, vocabulary: Int = 32_000, width: Int = 4096, inner: Int = 11_008, layers: Int = 32, heads: Int = 32,
        keyValueHeads: Int? = nil, headWidth: Int? = nil, maximumPositions: Int = 2048, epsilon: Double = 1e-6, isTied: Bool = false,
        activationKeys: [String] = ["hidden_act"], activation: String = "silu", theta: Double = 10_000
    ) throws(ModelError) {
        self.vocabulary = try reader.integer("vocab_size", vocabulary)
        self.width = try reader.integer("hidden_size", width)
        self.inner = try reader.integer("intermediate_size", inner)
        self.layers = try reader.integer("num_hidden_layers", layers)
        self.heads = try reader.integer("num_attention_heads", heads)
        self.keyValueHeads = try reader.integer("num_key_value_heads", keyValueHeads ?? self.heads)
        let perHead = try reader.integer("head_dim", headWidth ?? self.width / self.heads)
        self.headWidth = perHead
        self.maximumPositions = try reader.integer("max_position_embeddings", maximumPositions)
        self.activation = try reader.gateActivation(activationKeys, activation)
        normEpsilon = try reader.number("rms_norm_eps", epsilon)
        attentionScale = 1 / Double(perHead).squareRoot()
        self.isTied = try reader.flag("tie_word_embeddings", isTied)
        attentionDropout = try reader.number("attention_dropout", 0)
        initializerRange = try reader.number("initializer_range", 0.02)
        let hasBias = try reader.flag("attention_bias", false)
        (queryKeyValueBias, outputBias) = (hasBias, hasBias)
        feedForwardBias = try reader.flag("mlp_bias", false)
        rotary = [try reader.rotary(headWidth: perHead, theta: theta, maximumPositions: self.maximumPositions)]
        rotaryOfLayer = [Int](repeating: 0, count: self.layers)
        windows = [Int?](repeating: nil, count: self.layers)
        labelNames = reader.labelNames()
        guard self.heads.isMultiple(of: self.keyValueHeads) else {
            throw .badConfig(
                file: reader.file,
                reason: "num_attention_heads \(self.heads) is not a multiple of num_key_value_heads \(self.keyValueHeads)")
        }
        if headWidth == nil, reader.json["head_dim"] == nil, !self.width.isMultiple(of: self.heads) {
            throw .badConfig(file: reader.file, reason: "hidden_size \(self.width) is not a multiple of num_attention_heads \(self.heads)")
        }
    }

    /// Sets the windows of layers from `layer_types`, or from what the family does where it is absent.
    mutating func setWindows(_ reader: ConfigReader, window: Int?, isSliding: (Int) -> Bool) throws(ModelError) {
        let slides = try reader.slidingLayers(layers, isSliding)
        for layer in 0..<layers where slides[layer] {
            guard let window else { throw .badConfig(file: reader.file, reason: "a layer slides, and “sliding_window” is not declared") }
            windows[layer] = window
        }
    }
}
