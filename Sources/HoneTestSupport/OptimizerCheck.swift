internal import Foundation
public import HoneTensors
internal import HoneWeights

/// An optimizer over some weights, as the checker drives it.
public struct OptimizerHandle {
    /// Makes one update from one gradient per weight at a learning rate.
    public var step: (_ gradients: [Tensor?], _ rate: Double) throws -> Void
    /// Updates made so far.
    public var steps: () -> Int
    /// What a checkpoint holds.
    public var state: () -> [(name: String, tensor: Tensor)]
    /// Puts back what `state` gave.
    public var restore: (_ state: [String: Tensor], _ steps: Int) throws -> Void

    /// Describes an optimizer.
    public init(
        step: @escaping ([Tensor?], Double) throws -> Void, steps: @escaping () -> Int,
        state: @escaping () -> [(name: String, tensor: Tensor)],
        restore: @escaping ([String: Tensor], Int) throws -> Void
    ) {
        (self.step, self.steps, self.state, self.restore) = (step, steps, state, restore)
    }
}

/// What the reference implementation did: one entry per step.
public struct OptimizerReference {
    /// One update: learning rate, a gradient per weight, and the weights afterwards, in row-major order.
    public struct Step {
        /// The learning rate of the update.
        public var rate: Double
        /// One per weight.
        public var gradients: [[Float]]
        /// One per weight, after the update.
        public var weights: [[Float]]

        /// Describes one update.
        public init(rate: Double, gradients: [[Float]], weights: [[Float]]) {
            (self.rate, self.gradients, self.weights) = (rate, gradients, weights)
        }
    }

    /// Shapes of the weights.
    public var shapes: [[Int]]
    /// Values of the weights before the first step.
    public var initial: [[Float]]
    /// The updates, in order.
    public var steps: [Step]

    /// Describes a trajectory.
    public init(shapes: [[Int]], initial: [[Float]], steps: [Step]) { (self.shapes, self.initial, self.steps) = (shapes, initial, steps) }

    fileprivate func weights() throws -> [Tensor] { try zip(initial, shapes).map { try Tensor($0, shape: $1) } }
    fileprivate func gradients(_ step: Step) throws -> [Tensor?] { try zip(step.gradients, shapes).map { try Tensor($0, shape: $1) } }
}

/// Checks everything that holds for any optimizer.
///
/// It follows the reference; two runs agree bit for bit; its state survives a file in the middle of a run; it halves the distance to the
/// minimum of a quadratic; a zero gradient without decay moves nothing; it counts its steps.
/// - Parameters:
///   - make: builds the optimizer of the reference over weights; `decays` false means without weight decay.
///   - quadraticRate: a learning rate at which it converges on `½ |w − target|²` within 200 steps.
/// - Throws: ``CheckFailure`` naming the property.
public func checkOptimizer(
    _ reference: OptimizerReference, quadraticRate: Double, make: (_ weights: [Tensor], _ decays: Bool) throws -> OptimizerHandle
) throws {
    try checkTrajectory(reference, make)
    try checkRepeatsAndResumes(reference, make)
    try checkQuadratic(reference, quadraticRate, make)
    try checkZeroGradient(reference, make)
}

private typealias Make = (_ weights: [Tensor], _ decays: Bool) throws -> OptimizerHandle

private func checkTrajectory(_ reference: OptimizerReference, _ make: Make) throws {
    let weights = try reference.weights()
    let optimizer = try make(weights, true)
    for (index, step) in reference.steps.enumerated() {
        try optimizer.step(reference.gradients(step), step.rate)
        try require(optimizer.steps() == index + 1, "steps is \(optimizer.steps()) after \(index + 1) updates")
        for (number, weight) in weights.enumerated() {
            try requireClose(weight, step.weights[number], .float32Update, "weight \(number) after step \(index + 1)")
        }
    }
}

private func checkRepeatsAndResumes(_ reference: OptimizerReference, _ make: Make) throws {
    let middle = reference.steps.count / 2
    func run(resuming: Bool) throws -> [Tensor] {
        var weights = try reference.weights()
        var optimizer = try make(weights, true)
        for (index, step) in reference.steps.enumerated() {
            if resuming, index == middle {
                weights = try weights.map { try $0.cloned() }
                let (state, steps) = (try throughFile(optimizer.state()), optimizer.steps())
                optimizer = try make(weights, true)
                try optimizer.restore(state, steps)
            }
            try optimizer.step(reference.gradients(step), step.rate)
        }
        return weights
    }
    let first = try run(resuming: false)
    for (number, (weight, again)) in zip(first, try run(resuming: false)).enumerated() {
        try requireClose(again, weight, .exact, "weight \(number) of a second run")
    }
    for (number, (weight, resumed)) in zip(first, try run(resuming: true)).enumerated() {
        try requireClose(resumed, weight, .exact, "weight \(number) of a run whose state went through a file at step \(middle)")
    }
}

/// Writes state to a safetensors file and reads it back, as a checkpoint does.
private func throughFile(_ state: [(name: String, tensor: Tensor)]) throws -> [String: Tensor] {
    guard !state.isEmpty else { return [:] }
    let folder = try TemporaryFolder()
    let file = folder("state.safetensors")
    try SafetensorsWriter().write(state.map { WeightSource(name: $0.name, tensor: $0.tensor) }, to: file)
    return try TensorFixture(file).all("")
}

private func checkQuadratic(_ reference: OptimizerReference, _ rate: Double, _ make: Make) throws {
    let weights = try reference.weights()
    let optimizer = try make(weights, false)
    let targets = try weights.map { try $0 * -0.5 + 0.25 }
    func distance() throws -> Double { try zip(weights, targets).reduce(0) { $0 + (try ($1.0 - $1.1).sumOfSquares()) }.squareRoot() }
    let before = try distance()
    for _ in 0..<200 { try optimizer.step(try zip(weights, targets).map { try $0 - $1 }, rate) }
    let after = try distance()
    try require(after < before / 2, "the distance to the minimum of a quadratic went from \(before) to \(after) in 200 steps")
}

private func checkZeroGradient(_ reference: OptimizerReference, _ make: Make) throws {
    let weights = try reference.weights()
    let optimizer = try make(weights, false)
    for _ in 0..<3 { try optimizer.step(try reference.shapes.map { try Tensor.zeros($0) }, 0.1) }
    for (number, (weight, initial)) in zip(weights, reference.initial).enumerated() {
        try requireClose(weight, initial, .exact, "weight \(number) after zero gradients without decay")
    }
}
