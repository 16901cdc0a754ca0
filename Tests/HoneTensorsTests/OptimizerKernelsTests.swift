import HoneTensors
import HoneTestSupport
import Testing

private func settings(step: Int, decay: Double, gradientScale: Double = 1) -> AdamWStep {
    AdamWStep(
        rate: 0.02, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: decay, correction1: 1 - pow(0.9, step), correction2: 1 - pow(0.99, step),
        gradientScale: gradientScale)
}

private func pow(_ base: Double, _ exponent: Int) -> Double { (0..<exponent).reduce(1) { power, _ in power * base } }

@Suite("Optimizer kernels")
struct OptimizerKernelsTests {
    @Test("row-sparse AdamW equals dense AdamW on the same gradients", arguments: [0, 0.3])
    func rows(_ decay: Double) throws {
        var generator = SeededGenerator(seed: 6)
        let initial = try generator.tensor([13, 5])
        var states: [[Tensor]] = []
        for _ in 0..<2 { states.append([try initial.cloned(), try .zeros([13, 5]), try .zeros([13, 5])]) }
        let touched = try Tensor.zeros([13], dtype: .uint8)
        for step in 1...12 {
            // Rows 11 and 12 never get a gradient; row 3 only at first.
            let rows = (0..<4).map { _ in generator.integer(0...10) } + (step < 3 ? [3] : [])
            let table = try Tensor.zeros([13, 5])
            try table.setRequiresGradient(true)
            let values = try generator.tensor([rows.count, 5])
            try table.embedding(Tensor(rows, shape: [rows.count]), sparseGradient: true).backward(values)
            let sparse = try #require(try table.gradient()).coalesced()
            let kernel = settings(step: step, decay: decay, gradientScale: 0.5)
            try kernel.update(states[0][0], gradient: sparse.dense(), first: states[0][1], second: states[0][2], shadow: nil)
            try kernel.update(states[1][0], sparseGradient: sparse, first: states[1][1], second: states[1][2], touched: touched)
        }
        for (name, (dense, sparse)) in zip(["weight", "first moment", "second moment"], zip(states[0], states[1])) {
            try requireClose(sparse, dense, .exact, name)
        }
        #expect(try touched.integers().suffix(2) == [0, 0])
        let untouched = try states[1][0].slice(0, 11..<13).floats() == initial.slice(0, 11..<13).floats()
        #expect(untouched == (decay == 0))
    }

    @Test("the bfloat16 copy is the master, rounded", arguments: [DType.float32, .bfloat16])
    func shadow(_ dtype: DType) throws {
        var generator = SeededGenerator(seed: 2)
        let weight = try generator.tensor([37, 3])
        let shadow = try weight.to(.bfloat16)
        let (first, second) = (try Tensor.zeros([37, 3]), try Tensor.zeros([37, 3]))
        for step in 1...3 {
            let gradient = try generator.tensor([37, 3]).to(dtype)
            try settings(step: step, decay: 0.1).update(weight, gradient: gradient, first: first, second: second, shadow: shadow)
            #expect(try shadow.values(as: UInt16.self) == weight.to(.bfloat16).values(as: UInt16.self))
        }
        let sgd = SGDStep(rate: 0.1, momentum: 0, nesterov: false, decay: 0, gradientScale: 1, isFirst: true)
        try sgd.update(weight, gradient: generator.tensor([37, 3]).to(dtype), momentumBuffer: nil, shadow: shadow)
        #expect(try shadow.values(as: UInt16.self) == weight.to(.bfloat16).values(as: UInt16.self))
    }

    @Test("a bfloat16 gradient gives what the same numbers in float32 give")
    func narrowGradient() throws {
        var generator = SeededGenerator(seed: 3)
        let initial = try generator.tensor([1000])
        let gradient = try generator.tensor([1000]).to(.bfloat16)
        let results = try [gradient, gradient.to(.float32)].map { gradient in
            let weight = try initial.cloned()
            try settings(step: 1, decay: 0.1).update(weight, gradient: gradient, first: .zeros([1000]), second: .zeros([1000]), shadow: nil)
            return weight
        }
        try requireClose(results[0], results[1], .exact, "weight")
    }

    @Test("the gradient's factor equals scaling the gradient")
    func scale() throws {
        var generator = SeededGenerator(seed: 4)
        let (initial, gradient) = (try generator.tensor([50]), try generator.tensor([50]))
        let results = try [(gradient, 0.25), (gradient * 0.25, 1.0)].map { gradient, scale in
            let (weight, moment) = (try initial.cloned(), try Tensor.zeros([50]))
            try settings(step: 1, decay: 0, gradientScale: scale).update(
                weight, gradient: gradient, first: moment, second: .zeros([50]), shadow: nil)
            return try Tensor.stacked([weight, moment])
        }
        try requireClose(results[0], results[1], .exact, "weight and first moment")
    }

    @Test("many elements are shared between threads without a gap")
    func threads() throws {
        var generator = SeededGenerator(seed: 9)
        let count = 3 * 32768 + 5
        let (initial, gradient) = (try generator.tensor([count]), try generator.tensor([count]))
        func run(_ parts: [Range<Int>]) throws -> Tensor {
            let weight = try initial.cloned()
            for part in parts {
                try settings(step: 1, decay: 0.1).update(
                    weight.slice(0, part), gradient: gradient.slice(0, part), first: .zeros([part.count]), second: .zeros([part.count]),
                    shadow: nil)
            }
            return weight
        }
        try requireClose(run([0..<count]), run([0..<7, 7..<40000, 40000..<count]), .float32Element, "weight")
    }

    @Test("refuses shapes and types that do not fit")
    func refuses() throws {
        let (weight, moment) = (try Tensor.ones([3]), try Tensor.zeros([3]))
        let step = settings(step: 1, decay: 0)
        let error = try #require(throws: TensorError.self) {
            try step.update(weight, gradient: Tensor.ones([4]), first: moment, second: moment, shadow: nil)
        }
        #expect(
            error.operation == "AdamW"
                && error.message.contains("the gradient must be dense, contiguous and of the weight's shape [3], not [4]"))
        #expect(throws: TensorError.self) {
            try step.update(Tensor.ones([3], dtype: .bfloat16), gradient: weight, first: moment, second: moment, shadow: nil)
        }
        #expect(throws: TensorError.self) {
            try SGDStep(rate: 1, momentum: 0.9, nesterov: false, decay: 0, gradientScale: 1, isFirst: true).update(
                weight, gradient: weight, momentumBuffer: nil, shadow: nil)
        }
    }
}
