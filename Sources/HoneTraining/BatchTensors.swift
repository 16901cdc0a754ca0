// Tested by TrainerTests.swift.
public import HoneData
public import HoneLayers
public import HoneTensors

/// A batch as tensors: the one place where rows of numbers become tensors.
public struct BatchTensors {
    /// int64 `[N]` each.
    public let ids: Tensor, typeIDs: Tensor, positions: Tensor
    public let documents: Documents

    public init(_ batch: TokenBatch, device: Device) throws(TensorError) {
        ids = try Self.column(batch.ids, device)
        typeIDs = try Self.column(batch.typeIDs, device)
        positions = try Self.column(batch.positions, device)
        documents = try Documents(starts: batch.starts, lengths: batch.lengths).to(device)
    }

    private static func column(_ values: [Int32], _ device: Device) throws(TensorError) -> Tensor {
        try Tensor(values.map(Int64.init), shape: [values.count], dtype: .int64).to(device)
    }
}

/// Computes logits `[B, C]` of a batch; how the loop reaches a model without importing models.
public typealias Forward = (BatchTensors, Context) throws -> Tensor

/// Runs a model over rows without gradients.
public struct Predictor {
    public let forward: Forward
    public let compute: DType
    public let device: Device
    /// Slots per batch.
    public let budget: Int
    public let paddingID: Int32

    public init(forward: @escaping Forward, compute: DType, device: Device, budget: Int, paddingID: Int32) {
        (self.forward, self.compute, self.device, self.budget, self.paddingID) = (forward, compute, device, budget, paddingID)
    }

    /// Logits of every row, float32, in the rows' order: `[R][C]`.
    public func logits(of rows: [EncodedRow]) throws -> [[Float]] {
        var result = [[Float]](repeating: [], count: rows.count)
        try forEach(rows) { batch, logits in
            let width = logits.size(-1)
            let values = try logits.floats()
            for (place, row) in batch.rows.enumerated() { result[row] = Array(values[place * width..<(place + 1) * width]) }
        }
        return result
    }

    /// Gives `body` the logits of one batch after another, longest rows first.
    public func forEach(_ rows: [EncodedRow], _ body: (TokenBatch, Tensor) throws -> Void) throws {
        let lengths = rows.map(\.ids.count)
        let plan = try BatchPlan.evaluation(lengths: lengths, batching: .packed, tokenBudget: max(budget, lengths.max() ?? 0))
        try withGradients(false) {
            for indices in plan.batches(epoch: 0) {
                let batch = TokenBatch(indices, of: rows, layout: .packed, paddingID: paddingID)
                let tensors = try BatchTensors(batch, device: device)
                try body(batch, try forward(tensors, Context(documents: tensors.documents, isTraining: false, compute: compute)))
            }
        }
    }
}
