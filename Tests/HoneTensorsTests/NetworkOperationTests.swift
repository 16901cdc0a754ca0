import HoneTestSupport
import Testing

@testable import HoneTensors

@Suite("Network operations")
struct NetworkOperationTests {
    @Test("looks up rows, with a dense or a row-sparse gradient of the same values", arguments: [false, true])
    func embedding(_ sparse: Bool) throws {
        let table = try Tensor([1, 2, 3, 4, 5, 6, 7, 8] as [Float], shape: [4, 2])
        try table.setRequiresGradient(true)
        let rows = try table.embedding(Tensor([3, 0, 3], shape: [3]), sparseGradient: sparse)
        #expect(try rows.floats() == [7, 8, 1, 2, 7, 8])
        try rows.backward(Tensor([1, 2, 30, 40, 5, 6] as [Float], shape: [3, 2]))
        let gradient = try #require(try table.gradient())
        #expect(gradient.isSparse == sparse)
        let coalesced = sparse ? try gradient.coalesced() : gradient
        #expect(try coalesced.dense().floats() == [30, 40, 0, 0, 0, 0, 6, 8])
        if sparse {
            #expect(try coalesced.sparseIndices().integers() == [0, 3] && coalesced.sparseValues().floats() == [30, 40, 6, 8])
            #expect(try coalesced.sumOfSquares() == 2600)
            #expect(throws: TensorError.self) { try gradient.sumOfSquares() }
        }
        #expect(throws: TensorError.self) { try table.embedding(Tensor([4], shape: [1]), sparseGradient: sparse) }
        #expect(throws: TensorError.self) { try table.embedding(Tensor([-1], shape: [1]), sparseGradient: sparse) }
    }

    @Test("drops elements and scales the others; probability 0 returns the tensor itself")
    func dropout() throws {
        let x = try Tensor.ones([4000])
        #expect(try x.dropout(0) === x)
        let dropped = try exclusively {
            try Library.seed(2)
            return try x.dropout(0.25)
        }
        #expect(try Set(dropped.floats()) == [0, 1 / 0.75])
        try requireClose(dropped.mean().item(), 1, .sampleMean, "mean")
        #expect(throws: TensorError.self) { try x.dropout(1.5) }
    }

    @Test("normalises layers: value and gradients by hand")
    func layerNorm() throws {
        // Row [1, 2, 6]: mean 3, variance 14 / 3.
        let x = try Tensor([1, 2, 6] as [Float], shape: [1, 3])
        let (weight, bias) = (try Tensor([1, 2, -1] as [Float], shape: [3]), try Tensor([0, 1, 0.5] as [Float], shape: [3]))
        for leaf in [x, weight, bias] { try leaf.setRequiresGradient(true) }
        let y = try x.layerNorm(weight: weight, bias: bias, epsilon: 0)
        try requireClose(y, [-0.9258201, 0.0741799, -0.8887301], .float32Element, "layer norm")
        try y.backward(Tensor([1, 0, 0] as [Float], shape: [1, 3]))
        try requireClose(try #require(try weight.gradient()), [-0.9258201, 0, 0], .float32Element, "weight")
        #expect(try bias.gradient()?.floats() == [1, 0, 0])
        // (w₁/σ)(1 − 1/3 − x̂₁²/3, −1/3 − x̂₁x̂₂/3, −1/3 − x̂₁x̂₃/3)
        try requireClose(try #require(try x.gradient()), [0.1763467, -0.2204334, 0.0440867], .float32Sum, "input")
        let half = try x.detached().to(.bfloat16).layerNorm(weight: weight.detached(), bias: bias.detached(), epsilon: 0)
        #expect(half.dtype == .bfloat16)
        try requireClose(half, y, .bfloat16Product, "layer norm of bfloat16 with float32 weights")
        try requireClose(
            x.layerNorm(weight: weight, bias: nil, epsilon: 1), [-0.8401680, -0.8401680, -1.2602520], .float32Element, "epsilon")
    }

    @Test("normalises by the root of the mean square")
    func rmsNorm() throws {
        let x = try Tensor([1, 2, 2] as [Float], shape: [1, 3])
        let y = try x.rmsNorm(weight: Tensor([1, 2, -1] as [Float], shape: [3]), epsilon: 0)
        try requireClose(y, [0.5773503, 2.3094011, -1.1547005], .float32Element, "RMS norm")
    }

    @Test("attends: two keys by hand")
    func attention() throws {
        let q = try Tensor([1, 0] as [Float], shape: [1, 1, 1, 2])
        let k = try Tensor([1, 5, -1, 7] as [Float], shape: [1, 1, 2, 2])
        let v = try Tensor([2, 0, 0, 4] as [Float], shape: [1, 1, 2, 2])
        let y = try q.scaledDotProductAttention(keys: k, values: v, scale: 0.5)
        let first = 0.7310586
        try requireClose(y, [Float(2 * first), Float(4 * (1 - first))], .float32Sum, "attention")
        let mask = try Tensor([1, 0] as [Float], shape: [1, 1, 1, 2]).to(.bool)
        try requireClose(q.scaledDotProductAttention(keys: k, values: v, mask: mask, scale: 0.5), [2, 0], .float32Element, "masked")
    }

    @Test("sums cross-entropy in float32, with class weights and smoothing")
    func crossEntropy() throws {
        let logits = try Tensor([0, 1, 2, 3, 0, 0] as [Float], shape: [2, 3])
        let targets = try Tensor([2, 1], shape: [2])
        // Rows: 2 − log(1 + e + e²) = −0.4076060, 0 − log(e³ + 2) = −3.0949110.
        try requireClose(logits.crossEntropy(targets).item(), 0.4076060 + 3.0949229, .float32Sum, "sum")
        let weight = try Tensor([1, 2, 0.5] as [Float], shape: [3])
        try requireClose(
            logits.crossEntropy(targets, weight: weight).item(), 0.5 * 0.4076060 + 2 * 3.0949229, .float32Sum, "weighted")
        #expect(try logits.to(.bfloat16).crossEntropy(targets).dtype == .float32)
        #expect(throws: TensorError.self) { try logits.crossEntropy(Tensor([3, 0], shape: [2])) }
        #expect(throws: TensorError.self) { try logits.crossEntropy(Tensor([0], shape: [1])) }
    }

    @Test("sums binary cross-entropy in float32")
    func binaryCrossEntropy() throws {
        let logits = try Tensor([0.5, -2] as [Float], shape: [1, 2])
        let targets = try Tensor([1, 0] as [Float], shape: [1, 2])
        try requireClose(logits.binaryCrossEntropy(targets).item(), 0.4740770 + 0.1269280, .float32Sum, "sum")
        try requireClose(
            logits.binaryCrossEntropy(targets, positiveWeight: Tensor([3, 5] as [Float], shape: [2])).item(),
            3 * 0.4740770 + 0.1269280, .float32Sum, "positive weight")
    }

    @Test("the sum of squares is the same for any number of threads")
    func sumOfSquares() throws {
        var generator = SeededGenerator(seed: 8)
        let x = try generator.tensor([331, 997])
        let reference = try x.floats().reduce(0.0) { $0 + Double($1) * Double($1) }
        try exclusively {
            let before = Library.threads
            defer { Library.threads = before }
            Library.threads = 1
            let one = try x.sumOfSquares()
            Library.threads = 2
            #expect(Library.threads == 2)
            #expect(try x.sumOfSquares() == one)
            try requireClose(one, reference, .float32Element, "sum of squares")
        }
        let half = try x.to(.bfloat16)
        try requireClose(half.sumOfSquares(), half.to(.float32).sumOfSquares(), .float32Element, "bfloat16")
        try requireClose(x.transposed().sumOfSquares(), reference, .float32Element, "not contiguous")
        try requireClose(x.to(.float64).sumOfSquares(), reference, .float32Element, "float64")
        #expect(try Tensor.zeros([0]).sumOfSquares() == 0)
    }
}
