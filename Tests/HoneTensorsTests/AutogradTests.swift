import HoneTensors
import HoneTestSupport
import Testing

@Suite("Autograd")
struct AutogradTests {
    @Test("adds gradients to every leaf, again and again until they are forgotten")
    func gradients() throws {
        let x = try Tensor([1, 2, 3] as [Float], shape: [3])
        let w = try Tensor([4, -5, 6] as [Float], shape: [3])
        try w.setRequiresGradient(true)
        #expect(try w.requiresGradient && !x.requiresGradient && w.gradient() == nil)
        let y = try (x * w).squared().sum()
        #expect(y.hasGraph && !w.hasGraph)
        try y.backward()
        #expect(try w.gradient()?.floats() == [8, -40, 108] && x.gradient() == nil)
        try (x * w).backward(Tensor([1, 10, 100] as [Float], shape: [3]))
        #expect(try w.gradient()?.floats() == [9, -20, 408])
        try w.setGradient(nil)
        #expect(try w.gradient() == nil)
        try w.setGradient(x)
        #expect(try w.gradient()?.floats() == [1, 2, 3])
        #expect(try !(x * w).detached().hasGraph && (x * w).detached().requiresGradient == false)
    }

    @Test("the mode comes back after a body that returns, and after one that throws")
    func mode() throws {
        let w = try Tensor.ones([2])
        try w.setRequiresGradient(true)
        func records() throws -> Bool { try (w * 2).hasGraph }
        #expect(try records())
        #expect(try withGradients(false) { try records() } == false)
        #expect(try records())
        #expect(throws: TensorError.self) { try withGradients(false) { try w.matmul(Tensor.ones([3])) } }
        #expect(try records())
        try withGradients(false) {
            #expect(throws: CheckFailure.self) { try withGradients(true) { throw CheckFailure("out") } }
            let recordsInside = try records()
            #expect(!recordsInside)
        }
    }
}

@Suite("Letting go")
struct ReleaseTests {
    /// One forward, backward and update of a two-layer network; everything it makes is gone when it returns.
    private func step(_ x: Tensor, _ weights: [Tensor]) throws {
        let hidden = try x.linear(weights[0], bias: weights[1]).gelu()
        let loss = try hidden.linear(weights[2], bias: nil).squared().sum()
        try loss.backward()
        for weight in weights {
            if let gradient = try weight.gradient() { try weight.detached().add(gradient, scaledBy: -1e-4) }
            try weight.setGradient(nil)
        }
    }

    @Test("10,000 training steps leave no tensor behind")
    func tensors() throws {
        var generator = SeededGenerator(seed: 1)
        let x = try generator.tensor([7, 5])
        let weights = [try generator.leaf([11, 5]), try generator.leaf([11]), try generator.leaf([3, 11])]
        for _ in 0..<200 { try step(x, weights) }
        // Other tests run beside this one: what grows in every one of many windows is ours, the rest is theirs.
        let growth = try (0..<20).map { _ in
            let before = Library.liveTensors
            for _ in 0..<500 { try step(x, weights) }
            return Library.liveTensors - before
        }
        #expect(try #require(growth.min()) <= 0, "live tensors grew in every window: \(growth)")
    }

    @Test("2,000 steps with tensors of half a megabyte leave no memory behind")
    func memory() throws {
        var generator = SeededGenerator(seed: 2)
        let x = try generator.tensor([1024, 8])
        let weights = [try generator.leaf([128, 8]), try generator.leaf([128]), try generator.leaf([3, 128])]
        for _ in 0..<20 { try step(x, weights) }
        let before = Library.residentBytes()
        for _ in 0..<2000 { try step(x, weights) }
        // One forgotten tensor a step would be a gigabyte; other tests run beside this one.
        #expect(Library.residentBytes() - before < 600_000_000)
    }
}

@Suite("Activation checkpointing")
struct CheckpointedTests {
    private struct Failure: Error, Equatable {}

    private func leaf(_ seed: UInt64, _ shape: [Int] = [3, 5]) throws -> Tensor {
        var generator = SeededGenerator(seed: seed)
        return try generator.leaf(shape)
    }

    @Test("gives the same value and gradients as plain running, for inputs and for weights inside")
    func same() throws {
        let (x, y, w) = (try leaf(1), try leaf(2), try leaf(3, [5, 5]))
        func segment(_ inputs: [Tensor]) throws -> Tensor { try (inputs[0].linear(w, bias: nil).tanh() * inputs[1]).linear(w, bias: nil) }
        var found: [[Float]] = []
        var runs = 0
        for isChecked in [false, true] {
            let value =
                isChecked
                ? try checkpointed([x * 2, y], trains: true) {
                    runs += 1
                    return try segment($0)
                } : try segment([x * 2, y])
            try (value * value).sum().backward()
            found.append(try value.detached().floats())
            for leaf in [x, y, w] {
                found.append(try #require(try leaf.gradient()).floats())
                try leaf.setGradient(nil)
            }
        }
        #expect(found[0..<4] == found[4..<8])
        #expect(runs == 2)
    }

    @Test("weights inside get their gradient where no input needs one, and inputs that need none get none")
    func frozenInput() throws {
        let x = try Tensor.ones([2, 5]), w = try leaf(4, [3, 5])
        try checkpointed([x], trains: true) { try $0[0].linear(w, bias: nil) }.sum().backward()
        #expect(try w.gradient()?.floats() == [Float](repeating: 2, count: 15))
        #expect(try x.gradient() == nil)
    }

    @Test("runs once where there is no graph to record")
    func once() throws {
        var runs = 0
        let x = try Tensor.ones([2])
        let y = try checkpointed([x], trains: false) {
            runs += 1
            return try $0[0] * 3
        }
        #expect(runs == 1 && !y.hasGraph)
        let leaf = try leaf(5)
        let z = try withGradients(false) { try checkpointed([leaf], trains: true) { try $0[0] * 3 } }
        #expect(!z.hasGraph)
    }

    @Test("one segment may hold another")
    func nested() throws {
        let x = try leaf(6)
        let y = try checkpointed([x], trains: false) { outer in
            let inner = try checkpointed(outer, trains: false) { try $0[0].tanh() * 2 }
            return try inner * inner
        }
        try y.sum().backward()
        let found = try #require(try x.gradient()).floats()
        try x.setGradient(nil)
        let inner = try x.tanh() * 2
        try (inner * inner).sum().backward()
        #expect(try x.gradient()?.floats() == found)
    }

    @Test("a failure in the first run is thrown as it is; one in the second fails the backward pass with its words")
    func failures() throws {
        let x = try leaf(7)
        #expect(throws: Failure()) { try checkpointed([x], trains: false) { _ in throw Failure() } }
        var runs = 0
        let y = try checkpointed([x], trains: false) { inputs in
            runs += 1
            if runs == 2 { throw Failure() }
            return try inputs[0] * 2
        }
        let error = try #require(throws: TensorError.self) { try y.sum().backward() }
        #expect(error.message.contains("Failure"))
    }

    @Test("a second backward pass is refused")
    func twice() throws {
        let x = try leaf(8)
        let y = try checkpointed([x], trains: false) { try $0[0] * 2 }.sum()
        try y.backward()
        #expect(throws: TensorError.self) { try y.backward() }
    }

    @Test("keeps its inputs only, and lets the segment go with the graph")
    func frees() throws {
        final class Guard {}
        weak var watched: Guard?
        do {
            let guarded = Guard()
            watched = guarded
            let x = try leaf(9)
            let y = try checkpointed([x], trains: false) { inputs in
                withExtendedLifetime(guarded) {}
                return try inputs[0] * 2
            }
            try y.sum().backward()
        }
        #expect(watched == nil)
    }
}
