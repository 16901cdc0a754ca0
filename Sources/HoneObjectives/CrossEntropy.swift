public import HoneData
internal import HoneTensors

/// Cross-entropy of class logits: `L = −Σ_b w[y_b] log softmax(z_b)[y_b]`, in nats, divided by `Σ_b w[y_b]`.
///
/// With smoothing `ε` a target is `1 − ε` on its class plus `ε / C` on all. Source: PyTorch `cross_entropy(weight:, label_smoothing:)`.
/// Departures: none; the division is the loop's.
public struct CrossEntropy: Sendable, Equatable {
    /// `ε`, `0 ..< 1`.
    public var smoothing: Double
    /// `w`, one per class; nil for 1.
    public var classWeights: [Float]?

    /// Makes the loss; weights are one per class.
    public init(smoothing: Double, classWeights: [Float]?) { (self.smoothing, self.classWeights) = (smoothing, classWeights) }

    /// Returns `Σ_b w[y_b]`, the class weights of a batch's targets.
    public func weight(of targets: [EncodedTarget]) -> Double {
        targets.reduce(0) { total, target in
            guard case .classIndex(let index) = target else { return total }
            guard let classWeights else { return total + 1 }
            // A class outside is an error of the loss itself, which says the row.
            return classWeights.indices.contains(Int(index)) ? total + Double(classWeights[Int(index)]) : total
        }
    }

    func callAsFunction(_ logits: Tensor, _ targets: [EncodedTarget]) throws -> LossTerms {
        var indices: [Int] = []
        for (row, target) in targets.enumerated() {
            guard case .classIndex(let index) = target else { throw ObjectiveError.wrongTarget(expected: "class", row: row) }
            guard 0..<logits.size(-1) ~= Int(index) else {
                throw ObjectiveError.classOutside(index: Int(index), outputs: logits.size(-1), row: row)
            }
            indices.append(Int(index))
        }
        let device = logits.device
        let weights = try classWeights.map { try Tensor($0, shape: [$0.count]).to(device) }
        let sum = try logits.crossEntropy(Tensor(indices, shape: [indices.count]).to(device), weight: weights, smoothing: smoothing)
        return LossTerms(sum: sum, weight: weight(of: targets))
    }
}
