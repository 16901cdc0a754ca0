// Tested by EncoderTests.swift.
internal import Foundation
internal import HoneLayers
internal import HoneTensors

/// The shape of a ModernBERT, from `config.json`.
struct ModernBertConfig: Equatable {
    var vocabulary: Int
    var width: Int
    var layers: Int
    var heads: Int
    /// Width of the feed-forward part, after the gate.
    var inner: Int
    var maximumPositions: Int
    var activation: GateActivation
    var normEpsilon: Double
    var normBias: Bool
    var attentionBias: Bool
    var innerBias: Bool
    /// Which layers see ``window`` tokens to each side; the others see the whole document.
    var slides: [Bool]
    /// Half of `local_attention`.
    var window: Int
    /// Angles of the layers that see everything, and of those that do not.
    var full: DecoderConfig.RotaryConfig, sliding: DecoderConfig.RotaryConfig
    var dropout: ModernBertDropout
    var pooling: Pooling
    var classifierBias: Bool
    var classifierActivation: Activation
    var classifierDropout: Double
    var decoderBias: Bool

    init(_ reader: ConfigReader) throws(ModelError) {
        vocabulary = try reader.integer("vocab_size", 50_368)
        width = try reader.integer("hidden_size", 768)
        layers = try reader.integer("num_hidden_layers", 22)
        heads = try reader.integer("num_attention_heads", 12)
        inner = try reader.integer("intermediate_size", 1152)
        maximumPositions = try reader.integer("max_position_embeddings", 8192)
        activation = try reader.gateActivation(["hidden_activation"], "gelu")
        normEpsilon = try reader.number("norm_eps", 1e-5)
        normBias = try reader.flag("norm_bias", false)
        attentionBias = try reader.flag("attention_bias", false)
        innerBias = try reader.flag("mlp_bias", false)
        let period = try reader.integer("global_attn_every_n_layers", 3)
        slides = try reader.slidingLayers(layers) { !$0.isMultiple(of: period) }
        let span = try reader.integer("local_attention", 128)
        window = span / 2
        dropout = ModernBertDropout(
            embedding: try reader.number("embedding_dropout", 0), attention: try reader.number("attention_dropout", 0),
            inner: try reader.number("mlp_dropout", 0))
        classifierBias = try reader.flag("classifier_bias", false)
        classifierActivation = try reader.activation("classifier_activation", "gelu")
        classifierDropout = try reader.number("classifier_dropout", 0)
        decoderBias = try reader.flag("decoder_bias", true)
        switch try reader.text("classifier_pooling", "cls") {
        case "cls": pooling = .first
        case "mean": pooling = .mean
        case let other: throw .unsupported(key: "classifier_pooling", value: other, file: reader.file, supported: ["cls", "mean"])
        }
        guard width.isMultiple(of: heads) else {
            throw .badConfig(file: reader.file, reason: "hidden_size \(width) is not a multiple of num_attention_heads \(heads)")
        }
        guard window > 0 || !slides.contains(true) else {
            throw .badConfig(file: reader.file, reason: "local_attention is \(span); expected at least 2 tokens")
        }
        // A base that the file leaves out is the family's; Transformers 4 took the global one for a local one of null.
        let global = try reader.number("global_rope_theta", 160_000)
        let local = reader.json["local_rope_theta"] is NSNull ? global : try reader.number("local_rope_theta", 10_000)
        full = try reader.rotary(kind: "full_attention", headWidth: width / heads, theta: global, maximumPositions: maximumPositions)
        sliding = try reader.rotary(kind: "sliding_attention", headWidth: width / heads, theta: local, maximumPositions: maximumPositions)
    }

    func norm() throws -> LayerNorm { try LayerNorm(width, epsilon: normEpsilon, bias: normBias) }

    /// `LN(act(V x))`, in front of the classifier or of the table of tokens.
    ///
    /// - Parameters:
    ///   - path: what the keys begin with below the module that holds the part.
    ///   - outputBias: the key of the output bias; nil for none.
    func transform(below path: String = "", outputBias: String? = nil) throws -> MaskedHead {
        try MaskedHead(
            MaskedHead.Names(dense: path + "dense", norm: path + "norm", bias: outputBias), width: width, vocabulary: vocabulary,
            activation: classifierActivation, normEpsilon: normEpsilon, denseBias: classifierBias, normBias: normBias)
    }
}

struct ModernBertDropout: Equatable {
    var embedding: Double
    var attention: Double
    var inner: Double
}
