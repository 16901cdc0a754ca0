import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneOptimizers

@Suite("SGD")
struct SGDTests {
    @Test("follows PyTorch, repeats, resumes, converges", arguments: ["sgd", "sgd-decay", "sgd-momentum", "sgd-nesterov"])
    func conforms(_ name: String) throws {
        let trajectory = try Trajectory.load(name)
        let momentum = try #require(trajectory.settings.momentum)
        let nesterov = trajectory.settings.nesterov == true
        try checkOptimizer(trajectory.reference, quadraticRate: 0.05) { weights, decays in
            let config = SGD.Config(momentum: momentum, nesterov: nesterov, decay: decays ? trajectory.decay : 0)
            return OptimizerHandle(try SGD(config, optimized(weights)))
        }
    }

    @Test("holds state only for momentum, by PyTorch's name")
    func state() throws {
        let weights = [try Tensor.ones([2]), try Tensor.ones([3])]
        let plain = try SGD(SGD.Config(momentum: 0, nesterov: false, decay: 0), optimized(weights))
        #expect(plain.state().isEmpty)
        try plain.restore([:], steps: 3)
        #expect(plain.steps == 3)
        let heavy = try SGD(SGD.Config(momentum: 0.9, nesterov: false, decay: 0), optimized(weights))
        #expect(heavy.state().map(\.name) == ["weight.0.momentum_buffer", "weight.1.momentum_buffer"])
        let error = try #require(throws: OptimizerError.self) { try heavy.restore([:], steps: 3) }
        #expect(error == .missing(name: "weight.0.momentum_buffer"))
    }

    @Test("row-sparse gradients and scaled ones give what dense, plain ones give")
    func sparse() throws {
        let table = try Tensor.zeros([4, 2])
        try table.setRequiresGradient(true)
        let seed = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
        try table.embedding(Tensor([3, 1], shape: [2]), sparseGradient: true).backward(seed)
        let gradient = try #require(try table.gradient()).coalesced()
        let results = try [(gradient, 0.5), (try gradient.dense() * 0.5, 1.0)].map { gradient, scale in
            let weight = try Tensor.ones([4, 2])
            let optimizer = try SGD(SGD.Config(momentum: 0.9, nesterov: true, decay: 0.1), optimized([weight]))
            for _ in 0..<3 { try optimizer.step(gradients: [gradient], rate: 0.1, gradientScale: scale) }
            return weight
        }
        try requireClose(results[0], results[1], .exact, "weight")
    }
}
