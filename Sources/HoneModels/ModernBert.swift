// Tested by EncoderTests.swift.
internal import HoneLayers
internal import HoneTensors

/// ModernBERT: pre-norm blocks with rotary positions, most of which see a window only; `model_type` `modernbert`.
///
/// Source: arXiv:2412.13663; Transformers `ModernBertModel` and its heads. `sparse_prediction` changes nothing here: only rows with a
/// target reach the head of the masked language model in any case.
let modernBert = Family(
    backbone: { config, file, task in
        let reader = ConfigReader(json: config, file: file)
        try reader.refuseUntied(for: task)
        return try ModernBertModel(ModernBertConfig(reader), task: task)
    },
    prefix: "model",
    classifier: { body, prefix, labels, _ in
        try ClassifierModel(body, prefix: prefix, head: ModernBertHead(modernBertConfig(body), labels: labels), labelCount: labels)
    },
    tagger: { body, prefix, labels, _ in
        try TaggerModel(body, prefix: prefix, head: ModernBertHead(modernBertConfig(body), labels: labels), labelCount: labels)
    },
    answerer: { body, prefix, _ in
        try TaggerModel(body, prefix: prefix, head: ModernBertHead(modernBertConfig(body), labels: 2), labelCount: 2)
    },
    languageModel: { body, prefix, _ in
        let config = modernBertConfig(body)
        let head = try config.transform(below: "head.", outputBias: config.decoderBias ? "decoder.bias" : nil)
        return VocabularyModel(
            body, prefix: prefix, vocabularyHead: VocabularyHead(table: body.tokens.weight, bias: head.outputBias), transform: head)
    },
    heads: ["head.", "decoder.", "classifier."],
    architectures: [
        .sequenceClassification: "ModernBertForSequenceClassification", .tokenClassification: "ModernBertForTokenClassification",
        .questionAnswering: "ModernBertForQuestionAnswering", .maskedLanguageModelling: "ModernBertForMaskedLM",
    ])

private func modernBertConfig(_ body: any Backbone) -> ModernBertConfig {
    guard let model = body as? ModernBertModel else { preconditionFailure("the family builds this body") }
    return model.config
}

/// The encoder of ModernBERT: keys begin with `model.`.
///
/// Segment ids are not read. The last block's feed-forward part runs only on rows that are read.
final class ModernBertModel: Backbone {
    let config: ModernBertConfig
    let tokens: Embedding
    private let embeddingNorm: LayerNorm, finalNorm: LayerNorm
    private let blocks: [ModernBertBlock]
    private let full: Rotary, sliding: Rotary
    private var dropout: ModernBertDropout

    init(_ config: ModernBertConfig, task: ModelTask?) throws {
        let isMasked = task == .maskedLanguageModelling
        func rotary(_ angles: DecoderConfig.RotaryConfig) -> Rotary {
            Rotary(width: angles.width, base: angles.base, scaling: angles.scaling, maximumPositions: config.maximumPositions)
        }
        self.config = config
        tokens = try Embedding(config.vocabulary, config.width, isTable: !isMasked, staysFloat32: !isMasked)
        embeddingNorm = try config.norm()
        blocks = try (0..<config.layers).map { try ModernBertBlock(config, layer: $0) }
        finalNorm = try config.norm()
        (full, sliding, dropout) = (rotary(config.full), rotary(config.sliding), config.dropout)
    }

    var children: [Child] {
        [Child("embeddings.tok_embeddings", tokens), Child("embeddings.norm", embeddingNorm)]
            + blocks.enumerated().map { Child("layers.\($0)", $1) } + [Child("final_norm", finalNorm)]
    }
    var isCausal: Bool { false }
    /// Queries, keys and values, which are one matrix.
    var defaultLoRATargets: [String] { ["Wqkv"] }
    var blockPath: String { "layers" }
    var embeddingPath: String { "embeddings" }
    var sizes: ModelSizes {
        // Both residual sums and their norms, the joined product, rotated queries and keys, what attention gives, both sides of the gate.
        ModelSizes(
            vocabulary: config.vocabulary, width: config.width, layers: config.layers, heads: config.heads, inner: config.inner,
            maximumPositions: config.maximumPositions, typeVocabulary: 0, isGated: true, keptPerToken: 10 * config.width + 2 * config.inner)
    }

    func setDropout(_ probability: Double) {
        dropout = ModernBertDropout(embedding: probability, attention: probability, inner: probability)
    }

    func callAsFunction(_ input: ModelInput, _ context: Context, keeping rows: Tensor?) throws -> Tensor {
        func angles(_ rotary: Rotary) throws -> RotaryAngles {
            try rotary(
                input.positions, longest: context.longest, documents: context.documents, lengths: { try context.wholeLengths() })
        }
        let (full, sliding) = (try angles(full), try angles(sliding))
        var x = try context.dropout(embeddingNorm(tokens(input.ids).to(.float32)), dropout.embedding).to(context.compute)  // [N, D]
        for (layer, block) in blocks.enumerated() {
            let kept = layer == blocks.count - 1 ? rows : nil
            let angles = config.slides[layer] ? sliding : full
            x = try context.block(block, [x]) { [dropout] in try block($0[0], context, angles, dropout, keeping: kept) }
        }
        return try finalNorm(x)
    }
}

/// `x + attention(norm(x))`, then `x + mlp(norm(x))`; the first block's attention reads `x` as it is.
final class ModernBertBlock: Module {
    private let joined: Slot, mixed: Slot, inner: Slot, output: Slot
    private let attentionNorm: LayerNorm?, innerNorm: LayerNorm
    private let settings: AttentionSettings
    private let activation: GateActivation
    private let layer: Int

    init(_ config: ModernBertConfig, layer: Int) throws {
        let (D, I) = (config.width, config.inner)
        joined = Slot("attn.Wqkv", try Linear(D, 3 * D, bias: config.attentionBias))
        mixed = Slot("attn.Wo", try Linear(D, D, bias: config.attentionBias))
        inner = Slot("mlp.Wi", try Linear(D, 2 * I, bias: config.innerBias))
        output = Slot("mlp.Wo", try Linear(I, D, bias: config.innerBias))
        attentionNorm = layer == 0 ? nil : try config.norm()
        innerNorm = try config.norm()
        settings = AttentionSettings(
            heads: config.heads, scale: 1 / Double(D / config.heads).squareRoot(), window: config.slides[layer] ? config.window : nil)
        (activation, self.layer) = (config.activation, layer)
    }

    var slots: [Slot] { [joined, mixed, inner, output] }
    var children: [Child] { (attentionNorm.map { [Child("attn_norm", $0)] } ?? []) + [Child("mlp_norm", innerNorm)] }

    /// - Parameter rows: int64 `[R]`; the rows of the result that anybody reads, all of them if nil.
    func callAsFunction(
        _ x: Tensor, _ context: Context, _ angles: RotaryAngles, _ dropout: ModernBertDropout, keeping rows: Tensor?
    ) throws -> Tensor {
        let D = x.size(-1)
        let all = try joined(attentionNorm.map { try $0(x) } ?? x)  // [N, 3 D]
        let q = try angles(all.slice(1, 0..<D), heads: settings.heads)
        let k = try angles(all.slice(1, D..<(2 * D)), heads: settings.heads)
        var attended = try context.attention(  // [N, D]
            layer: layer, q, keys: k, values: all.slice(1, (2 * D)..<(3 * D)), dropout: dropout.attention, settings)
        var residual = x
        if let rows { (attended, residual) = (try attended.selecting(rows), try x.selecting(rows)) }
        let h = try context.dropout(mixed(attended), dropout.attention, addedTo: residual)
        let both = try inner(innerNorm(h)), I = both.size(-1) / 2  // [N, 2 I]
        let gated = try Tensor.gated(both.slice(1, 0..<I), both.slice(1, I..<(2 * I)), activation)
        return try h + output(context.dropout(gated, dropout.inner))
    }
}

/// `W LN(act(V x))`, for whole documents and for single tokens.
final class ModernBertHead: SequenceHead, TokenHead {
    let pooling: Pooling
    private let transform: MaskedHead
    private let output: Slot
    private var dropout: Double

    init(_ config: ModernBertConfig, labels: Int) throws {
        (pooling, dropout) = (config.pooling, config.classifierDropout)
        transform = try config.transform()
        output = Slot("classifier", try Linear(config.width, labels))
    }

    var slots: [Slot] { [output] }
    var children: [Child] { [Child("head", transform)] }
    func setDropout(_ probability: Double) { dropout = probability }

    func callAsFunction(_ x: Tensor, _ context: Context) throws -> Tensor { try output(context.dropout(transform(x), dropout)) }
}
