import Foundation
import HoneData
import HoneLayers
import HoneTensors
import HoneTestSupport
import HoneTraining
import Testing

@Suite("Predictor")
struct PredictorTests {
    @Test("gives logits in the rows' order, the same as for each row alone", arguments: [0, 1, 9, 30, 10_000])
    func order(_ budget: Int) throws {
        try exclusively {
            var bench = TrainingBench(tuning: TrainingBench.lora, dropout: 0.5)  // dropout must not apply
            bench.plan.evaluationBudget = budget
            let model = try bench.model()
            for named in model.wrapperParameters() { try named.parameter.restore(.full(named.parameter.shape, 0.1)) }
            let rows = bench.rows
            let found = try bench.predictor(model).logits(of: rows)
            #expect(found.count == rows.count)
            for (index, row) in rows.enumerated() {
                let alone = try bench.predictor(model).logits(of: [row])[0]
                try requireClose(found[index].map(Double.init), alone.map(Double.init), .float32Sum, "row \(index)")
            }
        }
    }

    @Test("keeps batches inside the budget, records no graph, and hands out every row once")
    func batches() throws {
        try exclusively {
            let bench = TrainingBench()
            let model = try bench.model()
            var seen: [Int] = []
            try bench.predictor(model).forEach(bench.rows) { batch, logits in
                #expect(batch.slotCount <= 30 && batch.layout == .packed)
                #expect(logits.shape == [batch.rows.count, TrainingBench.classes])
                #expect(!logits.hasGraph)
                seen += batch.rows
            }
            #expect(seen.sorted() == Array(0..<bench.rowCount))
        }
    }

    @Test("no rows give no logits")
    func empty() throws {
        try exclusively {
            let none = try TrainingBench().predictor(TrainingBench().model()).logits(of: [])
            #expect(none.isEmpty)
        }
    }

    @Test("computes in bfloat16 when asked to, and returns float32")
    func bfloat16() throws {
        try exclusively {
            var bench = TrainingBench()
            let exact = try bench.predictor(bench.model()).logits(of: bench.rows).flatMap(\.self).map(Double.init)
            bench.plan.compute = .bfloat16
            let found = try bench.predictor(bench.model()).logits(of: bench.rows).flatMap(\.self).map(Double.init)
            try requireClose(found, exact, .bfloat16Model, "logits")
            #expect(found != exact)
        }
    }

    @Test("a batch becomes int64 columns and int32 documents, with slots of no row up to a round number")
    func tensors() throws {
        let rows = [
            EncodedRow(ids: [5, 6, 7], typeIDs: [0, 0, 1], target: .none, source: 0),
            EncodedRow(ids: [8, 9], typeIDs: [0, 1], target: .none, source: 1),
        ]
        let padded = try BatchTensors(TokenBatch([1, 0], of: rows, layout: .padded, paddingID: 2), device: .cpu)
        let added = BatchTensors.slotMultiple - 6
        #expect(padded.ids.dtype == .int64 && padded.documents.starts.dtype == .int32)
        // The filler repeats ids that the batch has, so that no other row of a table gets a gradient.
        #expect(try padded.ids.integers() == [8, 9, 2, 5, 6, 7] + Array(repeating: 7, count: added))
        #expect(try padded.typeIDs.integers() == [0, 1, 0, 0, 0, 1] + Array(repeating: 0, count: added))
        #expect(try padded.positions.integers() == [0, 1, 2, 0, 1, 2] + Array(repeating: 0, count: added))
        #expect(try padded.documents.starts.integers() == [0, 3])
        #expect(try padded.documents.lengths.integers() == [2, 3])
        #expect(padded.documents.longest == 3)
    }

    @Test("rounding adds nothing to a round number of slots, and nothing to no slots", arguments: [0, 1, 31, 32, 33, 64])
    func rounding(_ count: Int) throws {
        let row = EncodedRow(ids: Array(repeating: 4, count: count), typeIDs: Array(repeating: 0, count: count), target: .none, source: 0)
        let tensors = try BatchTensors(TokenBatch([0], of: [row], layout: .packed, paddingID: 0), device: .cpu)
        #expect(tensors.ids.count == [0: 0, 1: 32, 31: 32, 32: 32, 33: 64, 64: 64][count])
        #expect(tensors.positions.count == tensors.ids.count && tensors.typeIDs.count == tensors.ids.count)
    }
}
