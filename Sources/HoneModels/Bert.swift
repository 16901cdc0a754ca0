internal import HoneLayers
internal import HoneTensors

/// BERT: `model_type` `bert`.
///
/// Source: arXiv:1810.04805; Transformers `BertModel` and its heads. Only the classifier has a pooler.
let bert = Family(
    backbone: { config, file, task in
        try ConfigReader(json: config, file: file).refuseUntied(for: task)
        return try BertModel(BertConfig(config, file: file), file: file, task: task)
    },
    prefix: "bert",
    classifier: { body, prefix, labels, _ in
        guard let bert = body as? BertModel, let pooler = bert.pooler else { preconditionFailure("the family builds this body") }
        let head = try PooledHead(pooler, width: bert.config.width, labels: labels, dropout: bert.config.headDropout)
        return ClassifierModel(body, prefix: prefix, head: head, labelCount: labels)
    },
    tagger: bertTagger, answerer: bertAnswerer,
    languageModel: { body, prefix, _ in
        guard let bert = body as? BertModel else { preconditionFailure("the family builds this body") }
        let names = MaskedHead.Names(
            dense: "cls.predictions.transform.dense", norm: "cls.predictions.transform.LayerNorm", bias: "cls.predictions.bias")
        return try bert.config.maskedModel(body, prefix: prefix, names, activation: bert.activation)
    },
    heads: ["cls.", "classifier.", "qa_outputs."], ignored: ([], ["embeddings.position_ids"]), optional: ["pooler."],
    architectures: [
        .sequenceClassification: "BertForSequenceClassification", .tokenClassification: "BertForTokenClassification",
        .questionAnswering: "BertForQuestionAnswering", .maskedLanguageModelling: "BertForMaskedLM",
    ],
    paddedTables: .init(suffixes: ["word_embeddings.weight"], fallback: 0))

/// One matrix on every state, as BERT and RoBERTa tag.
@Sendable func bertTagger(_ body: any Backbone, _ prefix: String, _ labels: Int, _: Family.Config) throws -> TaggerModel {
    guard let bert = body as? BertModel else { preconditionFailure("the family builds this body") }
    let head = try LinearHead("classifier", bert.config.width, labels, dropout: bert.config.headDropout)
    return TaggerModel(body, prefix: prefix, head: head, labelCount: labels)
}

/// Starts and ends of answers, as BERT and RoBERTa find them.
@Sendable func bertAnswerer(_ body: any Backbone, _ prefix: String, _: Family.Config) throws -> TaggerModel {
    try TaggerModel(body, prefix: prefix, head: LinearHead("qa_outputs", body.sizes.width, 2), labelCount: 2)
}

extension BertConfig {
    /// Dropout probability before the head.
    var headDropout: Double { classifierDropout ?? hiddenDropout }

    /// A masked language model whose output matrix is the word table.
    func maskedModel(_ body: any Backbone, prefix: String, _ names: MaskedHead.Names, activation: Activation) throws -> VocabularyModel {
        let head = try MaskedHead(names, width: width, vocabulary: vocabularySize, activation: activation, normEpsilon: normEpsilon)
        return VocabularyModel(
            body, prefix: prefix, vocabularyHead: VocabularyHead(table: body.tokens.weight, bias: head.outputBias), transform: head)
    }
}

/// The encoder of BERT and RoBERTa.
///
/// Works on flat batches: every product sees only real tokens, attention stays inside documents. The last layer's feed-forward part runs
/// only on rows that are read.
final class BertModel: Backbone {
    let config: BertConfig
    let embeddings: BertEmbeddings
    let layers: [BertLayer]
    /// The matrix that BERT's classifier reads the first state through; nil for other tasks.
    let pooler: Slot?
    let activation: Activation
    var dropout: BertDropout

    init(_ config: BertConfig, file: String, task: ModelTask?, hasPooler: Bool = true) throws {
        let isMasked = task == .maskedLanguageModelling
        guard let activation = Activation(rawValue: config.activation) else {
            throw ModelError.unsupported(
                key: "hidden_act", value: config.activation, file: file, supported: Activation.allCases.map(\.rawValue))
        }
        (self.config, self.activation) = (config, activation)
        embeddings = try BertEmbeddings(config, isOutput: isMasked)
        layers = try (0..<config.layers).map { try BertLayer(config, activation, layer: $0) }
        let isPooled = hasPooler && task == .sequenceClassification
        pooler = isPooled ? Slot("pooler.dense", try Linear(config.width, config.width)) : nil
        dropout = BertDropout(hidden: config.hiddenDropout, attention: config.attentionDropout)
    }

    var slots: [Slot] { pooler.map { [$0] } ?? [] }
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
            maximumPositions: config.maximumPositions - config.firstPosition, typeVocabulary: config.typeVocabulary)
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

struct BertDropout: Equatable {
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
    private let firstPosition: Int

    /// - Parameter isOutput: whether the word table is the output matrix too.
    init(_ config: BertConfig, isOutput: Bool) throws {
        words = try Embedding(config.vocabularySize, config.width, isTable: !isOutput, staysFloat32: !isOutput)
        positions = try Embedding(config.maximumPositions, config.width, isTable: true)
        types = try Embedding(config.typeVocabulary, config.width, isTable: true)
        norm = try LayerNorm(config.width, epsilon: config.normEpsilon)
        firstPosition = config.firstPosition
    }

    var children: [Child] {
        [
            Child("word_embeddings", words), Child("position_embeddings", positions), Child("token_type_embeddings", types),
            Child("LayerNorm", norm),
        ]
    }

    func callAsFunction(_ input: ModelInput) throws -> Tensor {  // [N] → [N, D], float32
        var rows = input.positions
        if firstPosition > 0 { rows = try rows + .full(rows.shape, Double(firstPosition), dtype: .int64, device: rows.device) }
        return try norm(words(input.ids) + types(input.typeIDs) + positions(rows))
    }
}

final class BertLayer: Module {
    let query: Slot, key: Slot, value: Slot, mixed: Slot, inner: Slot, output: Slot
    let attentionNorm: LayerNorm, outputNorm: LayerNorm
    let heads: Int
    let activation: Activation
    let index: Int

    init(_ config: BertConfig, _ activation: Activation, layer: Int) throws {
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
