public import HoneData
internal import HoneTensors

/// Binary cross-entropy for labels that may hold together: `L = −Σ_{b,c} y log σ(z) + (1 − y) log(1 − σ(z))`, in nats, divided by `B · C`.
///
/// Source: PyTorch `binary_cross_entropy_with_logits`. Departures: none; the division is the loop's.
public struct BinaryCrossEntropy: Sendable, Equatable {
    /// Factor on the positive term of each label; nil for 1.
    public var positiveWeights: [Float]?

    /// Makes the loss; weights are one per label.
    public init(positiveWeights: [Float]?) { self.positiveWeights = positiveWeights }

    /// Returns `B · C`, the number of yes-or-no targets of a batch.
    public func weight(of targets: [EncodedTarget]) -> Double {
        targets.reduce(0) { total, target in
            guard case .multiHot(let values) = target else { return total }
            return total + Double(values.count)
        }
    }

    func callAsFunction(_ logits: Tensor, _ targets: [EncodedTarget]) throws -> LossTerms {
        var values: [Float] = []
        for (row, target) in targets.enumerated() {
            guard case .multiHot(let flags) = target else { throw ObjectiveError.wrongTarget(expected: "label set", row: row) }
            guard flags.count == logits.size(-1) else {
                throw ObjectiveError.outputs(found: logits.size(-1), needed: flags.count, row: row)
            }
            values += flags
        }
        let truth = try Tensor(values, shape: [targets.count, logits.size(-1)]).to(logits.device)
        let positive = try positiveWeights.map { try Tensor($0, shape: [$0.count]).to(logits.device) }
        return LossTerms(sum: try logits.binaryCrossEntropy(truth, positiveWeight: positive), weight: weight(of: targets))
    }
}
