internal import HoneData
internal import HoneTensors

/// Mean squared error of one output: `L = Σ_b (z_b − y_b)²`, divided by `B`.
///
/// Source: PyTorch `mse_loss`. Departures: none; the division is the loop's.
public struct MeanSquaredError: Sendable, Equatable {
    /// Makes the loss, which has no settings.
    public init() {}

    func callAsFunction(_ logits: Tensor, _ targets: [EncodedTarget]) throws -> LossTerms {
        var values: [Float] = []
        for (row, target) in targets.enumerated() {
            guard case .value(let value) = target else { throw ObjectiveError.wrongTarget(expected: "number", row: row) }
            values.append(value)
        }
        guard logits.size(-1) == 1 else { throw ObjectiveError.outputs(found: logits.size(-1), needed: 1, row: 0) }
        let truth = try Tensor(values, shape: [values.count, 1]).to(logits.device)
        return LossTerms(sum: try (logits.to(.float32) - truth).squared().sum(), weight: Double(values.count))
    }
}
