public import HoneLayers
public import HoneTensors

/// Encodes text with BERT and classifies it, exactly as Transformers' `BertForSequenceClassification`.
///
/// Source: arXiv:1810.04805. Works on flat batches: every product sees only real tokens, attention stays inside documents. When logits are
/// asked for, the last layer's feed-forward part runs on first tokens only, because nothing else is read.
public final class BertClassifier: SequenceClassifier {
    /// The architecture that was built.
    public let config: BertConfig
    /// The number of outputs `C`; 1 for regression.
    public let labelCount: Int
    let bert: BertModel
    let classifier: Slot
    private var headDropout: Double

    /// Makes the architecture with zeros in it; ``ModelFolder`` loads the weights.
    public init(_ config: BertConfig, labelCount: Int, file: String) throws {
        (self.config, self.labelCount) = (config, labelCount)
        bert = try BertModel(config, file: file)
        classifier = Slot("classifier", try Linear(config.width, labelCount))
        headDropout = config.classifierDropout ?? config.hiddenDropout
    }

    /// The classifier on top, `[D] → [C]`.
    public var slots: [Slot] { [classifier] }
    /// The encoder, whose keys begin with `bert.`.
    public var children: [Child] { [Child("bert", bert)] }
    /// The query and value projections, as in arXiv:2106.09685, section 4.2.
    public var defaultLoRATargets: [String] { ["query", "value"] }
    /// The classifier; the pooler belongs to the encoder.
    public var headPaths: [String] { ["classifier"] }
    /// Where the encoder's layers lie, `bert.encoder.layer.<i>`.
    public var blockPrefix: String { "bert.encoder.layer" }
    /// Where the tables of words, positions and types lie.
    public var embeddingPrefix: String { "bert.embeddings" }
    /// The sizes that the configuration declares.
    public var sizes: ModelSizes {
        ModelSizes(
            vocabulary: config.vocabularySize, width: config.width, layers: config.layers, heads: config.heads, inner: config.inner,
            maximumPositions: config.maximumPositions, typeVocabulary: config.typeVocabulary)
    }

    /// Sets one probability, `0 ..< 1`, for hidden states, attention weights and the head.
    public func setDropout(_ probability: Double) {
        headDropout = probability
        bert.dropout = BertDropout(hidden: probability, attention: probability)
    }

    /// Classifies the documents of a flat batch: ids `[N]` → logits `[B, C]`, from the pooled first token of each.
    public func logits(_ input: ModelInput, _ context: Context) throws -> Tensor {
        let first = try bert(input, context, firstTokensOnly: true)  // [B', D], B' ≥ B
        let pooled = try bert.pooler(first).tanh()  // [B', D]
        let logits = try classifier(context.dropout(pooled, headDropout))  // [B', C]
        return try logits.slice(0, 0..<context.documents.starts.count)  // [B, C]
    }

    /// Encodes a flat batch: ids `[N]` → the last layer's output `[N, D]`, positions of no document included.
    public func hiddenStates(_ input: ModelInput, _ context: Context) throws -> Tensor {
        try bert(input, context, firstTokensOnly: false)
    }
}

struct BertDropout {
    var hidden: Double
    var attention: Double
}

final class BertModel: Module {
    let embeddings: BertEmbeddings
    let layers: [BertLayer]
    let pooler: Slot
    var dropout: BertDropout

    init(_ config: BertConfig, file: String) throws {
        embeddings = try BertEmbeddings(config)
        layers = try (0..<config.layers).map { _ in try BertLayer(config, file: file) }
        pooler = Slot("pooler.dense", try Linear(config.width, config.width))
        dropout = BertDropout(hidden: config.hiddenDropout, attention: config.attentionDropout)
    }

    var slots: [Slot] { [pooler] }
    var children: [Child] {
        [Child("embeddings", embeddings)] + layers.enumerated().map { Child("encoder.layer.\($0)", $1) }
    }

    func callAsFunction(_ input: ModelInput, _ context: Context, firstTokensOnly: Bool) throws -> Tensor {
        var x = try context.dropout(embeddings(input), dropout.hidden).to(context.compute)  // [N, D]
        for layer in layers.dropLast() { x = try layer(x, context, dropout, keeping: nil) }
        guard let last = layers.last else { return x }
        let first = firstTokensOnly ? try firstTokens(context.documents) : nil
        return try last(x, context, dropout, keeping: first)
    }
}

/// Rows of the first tokens, int64 `[B']`, `B'` a multiple of 32.
///
/// Rounded up to few different sizes, because oneDNN generates code for each. Extra rows repeat row 0.
private func firstTokens(_ documents: Documents) throws -> Tensor {
    let starts = try documents.starts.to(.int64)
    let missing = (32 - starts.count % 32) % 32
    guard missing > 0 else { return starts }
    return try Tensor.concatenated([starts, .zeros([missing], dtype: .int64, device: starts.device)])
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

    init(_ config: BertConfig, file: String) throws {
        guard let activation = Activation(rawValue: config.activation) else {
            throw ModelError.unsupported(
                key: "hidden_act", value: config.activation, file: file, supported: Activation.allCases.map(\.rawValue))
        }
        let D = config.width
        (heads, self.activation) = (config.heads, activation)
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
        var attended = try query(x).documentAttention(  // [N, D]
            keys: key(x), values: value(x), documents: context.documents, heads: heads, scale: 1 / Double(D / heads).squareRoot(),
            dropout: context.isTraining ? dropout.attention : 0, seed: context.nextSeed())
        var residual = x
        if let rows { (attended, residual) = (try attended.selecting(rows), try x.selecting(rows)) }
        let h = try attentionNorm(context.dropout(mixed(attended), dropout.hidden, addedTo: residual))
        let transformed = try output(activation(inner(h)))
        return try outputNorm(context.dropout(transformed, dropout.hidden, addedTo: h))
    }
}
