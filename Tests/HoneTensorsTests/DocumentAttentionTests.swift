import HoneTestSupport
import Testing

@testable import HoneTensors

/// A flat batch with documents of awkward lengths and, if asked, rows of no document between them.
struct AttentionCase: Sendable, CustomTestStringConvertible {
    var lengths: [Int32]
    var gap: Int32 = 0
    var heads = 2
    var width: Int
    var dtype = DType.float32
    var causal = false

    var testDescription: String { "lengths \(lengths) gap \(gap) heads \(heads) × \(width) \(dtype)\(causal ? " causal" : "")" }

    static let lengths: [[Int32]] = [[1], [3], [16], [17], [40], [130], [3, 1, 17, 16, 40], [5, 0, 2]]

    static let all: [AttentionCase] = lengths.flatMap { lengths in
        [6, 32, 64].flatMap { width in
            [DType.float32, .bfloat16].flatMap { dtype in
                [false, true].map { causal in
                    AttentionCase(
                        lengths: lengths, gap: lengths.count > 1 ? 2 : 0, heads: width == 6 ? 5 : 2, width: width, dtype: dtype,
                        causal: causal)
                }
            }
        }
    }

    var rowCount: Int { lengths.reduce(Int(gap)) { $0 + Int($1 + gap) } }
    var scale: Double { 1 / Double(width).squareRoot() }

    func documents() throws -> Documents {
        var start = gap
        let starts = lengths.map { length in
            defer { start += length + gap }
            return start
        }
        return try Documents(starts: starts, lengths: lengths)
    }

    /// Queries, keys and values whose numbers are exact in `dtype`, and the gradient of the output.
    func operands() throws -> (inputs: [Tensor], seed: Tensor) {
        var generator = SeededGenerator(seed: UInt64(rowCount * 131 + width))
        let shape = [rowCount, heads * width]
        let inputs = try (0..<3).map { _ in try generator.leaf(shape, dtype: dtype) }
        return (inputs, try generator.tensor(shape).to(dtype))
    }

    func attend(_ x: [Tensor]) throws -> Tensor {
        try x[0].documentAttention(keys: x[1], values: x[2], documents: documents(), heads: heads, scale: scale, causal: causal)
    }

    /// The twin, in float32 on the same numbers: the node keeps probabilities and sums in float32 whatever the element type is.
    func reference(_ x: [Tensor]) throws -> Tensor {
        try x[0].documentAttentionReference(keys: x[1], values: x[2], documents: documents(), heads: heads, scale: scale, causal: causal)
    }
}

@Suite("Attention inside documents")
struct DocumentAttentionTests {
    @Test("equals its twin of plain operations, value and every gradient", arguments: AttentionCase.all)
    func twin(_ subject: AttentionCase) throws {
        let (inputs, seed) = try subject.operands()
        let value = try subject.attend(inputs)
        #expect(value.dtype == subject.dtype)
        try value.backward(seed)
        let copies = try inputs.map { try $0.detached().to(.float32).cloned() }
        for copy in copies { try copy.setRequiresGradient(true) }
        let expected = try subject.reference(copies)
        try expected.backward(seed.to(.float32))
        let tolerance = subject.dtype == .bfloat16 ? Tolerance.bfloat16Product : .float32Sum
        try requireClose(value, expected, tolerance, "value")
        for (name, (input, copy)) in zip(["queries", "keys", "values"], zip(inputs, copies)) {
            let gradient = try #require(try input.gradient())
            #expect(gradient.dtype == subject.dtype)
            try requireClose(gradient, try #require(try copy.gradient()), tolerance, "gradient of \(name)")
        }
    }

    @Test("the twin equals scaled dot-product attention on one document at a time", arguments: [false, true])
    func oracleOfTheOracle(_ causal: Bool) throws {
        let subject = AttentionCase(lengths: [3, 7], gap: 1, heads: 5, width: 6, causal: causal)
        let (inputs, _) = try subject.operands()
        let expected = try subject.reference(inputs).detached()
        for (start, length) in [(1, 3), (5, 7)] {
            let heads = try inputs.map {
                try $0.detached().slice(0, start..<(start + length)).reshaped([1, length, 5, 6]).transposed(1, 2)
            }
            let y = try heads[0].scaledDotProductAttention(keys: heads[1], values: heads[2], causal: causal, scale: subject.scale)
            try requireClose(
                y.transposed(1, 2).reshaped([length, 30]), expected.slice(0, start..<(start + length)), .float32Sum, "document at \(start)")
        }
    }

    @Test("rows of no document give zeros and get zero gradients")
    func padding() throws {
        let subject = AttentionCase(lengths: [4, 3], gap: 2, width: 6)
        let (inputs, seed) = try subject.operands()
        let value = try subject.attend(inputs)
        try value.backward(seed)
        for rows in [0..<2, 6..<8, 11..<13] {
            for tensor in [value] + (try inputs.map { try #require(try $0.gradient()) }) {
                #expect(try tensor.detached().slice(0, rows).floats().allSatisfy { $0 == 0 })
            }
        }
    }

    @Test("one document never sees another: other rows may hold anything, even what is not a number")
    func isolation() throws {
        let subject = AttentionCase(lengths: [5, 9], gap: 1, width: 32)
        let (inputs, _) = try subject.operands()
        let before = try subject.attend(inputs).detached().slice(0, 1..<6).floats()
        for input in inputs { try input.detached().slice(0, 6..<17).fill(.nan) }
        #expect(try subject.attend(inputs).detached().slice(0, 1..<6).floats() == before)
    }

    @Test("takes parts of a wider tensor without copying them")
    func strided() throws {
        var generator = SeededGenerator(seed: 12)
        let wide = try generator.leaf([9, 3 * 12])
        let documents = try Documents(starts: [0, 4], lengths: [4, 5])
        func parts(_ x: Tensor) throws -> [Tensor] { try (0..<3).map { try x.slice(1, $0 * 12..<($0 + 1) * 12) } }
        func gradient(_ attend: ([Tensor]) throws -> Tensor) throws -> (Tensor, Tensor) {
            let y = try attend(parts(wide))
            try y.squared().sum().backward()
            defer { try? wide.setGradient(nil) }
            return (try y.detached(), try #require(try wide.gradient()))
        }
        let node = try gradient { try $0[0].documentAttention(keys: $0[1], values: $0[2], documents: documents, heads: 2, scale: 0.4) }
        let twin = try gradient {
            try $0[0].documentAttentionReference(keys: $0[1], values: $0[2], documents: documents, heads: 2, scale: 0.4)
        }
        try requireClose(node.0, twin.0, .float32Sum, "value")
        try requireClose(node.1, twin.1, .float32Sum, "gradient")
    }

    @Test("large scores do not overflow")
    func extreme() throws {
        let q = try Tensor([300, -200, 100, 400] as [Float], shape: [2, 2])
        let documents = try Documents(starts: [0], lengths: [2])
        let y = try q.documentAttention(keys: q, values: q, documents: documents, heads: 1, scale: 1)
        try requireClose(y, q, .float32Sum, "each row sees itself")
    }

    @Test("names what does not fit")
    func errors() throws {
        let q = try Tensor.ones([4, 6])
        func attend(_ k: Tensor, _ starts: [Int32], _ lengths: [Int32], heads: Int = 2, dropout: Double = 0) throws -> Tensor {
            try q.documentAttention(
                keys: k, values: k, documents: Documents(starts: starts, lengths: lengths), heads: heads, scale: 1, dropout: dropout)
        }
        #expect(throws: TensorError.self) { try attend(Tensor.ones([5, 6]), [0], [4]) }
        let type = try #require(throws: TensorError.self) { try attend(Tensor.ones([4, 6], dtype: .bfloat16), [0], [4]) }
        #expect(type.message.contains("one element type"))
        let heads = try #require(throws: TensorError.self) { try attend(q, [0], [4], heads: 4) }
        #expect(heads.message == "width 6 is not a multiple of 4 heads")
        let outside = try #require(throws: TensorError.self) { try attend(q, [0, 3], [3, 2]) }
        #expect(outside.message == "document 1 starts at row 3 and has 2 rows; there are 4")
        #expect(throws: TensorError.self) { try attend(q, [-1], [2]) }
        #expect(throws: TensorError.self) { try attend(q, [0, 1], [2]) }
        #expect(throws: TensorError.self) { try attend(q, [0], [4], dropout: 1) }
    }
}

@Suite("Dropout of attention")
struct AttentionDropoutTests {
    private let subject = AttentionCase(lengths: [5, 19], gap: 1, width: 6)

    private func attend(_ x: [Tensor], seed: UInt64, probability: Double = 0.3) throws -> Tensor {
        try x[0].documentAttention(
            keys: x[1], values: x[2], documents: subject.documents(), heads: subject.heads, scale: subject.scale, dropout: probability,
            seed: seed)
    }

    @Test("the same seed drops the same weights; another seed others")
    func seeds() throws {
        let inputs = try subject.operands().inputs
        #expect(try attend(inputs, seed: 4).floats() == attend(inputs, seed: 4).floats())
        #expect(try attend(inputs, seed: 4).floats() != attend(inputs, seed: 5).floats())
    }

    @Test("drops the asked share of weights and scales the others", arguments: [0.1, 0.5, 0.9])
    func share(_ probability: Double) throws {
        // Equal scores and one-hot values show each weight by itself: row i, column j is 1 / 16 or dropped.
        let documents = try Documents(starts: [0], lengths: [16])
        let zeros = try Tensor.zeros([16, 16])
        let identity = try Tensor.ones([16, 16]).lowerTriangle().upperTriangle()
        var kept = 0
        for seed in 0..<200 as Range<UInt64> {
            let weights = try zeros.documentAttention(
                keys: zeros, values: identity, documents: documents, heads: 1, scale: 1, dropout: probability, seed: seed)
            for weight in try weights.floats() where weight != 0 {
                try requireClose(Double(weight), 1 / 16 / (1 - probability), .float32Element, "a kept weight")
                kept += 1
            }
        }
        try requireClose(Double(kept) / (200 * 256), 1 - probability, .sampleMean, "share of kept weights")
    }

    @Test("the mean over many seeds is the value without dropout")
    func expectation() throws {
        let inputs = try subject.operands().inputs.map { try $0.detached() }
        let total = try Tensor.zeros(inputs[0].shape)
        for seed in 0..<3000 as Range<UInt64> { try total.add(attend(inputs, seed: seed &* 7919), scaledBy: 1.0 / 3000) }
        try requireClose(total, subject.attend(inputs), .sampleMean, "mean over seeds")
    }

    @Test("gradients agree with finite differences for a fixed seed", arguments: 0..<3)
    func finiteDifferences(_ which: Int) throws {
        let (inputs, seed) = try subject.operands()
        try attend(inputs, seed: 21).backward(seed)
        let gradient = try #require(try inputs[which].gradient())
        let plain = try inputs.map { try $0.detached().cloned() }
        func value() throws -> Double { try (attend(plain, seed: 21) * seed).to(.float64).sum().item() }
        var generator = SeededGenerator(seed: UInt64(which))
        for _ in 0..<40 {
            let place = (generator.integer(0...subject.rowCount - 1), generator.integer(0...subject.heads * subject.width - 1))
            let element = try plain[which].slice(0, place.0..<place.0 + 1).slice(1, place.1..<place.1 + 1)
            let before = try element.item()
            try element.fill(before + 1e-2)
            let above = try value()
            try element.fill(before - 1e-2)
            let below = try value()
            try element.fill(before)
            let found = try gradient.slice(0, place.0..<place.0 + 1).slice(1, place.1..<place.1 + 1).item()
            try requireClose(found, (above - below) / 2e-2, .finiteDifference, "gradient at \(place)")
        }
    }
}
