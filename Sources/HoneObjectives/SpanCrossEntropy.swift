public import HoneData
public import HoneTensors

/// Cross-entropy of the first and the last token of an answer: `L = Σ_b ½ (−log softmax(s_b)[i_b] − log softmax(e_b)[j_b])`, in nats,
/// divided by `B`.
///
/// `s_b` and `e_b` are the scores of the tokens of row `b`, all of them: padding and neighbours are not among them. Source:
/// arXiv:1810.04805, section 4.2; Transformers `BertForQuestionAnswering`, on rows without padding. Departures: Transformers counts the
/// padding of a batch among the tokens; the division is the loop's.
public struct SpanCrossEntropy: Sendable, Equatable {
    /// Makes the loss, which has no settings.
    public init() {}

    /// Returns `B`, the number of rows.
    public func weight(of targets: [EncodedTarget]) -> Double { Double(targets.count) }

    /// The summed loss of the scores of a flat batch.
    ///
    /// - Parameter scores: `[N, 2]`, starts and ends of every slot; reduced in float32.
    /// - Throws: ``ObjectiveError`` if a row has no span, or one outside its tokens; `TensorError` if shapes do not fit.
    public func callAsFunction(_ scores: Tensor, _ batch: TokenBatch) throws -> LossTerms {
        guard scores.rank == 2, scores.size(1) == 2 else {
            throw ObjectiveError.outputs(found: scores.size(-1), needed: 2, row: 0)
        }
        let (B, T) = (batch.lengths.count, batch.maximumLength)
        var (slots, isPadding, targets): ([Int], [Int], [Int]) = ([], [], [])
        slots.reserveCapacity(B * T)
        isPadding.reserveCapacity(B * T)
        for row in 0..<B {
            guard case .span(let start, let end) = batch.targets[row] else {
                throw ObjectiveError.wrongTarget(expected: "answer", row: row)
            }
            let (first, length) = (Int(batch.starts[row]), Int(batch.lengths[row]))
            for place in [Int(start), Int(end)] {
                guard 0..<length ~= place else { throw ObjectiveError.spanOutside(place: place, length: length, row: row) }
                targets.append(place)
            }
            for place in 0..<T {
                slots.append(first + min(place, length - 1))
                isPadding.append(place < length ? 0 : 1)
            }
        }
        let device = scores.device
        let block = try scores.selecting(Tensor(slots, shape: [B * T]).to(device)).to(.float32).reshaped([B, T, 2])
        let mask = try Tensor(isPadding, shape: [B, T, 1]).to(device).greater(0)
        let rows = try block.filled(where: mask, with: -.infinity).transposed(1, 2).reshaped([2 * B, T])  // [2 B, T]
        let sum = try rows.crossEntropy(Tensor(targets, shape: [2 * B]).to(device)) * 0.5
        return LossTerms(sum: sum, weight: Double(B))
    }
}
