// Tested by BertTests.swift.
public import HoneLayers
public import HoneTensors

/// Token ids of a flat batch as tensors: int64 `[N]` each. Where documents lie is in the ``Context``.
public struct ModelInput {
    public var ids: Tensor
    public var typeIDs: Tensor
    public var positions: Tensor

    public init(ids: Tensor, typeIDs: Tensor, positions: Tensor) { (self.ids, self.typeIDs, self.positions) = (ids, typeIDs, positions) }
}

/// Sizes that callers need to plan with.
public struct ModelSizes: Sendable, Equatable, Codable {
    public var vocabulary, width, layers, heads, inner, maximumPositions, typeVocabulary: Int
}

/// A text encoder with a classification or regression head. One file per family implements it.
public protocol SequenceClassifier: Module {
    var sizes: ModelSizes { get }
    var labelCount: Int { get }
    /// `[N]` ids → `[B, C]`, one row per document, in the compute type.
    func logits(_ input: ModelInput, _ context: Context) throws -> Tensor
    /// `[N]` ids → `[N, D]`, the last layer's output at every position.
    func hiddenStates(_ input: ModelInput, _ context: Context) throws -> Tensor
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

extension SequenceClassifier {
    /// Averages the last layer's output over each document: `[N]` ids → `[B, D]` in float32, scaled to length 1 if asked.
    /// Source: sentence-transformers, mean pooling.
    public func sentenceEmbeddings(_ input: ModelInput, _ context: Context, normalized: Bool) throws -> Tensor {
        let states = try hiddenStates(input, context).to(.float32)
        let starts = try context.documents.starts.integers()
        let lengths = try context.documents.lengths.integers()
        let rows = try zip(starts, lengths).map { start, length in try states.slice(0, start..<(start + length)).mean(0) }
        let means = try Tensor.stacked(rows)
        guard normalized else { return means }
        return try means / means.norm(-1, keepingAxis: true).clamped(1e-12, .infinity)
    }
}
