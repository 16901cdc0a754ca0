internal import HoneTensors

/// Keeps the keys and values of what a decoder has already read, so that each new token costs one step.
///
/// Layer `l` holds two tensors `[B·C, G·K]`: sequence `b` has rows `b·C ..< b·C + length`. Not Sendable.
public final class KeyValueCache {
    /// The most tokens of a sequence, `C`.
    public private(set) var capacity: Int
    /// The number of sequences, `B`.
    public let sequences: Int
    /// How many tokens of each sequence are stored.
    public private(set) var lengths: [Int]
    private var layers: [Int: (keys: Tensor, values: Tensor)] = [:]
    private var crossed: [Int: (keys: Tensor, values: Tensor)] = [:]
    private var step: Step?

    private struct Step {
        let live: [Int]
        let counts: [Int]
        let rows: Tensor
        let documents: Documents
    }

    /// Makes an empty cache; memory is taken when the first tokens come.
    public init(sequences: Int, capacity: Int) {
        (self.sequences, self.capacity) = (sequences, capacity)
        lengths = [Int](repeating: 0, count: sequences)
    }

    /// Announces that `counts[i]` tokens of sequence `live[i]` come in the next forward pass, in this order, from row 0 of the batch.
    ///
    /// - Precondition: the tokens fit the capacity.
    /// - Returns: the position of each new token in its sequence.
    public func begin(live: [Int], counts: [Int]) throws -> [Int32] {
        var (rows, positions): ([Int], [Int32]) = ([], [])
        var (starts, ends): ([Int32], [Int32]) = ([], [])
        for (sequence, count) in zip(live, counts) {
            precondition(lengths[sequence] + count <= capacity, "\(lengths[sequence]) + \(count) tokens do not fit a cache of \(capacity)")
            rows += (0..<count).map { sequence * capacity + lengths[sequence] + $0 }
            positions += (0..<count).map { Int32(lengths[sequence] + $0) }
            starts.append(Int32(sequence * capacity))
            ends.append(Int32(lengths[sequence] + count))
        }
        step = Step(
            live: live, counts: counts, rows: try Tensor(rows, shape: [rows.count]), documents: try Documents(starts: starts, lengths: ends)
        )
        return positions
    }

    /// Ends the forward pass: the announced tokens are now stored.
    public func commit() {
        guard let step else { return }
        for (sequence, count) in zip(step.live, step.counts) { lengths[sequence] += count }
        self.step = nil
    }

    /// Whether tokens were announced, so that a forward pass reads and fills this cache.
    public var isActive: Bool { step != nil }

    /// The whole length of each live sequence with its new tokens; for angles that depend on it, the room it has.
    var liveCapacities: [Int] { (step?.live ?? []).map { _ in capacity } }

    /// Stores the new rows of a layer and returns all of its keys and values.
    ///
    /// - Parameters:
    ///   - keys: `[N, G·K]`, `N` at least the announced tokens; rows after them are ignored.
    ///   - values: as `keys`.
    func store(layer: Int, keys: Tensor, values: Tensor) throws -> (keys: Tensor, values: Tensor, documents: Documents) {
        guard let step else { preconditionFailure("begin(live:counts:) comes before a forward pass") }
        let width = keys.size(-1)
        if layers[layer] == nil {
            let shape = [sequences * capacity, width]
            layers[layer] = (
                try .zeros(shape, dtype: keys.dtype, device: keys.device), try .zeros(shape, dtype: keys.dtype, device: keys.device)
            )
        }
        guard let (allKeys, allValues) = layers[layer] else { preconditionFailure("made above") }
        let count = step.rows.count
        try allKeys.copyRows(from: count == keys.size(0) ? keys : keys.slice(0, 0..<count), at: step.rows)
        try allValues.copyRows(from: count == values.size(0) ? values : values.slice(0, 0..<count), at: step.rows)
        return (allKeys, allValues, step.documents)
    }

    /// Keys and values of another text that a layer attends to, computed once (sequence to sequence).
    func cross(layer: Int, make: () throws -> (keys: Tensor, values: Tensor)) throws -> (keys: Tensor, values: Tensor) {
        if let found = crossed[layer] { return found }
        let made = try make()
        crossed[layer] = made
        return made
    }

    /// The sequences of the pass that is running, in batch order.
    public var live: [Int] { step?.live ?? [] }

    /// Lets sequence `i` go on from the state of sequence `sources[i]` (beam search).
    public func reorder(_ sources: [Int]) throws {
        precondition(sources.count == sequences, "\(sources.count) sources for \(sequences) sequences")
        guard sources != Array(0..<sequences) else { return }
        var rows: [Int] = []
        for source in sources { rows += (0..<capacity).map { source * capacity + $0 } }
        let index = try Tensor(rows, shape: [rows.count])
        for (layer, pair) in layers {
            layers[layer] = (try pair.keys.selecting(index.to(pair.keys.device)), try pair.values.selecting(index.to(pair.values.device)))
        }
        lengths = sources.map { lengths[$0] }
    }

    /// Makes room for longer sequences.
    public func grow(to capacity: Int) throws {
        guard capacity > self.capacity else { return }
        let kept = (0..<sequences).flatMap { sequence in
            (0..<lengths[sequence]).map { (sequence * self.capacity + $0, sequence * capacity + $0) }
        }
        let from = try Tensor(kept.map(\.0), shape: [kept.count]), to = try Tensor(kept.map(\.1), shape: [kept.count])
        for (layer, pair) in layers {
            let moved = try [pair.keys, pair.values].map { old -> Tensor in
                let new = try Tensor.zeros([sequences * capacity, old.size(-1)], dtype: old.dtype, device: old.device)
                try new.copyRows(from: old.selecting(from), at: to)
                return new
            }
            layers[layer] = (moved[0], moved[1])
        }
        self.capacity = capacity
    }

    /// Forgets all but the first `count` tokens of every sequence.
    public func truncate(to count: Int) { lengths = lengths.map { min($0, count) } }
}
