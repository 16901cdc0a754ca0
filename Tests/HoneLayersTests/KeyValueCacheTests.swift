import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneLayers

@Suite("The key/value cache")
struct KeyValueCacheTests {
    /// Rows of two columns that begin with `first`, `first + 1`, ...
    private func rows(_ first: Int, _ count: Int) throws -> Tensor {
        try Tensor.range(2 * first, 2 * (first + count), dtype: .float32).reshaped([count, 2])
    }

    private func first(_ tensor: Tensor, _ row: Int) throws -> Float { try tensor.slice(0, row..<(row + 1)).floats()[0] }

    @Test("stores the announced rows of each sequence at its place, and says where keys lie")
    func stores() throws {
        let cache = KeyValueCache(sequences: 3, capacity: 4)
        #expect(!cache.isActive && cache.live.isEmpty)
        #expect(try cache.begin(live: [0, 2], counts: [2, 1]) == [0, 1, 0])
        #expect(cache.isActive && cache.live == [0, 2])
        // A fourth row, padding, is ignored.
        let stored = try cache.store(layer: 0, keys: rows(10, 4), values: rows(50, 4))
        #expect(stored.keys.shape == [12, 2] && stored.values.shape == [12, 2])
        #expect(try [0, 1, 8].map { try first(stored.keys, $0) } == [20, 22, 24])
        #expect(try [0, 1, 8].map { try first(stored.values, $0) } == [100, 102, 104] && stored.keys.sum().item() == 6 * 22 + 3)
        #expect(try stored.documents.starts.integers() == [0, 8] && stored.documents.lengths.integers() == [2, 1])
        #expect(cache.lengths == [0, 0, 0], "not before the pass has ended")
        cache.commit()
        #expect(cache.lengths == [2, 0, 1] && !cache.isActive)
        #expect(try cache.begin(live: [2], counts: [2]) == [1, 2])
        let next = try cache.store(layer: 0, keys: rows(30, 2), values: rows(70, 2))
        #expect(try [8, 9, 10].map { try first(next.keys, $0) } == [24, 60, 62])
        #expect(try next.documents.starts.integers() == [8] && next.documents.lengths.integers() == [3])
    }

    @Test("sequences go on from others' states")
    func reorders() throws {
        let cache = KeyValueCache(sequences: 3, capacity: 2)
        _ = try cache.begin(live: [0, 1, 2], counts: [2, 1, 1])
        _ = try cache.store(layer: 0, keys: rows(1, 4), values: rows(1, 4))
        cache.commit()
        try cache.reorder([2, 0, 0])
        #expect(cache.lengths == [1, 2, 2])
        _ = try cache.begin(live: [0], counts: [1])
        let stored = try cache.store(layer: 0, keys: rows(9, 1), values: rows(9, 1))
        #expect(try (0..<6).map { try first(stored.keys, $0) } == [8, 18, 2, 4, 2, 4])
        #expect(try (0..<6).map { try first(stored.values, $0) } == [8, 18, 2, 4, 2, 4])
    }

    @Test("room can be made and taken back without changing what stays")
    func growsAndTruncates() throws {
        let cache = KeyValueCache(sequences: 2, capacity: 2)
        _ = try cache.begin(live: [0, 1], counts: [2, 1])
        _ = try cache.store(layer: 3, keys: rows(1, 3), values: rows(4, 3))
        cache.commit()
        try cache.grow(to: 5)
        try cache.grow(to: 3)
        #expect(cache.capacity == 5 && cache.lengths == [2, 1])
        _ = try cache.begin(live: [0, 1], counts: [1, 1])
        let grown = try cache.store(layer: 3, keys: rows(20, 2), values: rows(30, 2))
        #expect(try [0, 1, 2, 5, 6].map { try first(grown.keys, $0) } == [2, 4, 40, 6, 42])
        #expect(try [0, 1, 2, 5, 6].map { try first(grown.values, $0) } == [8, 10, 60, 12, 62])
        cache.commit()
        cache.truncate(to: 1)
        #expect(cache.lengths == [1, 1])
        #expect(try cache.begin(live: [0], counts: [1]) == [1])
        let again = try cache.store(layer: 3, keys: rows(40, 1), values: rows(40, 1))
        #expect(try [0, 1].map { try first(again.keys, $0) } == [2, 80])
    }

    @Test("keys of another text are made once for each layer, whatever becomes of the sequences")
    func crosses() throws {
        let cache = KeyValueCache(sequences: 2, capacity: 2)
        var made = 0
        func cross(_ layer: Int) throws -> Float {
            let pair = try cache.cross(layer: layer) {
                made += 1
                return (try rows(10 * made, 1), try rows(0, 1))
            }
            return try first(pair.keys, 0)
        }
        #expect(try [cross(0), cross(1), cross(0)] == [20, 40, 20] && made == 2)
        try cache.reorder([1, 0])
        cache.truncate(to: 0)
        #expect(try cross(1) == 40 && made == 2)
    }

    @Test("attention step by step, with a bias by distance, is attention at once; so is attention to another text")
    func attention() throws {
        var generator = SeededGenerator(seed: 9)
        let (lengths, settings) = ([5, 2, 4], AttentionSettings(heads: 2, scale: 0.7, causal: true))
        let q = try generator.tensor([11, 6]), k = try generator.tensor([11, 6]), v = try generator.tensor([11, 6])
        let bias = try generator.tensor([2, 9]), others = try Documents(starts: [0, 3, 4], lengths: [3, 1, 4])
        let (otherK, otherV) = (try generator.tensor([8, 6]), try generator.tensor([8, 6]))
        let free = AttentionSettings(heads: 2, scale: 0.7)
        let starts = [0, 5, 7]
        let whole = Context(
            documents: try Documents(starts: starts.map(Int32.init), lengths: lengths.map(Int32.init)), isTraining: false,
            compute: .float32)
        #expect(whole.longest == 5)
        let expected = try whole.attention(layer: 0, q, keys: k, values: v, bias: bias, settings)
        let expectedCross = try whole.crossAttention(layer: 0, q, to: others, free) { (otherK, otherV) }
        let cache = KeyValueCache(sequences: 3, capacity: 5)
        for step in 0..<5 {
            let live = (0..<3).filter { lengths[$0] > step }
            let slots = try Tensor(live.map { starts[$0] + step }, shape: [live.count])
            _ = try cache.begin(live: live, counts: live.map { _ in 1 })
            let context = Context(
                documents: try Documents(starts: live.indices.map(Int32.init), lengths: live.map { _ in 1 }), isTraining: false,
                compute: .float32, cache: cache)
            #expect(context.longest == step + 1)
            let reach = context.longest
            let found = try context.attention(
                layer: 0, q.selecting(slots), keys: k.selecting(slots), values: v.selecting(slots),
                bias: bias.slice(1, (5 - reach)..<(4 + reach)).contiguous(), settings)
            try requireClose(found, expected.selecting(slots), .float32Sum, "step \(step)")
            let spans = [(0, 3), (3, 1), (4, 4)]
            let sources = try Documents(starts: live.map { Int32(spans[$0].0) }, lengths: live.map { Int32(spans[$0].1) })
            let crossed = try context.crossAttention(layer: 0, q.selecting(slots), to: sources, free) { (otherK, otherV) }
            try requireClose(crossed, expectedCross.selecting(slots), .float32Sum, "other text, step \(step)")
            cache.commit()
        }
    }
}
