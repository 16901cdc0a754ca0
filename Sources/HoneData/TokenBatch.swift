/// Holds the rows of one batch as flat lists of numbers, without tensors.
///
/// Row `i` of the batch takes the positions `starts[i] ..< starts[i] + lengths[i]` of `ids`, `typeIDs` and `positions`. Under `packed`
/// rows follow each other and nothing else is there; under `bucketed` and `padded` every row has a stride of `maximumLength` slots and
/// the rest of them is padding, so that the lists are `[B, T]` matrices. Letters: `B` rows, `T` = `maximumLength`, `N` slots.
public struct TokenBatch: Sendable, Equatable {
    /// The layout of the lists.
    public var layout: Batching
    /// Token ids, `[N]`; the padding token's id in slots of no row.
    public var ids: [Int32]
    /// Segments, `[N]`; 0 in slots of no row.
    public var typeIDs: [Int32]
    /// The position of each token in its row, `[N]`, from 0; it goes on through padding.
    public var positions: [Int32]
    /// Where each row begins, `[B]`.
    public var starts: [Int32]
    /// How many tokens each row has, `[B]`.
    public var lengths: [Int32]
    /// The longest row.
    public var maximumLength: Int
    /// What is to be predicted, `[B]`.
    public var targets: [EncodedTarget]
    /// The index of each row in the list the batch was made from, `[B]`: whoever wants the list's order scatters by it.
    public var rows: [Int]

    /// How many slots hold tokens.
    public var tokenCount: Int { lengths.reduce(0) { $0 + Int($1) } }

    /// How many slots there are, `N`.
    public var slotCount: Int { ids.count }

    /// What the sum of the loss is divided by: see `EncodedTarget.targetCount`.
    public var targetCount: Int { targets.reduce(0) { $0 + $1.targetCount } }

    /// Lays out the rows of `list` at `indices`.
    ///
    /// - Parameter paddingID: the id in slots of no row; not used under `packed`.
    /// - Precondition: every index is one of `list`.
    public init(_ indices: [Int], of list: [EncodedRow], layout: Batching, paddingID: Int32) {
        let longest = indices.reduce(0) { max($0, list[$1].ids.count) }
        self.layout = layout
        (ids, typeIDs, positions, starts, lengths, targets) = ([], [], [], [], [], [])
        (maximumLength, rows) = (longest, indices)
        let slots = layout == .packed ? indices.reduce(0) { $0 + list[$1].ids.count } : longest * indices.count
        ids.reserveCapacity(slots)
        typeIDs.reserveCapacity(slots)
        positions.reserveCapacity(slots)
        for index in indices {
            let row = list[index]
            let stride = layout == .packed ? row.ids.count : longest
            starts.append(Int32(ids.count))
            lengths.append(Int32(row.ids.count))
            targets.append(row.target)
            ids.append(contentsOf: row.ids)
            typeIDs.append(contentsOf: row.typeIDs)
            ids.append(contentsOf: repeatElement(paddingID, count: stride - row.ids.count))
            typeIDs.append(contentsOf: repeatElement(0, count: stride - row.ids.count))
            positions.append(contentsOf: 0..<Int32(stride))
        }
    }
}
