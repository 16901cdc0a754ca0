import HoneData
import Testing

@Suite("BatchPlan")
struct BatchPlanTests {
    static func slots(_ batch: [Int], _ lengths: [Int], _ batching: Batching) -> Int {
        let mine = batch.map { lengths[$0] }
        return batching == .packed ? mine.reduce(0, +) : (mine.max() ?? 0) * mine.count
    }

    @Test("covers every row exactly once, in every layout, order and budget")
    func covers() throws {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let lengths = (0..<generator.index(below: 200)).map { _ in 1 + generator.index(below: 60) }
            let size = 1 + generator.index(below: 20)
            let budget = generator.index(below: 2) == 0 ? nil : 60 + generator.index(below: 300)
            for batching in Batching.allCases {
                let shuffle = generator.index(below: 2) == 0
                let plan = try BatchPlan(
                    lengths: lengths, batching: batching, batchSize: size, tokenBudget: budget, shuffle: shuffle, seed: seed)
                let evaluation = try BatchPlan.evaluation(lengths: lengths, batching: batching, batchSize: size, tokenBudget: budget)
                for (batches, count) in [
                    (plan.batches(epoch: 0), plan.batchCount(epoch: 0)), (plan.batches(epoch: 5), plan.batchCount(epoch: 5)),
                    (evaluation.batches(epoch: 0), evaluation.batchCount(epoch: 0)),
                ] {
                    #expect(batches.flatMap(\.self).sorted() == Array(lengths.indices), "seed \(seed)")
                    #expect(batches.allSatisfy { !$0.isEmpty && $0.count <= size }, "seed \(seed)")
                    #expect(batches.count == count, "seed \(seed)")
                    if let budget { #expect(batches.allSatisfy { Self.slots($0, lengths, batching) <= budget }, "seed \(seed)") }
                    if budget == nil { #expect(batches.count == (lengths.count + size - 1) / size) }
                }
            }
        }
    }

    @Test("the seed and the epoch decide the order and nothing else", arguments: Batching.allCases)
    func stateless(batching: Batching) throws {
        let lengths = (0..<100).map { $0 % 17 + 1 }
        let plan = try BatchPlan(lengths: lengths, batching: batching, batchSize: 3, seed: 4)
        let again = try BatchPlan(lengths: lengths, batching: batching, batchSize: 3, seed: 4)
        #expect(plan.batches(epoch: 7) == again.batches(epoch: 7))
        #expect(plan.batches(epoch: 7) != plan.batches(epoch: 8))
        #expect(try BatchPlan(lengths: lengths, batching: batching, batchSize: 3, seed: 5).batches(epoch: 7) != plan.batches(epoch: 7))
    }

    @Test("packed and padded see the same rows in the same order, so their losses compare")
    func sameOrder() throws {
        let lengths = (0..<50).map { $0 % 9 + 1 }
        let plans = try [Batching.packed, .padded].map {
            try BatchPlan(lengths: lengths, batching: $0, batchSize: 8, seed: 2).batches(epoch: 1)
        }
        #expect(plans[0] == plans[1])
    }

    @Test("without shuffling rows keep their order in every epoch, the last batch partial")
    func fileOrder() throws {
        let plan = try BatchPlan(lengths: [4, 1, 3, 2, 9], batching: .packed, batchSize: 2, shuffle: false, seed: 1)
        #expect(plan.batches(epoch: 0) == [[0, 1], [2, 3], [4]])
        #expect(plan.batches(epoch: 9) == [[0, 1], [2, 3], [4]])
        let bucketed = try BatchPlan(lengths: [4, 1, 3, 2, 9], batching: .bucketed, batchSize: 2, shuffle: false, seed: 1)
        #expect(bucketed.batches(epoch: 0) == [[1, 3], [2, 0], [4]])
    }

    @Test("buckets hold rows of about one length and need little padding")
    func buckets() throws {
        var generator = SplitMix64(state: 8)
        let lengths = (0..<2000).map { _ in 1 + generator.index(below: 100) }
        let waste = try [Batching.padded, .bucketed].map { batching in
            let plan = try BatchPlan(lengths: lengths, batching: batching, batchSize: 16, seed: 1)
            let slots = plan.batches(epoch: 0).reduce(0) { $0 + Self.slots($1, lengths, batching) }
            return Double(slots) / Double(lengths.reduce(0, +))
        }
        #expect(waste[0] > 1.7)
        #expect(waste[1] < 1.1)
    }

    @Test("evaluation takes the longest rows first")
    func evaluation() throws {
        let plan = try BatchPlan.evaluation(lengths: [3, 9, 3, 5], batching: .bucketed, tokenBudget: 10)
        #expect(plan.batches(epoch: 0) == [[1], [3, 0], [2]])
    }

    @Test("micro-batches keep the rows, their order and the target count")
    func microBatches() {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let list = (0..<1 + generator.index(below: 40)).map { source in
                EncodedRow(ids: [1], typeIDs: [0], target: source % 3 == 0 ? .none : .classIndex(1), source: source)
            }
            let batch = Array(list.indices)
            let parts = 1 + generator.index(below: 10)
            let micro = BatchPlan.microBatches(batch, parts: parts)
            #expect(micro.flatMap(\.self) == batch, "seed \(seed)")
            #expect(micro.count == min(parts, batch.count), "seed \(seed)")
            #expect((micro.map(\.count).max() ?? 0) - (micro.map(\.count).min() ?? 0) <= 1, "seed \(seed)")
            let whole = TokenBatch(batch, of: list, layout: .packed, paddingID: 0).targetCount
            #expect(micro.map { TokenBatch($0, of: list, layout: .packed, paddingID: 0).targetCount }.reduce(0, +) == whole, "seed \(seed)")
            #expect(BatchPlan.microBatches([], parts: 3).isEmpty, "seed \(seed)")
        }
    }

    @Test("refuses settings that cannot work")
    func refuses() {
        #expect(throws: DataError.badBatchSetting(name: "training.batchSize", found: 0)) {
            try BatchPlan(lengths: [1], batching: .packed, batchSize: 0, seed: 1)
        }
        #expect(throws: DataError.badBatchSetting(name: "the token budget", found: -1)) {
            try BatchPlan(lengths: [1], batching: .packed, batchSize: 1, tokenBudget: -1, seed: 1)
        }
        #expect(throws: DataError.rowOverBudget(row: 1, tokens: 9, budget: 8)) {
            try BatchPlan(lengths: [1, 9], batching: .packed, batchSize: 1, tokenBudget: 8, seed: 1)
        }
    }

    @Test("the heaviest batch has the most slots of all epochs", arguments: Batching.allCases)
    func heaviest(batching: Batching) throws {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let lengths = (0..<1 + generator.index(below: 100)).map { _ in 1 + generator.index(below: 60) }
            let plan = try BatchPlan(lengths: lengths, batching: batching, batchSize: 4, tokenBudget: 90, seed: seed)
            let all = (0..<3).flatMap { plan.batches(epoch: $0) }
            let heaviest = plan.heaviestBatch(epochs: 3)
            let most = all.map { Self.slots($0, lengths, batching) }.max()
            #expect(Self.slots(heaviest, lengths, batching) == most && plan.slots(of: heaviest) == most, "seed \(seed)")
            #expect(all.contains(heaviest), "seed \(seed)")
            // What a row needs besides counts: here the last row outweighs all others.
            #expect(plan.heaviestBatch(epochs: 1) { $0 == lengths.count - 1 ? 1000 : 0 }.contains(lengths.count - 1), "seed \(seed)")
        }
        #expect(try BatchPlan(lengths: [], batching: batching, batchSize: 4, seed: 0).heaviestBatch(epochs: 1).isEmpty)
    }
}
