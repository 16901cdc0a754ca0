internal import Foundation
internal import HoneLayers
internal import HoneTensors

/// GPT-2: `model_type` `gpt2`.
///
/// Source: Radford et al. 2019, “Language Models are Unsupervised Multitask Learners”; Transformers `GPT2Model` and its heads.
/// Files of the original release have no `transformer.` before their keys and carry the causal masks as buffers.
let gpt2 = Family(
    backbone: { config, file, _ in try GPT2Model(GPT2Config(ConfigReader(json: config, file: file))) },
    prefix: "transformer",
    classifier: { body, prefix, labels, _ in
        try ClassifierModel(
            body, prefix: prefix, head: LinearHead("score", body.sizes.width, labels, bias: false, pooling: .last), labelCount: labels)
    },
    tagger: { body, prefix, labels, config in
        let dropout = config["classifier_dropout"] as? NSNumber ?? config["hidden_dropout"] as? NSNumber ?? 0.1
        return try TaggerModel(
            body, prefix: prefix, head: LinearHead("classifier", body.sizes.width, labels, dropout: dropout.doubleValue),
            labelCount: labels)
    },
    answerer: { body, prefix, _ in
        try TaggerModel(body, prefix: prefix, head: LinearHead("qa_outputs", body.sizes.width, 2), labelCount: 2)
    },
    languageModel: { body, prefix, _ in
        guard let model = body as? GPT2Model else { preconditionFailure("the family builds this body") }
        if model.config.isTied { return VocabularyModel(body, prefix: prefix, vocabularyHead: VocabularyHead(table: body.tokens.weight)) }
        let linear = try Linear(body.sizes.width, body.sizes.vocabulary, bias: false)
        return VocabularyModel(body, prefix: prefix, vocabularyHead: VocabularyHead(slot: Slot("lm_head", linear), linear: linear))
    },
    heads: ["lm_head.", "score.", "classifier.", "qa_outputs."],
    ignored: ([], [".attn.bias", ".attn.masked_bias"]),
    architectures: [
        .causalLanguageModelling: "GPT2LMHeadModel", .sequenceClassification: "GPT2ForSequenceClassification",
        .tokenClassification: "GPT2ForTokenClassification", .questionAnswering: "GPT2ForQuestionAnswering",
    ],
    // Each block adds twice to the residual stream: what adds begins smaller, the deeper the model.
    deviationScale: { key, config in
        key.hasSuffix("c_proj.weight") ? 1 / (2 * ((config["n_layer"] as? NSNumber)?.doubleValue ?? 12)).squareRoot() : 1
    })

/// The shape of a GPT-2, from `config.json`.
struct GPT2Config: Equatable {
    var vocabulary: Int
    var width: Int
    var layers: Int
    var heads: Int
    var inner: Int
    var maximumPositions: Int
    var activation: Activation
    var normEpsilon: Double
    /// Whether scores are divided by the root of a head's width.
    var scalesByWidth: Bool
    /// Whether the scores of layer `l`, from 0, are divided by `l + 1`.
    var scalesByLayer: Bool
    var isTied: Bool
    var dropout: GPT2Dropout

    init(_ reader: ConfigReader) throws(ModelError) {
        vocabulary = try reader.integer("vocab_size", 50_257)
        width = try reader.integer("n_embd", 768)
        layers = try reader.integer("n_layer", 12)
        heads = try reader.integer("n_head", 12)
        inner = try reader.integer("n_inner", 4 * width)
        maximumPositions = try reader.integer("n_positions", 1024)
        activation = try reader.activation("activation_function", "gelu_new")
        normEpsilon = try reader.number("layer_norm_epsilon", 1e-5)
        scalesByWidth = try reader.flag("scale_attn_weights", true)
        scalesByLayer = try reader.flag("scale_attn_by_inverse_layer_idx", false)
        isTied = try reader.flag("tie_word_embeddings", true)
        dropout = GPT2Dropout(
            embedding: try reader.number("embd_pdrop", 0.1), attention: try reader.number("attn_pdrop", 0.1),
            residual: try reader.number("resid_pdrop", 0.1))
        // `reorder_and_upcast_attn` changes roundings only: probabilities are float32 here in any case.
        try reader.refuse("add_cross_attention")
        guard width.isMultiple(of: heads) else {
            throw .badConfig(file: reader.file, reason: "n_embd \(width) is not a multiple of n_head \(heads)")
        }
    }

    /// The factor of `q·k` in a layer.
    func attentionScale(layer: Int) -> Double {
        (scalesByWidth ? 1 / Double(width / heads).squareRoot() : 1) / (scalesByLayer ? Double(layer + 1) : 1)
    }
}

struct GPT2Dropout: Equatable {
    var embedding: Double
    var attention: Double
    var residual: Double
}

/// The body of GPT-2: learned positions, pre-norm blocks, matrices stored as `[in, out]`.
///
/// Segment ids are not read: Transformers would add their word embeddings, which no tokenizer asks for.
final class GPT2Model: Backbone {
    let config: GPT2Config
    let tokens: Embedding
    private let positions: Embedding
    private let blocks: [GPT2Block]
    private let norm: LayerNorm
    private var dropout: GPT2Dropout

    init(_ config: GPT2Config) throws {
        self.config = config
        tokens = try Embedding(config.vocabulary, config.width, isTable: !config.isTied, staysFloat32: false)
        positions = try Embedding(config.maximumPositions, config.width, isTable: true)
        blocks = try (0..<config.layers).map { try GPT2Block(config, layer: $0) }
        norm = try LayerNorm(config.width, epsilon: config.normEpsilon)
        dropout = config.dropout
    }

    var children: [Child] {
        [Child("wte", tokens), Child("wpe", positions)] + blocks.enumerated().map { Child("h.\($0)", $1) } + [Child("ln_f", norm)]
    }
    var isCausal: Bool { true }
    /// Queries, keys and values, which are one matrix.
    var defaultLoRATargets: [String] { ["c_attn"] }
    var blockPath: String { "h" }
    /// What `wte` and `wpe` begin with, and nothing else of the body does.
    var embeddingPath: String { "w" }
    var sizes: ModelSizes {
        ModelSizes(
            vocabulary: config.vocabulary, width: config.width, layers: config.layers, heads: config.heads, inner: config.inner,
            maximumPositions: config.maximumPositions, typeVocabulary: 0)
    }

    func setDropout(_ probability: Double) {
        dropout = GPT2Dropout(embedding: probability, attention: probability, residual: probability)
    }

    func callAsFunction(_ input: ModelInput, _ context: Context, keeping rows: Tensor?) throws -> Tensor {
        let embedded = try tokens(input.ids) + positions(input.positions)
        var x = try context.dropout(embedded.to(context.compute), dropout.embedding)  // [N, D]
        for (layer, block) in blocks.enumerated() {
            let kept = layer == blocks.count - 1 ? rows : nil
            x = try context.block(block, [x]) { [dropout] in try block($0[0], context, dropout, keeping: kept) }
        }
        return try norm(x)
    }
}

final class GPT2Block: Module {
    private let joined: Slot, mixed: Slot, inner: Slot, output: Slot
    private let attentionNorm: LayerNorm, innerNorm: LayerNorm
    private let settings: AttentionSettings
    private let activation: Activation
    private let layer: Int

    init(_ config: GPT2Config, layer: Int) throws {
        let D = config.width
        joined = Slot("attn.c_attn", try Linear(D, 3 * D, isTransposed: true))
        mixed = Slot("attn.c_proj", try Linear(D, D, isTransposed: true))
        inner = Slot("mlp.c_fc", try Linear(D, config.inner, isTransposed: true))
        output = Slot("mlp.c_proj", try Linear(config.inner, D, isTransposed: true))
        attentionNorm = try LayerNorm(D, epsilon: config.normEpsilon)
        innerNorm = try LayerNorm(D, epsilon: config.normEpsilon)
        settings = AttentionSettings(heads: config.heads, scale: config.attentionScale(layer: layer), causal: true)
        (activation, self.layer) = (config.activation, layer)
    }

    var slots: [Slot] { [joined, mixed, inner, output] }
    var children: [Child] { [Child("ln_1", attentionNorm), Child("ln_2", innerNorm)] }

    /// - Parameter rows: int64 `[R]`; the rows of the result that anybody reads, all of them if nil.
    func callAsFunction(_ x: Tensor, _ context: Context, _ dropout: GPT2Dropout, keeping rows: Tensor?) throws -> Tensor {
        let D = x.size(-1)
        let all = try joined(attentionNorm(x))  // [N, 3 D]
        var attended = try context.attention(  // [N, D]
            layer: layer, all.slice(1, 0..<D), keys: all.slice(1, D..<(2 * D)), values: all.slice(1, (2 * D)..<(3 * D)),
            dropout: dropout.attention, settings)
        var residual = x
        if let rows { (attended, residual) = (try attended.selecting(rows), try x.selecting(rows)) }
        let h = try context.dropout(mixed(attended), dropout.residual, addedTo: residual)
        return try context.dropout(output(activation(inner(innerNorm(h)))), dropout.residual, addedTo: h)
    }
}
