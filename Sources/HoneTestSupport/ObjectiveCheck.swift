public import HoneTensors

/// What the reference implementation says about a loss on one batch.
public struct ObjectiveReference {
    /// `[B, C]`.
    public var shape: [Int]
    /// Logits in row-major order.
    public var logits: [Float]
    /// The summed loss.
    public var sum: Float
    /// What the sum is divided by.
    public var denominator: Double
    /// The gradient of the sum with respect to the logits.
    public var gradient: [Float]

    /// Describes one batch.
    public init(shape: [Int], logits: [Float], sum: Float, denominator: Double, gradient: [Float]) {
        (self.shape, self.logits, self.sum, self.denominator, self.gradient) = (shape, logits, sum, denominator, gradient)
    }
}

/// Checks everything that holds for any loss that is summed over rows.
///
/// Value, gradient and divisor equal the reference and are finite; splitting the batch into rows changes neither the sum nor the divisor,
/// so any split into micro-batches gives the same gradient; logits may come in a narrower type and are reduced in float32.
/// - Parameter loss: the summed loss and its divisor, of the logits of some rows of the batch.
/// - Throws: ``CheckFailure`` naming the property.
public func checkObjective(
    _ reference: ObjectiveReference, loss: (_ logits: Tensor, _ rows: Range<Int>) throws -> (sum: Tensor, weight: Double)
) throws {
    let logits = try Tensor(reference.logits, shape: reference.shape)
    try logits.setRequiresGradient(true)
    let all = 0..<reference.shape[0]
    let (sum, weight) = try loss(logits, all)
    try require(sum.shape == [] && sum.dtype == .float32, "the sum is \(sum.dtype)\(sum.shape), expected one float32 element")
    try requireClose(sum, [reference.sum], .float32Sum, "sum")
    try requireClose(weight, reference.denominator, .float64Sum, "divisor")
    try sum.backward()
    guard let gradient = try logits.gradient() else { throw CheckFailure("the logits got no gradient") }
    try requireClose(gradient, reference.gradient, .float32Sum, "gradient of the logits")
    try require(try gradient.isFinite().all().item() == 1 && sum.item().isFinite, "loss or gradient is not finite")

    var (parts, weights) = (0.0, 0.0)
    for row in all {
        let part = try loss(logits.detached().slice(0, row..<(row + 1)), row..<(row + 1))
        parts += try part.sum.item()
        weights += part.weight
    }
    try requireClose(parts, Double(reference.sum), .float32Sum, "sum of the rows' losses")
    try requireClose(weights, reference.denominator, .float64Sum, "sum of the rows' divisors")

    let half = try logits.detached().to(.bfloat16)
    try requireClose(loss(half, all).sum, loss(half.to(.float32), all).sum, .exact, "sum of bfloat16 logits against the same in float32")
}
