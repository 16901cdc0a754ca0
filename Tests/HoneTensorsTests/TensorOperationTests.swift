import HoneTensors
import HoneTestSupport
import Testing

/// One operation on `x = [[0.5, -1.5, 2], [3, 0.25, -0.75]]` with the value of each element, computed by hand or with Python's `math`.
struct UnaryCase: CustomTestStringConvertible, Sendable {
    let name: String
    let apply: @Sendable (Tensor) throws -> Tensor
    let expected: [Float]

    var testDescription: String { name }

    static let all: [UnaryCase] = [
        UnaryCase(name: "negation", apply: { try -$0 }, expected: [-0.5, 1.5, -2, -3, -0.25, 0.75]),
        UnaryCase(name: "absolute", apply: { try $0.absolute() }, expected: [0.5, 1.5, 2, 3, 0.25, 0.75]),
        UnaryCase(
            name: "exp", apply: { try $0.exp() }, expected: [1.64872127, 0.22313016, 7.3890561, 20.0855369, 1.28402542, 0.47236655]),
        UnaryCase(
            name: "log of the square", apply: { try $0.squared().log() },
            expected: [-1.38629436, 0.81093022, 1.38629436, 2.19722458, -2.77258872, -0.57536414]),
        UnaryCase(
            name: "square root", apply: { try $0.absolute().squareRoot() },
            expected: [0.70710678, 1.22474487, 1.41421356, 1.73205081, 0.5, 0.8660254]),
        UnaryCase(
            name: "reciprocal square root", apply: { try $0.absolute().reciprocalSquareRoot() },
            expected: [1.41421356, 0.81649658, 0.70710678, 0.57735027, 2, 1.15470054]),
        UnaryCase(name: "reciprocal", apply: { try $0.reciprocal() }, expected: [2, -0.66666667, 0.5, 0.33333333, 4, -1.33333333]),
        UnaryCase(name: "sign", apply: { try $0.sign() }, expected: [1, -1, 1, 1, 1, -1]),
        UnaryCase(name: "rounded, ties to even", apply: { try $0.rounded() }, expected: [0, -2, 2, 3, 0, -1]),
        UnaryCase(name: "floored", apply: { try $0.floored() }, expected: [0, -2, 2, 3, 0, -1]),
        UnaryCase(
            name: "sin", apply: { try $0.sin() }, expected: [0.47942554, -0.99749499, 0.90929743, 0.14112001, 0.24740396, -0.68163876]),
        UnaryCase(
            name: "cos", apply: { try $0.cos() }, expected: [0.87758256, 0.0707372, -0.41614684, -0.9899925, 0.96891242, 0.73168887]),
        UnaryCase(
            name: "tanh", apply: { try $0.tanh() }, expected: [0.46211716, -0.90514825, 0.96402758, 0.99505475, 0.24491866, -0.63514895]),
        UnaryCase(
            name: "erf", apply: { try $0.erf() }, expected: [0.52049988, -0.96610515, 0.99532227, 0.99997791, 0.27632639, -0.71115563]),
        UnaryCase(
            name: "sigmoid", apply: { try $0.sigmoid() },
            expected: [0.62245933, 0.18242552, 0.88079708, 0.95257413, 0.5621765, 0.3208213]),
        UnaryCase(
            name: "log of sigmoid", apply: { try $0.logSigmoid() },
            expected: [-0.47407698, -1.70141328, -0.12692801, -0.04858735, -0.57593942, -1.13687101]),
        UnaryCase(name: "relu", apply: { try $0.relu() }, expected: [0.5, 0, 2, 3, 0.25, 0]),
        UnaryCase(
            name: "gelu", apply: { try $0.gelu() }, expected: [0.34573123, -0.1002108, 1.95449974, 2.9959503, 0.14967659, -0.16997051]),
        UnaryCase(
            name: "gelu by tanh", apply: { try $0.geluTanh() },
            expected: [0.345714, -0.10042844, 1.9545977, 2.9963627, 0.1496753, -0.17003945]),
        UnaryCase(
            name: "silu", apply: { try $0.silu() },
            expected: [0.31122967, -0.27363829, 1.76159416, 2.85772238, 0.14054413, -0.24061597]),
        UnaryCase(
            name: "softplus", apply: { try $0.softplus() },
            expected: [0.97407698, 0.20141328, 2.12692801, 3.04858735, 0.82593942, 0.38687101]),
        UnaryCase(name: "clamped", apply: { try $0.clamped(-1, 2.5) }, expected: [0.5, -1, 2, 2.5, 0.25, -0.75]),
        UnaryCase(name: "third power", apply: { try $0.power(3) }, expected: [0.125, -3.375, 8, 27, 0.015625, -0.421875]),
        UnaryCase(name: "plus a number", apply: { try $0 + 1.5 }, expected: [2, 0, 3.5, 4.5, 1.75, 0.75]),
        UnaryCase(name: "minus a number", apply: { try $0 - 0.5 }, expected: [0, -2, 1.5, 2.5, -0.25, -1.25]),
        UnaryCase(name: "times a number", apply: { try $0 * -2 }, expected: [-1, 3, -4, -6, -0.5, 1.5]),
        UnaryCase(name: "over a number", apply: { try $0 / 4 }, expected: [0.125, -0.375, 0.5, 0.75, 0.0625, -0.1875]),
    ]
}

@Suite("Tensor operations")
struct TensorOperationTests {
    private func x() throws -> Tensor { try Tensor([0.5, -1.5, 2, 3, 0.25, -0.75] as [Float], shape: [2, 3]) }
    private func y() throws -> Tensor { try Tensor([1, 2, -4] as [Float], shape: [3]) }

    @Test("computes element by element", arguments: UnaryCase.all)
    func unary(_ subject: UnaryCase) throws {
        let result = try subject.apply(x())
        #expect(result.shape == [2, 3])
        try requireClose(result, subject.expected, .float32Element, subject.name)
    }

    @Test("combines two tensors and broadcasts the smaller one")
    func binary() throws {
        #expect(try (x() + y()).floats() == [1.5, 0.5, -2, 4, 2.25, -4.75])
        #expect(try (x() - y()).floats() == [-0.5, -3.5, 6, 2, -1.75, 3.25])
        #expect(try (x() * y()).floats() == [0.5, -3, -8, 3, 0.5, 3])
        #expect(try (x() / y()).floats() == [0.5, -0.75, -0.5, 3, 0.125, 0.1875])
        #expect(try x().maximum(y()).floats() == [1, 2, 2, 3, 2, -0.75])
        #expect(try x().minimum(y()).floats() == [0.5, -1.5, -4, 1, 0.25, -4])
    }

    @Test("compares and joins truth values")
    func comparisons() throws {
        let z = try Tensor([0.5, 2, 2] as [Float], shape: [3])
        #expect(try x().equal(z).integers() == [1, 0, 1, 0, 0, 0])
        #expect(try x().equal(0.25).integers() == [0, 0, 0, 0, 1, 0])
        #expect(try x().notEqual(0.25).integers() == [1, 1, 1, 1, 0, 1])
        #expect(try x().less(z).integers() == [0, 1, 0, 0, 1, 1])
        #expect(try x().less(0.5).integers() == [0, 1, 0, 0, 1, 1])
        #expect(try x().lessOrEqual(z).integers() == [1, 1, 1, 0, 1, 1])
        #expect(try x().greater(z).integers() == [0, 0, 0, 1, 0, 0])
        #expect(try x().greater(2).integers() == [0, 0, 0, 1, 0, 0])
        #expect(try x().greaterOrEqual(z).integers() == [1, 0, 1, 1, 0, 0])
        let (small, negative) = (try x().less(1), try x().less(0))
        #expect(small.dtype == .bool)
        #expect(try small.and(negative).integers() == [0, 1, 0, 0, 0, 1])
        #expect(try negative.or(x().greater(2)).integers() == [0, 1, 0, 1, 0, 1])
        #expect(try negative.logicalNot().integers() == [1, 0, 1, 1, 1, 0])
        #expect(try negative.any().item() == 1 && negative.all().item() == 0)
        #expect(try x().taken(where: negative, else: Tensor.zeros([2, 3])).floats() == [0, -1.5, 0, 0, 0, -0.75])
        #expect(try x().filled(where: negative, with: 9).floats() == [0.5, 9, 2, 3, 0.25, 9])
        let odd = try Tensor([1, .nan, .infinity] as [Float], shape: [3])
        #expect(try odd.isFinite().integers() == [1, 0, 0] && odd.isNaN().integers() == [0, 1, 0])
    }

    @Test("multiplies matrices, also a stack of them")
    func products() throws {
        let w = try Tensor([1, 0, 2, -1, 3, 4] as [Float], shape: [3, 2])
        #expect(try x().matmul(w).floats() == [3.5, 9.5, 1.25, -3.25])
        let stack = try Tensor.stacked([x(), x() * 2])
        #expect(try stack.matmul(w).shape == [2, 2, 2] && stack.matmul(w).floats() == [3.5, 9.5, 1.25, -3.25, 7, 19, 2.5, -6.5])
    }

    @Test("reduces everything or one axis")
    func reductions() throws {
        let x = try x()
        #expect(try x.sum().item() == 3.5 && x.largest().item() == 3 && x.smallest().item() == -1.5)
        try requireClose(x.mean().item(), 3.5 / 6, .float32Element, "mean")
        #expect(try x.sum(0).floats() == [3.5, -1.25, 1.25] && x.sum(-1).floats() == [1, 2.5])
        #expect(try x.sum(1, keepingAxis: true).shape == [2, 1])
        #expect(try x.mean(0).floats() == [1.75, -0.625, 0.625])
        #expect(try x.largest(0).floats() == [3, 0.25, 2] && x.smallest(1).floats() == [-1.5, -0.75])
        #expect(try x.argmax(1).integers() == [2, 0] && x.argmin(0).integers() == [0, 0, 1])
        #expect(try Tensor([1, 4, 4] as [Float], shape: [3]).argmax(0).item() == 1)
        try requireClose(x.logSumExp(1), [2.2258021, 3.0838315], .float32Element, "logSumExp")
        try requireClose(x.norm(1), [2.5495098, 3.1024184], .float32Element, "norm")
        try requireClose(x.variance(1), [2.0555556, 2.5138889], .float32Element, "variance")
        #expect(try x.cumulativeSum(1).floats() == [0.5, -1, 1, 3, 3.25, 2.5])
        try requireClose(
            x.softmax(1), [0.17803021, 0.02409377, 0.79787603, 0.91958622, 0.05878718, 0.0216266], .float32Element, "softmax")
        try requireClose(
            x.logSoftmax(1), [-1.72580205, -3.72580205, -0.22580205, -0.08383147, -2.83383147, -3.83383147], .float32Element, "logSoftmax")
    }

    @Test("picks the largest and sorts, equal elements in order")
    func sorting() throws {
        let (values, indices) = try x().top(2)
        #expect(try values.floats() == [2, 0.5, 3, 0.25] && indices.integers() == [2, 0, 0, 1])
        let sorted = try Tensor([2, 1, 2, 1] as [Float], shape: [4]).sorted()
        #expect(try sorted.values.floats() == [1, 1, 2, 2] && sorted.indices.integers() == [1, 3, 0, 2])
        #expect(try Tensor([2, 1, 2] as [Float], shape: [3]).sorted(descending: true).indices.integers() == [0, 2, 1])
    }
}

@Suite("Tensor shapes")
struct TensorShapeTests {
    private func x() throws -> Tensor { try Tensor.range(0, 6).reshaped([2, 3]) }

    @Test("rearranges elements")
    func rearranges() throws {
        let x = try x()
        #expect(try x.reshaped([3, -1]).shape == [3, 2] && x.reshaped([3, -1]).integers() == [0, 1, 2, 3, 4, 5])
        #expect(try x.unsqueezed(1).shape == [2, 1, 3] && x.unsqueezed(1).squeezed(1).shape == [2, 3])
        #expect(try x.slice(0, 1..<2).expanded([4, 3]).integers() == [3, 4, 5, 3, 4, 5, 3, 4, 5, 3, 4, 5])
        let cube = try Tensor.range(0, 30).reshaped([2, 3, 5])
        #expect(try cube.permuted([2, 0, 1]).shape == [5, 2, 3])
        #expect(try Array(cube.permuted([2, 0, 1]).integers().prefix(7)) == [0, 5, 10, 15, 20, 25, 1])
        #expect(try x.transposed().integers() == [0, 3, 1, 4, 2, 5] && x.transposed().contiguous().strides == [2, 1])
        #expect(try x.flipped(1).integers() == [2, 1, 0, 5, 4, 3])
        #expect(try x.lowerTriangle().integers() == [0, 0, 0, 3, 4, 0] && x.upperTriangle(1).integers() == [0, 1, 2, 0, 0, 5])
        #expect(try x.cloned().storageAddress != x.storageAddress && x.cloned().integers() == x.integers())
    }

    @Test("slices, and refuses a range outside the axis instead of clipping it")
    func slices() throws {
        let x = try x()
        #expect(try x.slice(1, 1..<3).integers() == [1, 2, 4, 5] && x.slice(1, 0..<3, step: 2).integers() == [0, 2, 3, 5])
        #expect(try x.slice(0, 1..<1).shape == [0, 3])
        let error = try #require(throws: TensorError.self) { try x.slice(1, 1..<4) }
        #expect(error.operation == "slice" && error.message.contains("slice 1 ..< 4 of an axis of size 3"))
        #expect(throws: TensorError.self) { try x.slice(0, -1..<1) }
        #expect(throws: TensorError.self) { try x.squeezed(1) }
        #expect(throws: TensorError.self) { try x.reshaped([4, -1]) }
    }

    @Test("takes, joins and adds by index")
    func indices() throws {
        let x = try x()
        #expect(try x.selecting(Tensor([1, 0, 1], shape: [3])).integers() == [3, 4, 5, 0, 1, 2, 3, 4, 5])
        #expect(try x.selecting(Tensor([2], shape: [1]), axis: 1).integers() == [2, 5])
        #expect(throws: TensorError.self) { try x.selecting(Tensor([2], shape: [1])) }
        #expect(try x.gathered(Tensor([2, 0], shape: [2, 1]), axis: 1).integers() == [2, 3])
        let sum = try Tensor.zeros([3, 2]).adding(
            Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2]), at: Tensor([2, 0, 2], shape: [3]))
        #expect(try sum.floats() == [3, 4, 0, 0, 6, 8])
        #expect(try Tensor.concatenated([x, x.slice(1, 0..<1)], axis: 1).integers() == [0, 1, 2, 0, 3, 4, 5, 3])
        #expect(try Tensor.stacked([x, x + 1], axis: 2).shape == [2, 3, 2])
        #expect(throws: TensorError.self) { try Tensor.concatenated([x, x.slice(1, 0..<2)]) }
    }

    @Test("writes in place, outside the graph")
    func inPlace() throws {
        let x = try Tensor([1, 2, 3] as [Float], shape: [3])
        try x.setRequiresGradient(true)
        try x.scale(by: 2)
        try x.add(Tensor([1, 0, -1] as [Float], shape: [3]), scaledBy: 0.5)
        #expect(try x.floats() == [2.5, 4, 5.5] && !x.hasGraph)
        try x.copy(from: Tensor([9, 8, 7], shape: [3]))
        #expect(try x.floats() == [9, 8, 7])
        try x.fill(-1)
        #expect(try x.floats() == [-1, -1, -1])
        #expect(throws: TensorError.self) { try x.copy(from: Tensor.ones([1])) }
    }
}
