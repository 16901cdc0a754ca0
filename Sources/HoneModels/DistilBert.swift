// Tested by EncoderTests.swift.
internal import Foundation
internal import HoneLayers
internal import HoneTensors

/// DistilBERT: BERT with half the layers, without segments and pooler; `model_type` `distilbert`.
///
/// Source: arXiv:1910.01108; Transformers `DistilBertModel` and its heads.
let distilBert = Family(
    backbone: { config, file, task in
        let reader = ConfigReader(json: config, file: file)
        try reader.refuseUntied(for: task)
        return try DistilBertModel(DistilBertConfig(reader), task: task)
    },
    prefix: "distilbert",
    classifier: { body, prefix, labels, _ in
        let config = distilBertConfig(body)
        let head = try DistilBertHead(width: config.width, labels: labels, dropout: config.classifierDropout)
        return ClassifierModel(body, prefix: prefix, head: head, labelCount: labels)
    },
    tagger: { body, prefix, labels, _ in
        let config = distilBertConfig(body)
        let head = try LinearHead("classifier", config.width, labels, dropout: config.dropout.hidden)
        return TaggerModel(body, prefix: prefix, head: head, labelCount: labels)
    },
    answerer: { body, prefix, _ in
        let config = distilBertConfig(body)
        return try TaggerModel(
            body, prefix: prefix, head: LinearHead("qa_outputs", config.width, 2, dropout: config.answerDropout), labelCount: 2)
    },
    languageModel: { body, prefix, _ in
        let names = MaskedHead.Names(dense: "vocab_transform", norm: "vocab_layer_norm", bias: "vocab_projector.bias")
        let config = distilBertConfig(body)
        let head = try MaskedHead(
            names, width: config.width, vocabulary: config.vocabulary, activation: config.activation,
            normEpsilon: DistilBertConfig.normEpsilon)
        return VocabularyModel(
            body, prefix: prefix, vocabularyHead: VocabularyHead(table: body.tokens.weight, bias: head.outputBias), transform: head)
    },
    heads: ["vocab_transform.", "vocab_layer_norm.", "vocab_projector.", "pre_classifier.", "classifier.", "qa_outputs."],
    ignored: ([], ["embeddings.position_ids"]),
    architectures: [
        .sequenceClassification: "DistilBertForSequenceClassification", .tokenClassification: "DistilBertForTokenClassification",
        .questionAnswering: "DistilBertForQuestionAnswering", .maskedLanguageModelling: "DistilBertForMaskedLM",
    ])

private func distilBertConfig(_ body: any Backbone) -> DistilBertConfig {
    guard let model = body as? DistilBertModel else { preconditionFailure("the family builds this body") }
    return model.config
}

/// The shape of a DistilBERT, from `config.json`.
struct DistilBertConfig: Equatable {
    /// `ε` of every norm, which no key changes.
    static let normEpsilon = 1e-12

    var vocabulary: Int
    var width: Int
    var layers: Int
    var heads: Int
    var inner: Int
    var maximumPositions: Int
    var activation: Activation
    var dropout: BertDropout
    var answerDropout: Double
    var classifierDropout: Double

    init(_ reader: ConfigReader) throws(ModelError) {
        vocabulary = try reader.integer("vocab_size", 30_522)
        width = try reader.integer("dim", 768)
        layers = try reader.integer("n_layers", 6)
        heads = try reader.integer("n_heads", 12)
        inner = try reader.integer("hidden_dim", 4 * 768)
        maximumPositions = try reader.integer("max_position_embeddings", 512)
        activation = try reader.activation("activation", "gelu")
        dropout = BertDropout(hidden: try reader.number("dropout", 0.1), attention: try reader.number("attention_dropout", 0.1))
        answerDropout = try reader.number("qa_dropout", 0.1)
        classifierDropout = try reader.number("seq_classif_dropout", 0.2)
        guard width.isMultiple(of: heads) else {
            throw .badConfig(file: reader.file, reason: "dim \(width) is not a multiple of n_heads \(heads)")
        }
    }
}

/// The encoder of DistilBERT; segment ids are not read.
///
/// The last layer's feed-forward part runs only on rows that are read.
final class DistilBertModel: Backbone {
    let config: DistilBertConfig
    let tokens: Embedding
    private let positions: Embedding
    private let norm: LayerNorm
    private let layers: [DistilBertLayer]
    private var dropout: BertDropout

    init(_ config: DistilBertConfig, task: ModelTask?) throws {
        let isMasked = task == .maskedLanguageModelling
        self.config = config
        tokens = try Embedding(config.vocabulary, config.width, isTable: !isMasked, staysFloat32: !isMasked)
        positions = try Embedding(config.maximumPositions, config.width, isTable: true)
        norm = try LayerNorm(config.width, epsilon: DistilBertConfig.normEpsilon)
        layers = try (0..<config.layers).map { try DistilBertLayer(config, layer: $0) }
        dropout = config.dropout
    }

    var children: [Child] {
        [
            Child("embeddings.word_embeddings", tokens), Child("embeddings.position_embeddings", positions),
            Child("embeddings.LayerNorm", norm),
        ] + layers.enumerated().map { Child("transformer.layer.\($0)", $1) }
    }
    var isCausal: Bool { false }
    /// The query and value projections, as in arXiv:2106.09685, section 4.2.
    var defaultLoRATargets: [String] { ["q_lin", "v_lin"] }
    var blockPath: String { "transformer.layer" }
    var embeddingPath: String { "embeddings" }
    var sizes: ModelSizes {
        ModelSizes(
            vocabulary: config.vocabulary, width: config.width, layers: config.layers, heads: config.heads, inner: config.inner,
            maximumPositions: config.maximumPositions, typeVocabulary: 0)
    }

    func setDropout(_ probability: Double) { dropout = BertDropout(hidden: probability, attention: probability) }

    func callAsFunction(_ input: ModelInput, _ context: Context, keeping rows: Tensor?) throws -> Tensor {
        let embedded = try norm(tokens(input.ids) + positions(input.positions))
        var x = try context.dropout(embedded, dropout.hidden).to(context.compute)  // [N, D]
        for (index, layer) in layers.enumerated() {
            let kept = index == layers.count - 1 ? rows : nil
            x = try context.block(layer, [x]) { [dropout] in try layer($0[0], context, dropout, keeping: kept) }
        }
        return x
    }
}

/// A post-norm block without dropout after attention.
final class DistilBertLayer: Module {
    private let query: Slot, key: Slot, value: Slot, mixed: Slot, inner: Slot, output: Slot
    private let attentionNorm: LayerNorm, outputNorm: LayerNorm
    private let settings: AttentionSettings
    private let activation: Activation
    private let index: Int

    init(_ config: DistilBertConfig, layer: Int) throws {
        let D = config.width
        query = Slot("attention.q_lin", try Linear(D, D))
        key = Slot("attention.k_lin", try Linear(D, D))
        value = Slot("attention.v_lin", try Linear(D, D))
        mixed = Slot("attention.out_lin", try Linear(D, D))
        inner = Slot("ffn.lin1", try Linear(D, config.inner))
        output = Slot("ffn.lin2", try Linear(config.inner, D))
        attentionNorm = try LayerNorm(D, epsilon: DistilBertConfig.normEpsilon)
        outputNorm = try LayerNorm(D, epsilon: DistilBertConfig.normEpsilon)
        settings = AttentionSettings(heads: config.heads, scale: 1 / Double(D / config.heads).squareRoot())
        (activation, index) = (config.activation, layer)
    }

    var slots: [Slot] { [query, key, value, mixed, inner, output] }
    var children: [Child] { [Child("sa_layer_norm", attentionNorm), Child("output_layer_norm", outputNorm)] }

    /// - Parameter rows: int64 `[R]`; the rows of the result that anybody reads, all of them if nil.
    func callAsFunction(_ x: Tensor, _ context: Context, _ dropout: BertDropout, keeping rows: Tensor?) throws -> Tensor {
        var attended = try context.attention(  // [N, D]
            layer: index, query(x), keys: key(x), values: value(x), dropout: dropout.attention, settings)
        var residual = x
        if let rows { (attended, residual) = (try attended.selecting(rows), try x.selecting(rows)) }
        let h = try attentionNorm(mixed(attended) + residual)
        return try outputNorm(context.dropout(output(activation(inner(h))), dropout.hidden, addedTo: h))
    }
}

/// `W relu(V x₀)`, with dropout between.
final class DistilBertHead: SequenceHead {
    private let dense: Slot, output: Slot
    private var dropout: Double

    init(width: Int, labels: Int, dropout: Double) throws {
        dense = Slot("pre_classifier", try Linear(width, width))
        output = Slot("classifier", try Linear(width, labels))
        self.dropout = dropout
    }

    var slots: [Slot] { [dense, output] }
    var pooling: Pooling { .first }
    func setDropout(_ probability: Double) { dropout = probability }

    func callAsFunction(_ pooled: Tensor, _ context: Context) throws -> Tensor {
        try output(context.dropout(dense(pooled).relu(), dropout))
    }
}
