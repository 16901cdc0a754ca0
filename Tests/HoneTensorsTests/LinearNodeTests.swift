import HoneTestSupport
import Testing

@testable import HoneTensors

/// Which operands collect a gradient.
struct LinearCase: Sendable, CustomTestStringConvertible {
    var shape: [Int]
    var dtype = DType.float32
    var hasBias = true
    var trains: Set<String> = ["x", "w", "b", "a", "u"]

    var testDescription: String { "\(shape) \(dtype)\(hasBias ? "" : " without bias") training \(trains.sorted().joined())" }

    static let linear: [LinearCase] = [
        LinearCase(shape: [7, 5]), LinearCase(shape: [1, 5]), LinearCase(shape: [0, 5]), LinearCase(shape: [2, 3, 5]),
        LinearCase(shape: [5]),
        LinearCase(shape: [33, 30]), LinearCase(shape: [7, 5], hasBias: false), LinearCase(shape: [7, 5], trains: ["x"]),
        LinearCase(shape: [7, 5], trains: ["w"]), LinearCase(shape: [7, 5], trains: ["b"]), LinearCase(shape: [7, 5], trains: ["x", "b"]),
        LinearCase(shape: [7, 5], dtype: .bfloat16), LinearCase(shape: [33, 30], dtype: .bfloat16),
        LinearCase(shape: [3, 4], dtype: .float64),
    ]
    static let lora: [LinearCase] =
        linear + [
            LinearCase(shape: [7, 5], trains: ["a", "u"]), LinearCase(shape: [7, 5], trains: ["x", "a", "u"]),
            LinearCase(shape: [7, 5], trains: ["a"]), LinearCase(shape: [7, 5], trains: ["u"]),
            LinearCase(shape: [7, 5], trains: ["w", "u"]),
        ]

    /// x, W [11, in], b [11], A [3, in], B [11, 3].
    func operands() throws -> [String: Tensor] {
        var generator = SeededGenerator(seed: UInt64(shape.reduce(17) { $0 * 31 + $1 }))
        let width = shape[shape.count - 1]
        let shapes = [("x", shape), ("w", [11, width]), ("b", [11]), ("a", [3, width]), ("u", [11, 3])]
        var result: [String: Tensor] = [:]
        for (name, shape) in shapes where name != "b" || hasBias {
            // Every product has numbers of size about 1, whatever its width.
            let tensor = try generator.tensor(shape, scale: ["w", "a", "u"].contains(name) ? 1 / Double(shape[1]).squareRoot() : 1).to(
                dtype)
            try tensor.setRequiresGradient(trains.contains(name))
            result[name] = tensor
        }
        return result
    }

    var tolerance: Tolerance { dtype == .bfloat16 ? .bfloat16Product : .float32Sum }
}

/// Runs a function and gives its value and the gradient of every operand, nil where there is none.
private func gradients(
    _ operands: [String: Tensor], _ function: ([String: Tensor]) throws -> Tensor
) throws -> (value: Tensor, gradients: [String: Tensor]) {
    let value = try function(operands)
    var generator = SeededGenerator(seed: 77)
    if value.hasGraph { try value.backward(generator.tensor(value.shape).to(value.dtype)) }
    var result: [String: Tensor] = [:]
    for (name, tensor) in operands {
        result[name] = try tensor.gradient()
        try tensor.setGradient(nil)
    }
    return (value.hasGraph ? try value.detached() : value, result)
}

private func requireEqual(
    _ operands: [String: Tensor], _ tolerance: Tolerance, node: ([String: Tensor]) throws -> Tensor,
    twin: ([String: Tensor]) throws -> Tensor
) throws {
    let found = try gradients(operands, node)
    let expected = try gradients(operands, twin)
    try requireCloseInScale(found.value, expected.value, tolerance, "value")
    try require(
        found.gradients.keys == expected.gradients.keys, "gradients of \(found.gradients.keys), expected \(expected.gradients.keys)")
    for (name, gradient) in expected.gradients {
        try require(found.gradients[name]?.dtype == gradient.dtype, "the gradient of \(name) has another type")
        try requireCloseInScale(try #require(found.gradients[name]), gradient, tolerance, "gradient of \(name)")
    }
}

@Suite("The linear node")
struct LinearNodeTests {
    @Test("equals libtorch's linear, value and every gradient", arguments: LinearCase.linear)
    func twin(_ subject: LinearCase) throws {
        try requireEqual(try subject.operands(), subject.tolerance) {
            try #require($0["x"]).linear(try #require($0["w"]), bias: $0["b"])
        } twin: {
            try #require($0["x"]).linearReference(try #require($0["w"]), bias: $0["b"])
        }
    }

    @Test("takes operands that are not contiguous")
    func strided() throws {
        var generator = SeededGenerator(seed: 5)
        let operands = ["x": try generator.leaf([5, 14]), "w": try generator.leaf([5, 9])]
        func views(_ operands: [String: Tensor]) throws -> (Tensor, Tensor) {
            (try #require(operands["x"]).transposed().slice(0, 0..<14, step: 2), try #require(operands["w"]).transposed())
        }
        try requireEqual(operands, .float32Sum) {
            let (x, w) = try views($0)
            return try x.linear(w, bias: nil)
        } twin: {
            let (x, w) = try views($0)
            return try x.linearReference(w, bias: nil)
        }
    }

    @Test("names what does not fit")
    func errors() throws {
        let (x, w) = (try Tensor.ones([2, 3]), try Tensor.ones([5, 7]))
        let error = try #require(throws: TensorError.self) { try x.linear(w, bias: nil) }
        #expect(error.operation == "linear" && error.shapes == "Float[2, 3], Float[5, 7]")
        #expect(error.message == "a linear layer with weight [5, 7] takes inputs of width 7, not [2, 3]")
        #expect(throws: TensorError.self) { try x.linear(Tensor.ones([5, 3]), bias: Tensor.ones([4])) }
        let types = try #require(throws: TensorError.self) { try x.linear(Tensor.ones([5, 3], dtype: .bfloat16), bias: nil) }
        #expect(types.message == "input is Float, weight is BFloat16")
    }

    @Test("builds no graph where nothing trains")
    func noGraph() throws {
        #expect(try !Tensor.ones([2, 3]).linear(Tensor.ones([5, 3]), bias: nil).hasGraph)
        let x = try Tensor.ones([2, 3])
        try x.setRequiresGradient(true)
        #expect(try withGradients(false) { try !x.linear(Tensor.ones([5, 3]), bias: nil).hasGraph })
    }
}

@Suite("The linear+LoRA node")
struct LinearLoRANodeTests {
    @Test("equals the same by plain operations, value and every gradient", arguments: LinearCase.lora)
    func twin(_ subject: LinearCase) throws {
        try requireEqual(try subject.operands(), subject.tolerance) { operands in
            try #require(operands["x"]).linear(
                try #require(operands["w"]), bias: operands["b"], down: try #require(operands["a"]), up: try #require(operands["u"]),
                scale: 1.5,
                dropout: 0)
        } twin: { operands in
            let x = try #require(operands["x"])
            let base = try x.linearReference(try #require(operands["w"]), bias: operands["b"])
            let change = try x.linearReference(try #require(operands["a"]), bias: nil).linearReference(
                try #require(operands["u"]), bias: nil)
            return try base + change * 1.5
        }
    }

    @Test("drops what seeded dropout drops for the same seed, in forward and backward", arguments: [0.1, 0.5])
    func dropout(_ probability: Double) throws {
        let operands = try LinearCase(shape: [23, 5]).operands()
        try requireEqual(operands, .float32Sum) { operands in
            try #require(operands["x"]).linear(
                try #require(operands["w"]), bias: operands["b"], down: try #require(operands["a"]), up: try #require(operands["u"]),
                scale: 0.75, dropout: probability, seed: 31)
        } twin: { operands in
            let x = try #require(operands["x"])
            let branch = try x.dropout(probability, seed: 31).linearReference(try #require(operands["a"]), bias: nil)
            return try x.linearReference(try #require(operands["w"]), bias: operands["b"])
                + branch.linearReference(try #require(operands["u"]), bias: nil) * 0.75
        }
    }

    @Test("dropped inputs get no gradient through the change, kept ones are scaled")
    func mask() throws {
        // With W = 0, A = 1 and B = 1 on one feature, the output is s · x · mask / (1 − p) and so is the gradient of x.
        let x = try Tensor.ones([400, 1])
        try x.setRequiresGradient(true)
        let one = try Tensor.ones([1, 1])
        let y = try x.linear(Tensor.zeros([1, 1]), bias: nil, down: one, up: one, scale: 2, dropout: 0.2, seed: 3)
        try y.sum().backward()
        #expect(try Set(y.floats()) == [0, 2.5])
        #expect(try x.gradient()?.floats() == y.floats())
    }

    @Test("names what does not fit")
    func errors() throws {
        let (x, w) = (try Tensor.ones([2, 3]), try Tensor.ones([5, 3]))
        let error = try #require(throws: TensorError.self) {
            try x.linear(w, bias: nil, down: Tensor.ones([2, 4]), up: Tensor.ones([5, 2]), scale: 1, dropout: 0)
        }
        #expect(error.operation == "linear+LoRA" && error.shapes == "Float[2, 3], Float[5, 3], Float[2, 4], Float[5, 2]")
    }
}
