import HoneTestSupport
import Testing

@testable import HoneTensors

/// Shapes and types that a node must take; widths that fill registers and widths that do not.
struct NodeCase: Sendable, CustomTestStringConvertible {
    var rows: Int
    var width: Int
    var dtype = DType.float32
    var testDescription: String { "[\(rows), \(width)] \(dtype)" }

    static let all: [NodeCase] = [
        NodeCase(rows: 1, width: 1), NodeCase(rows: 3, width: 18), NodeCase(rows: 5, width: 64), NodeCase(rows: 131, width: 33),
        NodeCase(rows: 0, width: 7), NodeCase(rows: 7, width: 18, dtype: .bfloat16), NodeCase(rows: 131, width: 80, dtype: .bfloat16),
        NodeCase(rows: 3, width: 18, dtype: .float64),
    ]

    /// float64 has no kernels: the node is its twin there.
    var tolerance: Tolerance { dtype == .bfloat16 ? .bfloat16Product : .float32Sum }

    func generator(_ salt: UInt64) -> SeededGenerator { SeededGenerator(seed: UInt64(rows * 1009 + width) ^ salt) }
}

/// Runs a function of leaves and gives its values and the gradient of every leaf.
private func outcome(
    _ leaves: [String: Tensor], _ function: ([String: Tensor]) throws -> [Tensor]
) throws -> (values: [Tensor], gradients: [String: Tensor]) {
    let values = try function(leaves)
    var generator = SeededGenerator(seed: 99)
    var total: Tensor?
    for value in values where value.hasGraph {
        let seed = try generator.tensor(value.shape).to(value.dtype)
        let part = try (value.to(.float64) * seed.to(.float64)).sum()
        total = try total.map { try $0 + part } ?? part
    }
    try total?.backward()
    var gradients: [String: Tensor] = [:]
    for (name, leaf) in leaves {
        gradients[name] = try leaf.gradient()
        try leaf.setGradient(nil)
    }
    return (try values.map { try $0.detached() }, gradients)
}

private func requireTwins(
    _ leaves: [String: Tensor], _ tolerance: Tolerance, node: ([String: Tensor]) throws -> [Tensor],
    twin: ([String: Tensor]) throws -> [Tensor]
) throws {
    let (found, expected) = (try outcome(leaves, node), try outcome(leaves, twin))
    try require(found.values.count == expected.values.count, "\(found.values.count) values, expected \(expected.values.count)")
    for (index, value) in expected.values.enumerated() {
        try require(found.values[index].dtype == value.dtype, "value \(index) has another type")
        try requireCloseInScale(found.values[index], value, tolerance, "value \(index)")
    }
    try require(found.gradients.keys == expected.gradients.keys, "gradients of \(found.gradients.keys.sorted())")
    for (name, gradient) in expected.gradients {
        let mine = try #require(found.gradients[name])
        try require(mine.dtype == gradient.dtype && mine.shape == gradient.shape, "the gradient of \(name) has another form")
        try requireCloseInScale(mine, gradient, tolerance, "gradient of \(name)")
    }
}

extension SeededGenerator {
    fileprivate mutating func leaf(_ shape: [Int], _ dtype: DType = .float32, trains: Bool = true, scale: Double = 1) throws -> Tensor {
        let tensor = try tensor(shape, scale: scale).to(dtype)
        try tensor.setRequiresGradient(trains)
        return tensor
    }
}

@Suite("Nodes of decoders")
struct DecoderNodeTests {
    // MARK: Norms

    @Test("the norm of the mean square is its twin, with and without an offset", arguments: NodeCase.all, [0.0, 1.0])
    func rmsNorm(_ c: NodeCase, _ offset: Double) throws {
        var g = c.generator(1)
        let leaves = ["x": try g.leaf([c.rows, c.width], c.dtype), "w": try g.leaf([c.width])]
        try requireTwins(leaves, c.tolerance) {
            [try #require($0["x"]).rmsNorm(weight: try #require($0["w"]), offset: offset, epsilon: 1e-3)]
        } twin: {
            [try #require($0["x"]).rmsNormReference(weight: try #require($0["w"]), offset: offset, epsilon: 1e-3)]
        }
    }

    @Test("the norm of a residual sum is the sum and its norm, with gradients through both", arguments: NodeCase.all, [0.0, 1.0])
    func addRMSNorm(_ c: NodeCase, _ offset: Double) throws {
        var g = c.generator(2)
        let leaves = [
            "x": try g.leaf([c.rows, c.width], c.dtype), "r": try g.leaf([c.rows, c.width], c.dtype), "w": try g.leaf([c.width]),
        ]
        try requireTwins(leaves, c.tolerance) {
            let both = try #require($0["x"]).addRMSNorm(
                residual: #require($0["r"]), weight: #require($0["w"]), offset: offset, epsilon: 1e-3)
            return [both.sum, both.normalized]
        } twin: {
            let sum = try #require($0["r"]) + #require($0["x"])
            return [sum, try sum.rmsNormReference(weight: #require($0["w"]), offset: offset, epsilon: 1e-3)]
        }
    }

    @Test("a norm whose sum alone, or whose norm alone, is used has the same gradients", arguments: [true, false])
    func oneOutput(_ usesSum: Bool) throws {
        var g = SeededGenerator(seed: 5)
        let leaves = ["x": try g.leaf([5, 7]), "r": try g.leaf([5, 7]), "w": try g.leaf([7])]
        func pick(_ sum: Tensor, _ normalized: Tensor) -> [Tensor] { [usesSum ? sum : normalized] }
        let node = try outcome(leaves) {
            let both = try #require($0["x"]).addRMSNorm(residual: #require($0["r"]), weight: #require($0["w"]), epsilon: 1e-3)
            return pick(both.sum, both.normalized)
        }
        let twin = try outcome(leaves) {
            let sum = try #require($0["r"]) + #require($0["x"])
            return pick(sum, try sum.rmsNormReference(weight: #require($0["w"]), epsilon: 1e-3))
        }
        for (name, gradient) in twin.gradients { try requireClose(try #require(node.gradients[name]), gradient, .float32Sum, name) }
    }

    // MARK: Rotation

    @Test("the rotation is its twin, also on slices of a wider product", arguments: [DType.float32, .bfloat16, .float64], [8, 6])
    func rotary(_ dtype: DType, _ turned: Int) throws {
        var g = SeededGenerator(seed: 31)
        let (rows, heads, width) = (11, 3, 8)
        let cosines = try g.tensor([20, turned / 2]), sines = try g.tensor([20, turned / 2])
        let positions = try Tensor((0..<rows).map { ($0 * 7) % 20 }, shape: [rows])
        let leaves = ["x": try g.leaf([rows, heads * width + 5], dtype)]
        try requireTwins(leaves, dtype == .bfloat16 ? .bfloat16Product : .float32Sum) {
            [
                try #require($0["x"]).slice(1, 3..<(3 + heads * width)).rotated(
                    cosines: cosines, sines: sines, positions: positions, heads: heads)
            ]
        } twin: {
            [
                try #require($0["x"]).slice(1, 3..<(3 + heads * width)).rotatedReference(
                    cosines: cosines, sines: sines, positions: positions, heads: heads)
            ]
        }
        #expect(throws: TensorError.self) {
            try #require(leaves["x"]).slice(1, 0..<24).rotated(
                cosines: cosines, sines: sines, positions: Tensor([Int](repeating: 20, count: rows), shape: [rows]), heads: heads)
        }
    }

    // MARK: Gates

    @Test("gates are their twins", arguments: NodeCase.all, GateActivation.allCases)
    func gated(_ c: NodeCase, _ activation: GateActivation) throws {
        var g = c.generator(3)
        // 1 − tanh² of plain operations has no digits left far out.
        let scale = activation == .tanh ? 0.7 : 3
        let leaves = ["gate": try g.leaf([c.rows, c.width], c.dtype, scale: scale), "up": try g.leaf([c.rows, c.width], c.dtype)]
        try requireTwins(leaves, c.tolerance) {
            [try .gated(#require($0["gate"]), #require($0["up"]), activation)]
        } twin: {
            [try .gatedReference(#require($0["gate"]), #require($0["up"]), activation)]
        }
        let alone = ["x": try g.leaf([c.rows, c.width], c.dtype, scale: scale)]
        try requireTwins(alone, c.tolerance) {
            [try #require($0["x"]).activated(activation)]
        } twin: {
            [try #require($0["x"]).activatedReference(activation)]
        }
    }

    @Test("gates take halves of one product and tensors of three axes")
    func gatedHalves() throws {
        var g = SeededGenerator(seed: 8)
        try requireTwins(["both": try g.leaf([5, 2 * 19])], .float32Sum) {
            let both = try #require($0["both"])
            return [try .gated(both.slice(1, 0..<19), both.slice(1, 19..<38), .silu)]
        } twin: {
            let both = try #require($0["both"])
            return [try .gatedReference(both.slice(1, 0..<19), both.slice(1, 19..<38), .silu)]
        }
        try requireTwins(["x": try g.leaf([2, 3, 5])], .float32Sum) {
            [try #require($0["x"]).activated(.gelu)]
        } twin: {
            [try #require($0["x"]).activatedReference(.gelu)]
        }
    }

    @Test("activations are right at extremes", arguments: GateActivation.allCases)
    func extremes(_ activation: GateActivation) throws {
        let values: [Float] = [-1e4, -90, -20, -5, -1e-4, 0, 1e-4, 5, 20, 90, 1e4, .nan]
        let x = try Tensor(values, shape: [1, values.count])
        try requireClose(x.activated(activation), x.activatedReference(activation), .float32Sum, "\(activation)")
    }

    // MARK: What nodes keep

    /// The layers of a block in a row: norm, product, gate, product.
    private func block(_ t: [String: Tensor], _ isNode: Bool) throws -> [Tensor] {
        let (x, r, w) = (try #require(t["x"]), try #require(t["r"]), try #require(t["w"]))
        let (up, down, a, b) = (try #require(t["up"]), try #require(t["down"]), try #require(t["a"]), try #require(t["b"]))
        if isNode {
            let (sum, h) = try x.addRMSNorm(residual: r, weight: w, epsilon: 1e-5)
            let inner = try Tensor.gated(h.linear(up, bias: nil), h.linear(up, bias: nil, down: a, up: b, scale: 0.5, dropout: 0), .silu)
            let (last, normalized) = try inner.linear(down, bias: nil).addRMSNorm(residual: sum, weight: w, epsilon: 1e-5)
            return [try normalized.rmsNorm(weight: w, epsilon: 1e-5).linear(up, bias: nil), last]
        }
        let sum = try r + x, h = try sum.rmsNormReference(weight: w, epsilon: 1e-5)
        let low = try h.linearReference(a, bias: nil).linearReference(b, bias: nil) * 0.5
        let inner = try Tensor.gatedReference(h.linearReference(up, bias: nil), h.linearReference(up, bias: nil) + low, .silu)
        let last = try sum + inner.linearReference(down, bias: nil), normalized = try last.rmsNormReference(weight: w, epsilon: 1e-5)
        return [try normalized.rmsNormReference(weight: w, epsilon: 1e-5).linearReference(up, bias: nil), last]
    }

    @Test(
        "operands that are computed again give the same gradients, whatever trains",
        arguments: [["x", "r", "w", "up", "down", "a", "b"], ["a", "b"], ["x", "a", "b"], ["up", "down"], ["w"], ["r"], ["x", "up"]])
    func rebuilt(_ trains: [String]) throws {
        var g = SeededGenerator(seed: 12)
        let shapes = ["x": [9, 7], "r": [9, 7], "w": [7], "up": [13, 7], "down": [7, 13], "a": [2, 7], "b": [13, 2]]
        var leaves: [String: Tensor] = [:]
        for name in shapes.keys.sorted() { leaves[name] = try g.leaf(#require(shapes[name]), trains: trains.contains(name)) }
        try requireTwins(leaves, .float32Sum) {
            try block($0, true)
        } twin: {
            try block($0, false)
        }
    }

    @Test("a second backward pass over a node that let its operands go is an error, not another number")
    func secondBackward() throws {
        var g = SeededGenerator(seed: 13)
        let x = try g.leaf([3, 5])
        let loss = try x.rmsNorm(weight: g.tensor([5]), epsilon: 1e-5).sum()
        try loss.backward()
        #expect(throws: TensorError.self) { try loss.backward() }
    }

    @Test("what nodes keep is freed with the graph, with and without a backward pass")
    func frees() throws {
        var g = SeededGenerator(seed: 14)
        let leaves = [
            "x": try g.leaf([5000, 64]), "r": try g.leaf([5000, 64]), "w": try g.leaf([64]), "up": try g.leaf([96, 64]),
            "down": try g.leaf([64, 96]), "a": try g.leaf([2, 64]), "b": try g.leaf([96, 2]),
        ]
        func pass() throws {
            _ = try outcome(leaves) { try block($0, true) }
            _ = try block(leaves, true)
        }
        try pass()
        let before = Library.residentBytes()
        for _ in 0..<60 { try pass() }
        // One pass keeps more than 10 MB; other tests run beside this one.
        #expect(Library.residentBytes() - before < 400_000_000)
    }

    // MARK: Products of few rows

    @Test(
        "products of few rows are those of many, as the matrix lies and turned",
        arguments: [1, 2, 3, 4, 7, 8, 9, 15, 24, 25], [DType.float32, .bfloat16])
    func few(_ rows: Int, _ dtype: DType) throws {
        for (input, output) in [(5, 11), (64, 33), (97, 1100), (576, 192), (1, 1)] {
            var g = SeededGenerator(seed: UInt64(rows * 31 + input))
            let scale = 1 / Double(input).squareRoot()
            let x = try g.tensor([rows, input]).to(dtype), bias = try g.tensor([output]).to(dtype)
            let w = try g.tensor([output, input], scale: scale).to(dtype), turned = try w.transposed(0, 1).contiguous().transposed(0, 1)
            for bias in [bias, nil] {
                let expected = try x.to(.float64).linearReference(w.to(.float64), bias: bias?.to(.float64))
                let tolerance = dtype == .bfloat16 ? Tolerance.bfloat16Product : .float32Sum
                try requireCloseInScale(x.linear(w, bias: bias), expected.to(dtype), tolerance, "\(rows) · [\(output), \(input)]")
                try requireCloseInScale(x.linear(turned, bias: bias), expected.to(dtype), tolerance, "\(rows) · turned")
            }
        }
    }

    @Test("a row's product does not depend on how many rows are beside it", arguments: [DType.float32, .bfloat16])
    func fewAlone(_ dtype: DType) throws {
        var g = SeededGenerator(seed: 23)
        let w = try g.tensor([37, 70]).to(dtype), all = try g.tensor([24, 70]).to(dtype)
        let together = try all.linear(w, bias: nil).floats()
        for rows in [1, 2, 3, 7, 8, 13] {
            #expect(try all.slice(0, 0..<rows).linear(w, bias: nil).floats() == Array(together.prefix(rows * 37)), "\(rows) rows")
        }
    }

    @Test(
        "layers that read one input give together what each gives, value and gradients", arguments: [1, 5, 40], [DType.float32, .bfloat16])
    func several(_ rows: Int, _ dtype: DType) throws {
        var g = SeededGenerator(seed: UInt64(rows))
        let leaves = [
            "x": try g.leaf([rows, 33], dtype), "v": try g.leaf([90, 33], dtype), "w": try g.leaf([7, 33], dtype),
            "b": try g.leaf([7], dtype),
        ]
        try requireTwins(leaves, dtype == .bfloat16 ? .bfloat16Product : .float32Sum) {
            try #require($0["x"]).linears([(#require($0["v"]), nil), (#require($0["w"]), $0["b"])])
        } twin: {
            let x = try #require($0["x"])
            return [try x.linearReference(#require($0["v"]), bias: nil), try x.linearReference(#require($0["w"]), bias: $0["b"])]
        }
        let x = try #require(leaves["x"]).detached(), v = try #require(leaves["v"]).detached(), w = try #require(leaves["w"]).detached()
        let alone = [try x.linear(v, bias: nil).floats(), try x.linear(w, bias: nil).floats()]
        #expect(try x.linears([(v, nil), (w, nil)]).map { try $0.floats() } == alone)
        let error = #expect(throws: TensorError.self) { try x.linears([(v, nil), (v.transposed(0, 1), nil)]) }
        #expect(error?.message.contains("[33, 90] takes inputs of width 90") == true)
    }

    @Test("rows are copied to their places; a place that is not there is refused", arguments: [DType.float32, .bfloat16, .int64])
    func copyRows(_ dtype: DType) throws {
        let source = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]).to(dtype)
        let target = try Tensor.zeros([4, 3], dtype: dtype)
        try target.copyRows(from: source, at: Tensor([3, 1], shape: [2]))
        #expect(try target.floats() == [0, 0, 0, 4, 5, 6, 0, 0, 0, 1, 2, 3])
        // Columns of a wider tensor on either side.
        let wide = try Tensor.zeros([2, 5], dtype: dtype)
        try wide.slice(1, 1..<4).copyRows(from: target.slice(0, 1..<2), at: Tensor([1], shape: [1]))
        #expect(try wide.floats() == [0, 0, 0, 0, 0, 0, 4, 5, 6, 0])
        for place in [-1, 4] {
            #expect(throws: TensorError.self) { try target.copyRows(from: source, at: Tensor([0, place], shape: [2])) }
        }
    }

    // MARK: Head

    static let heads: [(Int, Int, Int, DType)] = [
        (7, 5, 11, .float32), (1, 3, 1, .float32), (64, 18, 97, .float32), (33, 16, 130, .bfloat16), (7, 5, 11, .float64),
        (0, 4, 9, .float32),
    ]

    @Test("the head's loss is its twin, with bias, cap, scale and smoothing", arguments: heads, [false, true])
    func head(_ shape: (Int, Int, Int, DType), _ hasAll: Bool) throws {
        let (M, D, V, dtype) = shape
        var g = SeededGenerator(seed: UInt64(M * 131 + V))
        var leaves = ["h": try g.leaf([M, D], dtype, scale: 2), "w": try g.leaf([V, D], dtype)]
        if hasAll { leaves["b"] = try g.leaf([V], dtype) }
        let targets = try Tensor((0..<M).map { $0 % 4 == 2 ? -100 : ($0 * 5) % V }, shape: [M])
        let (cap, scale, smoothing): (Double?, Double, Double) = hasAll ? (3, 0.7, 0.1) : (nil, 1, 0)
        try requireTwins(leaves, dtype == .bfloat16 ? .bfloat16Product : .float32Sum) {
            let terms = try #require($0["h"]).linearCrossEntropyWithRows(
                weight: #require($0["w"]), bias: $0["b"], targets: targets, softcap: cap, logitScale: scale, smoothing: smoothing)
            return [terms.sum, terms.correct, terms.rows]
        } twin: {
            let terms = try #require($0["h"]).linearCrossEntropyReference(
                weight: #require($0["w"]), bias: $0["b"], targets: targets, softcap: cap, logitScale: scale, smoothing: smoothing)
            return [terms.sum, terms.correct, terms.rows]
        }
    }

    @Test("the head in many parts gives what it gives in one, and only wanted gradients are made", arguments: [DType.float32, .bfloat16])
    func headInParts(_ dtype: DType) throws {
        // Logits of 200 rows of 70,001 are more than one part may hold.
        var g = SeededGenerator(seed: 4)
        let (M, D, V) = (200, 3, 70_001)
        let h = try g.leaf([M, D], dtype), w = try g.leaf([V, D], dtype, scale: 0.5)
        let targets = try Tensor((0..<M).map { $0 == 150 ? -100 : ($0 * 347) % V }, shape: [M])
        try requireTwins(["h": h, "w": w], dtype == .bfloat16 ? .bfloat16Product : .float32Sum) {
            [try #require($0["h"]).linearCrossEntropy(weight: #require($0["w"]), targets: targets).sum]
        } twin: {
            [try #require($0["h"]).linearCrossEntropyReference(weight: #require($0["w"]), targets: targets).sum]
        }
        try w.setRequiresGradient(false)
        let frozen = try outcome(["h": h, "w": w]) {
            [try #require($0["h"]).linearCrossEntropy(weight: #require($0["w"]), targets: targets).sum]
        }
        #expect(frozen.gradients.keys.sorted() == ["h"])
    }

    @Test("the loss is finite for logits of a thousand, and not finite for logits that are not")
    func headExtremes() throws {
        let w = try Tensor([1, -1, 0] as [Float], shape: [3, 1])
        func loss(_ value: Float) throws -> Double {
            try Tensor([value], shape: [1, 1]).linearCrossEntropy(weight: w, targets: Tensor([1], shape: [1])).sum.item()
        }
        try requireClose(loss(1000), 2000, .float32Sum, "a wrong logit of a thousand")
        try requireClose(loss(-1000), 0, .float32Sum, "a right logit of a thousand")
        #expect(try loss(.nan).isNaN && !loss(.infinity).isFinite)
        #expect(throws: TensorError.self) { try w.linearCrossEntropy(weight: w, targets: Tensor([0, 3, 1], shape: [3])) }
    }

    @Test("the largest logit is the first of equals")
    func headTies() throws {
        let h = try Tensor.ones([2, 1]), w = try Tensor([Float](repeating: 0.5, count: 70), shape: [70, 1])
        let terms = try h.linearCrossEntropy(weight: w, targets: Tensor([0, 33], shape: [2]))
        #expect(try terms.correct.item() == 1)
    }
}
