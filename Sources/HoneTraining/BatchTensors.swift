// Tested by PredictorTests.swift.
public import HoneData
public import HoneLayers
public import HoneTensors

/// Holds a batch as tensors: the one place where rows of numbers become tensors.
///
/// `N` slots, `B` rows. Not Sendable: stays on the torch thread.
public struct BatchTensors {
    /// Token ids, int64 `[N]`.
    public let ids: Tensor
    /// Segments, int64 `[N]`.
    public let typeIDs: Tensor
    /// The place of each token in its row, int64 `[N]`.
    public let positions: Tensor
    /// Where the rows lie, int32 `[B]` each.
    public let documents: Documents
    /// The places that have a target and what it is; nil for rows without targets for each token.
    public let targets: TokenTargets?
    /// The decoder's side of the batch; nil without one.
    public let decoder: DecoderTensors?

    /// Slots are rounded up to a multiple of this; the added ones belong to no row, so nothing that is read depends on them.
    ///
    /// oneDNN generates code for every new size of a product, which costs more than the product: few sizes, little code.
    public static let slotMultiple = 32

    /// Copies the numbers of a batch to a device.
    /// - Throws: `TensorError` if the device has no memory for them.
    public init(_ batch: TokenBatch, device: Device) throws(TensorError) {
        let last = batch.ids.last ?? 0
        ids = try Self.column(batch.ids, filler: last, device)
        typeIDs = try Self.column(batch.typeIDs, filler: 0, device)
        positions = try Self.column(batch.positions, filler: 0, device)
        documents = try Documents(starts: batch.starts, lengths: batch.lengths).to(device)
        targets = batch.tokenTargets.isEmpty ? nil : try TokenTargets(batch.tokenTargets, device: device)
        decoder = try batch.decoder.map { side throws(TensorError) in try DecoderTensors(side, device: device) }
    }

    static func column(_ values: [Int32], filler: Int32, _ device: Device) throws(TensorError) -> Tensor {
        let count = (values.count + slotMultiple - 1) / slotMultiple * slotMultiple
        let numbers = values.map(Int64.init) + repeatElement(Int64(filler), count: count - values.count)
        return try Tensor(numbers, shape: [count], dtype: .int64).to(device)
    }
}

/// The places of a flat batch that have a target: only those rows need the output matrix.
public struct TokenTargets {
    /// The rows, int64 `[R]`, `R` a multiple of ``BatchTensors/slotMultiple``; added ones are row 0.
    public let rows: Tensor
    /// What each row is to predict, int64 `[R]`; −100 in added ones.
    public let ids: Tensor
    /// How many places have a target.
    public let count: Int

    /// Finds the places whose target is not `TokenTarget.ignored`.
    public init(_ targets: [Int32], device: Device) throws(TensorError) {
        var rows: [Int] = []
        var ids: [Int] = []
        for (row, id) in targets.enumerated() where id != TokenTarget.ignored {
            rows.append(row)
            ids.append(Int(id))
        }
        count = rows.count
        let missing = (BatchTensors.slotMultiple - count % BatchTensors.slotMultiple) % BatchTensors.slotMultiple
        rows += repeatElement(0, count: missing)
        ids += repeatElement(Int(TokenTarget.ignored), count: missing)
        self.rows = try Tensor(rows, shape: [rows.count]).to(device)
        self.ids = try Tensor(ids, shape: [ids.count]).to(device)
    }
}

/// The decoder's side of a batch of sequences.
public struct DecoderTensors {
    /// What the decoder reads, int64 `[M]`.
    public let ids: Tensor
    /// The place of each token in its row, int64 `[M]`.
    public let positions: Tensor
    /// Where the rows lie, int32 `[B]` each.
    public let documents: Documents
    /// The places that have a target and what it is.
    public let targets: TokenTargets

    init(_ side: DecoderBatch, device: Device) throws(TensorError) {
        ids = try BatchTensors.column(side.ids, filler: side.ids.last ?? 0, device)
        positions = try BatchTensors.column(side.positions, filler: 0, device)
        documents = try Documents(starts: side.starts, lengths: side.lengths).to(device)
        targets = try TokenTargets(side.targets, device: device)
    }
}

/// Computes the logits `[B, C]` of a batch; how the loop reaches a model without importing models.
public typealias Forward = (BatchTensors, Context) throws -> Tensor
