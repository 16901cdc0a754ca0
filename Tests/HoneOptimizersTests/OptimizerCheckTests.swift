import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneOptimizers

/// Momentum SGD by plain operations; each break is one way of being wrong.
private final class Broken: Optimizer {
    enum Break: CaseIterable, Sendable {
        case ignoresMomentum
        case doesNotCount
        case losesState
        case driftsWithoutGradient
        case climbs
    }

    private(set) var steps = 0
    private let weights: [Tensor]
    private var buffers: [Tensor] = []
    private let broken: Break?

    init(_ weights: [Tensor], _ broken: Break?) throws {
        (self.weights, self.broken) = (weights, broken)
        buffers = try weights.map { try .zeros($0.shape) }
    }

    func step(gradients: [Tensor?], rate: Double, gradientScale: Double) throws(TensorError) {
        for (index, weight) in weights.enumerated() {
            guard let gradient = gradients[index] else { continue }
            try buffers[index].scale(by: broken == .ignoresMomentum ? 0 : 0.9)
            try buffers[index].add(gradient)
            try weight.add(buffers[index], scaledBy: broken == .climbs ? rate : -rate)
            if broken == .driftsWithoutGradient { try weight.scale(by: 1 - 1e-6) }
        }
        if broken != .doesNotCount { steps += 1 }
    }

    func state() -> [(name: String, tensor: Tensor)] { buffers.enumerated().map { ("b\($0)", $1) } }

    func restore(_ state: [String: Tensor], steps: Int) throws(OptimizerError) {
        self.steps = steps
        if broken == .losesState { return }
        for (index, buffer) in buffers.enumerated() {
            guard let stored = state["b\(index)"] else { throw .missing(name: "b\(index)") }
            do { try buffer.copy(from: stored) } catch { throw .tensor(error) }
        }
    }
}

@Suite("The optimizer checker")
struct OptimizerCheckTests {
    /// The trajectory of momentum SGD, with decay taken out of the fixture's gradients' way: it is made here by the same plain operations.
    private func reference() throws -> OptimizerReference {
        var reference = try Trajectory.load("sgd-momentum").reference
        let weights = try zip(reference.initial, reference.shapes).map { try Tensor($0, shape: $1) }
        let optimizer = try Broken(weights, nil)
        for index in reference.steps.indices {
            let gradients = try zip(reference.steps[index].gradients, reference.shapes).map { try Tensor($0, shape: $1) }
            try optimizer.step(gradients: gradients, rate: reference.steps[index].rate, gradientScale: 1)
            reference.steps[index].weights = try weights.map { try $0.floats() }
        }
        return reference
    }

    @Test("accepts an optimizer that is right")
    func accepts() throws {
        try checkOptimizer(reference(), quadraticRate: 0.05) { weights, _ in OptimizerHandle(try Broken(weights, nil)) }
    }

    @Test("rejects one that ignores its momentum, its steps, its state or its direction, or drifts", arguments: Broken.Break.allCases)
    private func rejects(_ broken: Broken.Break) throws {
        let reference = try reference()
        #expect(throws: CheckFailure.self) {
            try checkOptimizer(reference, quadraticRate: 0.05) { weights, _ in OptimizerHandle(try Broken(weights, broken)) }
        }
    }
}
