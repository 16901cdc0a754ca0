// Tested by LayerTests.swift.
public import HoneTensors

/// What one forward pass needs besides weights: where documents lie, whether dropout is on, and in which type products run.
public final class Context {
    /// Where the documents of the flat batch lie.
    public let documents: Documents
    /// Whether dropout is on.
    public let isTraining: Bool
    /// The type in which matrix products run.
    public let compute: DType
    /// What was read before, for decoding step by step; nil to read whole texts.
    public let cache: KeyValueCache?
    /// Whether blocks keep only their input and compute the rest again for the gradient.
    public var checkpointsBlocks = false
    private var seed: UInt64

    /// Makes the context of one forward pass.
    ///
    /// - Parameter seed: decides the dropout patterns that kernels draw themselves; equal seeds give equal patterns.
    public init(documents: Documents, isTraining: Bool, compute: DType, seed: UInt64 = 0, cache: KeyValueCache? = nil) {
        (self.documents, self.isTraining, self.compute, self.seed, self.cache) = (documents, isTraining, compute, seed, cache)
    }

    /// Drops elements while training; returns `x` itself otherwise.
    public func dropout(_ x: Tensor, _ p: Double) throws(TensorError) -> Tensor {
        isTraining && p > 0 ? try x.dropout(p, seed: nextSeed()) : x
    }

    /// Returns `residual + dropout(x)`, in one pass while training.
    public func dropout(_ x: Tensor, _ p: Double, addedTo residual: Tensor) throws(TensorError) -> Tensor {
        isTraining && p > 0 ? try x.dropout(p, seed: nextSeed(), addedTo: residual) : try residual + x
    }

    /// A new seed for each kernel that draws its own numbers.
    public func nextSeed() -> UInt64 {
        seed &+= 0x9E37_79B9_7F4A_7C15
        return seed
    }

    /// Attends inside the documents of the batch, and to what the cache holds of them.
    ///
    /// - Parameters:
    ///   - layer: the number of the layer, by which the cache finds its rows.
    ///   - queries: `[N, H·K]`.
    ///   - keys: `[N, G·K]`, as `values`.
    ///   - bias: by distance, `[H, 2R−1]` (T5); nil for none.
    ///   - dropout: probability that an attention weight is dropped while training.
    public func attention(
        layer: Int, _ queries: Tensor, keys: Tensor, values: Tensor, bias: Tensor? = nil, dropout: Double = 0, _ settings: AttentionSettings
    ) throws -> Tensor {
        var settings = settings
        if isTraining, dropout > 0 { (settings.dropout, settings.seed) = (dropout, nextSeed()) }
        guard let cache, cache.isActive else {
            return try queries.attention(keys: keys, values: values, documents: documents, bias: bias, settings)
        }
        let stored = try cache.store(layer: layer, keys: keys, values: values)
        return try queries.attention(
            keys: stored.keys, values: stored.values, documents: documents, keyDocuments: stored.documents, bias: bias, settings)
    }

    /// Attends to another text (sequence to sequence); its keys and values are computed once per text when there is a cache.
    ///
    /// - Parameters:
    ///   - layer: the number of the layer, by which the cache finds its rows.
    ///   - queries: `[N, H·K]`.
    ///   - others: where the documents of the other text lie; document `i` is read by document `i` of the batch.
    ///   - dropout: probability that an attention weight is dropped while training.
    ///   - make: keys and values `[M, G·K]` of the other text.
    public func crossAttention(
        layer: Int, _ queries: Tensor, to others: Documents, dropout: Double = 0, _ settings: AttentionSettings,
        make: () throws -> (keys: Tensor, values: Tensor)
    ) throws -> Tensor {
        var settings = settings
        if isTraining, dropout > 0 { (settings.dropout, settings.seed) = (dropout, nextSeed()) }
        let (keys, values) = try cache.map { try $0.cross(layer: layer, make: make) } ?? make()
        return try queries.attention(keys: keys, values: values, documents: documents, keyDocuments: others, settings)
    }

    /// Runs a block; if ``checkpointsBlocks`` says so, it keeps only its inputs and is computed again for the gradient.
    ///
    /// - Parameters:
    ///   - inputs: every tensor with a graph that the block reads.
    ///   - body: reads the inputs it is given, which may be other tensors than `inputs` with the same values.
    public func block(_ block: any Module, _ inputs: [Tensor], _ body: @escaping ([Tensor]) throws -> Tensor) throws -> Tensor {
        guard checkpointsBlocks, isTraining else { return try body(inputs) }
        let (start, layers) = (seed, block.randomLayers())
        let states = layers.map(\.randomState)
        return try checkpointed(inputs, trains: block.trains) { [self] inputs in
            // The second run must draw what the first drew.
            seed = start
            for (layer, state) in zip(layers, states) { layer.randomState = state }
            return try body(inputs)
        }
    }

    /// One more than the largest position in the batch.
    public var longest: Int {
        max(documents.longest, (cache?.isActive == true ? cache?.lengths.max() : nil).map { $0 + documents.longest } ?? 0)
    }

    /// The whole length of each document; with a cache, the room that its sequence has, which is known before the first token.
    public func wholeLengths() throws -> [Int] {
        if let cache, cache.isActive { return cache.liveCapacities }
        return try documents.lengths.integers()
    }
}
