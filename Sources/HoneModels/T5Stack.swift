// Tested by T5Tests.swift.
internal import Foundation
internal import HoneLayers
internal import HoneTensors

/// The encoder or the decoder of a T5: pre-norm blocks that share one table of relative positions, which the first of them stores.
final class T5Stack: Module {
    private let blocks: [T5Block]
    private let norm: RMSNorm
    private let positions: T5Positions
    var dropout: Double

    init(_ config: T5Config, isDecoder: Bool) throws {
        positions = try T5Positions(config, isBidirectional: !isDecoder)
        let first = positions
        blocks = try (0..<(isDecoder ? config.decoderLayers : config.encoderLayers)).map {
            try T5Block(config, layer: $0, isDecoder: isDecoder, positions: $0 == 0 ? first : nil)
        }
        norm = try RMSNorm(config.width, epsilon: config.normEpsilon)
        dropout = config.dropout
    }

    var children: [Child] { blocks.enumerated().map { Child("block.\($0)", $1) } + [Child("final_layer_norm", norm)] }

    /// Computes the last layer's states, after the final norm: `[N, D]` → `[N, D]` in the compute type.
    ///
    /// - Parameters:
    ///   - other: the encoder's states and where its documents lie in them, for a decoder.
    ///   - rows: int64 `[R]`, the rows that anybody reads; the result is `[R, D]` then.
    func callAsFunction(
        _ embedded: Tensor, _ context: Context, other: (states: Tensor, documents: Documents)?, keeping rows: Tensor?
    ) throws -> Tensor {
        let bias = try positions(reach: max(context.longest, 1))  // [H, 2R−1]
        var stream = DecoderStream(try context.dropout(embedded.to(context.compute), dropout))
        for (layer, block) in blocks.enumerated() {
            let kept = layer == blocks.count - 1 ? rows : nil
            let read = [bias] + (other.map { [$0.states] } ?? [])
            stream = try stream.through(block, context, others: read) { [dropout] stream, read in
                let other = other.map { (states: read[1], documents: $0.documents) }
                return try block(stream, context, bias: read[0], other: other, dropout, keeping: kept)
            }
        }
        return try context.dropout(stream.normalized(by: norm).normalized, dropout)
    }
}

/// What is added to a score, by how far the key is from the query and by head: the distances fall into buckets, wide ones far away.
///
/// Source: arXiv:1910.10683, section 2.1; Transformers `T5Attention`.
final class T5Positions: Module {
    private let table: Embedding
    private let isBidirectional: Bool
    private let buckets: Int
    private let farthest: Int
    private var known: (reach: Int, ids: Tensor)?

    init(_ config: T5Config, isBidirectional: Bool) throws {
        table = try Embedding(config.buckets, config.heads, isTable: false)
        (self.isBidirectional, buckets, farthest) = (isBidirectional, config.buckets, config.farthest)
    }

    var children: [Child] { [Child("relative_attention_bias", table)] }

    /// The bias of every distance, `[H, 2R−1]` in float32: column `place of the key − place of the query + R − 1`.
    ///
    /// - Parameter reach: `R`, at least the length of the longest document.
    func callAsFunction(reach: Int) throws -> Tensor {
        let device = table.weight.value.device
        if known?.reach != reach || known?.ids.device != device {
            let ids = try bucketIDs(reach: reach)
            known = (reach, try Tensor(ids, shape: [ids.count]).to(device))
        }
        guard let known else { preconditionFailure("set above") }
        return try table(known.ids).transposed(0, 1).contiguous()
    }

    /// The bucket of each distance from `1 − R` to `R − 1`; `R` at least 1.
    func bucketIDs(reach: Int) throws -> [Int] {
        // Half of the buckets are for keys after the query where there can be any.
        let count = isBidirectional ? buckets / 2 : buckets
        let exact = count / 2
        // In float32 and by libtorch's logarithm, as in the reference: distances at powers of 2 lie on the edges of buckets.
        let logarithms = try Tensor.range(0, reach, dtype: .float32) / Double(exact)
        let places = try (logarithms.log() / log(Double(farthest) / Double(exact)) * Double(count - exact)).floats()
        let near = places.enumerated().map { $0 < exact ? $0 : min(exact + Int($1), count - 1) }
        return (1 - reach..<reach).map { distance in
            if isBidirectional { return near[abs(distance)] + (distance > 0 ? count : 0) }
            return near[max(-distance, 0)]
        }
    }
}

/// Self-attention, cross-attention in a decoder, feed-forward; each normalises what it reads and is added to it.
final class T5Block: Module {
    private let attention: T5Attention
    private let cross: T5Attention?
    private let feedForward: T5FeedForward
    private let attentionNorm: RMSNorm, crossNorm: RMSNorm?, innerNorm: RMSNorm
    private let positions: T5Positions?

    /// - Parameter positions: the table that this block stores for its stack.
    init(_ config: T5Config, layer: Int, isDecoder: Bool, positions: T5Positions?) throws {
        func norm() throws -> RMSNorm { try RMSNorm(config.width, epsilon: config.normEpsilon) }
        attention = try T5Attention(config, layer: layer, isCausal: isDecoder)
        cross = isDecoder ? try T5Attention(config, layer: layer, isCausal: false) : nil
        feedForward = try T5FeedForward(config)
        (attentionNorm, innerNorm) = (try norm(), try norm())
        crossNorm = isDecoder ? try norm() : nil
        self.positions = positions
    }

    var children: [Child] {
        var parts = [Child("layer.0.SelfAttention", attention), Child("layer.0.layer_norm", attentionNorm)]
        if let positions { parts.append(Child("layer.0.SelfAttention", positions)) }
        if let cross, let crossNorm {
            parts += [Child("layer.1.EncDecAttention", cross), Child("layer.1.layer_norm", crossNorm)]
        }
        let last = cross == nil ? 1 : 2
        return parts + [Child("layer.\(last).DenseReluDense", feedForward), Child("layer.\(last).layer_norm", innerNorm)]
    }

    func callAsFunction(
        _ stream: DecoderStream, _ context: Context, bias: Tensor, other: (states: Tensor, documents: Documents)?, _ dropout: Double,
        keeping rows: Tensor?
    ) throws -> DecoderStream {
        var (x, h) = try stream.normalized(by: attentionNorm)
        // In a decoder every row goes on to cross-attention, which finds a document's rows by their places.
        let selfRows = cross == nil ? rows : nil
        var mixed = try attention(h, context, bias: bias, dropout, keeping: selfRows)
        if let selfRows { x = try x.selecting(selfRows) }
        var stream = DecoderStream(x, pending: try context.dropout(mixed, dropout))
        if let cross, let crossNorm, let other {
            (x, h) = try stream.normalized(by: crossNorm)
            mixed = try cross(h, context, reading: other.states, other.documents, dropout, keeping: rows)
            if let rows { x = try x.selecting(rows) }
            stream = DecoderStream(x, pending: try context.dropout(mixed, dropout))
        }
        (x, h) = try stream.normalized(by: innerNorm)
        return DecoderStream(x, pending: try context.dropout(feedForward(h, context, dropout), dropout))
    }
}

/// Attention without a scale: `softmax(q·k + bias) V`.
final class T5Attention: Module {
    private let query: Slot, key: Slot, value: Slot, output: Slot
    private let layer: Int
    private let settings: AttentionSettings

    init(_ config: T5Config, layer: Int, isCausal: Bool) throws {
        let (D, W) = (config.width, config.heads * config.headWidth)
        query = Slot("q", try Linear(D, W, bias: false))
        key = Slot("k", try Linear(D, W, bias: false))
        value = Slot("v", try Linear(D, W, bias: false))
        output = Slot("o", try Linear(W, D, bias: false))
        self.layer = layer
        settings = AttentionSettings(heads: config.heads, scale: 1, causal: isCausal)
    }

    var slots: [Slot] { [query, key, value, output] }

    /// Inside the documents: `[N, D]` → `[N, D]`, or `[R, D]` for the rows that are kept.
    func callAsFunction(_ x: Tensor, _ context: Context, bias: Tensor, _ dropout: Double, keeping rows: Tensor?) throws -> Tensor {
        let made = try [query, key, value](x)
        let mixed = try context.attention(layer: layer, made[0], keys: made[1], values: made[2], bias: bias, dropout: dropout, settings)
        return try output(rows.map { try mixed.selecting($0) } ?? mixed)
    }

    /// To the documents of another text, `states` `[M, D]`.
    func callAsFunction(
        _ x: Tensor, _ context: Context, reading states: Tensor, _ documents: Documents, _ dropout: Double, keeping rows: Tensor?
    ) throws -> Tensor {
        let mixed = try context.crossAttention(layer: layer, query(x), to: documents, dropout: dropout, settings) {
            (try key(states), try value(states))
        }
        return try output(rows.map { try mixed.selecting($0) } ?? mixed)
    }
}

/// `wo(dropout(act(wi(x))))`, or `wo(dropout(act(wi_0(x)) · wi_1(x)))`.
final class T5FeedForward: Module {
    private let inputs: [Slot]
    private let output: Slot
    private let kind: T5Config.FeedForward

    init(_ config: T5Config) throws {
        kind = config.feedForward
        let names =
            switch kind {
            case .plain: ["wi"]
            case .gated: ["wi_0", "wi_1"]
            }
        inputs = try names.map { Slot($0, try Linear(config.width, config.inner, bias: false)) }
        output = Slot("wo", try Linear(config.inner, config.width, bias: false))
    }

    var slots: [Slot] { inputs + [output] }

    func callAsFunction(_ x: Tensor, _ context: Context, _ dropout: Double) throws -> Tensor {
        let made = try inputs(x)
        let inner: Tensor =
            switch kind {
            case .plain(let activation): try activation(made[0])
            case .gated(let activation): try .gated(made[0], made[1], activation)
            }
        return try output(context.dropout(inner, dropout))
    }
}
