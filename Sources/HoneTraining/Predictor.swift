public import HoneData
internal import HoneLayers
public import HoneTensors

/// Runs a model over rows without gradients and without dropout.
///
/// A row's logits do not depend on which rows share its batch, but for the last bits of a float32 sum.
public struct Predictor {
    /// The model.
    public let forward: Forward
    /// The type in which products run.
    public let compute: DType
    /// Where the model lies.
    public let device: Device
    /// The most slots of a batch; a row that is longer makes a batch of its own.
    public let budget: Int
    /// The id in slots of no row.
    public let paddingID: Int32

    /// Makes a predictor; nothing runs yet.
    public init(forward: @escaping Forward, compute: DType, device: Device, budget: Int, paddingID: Int32) {
        (self.forward, self.compute, self.device, self.budget, self.paddingID) = (forward, compute, device, budget, paddingID)
    }

    /// Returns the logits of every row, `[R][C]` float32, in the rows' order.
    /// - Throws: what the model throws; `TensorError`.
    public func logits(of rows: [EncodedRow]) throws -> [[Float]] {
        var result = [[Float]](repeating: [], count: rows.count)
        try forEach(rows) { batch, logits in
            let width = logits.size(-1)
            let values = try logits.floats()
            for (place, row) in batch.rows.enumerated() { result[row] = Array(values[place * width..<(place + 1) * width]) }
        }
        return result
    }

    /// Gives `body` one batch after another with its logits `[B, C]`, longest rows first; `TokenBatch.rows` says which rows they are.
    /// - Throws: what the model or `body` throws; `TensorError`.
    public func forEach(_ rows: [EncodedRow], _ body: (TokenBatch, Tensor) throws -> Void) throws {
        let lengths = rows.map(\.ids.count)
        let plan = try BatchPlan.evaluation(lengths: lengths, batching: .packed, tokenBudget: max(1, budget, lengths.max() ?? 0))
        try withGradients(false) {
            for indices in plan.batches(epoch: 0) {
                let batch = TokenBatch(indices, of: rows, layout: .packed, paddingID: paddingID)
                let tensors = try BatchTensors(batch, device: device)
                try body(batch, try forward(tensors, Context(documents: tensors.documents, isTraining: false, compute: compute)))
            }
        }
    }
}
