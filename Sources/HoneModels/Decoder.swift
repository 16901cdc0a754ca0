// Tested by DecoderTests.swift.
internal import HoneLayers
internal import HoneTensors

/// The shape of a Llama-like decoder; each family's file fills it from its configuration.
struct DecoderConfig: Equatable {
    var vocabulary: Int
    var width: Int
    var layers: Int
    var heads: Int
    var keyValueHeads: Int
    var headWidth: Int
    var inner: Int
    var activation: GateActivation
    var maximumPositions: Int
    var normEpsilon: Double
    /// Added to norm weights: 1 for Gemma.
    var normOffset = 0.0
    /// Multiplies embeddings: √D for Gemma.
    var embeddingScale = 1.0
    /// One entry per kind of layer that the model mixes.
    var rotary: [RotaryConfig]
    /// The kind of rotary angles of each layer, an index into ``rotary``.
    var rotaryOfLayer: [Int]
    /// How far back each layer sees, in tokens, itself included; nil for all.
    var windows: [Int?]
    var queryKeyValueBias = false
    var outputBias = false
    var feedForwardBias = false
    var normalizesQueriesAndKeys = false
    /// Whether attention and feed-forward are normalised again before they are added (Gemma 2 and 3).
    var normalizesOutputs = false
    /// Whether one matrix makes queries, keys and values, and one makes gate and up (Phi-3).
    var isFused = false
    var attentionScale: Double
    var attentionCap: Double?
    var logitCap: Double?
    var isTied: Bool
    var attentionDropout = 0.0
    var embeddingDropout = 0.0
    var residualDropout = 0.0
    var initializerRange = 0.02
    var labelNames: [String] = []

    struct RotaryConfig: Equatable {
        var base: Double
        var width: Int
        var scaling: RotaryScaling
    }
}

/// The body of a Llama-like decoder: keys begin with `model.`.
///
/// Source: Transformers' `LlamaModel` and its relatives. Pre-norm blocks, rotary positions, grouped key/value heads, gated feed-forward.
final class DecoderModel: Backbone {
    let config: DecoderConfig
    let tokens: Embedding
    let blocks: [DecoderBlock]
    let norm: RMSNorm
    private let rotary: [Rotary]
    private var dropout: DecoderDropout

    init(_ config: DecoderConfig) throws {
        self.config = config
        tokens = try Embedding(config.vocabulary, config.width, isTable: !config.isTied, staysFloat32: false)
        blocks = try (0..<config.layers).map { try DecoderBlock(config, layer: $0) }
        norm = try RMSNorm(config.width, epsilon: config.normEpsilon, offset: config.normOffset)
        rotary = config.rotary.map {
            Rotary(width: $0.width, base: $0.base, scaling: $0.scaling, maximumPositions: config.maximumPositions)
        }
        dropout = DecoderDropout(embedding: config.embeddingDropout, attention: config.attentionDropout, residual: config.residualDropout)
    }

    var children: [Child] {
        [Child("embed_tokens", tokens)] + blocks.enumerated().map { Child("layers.\($0)", $1) } + [Child("norm", norm)]
    }
    var isCausal: Bool { true }
    /// All matrices of the blocks, as arXiv:2305.14314 found best.
    var defaultLoRATargets: [String] {
        config.isFused
            ? ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]
            : ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    }
    var blockPath: String { "layers" }
    var embeddingPath: String { "embed_tokens" }
    var sizes: ModelSizes {
        let (queries, keys) = (config.heads * config.headWidth, config.keyValueHeads * config.headWidth)
        // Both residual sums, rotated queries and keys, values, what attention gives, gate and up; norms and gates are computed again.
        var kept = 2 * config.width + 2 * queries + 2 * keys + 2 * config.inner
        if config.normalizesQueriesAndKeys { kept += queries + keys }
        if config.normalizesOutputs { kept += 2 * config.width }
        return ModelSizes(
            vocabulary: config.vocabulary, width: config.width, layers: config.layers, heads: config.heads, inner: config.inner,
            maximumPositions: config.maximumPositions, typeVocabulary: 0, keyValueWidth: keys, queryWidth: queries, isGated: true,
            keptPerToken: kept)
    }

    /// The shortest length above which angles of rotation differ.
    var placesChangeAbove: Int? { rotary.compactMap(\.changesAbove).min() }

    func setDropout(_ probability: Double) {
        dropout = DecoderDropout(embedding: config.embeddingDropout, attention: probability, residual: probability)
    }

    func callAsFunction(_ input: ModelInput, _ context: Context, keeping rows: Tensor?) throws -> Tensor {
        var x = try tokens(input.ids).to(context.compute)  // [N, D]
        if config.embeddingScale != 1 { x = try x * config.embeddingScale }
        x = try context.dropout(x, dropout.embedding)
        let angles = try rotary.map { rotary in
            try rotary(
                input.positions, longest: context.longest, documents: context.documents, lengths: { try context.wholeLengths() })
        }
        var stream = DecoderStream(x)
        for (layer, block) in blocks.enumerated() {
            let kept = layer == blocks.count - 1 ? rows : nil
            let angle = angles[config.rotaryOfLayer[layer]]
            stream = try stream.through(block, context) { [dropout] stream, _ in
                try block(stream, context, angle, dropout, keeping: kept)
            }
        }
        return try stream.normalized(by: norm).normalized
    }
}

struct DecoderDropout {
    var embedding: Double
    var attention: Double
    var residual: Double
}

/// The residual stream between blocks; the last part's output is not added yet, so that the sum and the next norm are one pass.
struct DecoderStream {
    var residual: Tensor
    var pending: Tensor?

    init(_ residual: Tensor, pending: Tensor? = nil) { (self.residual, self.pending) = (residual, pending) }

    /// What both parts add up to.
    func sum() throws -> Tensor { try pending.map { try residual + $0 } ?? residual }

    /// Goes through a block; one that is computed again takes and gives the sum, so that one tensor is kept.
    ///
    /// - Parameter others: what else with a graph the block reads; `body` gets them back.
    func through(
        _ block: any Module, _ context: Context, others: [Tensor] = [], _ body: @escaping (DecoderStream, [Tensor]) throws -> DecoderStream
    ) throws -> DecoderStream {
        guard context.checkpointsBlocks else { return try body(self, others) }
        return DecoderStream(
            try context.block(block, [sum()] + others) { try body(DecoderStream($0[0]), Array($0.dropFirst())).sum() })
    }

    /// Adds what is pending and normalises the sum.
    func normalized(by norm: RMSNorm) throws -> (sum: Tensor, normalized: Tensor) {
        guard let pending else { return (residual, try norm(residual)) }
        return try norm.adding(pending, to: residual)
    }
}

final class DecoderBlock: Module {
    private let attention: DecoderAttention
    private let feedForward: DecoderFeedForward
    private let inputNorm: RMSNorm
    /// Before the feed-forward part.
    private let innerNorm: RMSNorm
    /// After each part, Gemma 2 and 3 only.
    private let outputNorms: (attention: RMSNorm, feedForward: RMSNorm)?

    init(_ config: DecoderConfig, layer: Int) throws {
        attention = try DecoderAttention(config, layer: layer)
        feedForward = try DecoderFeedForward(config)
        func norm() throws -> RMSNorm { try RMSNorm(config.width, epsilon: config.normEpsilon, offset: config.normOffset) }
        (inputNorm, innerNorm) = (try norm(), try norm())
        outputNorms = config.normalizesOutputs ? (try norm(), try norm()) : nil
    }

    var children: [Child] {
        let parts = [Child("self_attn", attention), Child("mlp", feedForward), Child("input_layernorm", inputNorm)]
        guard let outputNorms else { return parts + [Child("post_attention_layernorm", innerNorm)] }
        return parts + [
            Child("post_attention_layernorm", outputNorms.attention), Child("pre_feedforward_layernorm", innerNorm),
            Child("post_feedforward_layernorm", outputNorms.feedForward),
        ]
    }

    /// - Parameter rows: int64 `[R]`; the rows of the result that anybody reads, all of them if nil.
    func callAsFunction(
        _ stream: DecoderStream, _ context: Context, _ angles: RotaryAngles, _ dropout: DecoderDropout, keeping rows: Tensor?
    ) throws -> DecoderStream {
        var (x, h) = try stream.normalized(by: inputNorm)
        var attended = try attention(h, context, angles, dropout.attention, keeping: rows)
        if let rows { x = try x.selecting(rows) }
        if let outputNorms { attended = try outputNorms.attention(attended) }
        attended = try context.dropout(attended, dropout.residual)
        (x, h) = try DecoderStream(x, pending: attended).normalized(by: innerNorm)
        var transformed = try feedForward(h)
        if let outputNorms { transformed = try outputNorms.feedForward(transformed) }
        return DecoderStream(x, pending: try context.dropout(transformed, dropout.residual))
    }
}

/// Causal attention with rotary positions; `H` query heads read `G` key/value heads.
final class DecoderAttention: Module {
    private let projections: [Slot]
    private let output: Slot
    private let norms: (query: RMSNorm, key: RMSNorm)?
    private let layer: Int
    private let settings: AttentionSettings
    private let headWidth: Int

    init(_ config: DecoderConfig, layer: Int) throws {
        let (H, G, K, D) = (config.heads, config.keyValueHeads, config.headWidth, config.width)
        let bias = config.queryKeyValueBias
        projections =
            config.isFused
            ? [Slot("qkv_proj", try Linear(D, (H + 2 * G) * K, bias: bias))]
            : [
                Slot("q_proj", try Linear(D, H * K, bias: bias)), Slot("k_proj", try Linear(D, G * K, bias: bias)),
                Slot("v_proj", try Linear(D, G * K, bias: bias)),
            ]
        output = Slot("o_proj", try Linear(H * K, D, bias: config.outputBias))
        func norm() throws -> RMSNorm { try RMSNorm(K, epsilon: config.normEpsilon, offset: config.normOffset) }
        norms = config.normalizesQueriesAndKeys ? (try norm(), try norm()) : nil
        (self.layer, headWidth) = (layer, K)
        settings = AttentionSettings(
            heads: H, keyHeads: G, scale: config.attentionScale, softcap: config.attentionCap, causal: true, window: config.windows[layer])
    }

    var slots: [Slot] { projections + [output] }
    var children: [Child] { norms.map { [Child("q_norm", $0.query), Child("k_norm", $0.key)] } ?? [] }

    func callAsFunction(
        _ x: Tensor, _ context: Context, _ angles: RotaryAngles, _ dropout: Double, keeping rows: Tensor?
    ) throws -> Tensor {
        var (q, k, v) = try project(x)  // [N, H·K], [N, G·K], [N, G·K]
        if let norms {
            q = try norms.query(q.reshaped([q.size(0) * settings.heads, headWidth])).reshaped(q.shape)
            k = try norms.key(k.reshaped([k.size(0) * settings.keyHeads, headWidth])).reshaped(k.shape)
        }
        q = try angles(q, heads: settings.heads)
        k = try angles(k, heads: settings.keyHeads)
        var mixed = try context.attention(layer: layer, q, keys: k, values: v, dropout: dropout, settings)  // [N, H·K]
        if let rows { mixed = try mixed.selecting(rows) }
        return try output(mixed)
    }

    private func project(_ x: Tensor) throws -> (Tensor, Tensor, Tensor) {
        let made = try projections(x)
        guard made.count == 1 else { return (made[0], made[1], made[2]) }
        let all = made[0]
        let (queries, keys) = (settings.heads * headWidth, settings.keyHeads * headWidth)
        return (
            try all.slice(1, 0..<queries), try all.slice(1, queries..<(queries + keys)),
            try all.slice(1, (queries + keys)..<(queries + 2 * keys))
        )
    }
}

/// `down(act(gate(x)) · up(x))`.
final class DecoderFeedForward: Module {
    private let inputs: [Slot]
    private let down: Slot
    private let activation: GateActivation
    private let inner: Int

    init(_ config: DecoderConfig) throws {
        let (D, I, bias) = (config.width, config.inner, config.feedForwardBias)
        inputs =
            config.isFused
            ? [Slot("gate_up_proj", try Linear(D, 2 * I, bias: bias))]
            : [Slot("gate_proj", try Linear(D, I, bias: bias)), Slot("up_proj", try Linear(D, I, bias: bias))]
        down = Slot("down_proj", try Linear(I, D, bias: bias))
        (activation, inner) = (config.activation, I)
    }

    var slots: [Slot] { inputs + [down] }

    func callAsFunction(_ x: Tensor) throws -> Tensor {
        let made = try inputs(x)
        if made.count == 2 { return try down(.gated(made[0], made[1], activation)) }
        let both = made[0]
        return try down(.gated(both.slice(1, 0..<inner), both.slice(1, inner..<(2 * inner)), activation))
    }
}
