internal import Foundation
internal import HoneLayers
internal import HoneTensors

/// What everything new in a T5 is multiplied by.
@Sendable private func initialFactor(_ config: Family.Config) -> Double { (config["initializer_factor"] as? NSNumber)?.doubleValue ?? 1 }

/// T5, T5 1.1 and Flan-T5: `model_type` `t5`.
///
/// Source: arXiv:1910.10683, arXiv:2002.05202 (1.1), arXiv:2210.11416 (Flan); Transformers `T5ForConditionalGeneration`.
let t5 = Family(
    backbone: { _, file, task in
        throw ModelError.noTask(task ?? .sequenceClassification, family: "t5", supported: [.sequenceToSequence], file: file)
    },
    prefix: "",
    sequenceToSequence: { config, keys, file in
        try T5Model(T5Config(ConfigReader(json: config, file: file), isTied: !keys.contains("lm_head.weight")))
    },
    heads: [],
    // Copies of `shared.weight`, and a table that the first releases carry and nothing reads.
    ignored: (
        ["encoder.embed_tokens.", "decoder.embed_tokens.", "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias."], []
    ),
    architectures: [.sequenceToSequence: "T5ForConditionalGeneration"],
    deviation: initialFactor,
    normStart: initialFactor,
    // Scores are not divided by the root of a head's width: the queries begin that much smaller.
    deviationScale: { key, config in
        func number(_ key: String, _ usual: Double) -> Double { (config[key] as? NSNumber)?.doubleValue ?? usual }
        let width = number("d_model", 512), headWidth = number("d_kv", 64)
        let fan: Double =
            switch key.split(separator: ".").dropLast().last {
            case "shared", "lm_head": 1
            case "q": width * headWidth
            case "o": number("num_heads", 8) * headWidth
            case "wo": number("d_ff", 2048)
            default: width
            }
        return 1 / fan.squareRoot()
    })

/// The shape of a T5, from `config.json`.
struct T5Config: Equatable {
    var vocabulary: Int
    var width: Int
    var headWidth: Int
    var inner: Int
    var encoderLayers: Int
    var decoderLayers: Int
    var heads: Int
    var buckets: Int
    var farthest: Int
    var dropout: Double
    var normEpsilon: Double
    var feedForward: FeedForward
    var isTied: Bool
    /// Whether states are divided by the root of the width before the output matrix, as where it is the table (version 1.0).
    var scalesOutput: Bool
    var decoderStart: Int32
    var maximumPositions: Int

    enum FeedForward: Equatable {
        /// `wo(act(wi(x)))`.
        case plain(Activation)
        /// `wo(act(wi_0(x)) · wi_1(x))`.
        case gated(GateActivation)
    }

    /// - Parameter isTied: whether the checkpoint has no output matrix of its own; `tie_word_embeddings` does not tell.
    init(_ reader: ConfigReader, isTied: Bool) throws(ModelError) {
        vocabulary = try reader.integer("vocab_size", 32_128)
        width = try reader.integer("d_model", 512)
        headWidth = try reader.integer("d_kv", 64)
        inner = try reader.integer("d_ff", 2048)
        encoderLayers = try reader.integer("num_layers", 6)
        decoderLayers = try reader.integer("num_decoder_layers", encoderLayers)
        heads = try reader.integer("num_heads", 8)
        buckets = try reader.integer("relative_attention_num_buckets", 32)
        farthest = try reader.integer("relative_attention_max_distance", 128)
        dropout = try reader.number("dropout_rate", 0.1)
        normEpsilon = try reader.number("layer_norm_epsilon", 1e-6)
        feedForward = try Self.feedForward(reader)
        self.isTied = isTied
        // Transformers 4 has one key for both; 5 writes `tie_word_embeddings` true always, and another key beside it.
        scalesOutput = try reader.flag("scale_decoder_outputs", try reader.flag("tie_word_embeddings", true))
        let start = try reader.number("decoder_start_token_id", try reader.number("pad_token_id", 0))
        guard let id = Int32(exactly: start), (0..<vocabulary).contains(Int(id)) else {
            throw .badConfig(
                file: reader.file, reason: "“decoder_start_token_id” is \(start); expected a token id below \(vocabulary)")
        }
        decoderStart = id
        // Positions are relative: nothing ends at `n_positions`, the length of the texts of pre-training, as in Transformers.
        maximumPositions = .max
        guard buckets >= 4, buckets.isMultiple(of: 4), farthest > buckets / 2 else {
            throw .badConfig(
                file: reader.file,
                reason:
                    "relative_attention_num_buckets \(buckets) must be a multiple of 4, and relative_attention_max_distance \(farthest) "
                    + "more than half of it")
        }
    }

    private static func feedForward(_ reader: ConfigReader) throws(ModelError) -> FeedForward {
        let parts = try reader.text("feed_forward_proj", "relu").split(separator: "-", maxSplits: 1).map(String.init)
        let isGated = try reader.flag("is_gated_act", parts.count > 1 && parts[0] == "gated")
        let name = parts.last ?? "relu"
        // What the files of T5 1.1 call gelu is its tanh approximation.
        let activation = isGated && name == "gelu" ? "gelu_new" : name
        return isGated
            ? .gated(try reader.gateActivation(["dense_act_fn"], activation)) : .plain(try reader.activation("dense_act_fn", activation))
    }
}

/// T5: an encoder, a decoder, one table of words for both.
final class T5Model: SequenceToSequenceModel {
    let config: T5Config
    let vocabularyHead: VocabularyHead
    private let shared: Embedding
    private let encoder: T5Stack
    private let decoder: T5Stack

    init(_ config: T5Config) throws {
        self.config = config
        shared = try Embedding(config.vocabulary, config.width, isTable: false, staysFloat32: false)
        encoder = try T5Stack(config, isDecoder: false)
        decoder = try T5Stack(config, isDecoder: true)
        var head: VocabularyHead
        if config.isTied {
            head = VocabularyHead(table: shared.weight)
        } else {
            let linear = try Linear(config.width, config.vocabulary, bias: false)
            head = VocabularyHead(slot: Slot("lm_head", linear), linear: linear)
        }
        if config.scalesOutput { head.scale = 1 / Double(config.width).squareRoot() }
        vocabularyHead = head
    }

    var slots: [Slot] { vocabularyHead.slot.map { [$0] } ?? [] }
    var children: [Child] { [Child("shared", shared), Child("encoder", encoder), Child("decoder", decoder)] }
    var sizes: ModelSizes {
        var isGated = false
        if case .gated = config.feedForward { isGated = true }
        let attended = config.heads * config.headWidth
        // Of a decoder block: three residual sums; queries, keys, values and outputs of two attentions, whose other keys count as these.
        let kept = 3 * config.width + 8 * attended + (isGated ? 2 : 1) * config.inner
        return ModelSizes(
            vocabulary: config.vocabulary, width: config.width, layers: config.decoderLayers, heads: config.heads, inner: config.inner,
            maximumPositions: config.maximumPositions, typeVocabulary: 0, keyValueWidth: attended, queryWidth: attended, isGated: isGated,
            encoderLayers: config.encoderLayers, keptPerToken: kept)
    }
    /// The query and value projections of both stacks, cross-attention included, as in arXiv:2106.09685, section 4.2.
    var defaultLoRATargets: [String] { ["q", "v"] }
    /// The output matrix is part of what was pre-trained: adapters do not train it whole.
    var headPaths: [String] { [] }
    /// The decoder's blocks, which are nearest to the output.
    var blockPrefix: String { "decoder.block" }
    var embeddingPrefix: String { "shared" }
    var decoderStart: Int32 { config.decoderStart }

    func setDropout(_ probability: Double) {
        encoder.dropout = probability
        decoder.dropout = probability
    }

    func encode(_ input: ModelInput, _ context: Context) throws -> Tensor {
        try encoder(shared(input.ids), context, other: nil, keeping: nil)
    }

    func decode(
        _ input: ModelInput, states: Tensor, sources: Documents, _ context: Context, keeping rows: Tensor?
    ) throws -> Tensor {
        try decoder(shared(input.ids), context, other: (states, sources), keeping: rows)
    }
}

/// Builds a T5 with zeros in it, to make tiny checkpoints for tests.
package func emptyT5(_ config: [String: Any]) throws -> any SequenceToSequenceModel {
    try T5Model(T5Config(ConfigReader(json: config, file: "config"), isTied: true))
}
