import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneOptimizers

@Suite("AdamW")
struct AdamWTests {
    @Test("follows PyTorch, repeats, resumes, converges", arguments: ["adamw", "adamw-plain", "adamw-betas"])
    func conforms(_ name: String) throws {
        let trajectory = try Trajectory.load(name)
        let settings = trajectory.settings
        let (beta1, beta2) = (try #require(settings.beta1), try #require(settings.beta2))
        let epsilon = try #require(settings.epsilon)
        try checkOptimizer(trajectory.reference, quadraticRate: 0.05) { weights, decays in
            let config = AdamW.Config(beta1: beta1, beta2: beta2, epsilon: epsilon, decay: decays ? trajectory.decay : 0)
            return OptimizerHandle(try AdamW(config, optimized(weights)))
        }
    }

    private let config = AdamW.Config(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0)

    @Test("bias corrections follow the step count, also far into a run")
    func corrections() throws {
        // From zero moments a constant gradient g gives m = 0.1 g and v = 0.001 g², each over its correction.
        for steps in [0, 1, 9, 999, 123_456] {
            let weight = try Tensor.zeros([1])
            let optimizer = try AdamW(config, optimized([weight]))
            try optimizer.restore(["weight.0.exp_avg": .zeros([1]), "weight.0.exp_avg_sq": .zeros([1])], steps: steps)
            try optimizer.step(gradients: [.full([1], 2)], rate: 1, gradientScale: 1)
            let (c1, c2) = (1 - power(0.9, steps + 1), 1 - power(0.999, steps + 1))
            try requireClose(weight.item(), -(0.2 / c1) / (0.004 / c2).squareRoot(), .float32Update, "after \(steps) steps")
            #expect(optimizer.steps == steps + 1)
        }
    }

    private func power(_ base: Double, _ exponent: Int) -> Double { (0..<exponent).reduce(1) { result, _ in result * base } }

    @Test("a weight without a gradient stays where it is, moments and all")
    func noGradient() throws {
        let weights = [try Tensor.ones([2]), try Tensor.ones([3])]
        let optimizer = try AdamW(AdamW.Config(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.5), optimized(weights))
        try optimizer.step(gradients: [nil, .ones([3])], rate: 0.1, gradientScale: 1)
        #expect(try weights[0].floats() == [1, 1] && weights[1].floats() != [1, 1, 1])
    }

    @Test("the gradient's factor equals a scaled gradient; the bfloat16 copy follows the master")
    func scaleAndShadow() throws {
        let master = try Tensor([1.001, -2, 3] as [Float], shape: [3])
        let shadow = try master.to(.bfloat16)
        let optimizer = try AdamW(config, [OptimizedTensor(key: "w", master: master, leaf: shadow, shadow: shadow, decays: true)])
        let gradient = try Tensor([1, 2, -4] as [Float], shape: [3]).to(.bfloat16)
        try optimizer.step(gradients: [gradient], rate: 0.01, gradientScale: 0.25)
        let plain = try Tensor([1.001, -2, 3] as [Float], shape: [3])
        try AdamW(config, optimized([plain])).step(gradients: [gradient.to(.float32) * 0.25], rate: 0.01, gradientScale: 1)
        try requireClose(master, plain, .exact, "master")
        #expect(try shadow.values(as: UInt16.self) == master.to(.bfloat16).values(as: UInt16.self))
    }

    /// Row-sparse gradients of a table; rows 5 and 6 never have one.
    private func sparseGradient(_ generator: inout SeededGenerator) throws -> Tensor {
        let table = try Tensor.zeros([7, 3])
        try table.setRequiresGradient(true)
        let rows = (0..<4).map { _ in generator.integer(0...4) }
        try table.embedding(Tensor(rows, shape: [4]), sparseGradient: true).backward(generator.tensor([4, 3]))
        return try #require(try table.gradient()).coalesced()
    }

    @Test("row-sparse gradients give what dense ones give, and resume from a file bit for bit", arguments: [0, 0.2])
    func sparse(_ decay: Double) throws {
        var generator = SeededGenerator(seed: 5)
        let config = AdamW.Config(beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: decay)
        let initial = try generator.tensor([7, 3])
        let gradients = try (0..<8).map { _ in try sparseGradient(&generator) }
        func run(dense: Bool, resumingAt middle: Int?) throws -> Tensor {
            var table = try initial.cloned()
            var optimizer = try AdamW(config, optimized([table]))
            for (index, gradient) in gradients.enumerated() {
                if index == middle {
                    let state = Dictionary(uniqueKeysWithValues: try optimizer.state().map { ($0.name, try $0.tensor.cloned()) })
                    #expect(Set(state.keys) == ["weight.0.exp_avg", "weight.0.exp_avg_sq", "weight.0.touched"])
                    table = try table.cloned()
                    optimizer = try AdamW(config, optimized([table]))
                    try optimizer.restore(state, steps: index)
                }
                try optimizer.step(gradients: [dense ? gradient.dense() : gradient], rate: 0.05, gradientScale: 1)
            }
            return table
        }
        let expected = try run(dense: true, resumingAt: nil)
        try requireClose(run(dense: false, resumingAt: nil), expected, .exact, "sparse against dense")
        try requireClose(run(dense: false, resumingAt: 4), expected, .exact, "sparse, resumed")
    }

    @Test("state that lacks a name is refused by name")
    func missing() throws {
        let optimizer = try AdamW(config, optimized([.ones([2])]))
        let error = try #require(throws: OptimizerError.self) { try optimizer.restore(["weight.0.exp_avg": .ones([2])], steps: 1) }
        #expect(error == .missing(name: "weight.0.exp_avg_sq"))
        #expect(error.description.contains("lacks “weight.0.exp_avg_sq”"))
        let shape = try #require(throws: OptimizerError.self) {
            try optimizer.restore(["weight.0.exp_avg": .ones([3]), "weight.0.exp_avg_sq": .ones([2])], steps: 1)
        }
        guard case .tensor = shape else { throw CheckFailure("\(shape)") }
        #expect(optimizer.steps == 0)
    }
}
