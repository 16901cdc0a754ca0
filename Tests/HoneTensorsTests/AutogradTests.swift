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

    @Test("10,000 training steps leave neither tensors nor memory behind")
    func steps() throws {
        var generator = SeededGenerator(seed: 1)
        let x = try generator.tensor([7, 5])
        let weights = [try generator.leaf([11, 5]), try generator.leaf([11]), try generator.leaf([3, 11])]
        for _ in 0..<200 { try step(x, weights) }
        // Other tests run beside this one: what grows in every one of many windows is ours, the rest is theirs.
        var (tensors, bytes): ([Int], [Int]) = ([], [])
        for _ in 0..<20 {
            let before = (Library.liveTensors, Library.residentBytes())
            for _ in 0..<500 { try step(x, weights) }
            tensors.append(Library.liveTensors - before.0)
            bytes.append(Library.residentBytes() - before.1)
        }
        #expect(try #require(tensors.min()) <= 0, "live tensors grew in every window: \(tensors)")
        #expect(try #require(bytes.min()) <= 0, "memory grew in every window: \(bytes)")
    }
}
