// Tested by BertTests.swift.
internal import HoneLayers
internal import HoneTensors

/// Which token of a document stands for the whole.
enum Pooling {
    case first
    case last
    case mean
}

/// The part of a classifier above the body: pooled states `[B, D]` → logits `[B, C]`.
protocol SequenceHead: Module {
    var pooling: Pooling { get }
    func callAsFunction(_ pooled: Tensor, _ context: Context) throws -> Tensor
    func setDropout(_ probability: Double)
}

/// The part of a tagger above the body: states `[R, D]` → logits `[R, C]`.
protocol TokenHead: Module {
    func callAsFunction(_ states: Tensor, _ context: Context) throws -> Tensor
    func setDropout(_ probability: Double)
}

/// What a masked language model does to states before the output matrix: `[R, D]` → `[R, D]`.
protocol VocabularyTransform: Module {
    func callAsFunction(_ states: Tensor) throws -> Tensor
    /// The output bias, if the head has one.
    var outputBias: Parameter? { get }
}

/// Dropout, then one matrix.
final class LinearHead: SequenceHead, TokenHead {
    let pooling: Pooling
    let output: Slot
    var dropout: Double

    init(_ name: String, _ input: Int, _ labels: Int, bias: Bool = true, pooling: Pooling = .first, dropout: Double = 0) throws {
        output = Slot(name, try Linear(input, labels, bias: bias))
        (self.pooling, self.dropout) = (pooling, dropout)
    }

    var slots: [Slot] { [output] }
    func setDropout(_ probability: Double) { dropout = probability }
    func callAsFunction(_ x: Tensor, _ context: Context) throws -> Tensor { try output(context.dropout(x, dropout)) }
}

/// `LN(act(W x + b))` in front of the table of tokens, as encoders fill in hidden tokens.
final class MaskedHead: VocabularyTransform {
    /// Checkpoint keys of the parts.
    struct Names {
        var dense: String
        var norm: String
        /// Of the output bias; nil for none.
        var bias: String?
    }

    private let dense: Slot
    private let norm: LayerNorm
    private let normName: String
    private let activation: Activation
    let outputBias: Parameter?

    init(
        _ names: Names, width: Int, vocabulary: Int, activation: Activation, normEpsilon: Double, denseBias: Bool = true,
        normBias: Bool = true
    ) throws {
        dense = Slot(names.dense, try Linear(width, width, bias: denseBias))
        norm = try LayerNorm(width, epsilon: normEpsilon, bias: normBias)
        outputBias = try names.bias.map { Parameter($0, try .zeros([vocabulary]), decays: false) }
        (normName, self.activation) = (names.norm, activation)
    }

    var slots: [Slot] { [dense] }
    var children: [Child] { [Child(normName, norm)] }
    var parameters: [Parameter] { outputBias.map { [$0] } ?? [] }

    func callAsFunction(_ states: Tensor) throws -> Tensor { try norm(activation(dense(states))) }
}

/// A model for one task: a body under its checkpoint prefix, a head beside it.
///
/// Parameters that a head shares with the body belong to the body.
class HeadedModel: TextModel {
    let backbone: any Backbone
    let prefix: String
    let head: (any Module)?

    init(_ backbone: any Backbone, prefix: String, head: (any Module)?) {
        (self.backbone, self.prefix, self.head) = (backbone, prefix, head)
    }

    var slots: [Slot] { head?.slots ?? [] }
    var children: [Child] { [Child(prefix, backbone)] + (head?.children ?? []) }
    var parameters: [Parameter] { head?.parameters ?? [] }
    var sizes: ModelSizes { backbone.sizes }
    var defaultLoRATargets: [String] { backbone.defaultLoRATargets }
    var blockPrefix: String { joined(backbone.blockPath) }
    var embeddingPrefix: String { joined(backbone.embeddingPath) }
    var headPaths: [String] {
        guard let head else { return [] }
        return head.slots.map(\.name) + head.children.map(\.name)
    }
    func setDropout(_ probability: Double) { backbone.setDropout(probability) }

    private func joined(_ path: String) -> String { prefix.isEmpty ? path : "\(prefix).\(path)" }
}

/// Classifies whole documents: body, pooling, head.
final class ClassifierModel: HeadedModel, SequenceClassifier {
    let labelCount: Int
    let sequenceHead: any SequenceHead

    init(_ backbone: any Backbone, prefix: String, head: any SequenceHead, labelCount: Int) {
        (self.labelCount, sequenceHead) = (labelCount, head)
        super.init(backbone, prefix: prefix, head: head)
    }

    override func setDropout(_ probability: Double) {
        super.setDropout(probability)
        sequenceHead.setDropout(probability)
    }

    func logits(_ input: ModelInput, _ context: Context) throws -> Tensor {
        let pooled: Tensor  // [B', D], B' ≥ B
        switch sequenceHead.pooling {
        case .first: pooled = try backbone(input, context, keeping: context.documents.firstRows())
        case .last: pooled = try backbone(input, context, keeping: context.documents.lastRows())
        case .mean:
            let states = try backbone(input, context, keeping: nil)
            pooled = try documentMeans(of: states.to(.float32), context.documents).to(states.dtype)
        }
        return try sequenceHead(pooled, context).slice(0, 0..<context.documents.starts.count)
    }

    func hiddenStates(_ input: ModelInput, _ context: Context) throws -> Tensor { try backbone(input, context, keeping: nil) }
}

/// Classifies every token: body, head.
final class TaggerModel: HeadedModel, TokenClassifier {
    let labelCount: Int
    let tokenHead: any TokenHead

    init(_ backbone: any Backbone, prefix: String, head: any TokenHead, labelCount: Int) {
        (self.labelCount, tokenHead) = (labelCount, head)
        super.init(backbone, prefix: prefix, head: head)
    }

    override func setDropout(_ probability: Double) {
        super.setDropout(probability)
        tokenHead.setDropout(probability)
    }

    func logits(_ input: ModelInput, _ context: Context, keeping rows: Tensor?) throws -> Tensor {
        try tokenHead(backbone(input, context, keeping: rows), context)
    }
}

/// Writes or fills in text: body, transform (masked models), output matrix.
final class VocabularyModel: HeadedModel, LanguageModel {
    let vocabularyHead: VocabularyHead
    let transform: (any VocabularyTransform)?

    /// - Parameter head: holds the transform or the untied matrix; nil if the output matrix is the table and nothing else is there.
    init(_ backbone: any Backbone, prefix: String, vocabularyHead: VocabularyHead, transform: (any VocabularyTransform)? = nil) {
        (self.vocabularyHead, self.transform) = (vocabularyHead, transform)
        super.init(backbone, prefix: prefix, head: transform ?? vocabularyHead.slot.map(SlotModule.init))
    }

    var isCausal: Bool { backbone.isCausal }
    var placesChangeAbove: Int? { (backbone as? DecoderModel)?.placesChangeAbove }
    /// A language model's head is part of what was pre-trained: adapters do not train it whole.
    override var headPaths: [String] { [] }

    func outputStates(_ input: ModelInput, _ context: Context, keeping rows: Tensor?) throws -> Tensor {
        let states = try backbone(input, context, keeping: rows)
        return try transform.map { try $0(states) } ?? states
    }
}

/// One slot as a module.
final class SlotModule: Module {
    let slots: [Slot]
    init(_ slot: Slot) { slots = [slot] }
}

extension Documents {
    /// Rows of the first tokens, int64 `[B']`, `B'` a multiple of 32.
    ///
    /// Rounded up to few different sizes, because oneDNN generates code for each. Extra rows repeat row 0.
    func firstRows() throws -> Tensor { try rounded(starts.to(.int64)) }

    /// Rows of the last tokens, int64 `[B']`, `B'` a multiple of 32.
    func lastRows() throws -> Tensor {
        let lengths = try lengths.to(.int64)
        return try rounded(starts.to(.int64) + (lengths - Tensor.full(lengths.shape, 1, dtype: .int64, device: lengths.device)))
    }

    private func rounded(_ rows: Tensor) throws -> Tensor {
        let missing = (32 - rows.count % 32) % 32
        guard missing > 0 else { return rows }
        return try Tensor.concatenated([rows, .zeros([missing], dtype: .int64, device: rows.device)])
    }
}
