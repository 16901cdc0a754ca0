import HoneLayers
import HoneTensors
import HoneTestSupport
import Testing

@Suite("Layers")
struct LayerTests {
    private func x() throws -> Tensor { try Tensor([1, 2, 6, -1, 0, 3] as [Float], shape: [2, 3]) }

    @Test("a linear layer is x Wᵀ + b, [2, 3] → [2, 2]")
    func linear() throws {
        let layer = try Linear(3, 2)
        #expect(layer.inputWidth == 3 && layer.outputWidth == 2 && layer.parameters.map(\.shape) == [[2, 3], [2]])
        try layer.weight.load(Tensor([1, 0, 2, -1, 3, 0.5] as [Float], shape: [2, 3]))
        try layer.bias?.load(Tensor([10, 20] as [Float], shape: [2]))
        #expect(try layer(x()).floats() == [23, 28, 15, 22.5])
        let bare = try Linear(3, 2, bias: false)
        #expect(bare.bias == nil && bare.parameters.map(\.name) == ["weight"])
        try bare.weight.load(layer.weight.stored)
        #expect(try bare(x()).floats() == [13, 8, 5, 2.5])
    }

    @Test("a layer norm is libtorch's, with weights 1 and biases 0 at first")
    func norm() throws {
        let layer = try LayerNorm(3, epsilon: 1e-5)
        try requireClose(
            layer(x()), x().layerNorm(weight: .ones([3]), bias: .zeros([3]), epsilon: 1e-5), .exact, "fresh")
        try layer.weight.load(Tensor([1, 2, -1] as [Float], shape: [3]))
        try layer.bias?.load(Tensor([0, 1, 0.5] as [Float], shape: [3]))
        try requireClose(layer(x()).slice(0, 0..<1), [-0.9258191, 0.0741814, -0.8887287], .float32Sum, "by hand")
        #expect(layer.parameters.allSatisfy { !$0.decays && $0.staysFloat32 })
    }

    @Test("an embedding looks rows up; large tables collect their gradient as rows while they train", arguments: [false, true])
    func embedding(_ isTable: Bool) throws {
        let layer = try Embedding(4, 2, isTable: isTable)
        try layer.weight.load(Tensor.range(0, 8, dtype: .float32).reshaped([4, 2]))
        let ids = try Tensor([2, 0, 2], shape: [3])
        #expect(try layer(ids).floats() == [4, 5, 0, 1, 4, 5] && !layer(ids).hasGraph)
        try layer.weight.prepare(trainable: true, compute: .bfloat16)
        let rows = try layer(ids)
        #expect(rows.dtype == .float32 && rows.hasGraph)
        try rows.sum().backward()
        let gradient = try #require(try layer.weight.value.gradient())
        #expect(gradient.isSparse == isTable)
        try requireClose(gradient, [1, 1, 0, 0, 2, 2, 0, 0], .exact, "gradient")
    }

    @Test("every activation has Transformers' name", arguments: Activation.allCases)
    func activation(_ activation: Activation) throws {
        // x = 0.5, by Python's math.
        let expected: [String: Double] = [
            "gelu": 0.3457312, "gelu_new": 0.3457140, "gelu_pytorch_tanh": 0.3457140, "relu": 0.5, "silu": 0.3112297, "swish": 0.3112297,
            "tanh": 0.4621172,
        ]
        let y = try activation(Tensor([0.5, -1] as [Float], shape: [2]))
        try requireClose(Double(y.floats()[0]), try #require(expected[activation.rawValue]), .float32Element, activation.rawValue)
    }

    @Test("a context drops elements only while training, and gives every kernel a seed of its own, the same for the same start")
    func context() throws {
        let documents = try Documents(starts: [0], lengths: [2])
        let (x, residual) = (try Tensor.ones([500]), try Tensor.full([500], 10))
        let still = Context(documents: documents, isTraining: false, compute: .float32)
        #expect(try still.dropout(x, 0.5) === x)
        #expect(try Set(still.dropout(x, 0.5, addedTo: residual).floats()) == [11])
        let training = Context(documents: documents, isTraining: true, compute: .float32, seed: 4)
        let again = Context(documents: documents, isTraining: true, compute: .float32, seed: 4)
        let first = try training.dropout(x, 0.5)
        #expect(try Set(first.floats()) == [0, 2])
        #expect(try training.dropout(x, 0) === x && Set(training.dropout(x, 0, addedTo: residual).floats()) == [11])
        #expect(try again.dropout(x, 0.5).floats() == first.floats())
        #expect(try training.dropout(x, 0.5, addedTo: residual).floats() != first.floats().map { $0 + 10 }, "a new pattern")
        _ = again.nextSeed()
        let seeds = (0..<20).map { _ in training.nextSeed() }
        #expect(Set(seeds).count == 20 && seeds == (0..<20).map { _ in again.nextSeed() })
    }
}
