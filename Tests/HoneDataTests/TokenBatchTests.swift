import HoneData
import Testing

@Suite("TokenBatch")
struct TokenBatchTests {
    static let list = [
        EncodedRow(ids: [1, 5, 2], typeIDs: [0, 0, 1], target: .classIndex(3), source: 0),
        EncodedRow(ids: [1, 6, 7, 8, 2], typeIDs: [0, 0, 0, 0, 0], target: .none, source: 1),
        EncodedRow(ids: [1, 2], typeIDs: [0, 1], target: .classIndex(4), source: 2),
    ]

    @Test("packs rows one after the other")
    func packed() {
        let batch = TokenBatch([2, 0], of: Self.list, layout: .packed, paddingID: 99)
        #expect(batch.ids == [1, 2, 1, 5, 2])
        #expect(batch.typeIDs == [0, 1, 0, 0, 1])
        #expect(batch.positions == [0, 1, 0, 1, 2])
        #expect(batch.starts == [0, 2])
        #expect(batch.lengths == [2, 3])
        #expect(batch.targets == [.classIndex(4), .classIndex(3)])
        #expect(batch.rows == [2, 0])
        #expect([batch.maximumLength, batch.tokenCount, batch.slotCount, batch.targetCount] == [3, 5, 5, 2])
    }

    @Test("pads rows to the longest", arguments: [Batching.padded, .bucketed])
    func padded(layout: Batching) {
        let batch = TokenBatch([0, 1], of: Self.list, layout: layout, paddingID: 99)
        #expect(batch.ids == [1, 5, 2, 99, 99, 1, 6, 7, 8, 2])
        #expect(batch.typeIDs == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
        #expect(batch.positions == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4])
        #expect(batch.starts == [0, 5])
        #expect(batch.lengths == [3, 5])
        #expect([batch.maximumLength, batch.tokenCount, batch.slotCount, batch.targetCount] == [5, 8, 10, 1])
    }

    @Test("an empty batch is empty", arguments: Batching.allCases)
    func empty(layout: Batching) {
        let batch = TokenBatch([], of: Self.list, layout: layout, paddingID: 0)
        #expect(batch.slotCount == 0)
        #expect(batch.maximumLength == 0)
    }

    @Test("a multi-label row counts once for each label")
    func targetCount() {
        #expect(EncodedTarget.multiHot([0, 1, 0]).targetCount == 3)
        #expect(EncodedTarget.value(1).targetCount == 1)
    }

    @Test("holds every token of every row once, in every layout")
    func everyToken() {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let list = (0..<1 + generator.index(below: 12)).map { source in
                let ids = (0..<1 + generator.index(below: 9)).map { Int32(1000 * source + $0 + 1) }
                return EncodedRow(ids: ids, typeIDs: ids.map { $0 % 2 }, target: .value(Float(source)), source: source)
            }
            var indices = Array(list.indices)
            generator.shuffle(&indices)
            for layout in Batching.allCases {
                let batch = TokenBatch(indices, of: list, layout: layout, paddingID: 0)
                for (place, row) in batch.rows.enumerated() {
                    let slots = Int(batch.starts[place])..<Int(batch.starts[place] + batch.lengths[place])
                    #expect(Array(batch.ids[slots]) == list[row].ids, "seed \(seed)")
                    #expect(Array(batch.typeIDs[slots]) == list[row].typeIDs, "seed \(seed)")
                    #expect(Array(batch.positions[slots]) == Array(0..<batch.lengths[place]), "seed \(seed)")
                    #expect(batch.targets[place] == list[row].target, "seed \(seed)")
                }
                #expect(batch.ids.count { $0 != 0 } == batch.tokenCount, "seed \(seed)")
                #expect(batch.tokenCount == list.reduce(0) { $0 + $1.ids.count }, "seed \(seed)")
                #expect(batch.ids.count == batch.typeIDs.count && batch.ids.count == batch.positions.count, "seed \(seed)")
            }
        }
    }

    @Test("targets of tokens travel with their tokens; padding is ignored by position, whatever its id", arguments: Batching.allCases)
    func tokenTargets(layout: Batching) {
        let rows = [
            EncodedRow(ids: [7, 8], typeIDs: [0, 0], target: .perToken([8, -100]), source: 0),
            EncodedRow(ids: [7, 9, 8], typeIDs: [0, 0, 0], target: .perToken([-100, 8, -100]), source: 1),
        ]
        // The padding's id is that of a learned token.
        let batch = TokenBatch([0, 1], of: rows, layout: layout, paddingID: 8)
        #expect(batch.tokenTargets == (layout == .packed ? [8, -100, -100, 8, -100] : [8, -100, -100, -100, 8, -100]))
        #expect(batch.tokenTargets.count == batch.slotCount && batch.targetCount == 2 && batch.decoder == nil)
        #expect(TokenBatch([0, 1], of: Self.list, layout: layout, paddingID: 8).tokenTargets.isEmpty)
    }

    @Test("the decoder reads the start token and the target but its last, and is to write the target")
    func decoder() throws {
        let rows = [[5, 6, 2], [4, 2]].enumerated().map { source, target in
            EncodedRow(ids: [1, 2], typeIDs: [0, 0], target: .sequence(ids: target), source: source)
        }
        let packed = try #require(TokenBatch([1, 0], of: rows, layout: .packed, paddingID: 0, decoderStart: 9).decoder)
        #expect(packed.ids == [9, 4, 9, 5, 6] && packed.targets == [4, 2, 5, 6, 2] && packed.positions == [0, 1, 0, 1, 2])
        #expect(packed.starts == [0, 2] && packed.lengths == [2, 3] && packed.maximumLength == 3)
        let padded = try #require(TokenBatch([1, 0], of: rows, layout: .padded, paddingID: 2, decoderStart: 9).decoder)
        #expect(padded.ids == [9, 4, 2, 9, 5, 6] && padded.targets == [4, 2, -100, 5, 6, 2] && padded.starts == [0, 3])
        #expect(TokenBatch([0], of: rows, layout: .padded, paddingID: 2).decoder == nil)
        #expect(TokenBatch([0, 1], of: rows, layout: .packed, paddingID: 2).targetCount == 5)
    }
}
