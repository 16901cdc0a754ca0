import HoneTensors
import HoneTestSupport
import Testing

@Suite("Seeded dropout")
struct SeededDropoutTests {
    static let types: [DType] = [.float32, .bfloat16]

    @Test("zeroes the asked share, scales the rest, and adds what it is given", arguments: types, [0.1, 0.5, 0.9])
    func share(_ dtype: DType, _ probability: Double) throws {
        let (x, residual) = (try Tensor.ones([37, 271]).to(dtype), try Tensor.full([37, 271], 3).to(dtype))
        let dropped = try x.dropout(probability, seed: 5)
        let values = try Set(dropped.floats()).sorted()
        #expect(dropped.dtype == dtype && values.count == 2 && values[0] == 0)
        try requireClose(
            Double(values[1]), 1 / (1 - probability), dtype == .bfloat16 ? .bfloat16Product : .float32Element, "a kept element")
        let share = try dropped.greater(0).to(.float32).mean().item()
        try requireClose(share, 1 - probability, .sampleMean, "share of kept elements")
        let added = try x.dropout(probability, seed: 5, addedTo: residual).to(.float32)
        let tolerance = dtype == .bfloat16 ? Tolerance.bfloat16Product : .float32Element
        try requireClose(added, dropped.to(.float32) + 3, tolerance, "with a residual")
    }

    @Test("the pattern follows from seed and place, whatever the number of threads")
    func pattern() throws {
        let x = try Tensor.ones([129, 1031])
        let one = try x.dropout(0.3, seed: 8)
        try exclusively {
            let before = Library.threads
            defer { Library.threads = before }
            Library.threads = before == 1 ? 2 : 1
            try requireClose(x.dropout(0.3, seed: 8), one, .exact, "another number of threads")
        }
        let other = try x.dropout(0.3, seed: 9)
        try requireClose((one * other).mean().item(), 1, .sampleMean, "patterns of two seeds are independent")
        for axis in 0...1 {
            // No row or column is favoured.
            let shares = try one.greater(0).to(.float32).mean(axis)
            try requireClose(shares.mean().item(), 0.7, .sampleMean, "mean share along axis \(axis)")
            #expect(try shares.smallest().item() > 0.45 && shares.largest().item() < 0.92)
        }
    }

    @Test("gradients pass where the value passed, scaled alike; the residual's is whole", arguments: types)
    func gradients(_ dtype: DType) throws {
        var generator = SeededGenerator(seed: 3)
        let (x, residual) = (try generator.leaf([41, 53], dtype: dtype), try generator.leaf([41, 53], dtype: dtype))
        let seed = try generator.tensor([41, 53]).to(dtype)
        try x.dropout(0.4, seed: 6, addedTo: residual).backward(seed)
        let mask = try Tensor.ones([41, 53]).to(dtype).dropout(0.4, seed: 6).greater(0)
        let expected = try (seed.to(.float32) * (1 / 0.6)).filled(where: mask.logicalNot(), with: 0)
        let tolerance = dtype == .bfloat16 ? Tolerance.bfloat16Product : .float32Element
        try requireClose(try #require(try x.gradient()), expected, tolerance, "gradient of x")
        try requireClose(try #require(try residual.gradient()), seed, .exact, "gradient of the residual")
    }

    @Test("only the residual trains: x gets no gradient")
    func residualOnly() throws {
        let x = try Tensor.ones([5])
        let residual = try Tensor.ones([5])
        try residual.setRequiresGradient(true)
        try x.dropout(0.5, seed: 1, addedTo: residual).sum().backward()
        #expect(try x.gradient() == nil && residual.gradient()?.floats() == [1, 1, 1, 1, 1])
    }

    @Test("takes tensors that are not contiguous, and none at all")
    func layout() throws {
        var generator = SeededGenerator(seed: 4)
        let x = try generator.tensor([7, 5])
        try requireClose(
            x.transposed().dropout(0.5, seed: 2), x.transposed().contiguous().dropout(0.5, seed: 2), .exact, "transposed")
        #expect(try Tensor.zeros([0, 3]).dropout(0.5, seed: 2).shape == [0, 3])
    }

    @Test("probability 0 is the tensor itself, or the sum; other numbers and shapes are refused")
    func edges() throws {
        let x = try Tensor.ones([2, 3])
        #expect(try x.dropout(0, seed: 1) === x && x.dropout(0, seed: 1, addedTo: x).floats() == [2, 2, 2, 2, 2, 2])
        for bad in [1.0, -0.1, .nan] { #expect(throws: TensorError.self) { try x.dropout(bad, seed: 1) } }
        #expect(throws: TensorError.self) { try x.dropout(0.5, seed: 1, addedTo: .ones([3])) }
        #expect(throws: TensorError.self) { try x.dropout(0.5, seed: 1, addedTo: x.to(.bfloat16)) }
    }
}
