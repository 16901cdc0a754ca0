// Tested by FamilyCheckTests.swift.
public import HoneTensors

/// Token ids of some rows, laid out flat: what a model takes, without naming a model.
public struct FlatBatch {
    /// How rows lie in the flat batch.
    public enum Layout: Sendable, Equatable, CustomStringConvertible {
        /// One after another, nothing else.
        case packed
        /// With a common stride and padding after each.
        case padded
        /// One row alone.
        case alone(Int)

        /// The layout in words, for reports.
        public var description: String {
            switch self {
            case .packed: "packed"
            case .padded: "padded"
            case .alone(let row): "row \(row) alone"
            }
        }
    }

    /// Int64 tensors `[N]`.
    public let ids, typeIDs, positions: Tensor
    /// Where the rows lie.
    public let documents: Documents
    /// The rows of the reference that this batch holds, in its order.
    public let rows: [Int]
    /// Where each real token lies in the reference's `[B · T]` block.
    public let slots: [Int]

    /// Lays out the real tokens of a reference's padded `[B, T]` block: `input_ids`, `token_type_ids`, `attention_mask`.
    public init(_ reference: TensorFixture, layout: Layout) throws {
        let ids = try reference("input_ids")
        let (count, width) = (ids.shape[0], ids.shape[1])
        let lengths = try reference("attention_mask").sum(1).integers()
        rows = if case .alone(let row) = layout { [row] } else { Array(0..<count) }
        let strides = rows.map { layout == .padded ? width : lengths[$0] }
        let taken = zip(rows, strides).flatMap { row, stride in (0..<stride).map { row * width + $0 } }
        slots = taken.filter { $0 % width < lengths[$0 / width] }
        let index = try Tensor(taken, shape: [taken.count])
        self.ids = try ids.reshaped([-1]).selecting(index)
        typeIDs = try reference("token_type_ids").reshaped([-1]).selecting(index)
        positions = try Tensor(taken.map { $0 % width }, shape: [taken.count])
        var start: Int32 = 0
        let starts = strides.map { stride in
            defer { start += Int32(stride) }
            return start
        }
        documents = try Documents(starts: starts, lengths: rows.map { Int32(lengths[$0]) })
    }

    /// The batch's positions that hold real tokens, in order.
    public func realPositions() throws -> Tensor {
        let spans = zip(try documents.starts.integers(), try documents.lengths.integers())
        let positions = spans.flatMap { start, length in start..<(start + length) }
        return try Tensor(positions, shape: [positions.count])
    }
}
