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
}

/// A text encoder with a classification or regression head.
///
/// One file per family implements it. Not Sendable; lives on the torch thread.
public protocol SequenceClassifier: Module {
    /// The sizes of the architecture, known before weights are read.
    var sizes: ModelSizes { get }
    /// The number of outputs `C`.
    var labelCount: Int { get }
    /// Returns one row of logits per document, `[N]` ids → `[B, C]`, in the compute type.
    func logits(_ input: ModelInput, _ context: Context) throws -> Tensor
    /// Returns the last layer's output at every position, `[N]` ids → `[N, D]`.
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
    ///
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
