import HoneTensors
import HoneTestSupport

@testable import HoneOptimizers

let fixtures = FixtureFolder("HoneOptimizers")

/// What `torch.optim` did with a matrix that decays and a vector that does not, from `Fixtures/make/optimizers.py`.
struct Trajectory: Decodable {
    struct Settings: Decodable {
        var weightDecay: [String: Double]
        var beta1, beta2, epsilon, momentum, dampening: Double?
        var nesterov: Bool?
    }

    struct Step: Decodable {
        var learningRate: Double
        var gradient: [String: [Float]]
        var weights: [String: [Float]]
    }

    var settings: Settings
    var shapes: [String: [Int]]
    var initial: [String: [Float]]
    var steps: [Step]

    static let names = ["matrix", "vector"]

    static func load(_ name: String) throws -> Trajectory { try fixtures.json("\(name).json") }

    var reference: OptimizerReference {
        OptimizerReference(
            shapes: Self.names.compactMap { shapes[$0] }, initial: Self.names.compactMap { initial[$0] },
            steps: steps.map { step in
                OptimizerReference.Step(
                    rate: step.learningRate, gradients: Self.names.compactMap { step.gradient[$0] },
                    weights: Self.names.compactMap { step.weights[$0] })
            })
    }

    var decay: Double { settings.weightDecay["matrix"] ?? 0 }
}

extension OptimizerHandle {
    /// Drives an optimizer of ours.
    init(_ optimizer: any Optimizer) {
        self.init(
            step: { try optimizer.step(gradients: $0, rate: $1, gradientScale: 1) }, steps: { optimizer.steps }, state: optimizer.state,
            restore: { try optimizer.restore($0, steps: $1) })
    }
}

/// The weights as an optimizer sees them: float32, products in float32; the first decays.
func optimized(_ weights: [Tensor]) -> [OptimizedTensor] {
    weights.enumerated().map { index, weight in
        OptimizedTensor(key: "weight.\(index)", master: weight, leaf: weight, shadow: nil, decays: index == 0)
    }
}
