// Tested by LanguageRunTests.swift.
internal import HoneGeneration
internal import HoneLayers
internal import HoneModels
internal import HoneTensors

/// Next-token logits of a model that reads one text and writes another: prompts are the texts, tokens the answers.
///
/// Lives on the torch thread.
final class SequenceScorer: TokenScorer {
    private let model: any SequenceToSequenceModel
    private let compute: DType
    private var cache = KeyValueCache(sequences: 0, capacity: 0)
    /// The encoded texts one after another, and which of them each sequence reads.
    private var states: Tensor?
    private var sources: [(start: Int32, length: Int32)] = []

    init(_ model: any SequenceToSequenceModel, compute: DType) { (self.model, self.compute) = (model, compute) }

    var vocabulary: Int { model.sizes.vocabulary }
    var maximumLength: Int? { nil }

    func begin(_ prompts: [[Int32]], capacity: Int) throws -> Logits {
        cache = KeyValueCache(sequences: prompts.count, capacity: capacity)
        let flat = try FlatTokens(prompts)
        states = try withGradients(false) {
            try model.encode(flat.input, Context(documents: flat.documents, isTraining: false, compute: compute))
        }
        var start: Int32 = 0
        sources = prompts.map { prompt in
            defer { start += Int32(prompt.count) }
            return (start, Int32(prompt.count))
        }
        let live = Array(prompts.indices)
        return try advance(live.map { _ in model.decoderStart }, live: live)
    }

    func advance(_ tokens: [Int32], live: [Int]) throws -> Logits {
        guard let states else { preconditionFailure("begin(_:capacity:) comes first") }
        let flat = try FlatTokens(tokens.map { [$0] }, positions: cache.begin(live: live, counts: tokens.map { _ in 1 }))
        let read = try Documents(starts: live.map { sources[$0].start }, lengths: live.map { sources[$0].length })
        return try withGradients(false) {
            let context = Context(documents: flat.documents, isTraining: false, compute: compute, cache: cache)
            let hidden = try model.decode(flat.input, states: states, sources: read, context, keeping: nil)
            cache.commit()
            let logits = try model.vocabularyHead.logits(hidden).to(.float32)
            return Logits(values: try logits.floats(), rows: live.count, vocabulary: vocabulary)
        }
    }

    func reorder(_ order: [Int]) throws {
        try cache.reorder(order)
        sources = order.map { sources[$0] }
    }
}
