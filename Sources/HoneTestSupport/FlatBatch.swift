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
        /// With a common stride and padding before each.
        case leftPadded
        /// One row alone.
        case alone(Int)

        /// The layout in words, for reports.
        public var description: String {
            switch self {
            case .packed: "packed"
            case .padded: "padded"
            case .leftPadded: "padded on the left"
            case .alone(let row): "row \(row) alone"
            }
        }

        /// Every layout of so many rows.
        public static func all(_ rows: Int) -> [Layout] { [.packed, .padded, .leftPadded] + (0..<rows).map(Layout.alone) }
    }

    /// How the rows lie.
    public let layout: Layout
    /// Int64 tensors `[N]`.
    public let ids, typeIDs, positions: Tensor
    /// Where the rows lie.
    public let documents: Documents
    /// The rows of the reference that this batch holds, in its order.
    public let rows: [Int]
    /// Where each real token lies in the reference's `[B · T]` block.
    public let slots: [Int]

    /// Lays out the real tokens of a reference's padded `[B, T]` block: `input_ids`, `token_type_ids`, `attention_mask`.
    ///
    /// - Parameter prefix: what stands before the names of ids and mask, such as `decoder_` for answers.
    public init(_ reference: TensorFixture, layout: Layout, ids prefix: String = "") throws {
        let ids = try reference("\(prefix)input_ids")
        let (count, width) = (ids.shape[0], ids.shape[1])
        self.layout = layout
        let lengths = try reference("\(prefix)attention_mask").sum(1).integers()
        rows = if case .alone(let row) = layout { [row] } else { Array(0..<count) }
        let order = rows
        let strides = order.map { [.padded, .leftPadded].contains(layout) ? width : lengths[$0] }
        let before = order.map { layout == .leftPadded ? width - lengths[$0] : 0 }  // padding in front of each row
        // What is in front comes from the row's end, where the reference has its padding.
        let taken = order.indices.flatMap { index in
            (0..<strides[index]).map { order[index] * width + ($0 + width - before[index]) % width }
        }
        slots = taken.filter { $0 % width < lengths[$0 / width] }
        let index = try Tensor(taken, shape: [taken.count])
        self.ids = try ids.reshaped([-1]).selecting(index)
        typeIDs = try reference("token_type_ids").reshaped([-1]).selecting(index)
        let places = order.indices.flatMap { index in (0..<strides[index]).map { max(0, $0 - before[index]) } }
        positions = try Tensor(places, shape: [places.count])
        let starts = order.indices.map { Int32(strides[..<$0].reduce(0, +) + before[$0]) }
        documents = try Documents(starts: starts, lengths: order.map { Int32(lengths[$0]) })
    }

    /// The batch's positions that hold real tokens, in order.
    public func realPositions() throws -> Tensor {
        let spans = zip(try documents.starts.integers(), try documents.lengths.integers())
        let positions = spans.flatMap { start, length in start..<(start + length) }
        return try Tensor(positions, shape: [positions.count])
    }
}
