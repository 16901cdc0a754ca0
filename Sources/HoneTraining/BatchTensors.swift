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
    }

    private static func column(_ values: [Int32], filler: Int32, _ device: Device) throws(TensorError) -> Tensor {
        let count = (values.count + slotMultiple - 1) / slotMultiple * slotMultiple
        let numbers = values.map(Int64.init) + repeatElement(Int64(filler), count: count - values.count)
        return try Tensor(numbers, shape: [count], dtype: .int64).to(device)
    }
}

/// Computes the logits `[B, C]` of a batch; how the loop reaches a model without importing models.
public typealias Forward = (BatchTensors, Context) throws -> Tensor
