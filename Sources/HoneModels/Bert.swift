internal import HoneLayers
internal import HoneTensors

/// BERT: `model_type` `bert`.
///
/// Source: arXiv:1810.04805; Transformers `BertModel` and its heads.
let bert = Family(
    backbone: { try BertModel(BertConfig($0, file: $1), file: $1) },
    prefix: "bert",
    classifier: { body, prefix, labels, config in
        guard let bert = body as? BertModel else { preconditionFailure("the family builds this body") }
        let dropout = bert.config.classifierDropout ?? bert.config.hiddenDropout
        return try ClassifierModel(
            body, prefix: prefix, head: PooledHead(bert.pooler, width: bert.config.width, labels: labels, dropout: dropout),
            labelCount: labels)
    },
    heads: ["cls.", "classifier.", "qa_outputs."], ignored: (["bert.embeddings.position_ids"], []), optional: ["pooler."],
    architectures: [.sequenceClassification: "BertForSequenceClassification"])

/// The encoder of BERT with its pooler, whose keys begin with `bert.`.
///
/// Works on flat batches: every product sees only real tokens, attention stays inside documents. The last layer's feed-forward part runs
/// only on rows that are read.
final class BertModel: Backbone {
    let config: BertConfig
    let embeddings: BertEmbeddings
    let layers: [BertLayer]
    let pooler: Slot
    var dropout: BertDropout

    init(_ config: BertConfig, file: String) throws {
        self.config = config
        embeddings = try BertEmbeddings(config)
        layers = try (0..<config.layers).map { try BertLayer(config, file: file, layer: $0) }
        pooler = Slot("pooler.dense", try Linear(config.width, config.width))
        dropout = BertDropout(hidden: config.hiddenDropout, attention: config.attentionDropout)
    }

    var slots: [Slot] { [pooler] }
    var children: [Child] {
        [Child("embeddings", embeddings)] + layers.enumerated().map { Child("encoder.layer.\($0)", $1) }
    }
    var tokens: Embedding { embeddings.words }
    var isCausal: Bool { false }
    /// The query and value projections, as in arXiv:2106.09685, section 4.2.
    var defaultLoRATargets: [String] { ["query", "value"] }
    var blockPath: String { "encoder.layer" }
    var embeddingPath: String { "embeddings" }
    var sizes: ModelSizes {
        ModelSizes(
            vocabulary: config.vocabularySize, width: config.width, layers: config.layers, heads: config.heads, inner: config.inner,
            maximumPositions: config.maximumPositions, typeVocabulary: config.typeVocabulary)
    }

    func setDropout(_ probability: Double) { dropout = BertDropout(hidden: probability, attention: probability) }

    func callAsFunction(_ input: ModelInput, _ context: Context, keeping rows: Tensor?) throws -> Tensor {
        var x = try context.dropout(embeddings(input), dropout.hidden).to(context.compute)  // [N, D]
        for (index, layer) in layers.enumerated() {
            let kept = index == layers.count - 1 ? rows : nil
            x = try context.block(layer, [x]) { [dropout] in try layer($0[0], context, dropout, keeping: kept) }
        }
        return x
    }
}

struct BertDropout {
    var hidden: Double
    var attention: Double
}

/// `W tanh(pooler(x₀))`: the pooler belongs to the body.
final class PooledHead: SequenceHead {
    private let pooler: Slot
    private let classifier: Slot
    private var dropout: Double

    init(_ pooler: Slot, width: Int, labels: Int, dropout: Double) throws {
        classifier = Slot("classifier", try Linear(width, labels))
        (self.pooler, self.dropout) = (pooler, dropout)
    }

    var slots: [Slot] { [classifier] }
    var pooling: Pooling { .first }
    func setDropout(_ probability: Double) { dropout = probability }

    func callAsFunction(_ pooled: Tensor, _ context: Context) throws -> Tensor {
        try classifier(context.dropout(pooler(pooled).tanh(), dropout))
    }
}

final class BertEmbeddings: Module {
    let words: Embedding, positions: Embedding, types: Embedding, norm: LayerNorm

    init(_ config: BertConfig) throws {
        words = try Embedding(config.vocabularySize, config.width, isTable: true)
        positions = try Embedding(config.maximumPositions, config.width, isTable: true)
        types = try Embedding(config.typeVocabulary, config.width, isTable: true)
        norm = try LayerNorm(config.width, epsilon: config.normEpsilon)
    }

    var children: [Child] {
        [
            Child("word_embeddings", words), Child("position_embeddings", positions), Child("token_type_embeddings", types),
            Child("LayerNorm", norm),
        ]
    }

    func callAsFunction(_ input: ModelInput) throws -> Tensor {  // [N] → [N, D], float32
        try norm(words(input.ids) + types(input.typeIDs) + positions(input.positions))
    }
}

final class BertLayer: Module {
    let query: Slot, key: Slot, value: Slot, mixed: Slot, inner: Slot, output: Slot
    let attentionNorm: LayerNorm, outputNorm: LayerNorm
    let heads: Int
    let activation: Activation
    let index: Int

    init(_ config: BertConfig, file: String, layer: Int = 0) throws {
        guard let activation = Activation(rawValue: config.activation) else {
            throw ModelError.unsupported(
                key: "hidden_act", value: config.activation, file: file, supported: Activation.allCases.map(\.rawValue))
        }
        let D = config.width
        (heads, self.activation, index) = (config.heads, activation, layer)
        query = Slot("attention.self.query", try Linear(D, D))
        key = Slot("attention.self.key", try Linear(D, D))
        value = Slot("attention.self.value", try Linear(D, D))
        mixed = Slot("attention.output.dense", try Linear(D, D))
        inner = Slot("intermediate.dense", try Linear(D, config.inner))
        output = Slot("output.dense", try Linear(config.inner, D))
        attentionNorm = try LayerNorm(D, epsilon: config.normEpsilon)
        outputNorm = try LayerNorm(D, epsilon: config.normEpsilon)
    }

    var slots: [Slot] { [query, key, value, mixed, inner, output] }
    var children: [Child] { [Child("attention.output.LayerNorm", attentionNorm), Child("output.LayerNorm", outputNorm)] }

    /// - Parameter rows: int64 `[R]`; the rows of the result that anybody reads, all of them if nil.
    func callAsFunction(_ x: Tensor, _ context: Context, _ dropout: BertDropout, keeping rows: Tensor?) throws -> Tensor {
        let D = x.size(-1)
        let settings = AttentionSettings(heads: heads, keyHeads: heads, scale: 1 / Double(D / heads).squareRoot())
        var attended = try context.attention(  // [N, D]
            layer: index, query(x), keys: key(x), values: value(x), dropout: dropout.attention, settings)
        var residual = x
        if let rows { (attended, residual) = (try attended.selecting(rows), try x.selecting(rows)) }
        let h = try attentionNorm(context.dropout(mixed(attended), dropout.hidden, addedTo: residual))
        let transformed = try output(activation(inner(h)))
        return try outputNorm(context.dropout(transformed, dropout.hidden, addedTo: h))
    }
}
