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
    /// What each slot is to predict, `[N]`: `TokenTarget.ignored` in slots of no row and where nothing is learned; empty unless a row has
    /// targets for each token.
    public var tokenTargets: [Int32]
    /// What the decoder reads and is to write; nil unless rows have sequences and a start token was given.
    public var decoder: DecoderBatch?
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
    /// - Parameters:
    ///   - paddingID: the id in slots of no row; not used under `packed`.
    ///   - decoderStart: the token that the decoder reads first, for rows whose target is a sequence.
    /// - Precondition: every index is one of `list`, and targets for each token are as many as tokens.
    public init(_ indices: [Int], of list: [EncodedRow], layout: Batching, paddingID: Int32, decoderStart: Int32? = nil) {
        let longest = indices.reduce(0) { max($0, list[$1].ids.count) }
        self.layout = layout
        (ids, typeIDs, positions, starts, lengths, targets, tokenTargets) = ([], [], [], [], [], [], [])
        (maximumLength, rows) = (longest, indices)
        let slots = layout == .packed ? indices.reduce(0) { $0 + list[$1].ids.count } : longest * indices.count
        ids.reserveCapacity(slots)
        typeIDs.reserveCapacity(slots)
        positions.reserveCapacity(slots)
        let hasTokenTargets = indices.contains { if case .perToken = list[$0].target { true } else { false } }
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
            guard hasTokenTargets else { continue }
            if case .perToken(let wanted) = row.target {
                precondition(wanted.count == row.ids.count, "row \(index) has \(row.ids.count) tokens and \(wanted.count) targets")
                tokenTargets.append(contentsOf: wanted)
            }
            tokenTargets.append(contentsOf: repeatElement(TokenTarget.ignored, count: ids.count - tokenTargets.count))
        }
        decoder = decoderStart.flatMap { DecoderBatch(targets, layout: layout, paddingID: paddingID, start: $0) }
    }
}

/// Holds the decoder's side of a batch of sequences, laid out as the batch is: `M` slots, `U` = `maximumLength`.
///
/// The decoder reads the start token and the target without its last token, and is to write the target.
public struct DecoderBatch: Sendable, Equatable {
    /// What the decoder reads, `[M]`.
    public var ids: [Int32]
    /// The position of each token in its row, `[M]`.
    public var positions: [Int32]
    /// Where each row begins, `[B]`.
    public var starts: [Int32]
    /// How many tokens each row has, `[B]`.
    public var lengths: [Int32]
    /// What each slot is to predict, `[M]`; `TokenTarget.ignored` in slots of no row.
    public var targets: [Int32]
    /// The longest target.
    public var maximumLength: Int

    /// Lays out the sequences of `rows`; nil if a row has none.
    init?(_ rows: [EncodedTarget], layout: Batching, paddingID: Int32, start: Int32) {
        var sequences: [[Int32]] = []
        for row in rows {
            guard case .sequence(let ids) = row else { return nil }
            sequences.append(ids)
        }
        guard !sequences.isEmpty else { return nil }
        maximumLength = sequences.reduce(0) { max($0, $1.count) }
        (ids, positions, starts, lengths, targets) = ([], [], [], [], [])
        for sequence in sequences {
            let stride = layout == .packed ? sequence.count : maximumLength
            starts.append(Int32(ids.count))
            lengths.append(Int32(sequence.count))
            if !sequence.isEmpty { ids.append(start) }
            ids.append(contentsOf: sequence.dropLast())
            ids.append(contentsOf: repeatElement(paddingID, count: stride - sequence.count))
            targets.append(contentsOf: sequence)
            targets.append(contentsOf: repeatElement(TokenTarget.ignored, count: stride - sequence.count))
            positions.append(contentsOf: 0..<Int32(stride))
        }
    }
}
