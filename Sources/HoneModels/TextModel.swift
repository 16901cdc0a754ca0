// Tested by BertTests.swift.
public import HoneLayers
public import HoneTensors

/// Holds the tokens of a flat batch as tensors, int64 `[N]` each.
///
/// Where documents lie is in the `Context`.
public struct ModelInput {
    /// Token ids, `0 ..< vocabulary`.
    public var ids: Tensor
    /// Segment ids, 0 for the first text of a row and 1 for its pair.
    public var typeIDs: Tensor
    /// Positions inside the document, from 0.
    public var positions: Tensor

    /// Puts together three tensors of the same length.
    public init(ids: Tensor, typeIDs: Tensor, positions: Tensor) { (self.ids, self.typeIDs, self.positions) = (ids, typeIDs, positions) }
}

/// Sizes that callers need to plan with.
public struct ModelSizes: Sendable, Equatable, Codable {
    /// Rows of the word table, width `D`, repeated blocks, heads per block, feed-forward width, longest input in tokens, segment rows.
    public var vocabulary, width, layers, heads, inner, maximumPositions, typeVocabulary: Int
    /// Columns of keys and of values per token, `G·K`; `D` where every head has its own.
    public var keyValueWidth: Int
    /// Columns of queries per token, `H·K`.
    public var queryWidth: Int
    /// Whether the feed-forward part multiplies by a gate.
    public var isGated: Bool
    /// Repeated blocks of an encoder in front of the ``layers``, which are the decoder's then; 0 for models of one stack.
    public var encoderLayers: Int
    /// Numbers that one block keeps of one token for the gradient of all its weights, in the compute type.
    public var keptPerToken: Int

    /// States the sizes; heads share nothing, nothing is gated and there is one stack unless said.
    ///
    /// What a block keeps is taken for that of layer norms, whose input and output are kept, attention, and one inner product or two;
    /// families that keep less or more say so.
    public init(
        vocabulary: Int, width: Int, layers: Int, heads: Int, inner: Int, maximumPositions: Int, typeVocabulary: Int,
        keyValueWidth: Int? = nil, queryWidth: Int? = nil, isGated: Bool = false, encoderLayers: Int = 0, keptPerToken: Int? = nil
    ) {
        (self.vocabulary, self.width, self.layers, self.heads, self.inner) = (vocabulary, width, layers, heads, inner)
        (self.maximumPositions, self.typeVocabulary, self.isGated) = (maximumPositions, typeVocabulary, isGated)
        self.encoderLayers = encoderLayers
        let (keyValue, query) = (keyValueWidth ?? width, queryWidth ?? width)
        (self.keyValueWidth, self.queryWidth) = (keyValue, query)
        self.keptPerToken = keptPerToken ?? 4 * width + 2 * query + 2 * keyValue + (isGated ? 2 : 1) * inner
    }
}

/// What every model with text in it tells a tuning method and a planner.
///
/// One file per family implements it. Not Sendable; lives on the torch thread.
public protocol TextModel: Module {
    /// The sizes of the architecture, known before weights are read.
    var sizes: ModelSizes { get }
    /// The slots that LoRA adapts when a recipe names none, as suffixes of slot paths.
    var defaultLoRATargets: [String] { get }
    /// The slots of the head, which adapters train and save whole.
    var headPaths: [String] { get }
    /// Path prefix of the repeated blocks, such as `bert.encoder.layer`; block `i` is `<prefix>.<i>`.
    var blockPrefix: String { get }
    /// Path prefix of the embeddings.
    var embeddingPrefix: String { get }
    /// Overrides the dropout probabilities of the checkpoint's configuration.
    func setDropout(_ probability: Double)
}

/// The body of a model: tokens in, one state per token out.
public protocol Backbone: Module {
    /// The sizes of the architecture.
    var sizes: ModelSizes { get }
    /// The table of token embeddings, which an output matrix may share.
    var tokens: Embedding { get }
    /// Whether a token sees only those before it.
    var isCausal: Bool { get }
    /// The slots that LoRA adapts when a recipe names none, as suffixes of slot paths.
    var defaultLoRATargets: [String] { get }
    /// Path of the repeated blocks below the body; block `i` is `<path>.<i>`.
    var blockPath: String { get }
    /// Path of the embeddings below the body.
    var embeddingPath: String { get }
    /// Overrides the dropout probabilities of the checkpoint's configuration.
    func setDropout(_ probability: Double)
    /// Computes the last layer's states, after the final norm: `[N]` ids → `[N, D]` in the compute type.
    ///
    /// - Parameter rows: int64 `[R]`, the rows that anybody reads; the result is `[R, D]` then. Nil for all.
    func callAsFunction(_ input: ModelInput, _ context: Context, keeping rows: Tensor?) throws -> Tensor
}

/// A text model with a classification or regression head.
public protocol SequenceClassifier: TextModel {
    /// The number of outputs `C`.
    var labelCount: Int { get }
    /// Returns one row of logits per document, `[N]` ids → `[B, C]`, in the compute type.
    func logits(_ input: ModelInput, _ context: Context) throws -> Tensor
    /// Returns the last layer's output at every position, `[N]` ids → `[N, D]`.
    func hiddenStates(_ input: ModelInput, _ context: Context) throws -> Tensor
}

/// A text model with one row of logits per token: tagging, or the start and end of an answer.
public protocol TokenClassifier: TextModel {
    /// The number of outputs `C`.
    var labelCount: Int { get }
    /// Returns logits per token, `[N]` ids → `[N, C]`, or `[R, C]` for the rows that are kept.
    func logits(_ input: ModelInput, _ context: Context, keeping rows: Tensor?) throws -> Tensor
}

/// A text model that gives each place a distribution over the vocabulary: the next token's (causal) or the place's own (masked).
public protocol LanguageModel: TextModel {
    /// Whether a token sees only those before it, so that the model can write.
    var isCausal: Bool { get }
    /// Returns what the output matrix multiplies, `[N]` ids → `[N, D]`, or `[R, D]` for the rows that are kept.
    func outputStates(_ input: ModelInput, _ context: Context, keeping rows: Tensor?) throws -> Tensor
    /// The output matrix with what surrounds it.
    var vocabularyHead: VocabularyHead { get }
    /// The length in tokens above which a text's tokens are placed otherwise than in a shorter one; nil where that never happens.
    ///
    /// What was computed of a shorter text cannot be kept beyond it.
    var placesChangeAbove: Int? { get }
}

/// A text model that reads one text and writes another.
public protocol SequenceToSequenceModel: TextModel {
    /// The id that begins every answer.
    var decoderStart: Int32 { get }
    /// Reads the texts: `[N]` ids → `[N, D]`.
    func encode(_ input: ModelInput, _ context: Context) throws -> Tensor
    /// Returns what the output matrix multiplies, for the answers: `[M]` ids → `[M, D]`, or `[R, D]` for the rows that are kept.
    ///
    /// - Parameters:
    ///   - sources: where the documents of the texts lie in `states`.
    ///   - context: of the answers; answer `i` belongs to text `i`.
    func decode(
        _ input: ModelInput, states: Tensor, sources: Documents, _ context: Context, keeping rows: Tensor?
    ) throws -> Tensor
    /// The output matrix with what surrounds it.
    var vocabularyHead: VocabularyHead { get }
}

/// The last step of a language model: `logits = c(s · (h Wᵀ + b))`, `c(x) = cap · tanh(x / cap)` where there is a cap.
public struct VocabularyHead {
    /// `W`, `[V, D]`; may be the table of token embeddings.
    public let weight: Parameter
    /// `b`, `[V]`; nil for none.
    public let bias: Parameter?
    /// `s`, 1 for most families.
    public var scale = 1.0
    /// The cap of Gemma 2; nil for none.
    public var cap: Double?
    /// A slot that holds the matrix where a method may wrap it; nil for a shared table.
    public let slot: Slot?

    /// A matrix of its own, in a slot.
    public init(slot: Slot, linear: Linear) { (self.slot, weight, bias) = (slot, linear.weight, linear.bias) }

    /// A shared table.
    public init(table: Parameter, bias: Parameter? = nil) { (slot, weight, self.bias) = (nil, table, bias) }

    /// Returns all logits, `[M, D]` → `[M, V]`, in the states' type.
    public func logits(_ states: Tensor) throws -> Tensor {
        var x = if let slot, isWrapped { try slot(states) } else { try product(states) }
        if scale != 1 { x = try x * scale }
        if let cap { x = try (x * (1 / cap)).tanh() * cap }
        return x
    }

    /// The most bytes of the matrix that are widened at once.
    private static let widened = 32 << 20

    /// `h Wᵀ + b`; a matrix that was left narrow is widened a part at a time.
    private func product(_ states: Tensor) throws -> Tensor {
        let matrix = weight.value, bias = try bias?.value(like: states), (count, width) = (weight.shape[0], weight.shape[1])
        let part = max(1, Self.widened / (width * states.dtype.byteSize))
        guard matrix.dtype != states.dtype, count > part else { return try states.linear(weight.value(like: states), bias: bias) }
        let parts = try stride(from: 0, to: count, by: part).map { start in
            let rows = start..<min(start + part, count)
            return try states.linear(matrix.slice(0, rows).to(states.dtype), bias: bias?.slice(0, rows))
        }
        return try .concatenated(parts, axis: 1)
    }

    /// Whether a method has wrapped the matrix, so that logits must be computed through the slot.
    public var isWrapped: Bool { slot.map { $0.layer is any WrapperLayer } ?? false }

    /// Returns the summed cross-entropy of states `[M, D]` against ids `[M]` in nats, and how often the largest logit is the target.
    ///
    /// Logits are made in parts and never kept. Targets of −100 do not count.
    public func crossEntropy(_ states: Tensor, _ targets: Tensor, smoothing: Double = 0) throws -> (sum: Tensor, correct: Tensor) {
        if isWrapped {
            let logits = try logits(states).to(.float32)
            return (try logits.crossEntropy(targets, smoothing: smoothing), try logits.argmax(-1).equal(targets).to(.int64).sum())
        }
        return try states.linearCrossEntropy(
            weight: weight.value(like: states), bias: bias?.value(like: states), targets: targets, softcap: cap, logitScale: scale,
            smoothing: smoothing)
    }

    /// Returns the cross-entropy of each state, float32 `[M]` in nats without gradient, and how often the largest logit is the target.
    public func crossEntropyRows(_ states: Tensor, _ targets: Tensor) throws -> (rows: Tensor, correct: Tensor) {
        let terms = try states.linearCrossEntropyWithRows(
            weight: weight.value(like: states), bias: bias?.value(like: states), targets: targets, softcap: cap, logitScale: scale)
        return (terms.rows, terms.correct)
    }
}

extension SequenceClassifier {
    /// Averages the last layer's output over each document: `[N]` ids → `[B, D]` in float32, scaled to length 1 if asked.
    ///
    /// Source: sentence-transformers, mean pooling.
    public func sentenceEmbeddings(_ input: ModelInput, _ context: Context, normalized: Bool) throws -> Tensor {
        let means = try documentMeans(of: hiddenStates(input, context).to(.float32), context.documents)
        guard normalized else { return means }
        return try means / means.norm(-1, keepingAxis: true).clamped(1e-12, .infinity)
    }
}

/// Averages the rows of each document: `[N, D]` → `[B, D]`.
func documentMeans(of states: Tensor, _ documents: Documents) throws -> Tensor {
    let starts = try documents.starts.integers(), lengths = try documents.lengths.integers()
    return try .stacked(zip(starts, lengths).map { start, length in try states.slice(0, start..<(start + length)).mean(0) })
}
