import Foundation
import HoneTestSupport
import Testing

@testable import HoneTensors

/// Documents of queries and keys with gaps between them, and the settings to attend with.
struct GroupedCase: Sendable, CustomTestStringConvertible {
    var queries: [Int32]
    /// Nil: the documents' own tokens are the keys.
    var keys: [Int32]? = nil
    var gap: Int32 = 1
    var width: Int
    var settings: AttentionSettings
    /// The reach `R` of a relative bias; nil for none.
    var reach: Int? = nil
    var dtype = DType.float32

    init(
        _ queries: [Int32], keys: [Int32]? = nil, width: Int = 6, heads: Int = 4, keyHeads: Int = 2, softcap: Double? = nil,
        dropout: Double = 0,
        causal: Bool = false, window: Int? = nil, reach: Int? = nil, dtype: DType = .float32
    ) {
        (self.queries, self.keys, self.width, self.reach, self.dtype) = (queries, keys, width, reach, dtype)
        settings = AttentionSettings(
            heads: heads, keyHeads: keyHeads, scale: 1 / Double(width).squareRoot(), softcap: softcap, dropout: dropout, seed: 77,
            causal: causal, window: window)
    }

    var testDescription: String {
        "queries \(queries) keys \(keys.map { "\($0)" } ?? "same") heads \(settings.heads)/\(settings.keyHeads) × \(width) \(dtype)"
            + (settings.causal ? " causal" : "") + (settings.window.map { " window \($0)" } ?? "")
            + (settings.softcap.map { " cap \($0)" } ?? "") + (settings.dropout > 0 ? " dropout" : "") + (reach == nil ? "" : " bias")
    }

    private func rows(_ lengths: [Int32]) -> Int { lengths.reduce(Int(gap)) { $0 + Int($1 + gap) } }

    private func documents(_ lengths: [Int32]) throws -> Documents {
        var start = gap
        let starts = lengths.map { length in
            defer { start += length + gap }
            return start
        }
        return try Documents(starts: starts, lengths: lengths)
    }

    /// Leaves q, k, v and, where there is one, the bias; then the gradient of the output.
    func operands() throws -> (inputs: [Tensor], seed: Tensor) {
        var generator = SeededGenerator(seed: UInt64(rows(queries) * 131 + width))
        let shapes = [
            [rows(queries), settings.heads * width], [rows(keys ?? queries), settings.keyHeads * width],
            [rows(keys ?? queries), settings.keyHeads * width],
        ]
        var inputs = try shapes.map { try generator.leaf($0, dtype: dtype) }
        if let reach { inputs.append(try generator.leaf([settings.heads, 2 * reach - 1])) }
        return (inputs, try generator.tensor(shapes[0]).to(dtype))
    }

    func attend(_ x: [Tensor]) throws -> Tensor {
        try x[0].attention(
            keys: x[1], values: x[2], documents: documents(queries), keyDocuments: keys.map(documents), bias: x.count > 3 ? x[3] : nil,
            settings)
    }

    func reference(_ x: [Tensor]) throws -> Tensor {
        try x[0].attentionReference(
            keys: x[1], values: x[2], documents: documents(queries), keyDocuments: keys.map(documents), bias: x.count > 3 ? x[3] : nil,
            settings)
    }

    /// The value by loops over numbers, in float64.
    func byHand(_ x: [Tensor]) throws -> [Float] {
        let numbers = try x.map { try $0.detached().to(.float64).values(as: Double.self) }
        let (heads, groups) = (settings.heads, settings.keyHeads)
        let (wide, narrow) = (heads * width, groups * width)
        var result = [Float](repeating: 0, count: rows(queries) * wide)
        var (q0, k0) = (Int(gap), Int(gap))
        for (nq, nk) in zip(queries.map(Int.init), (keys ?? queries).map(Int.init)) {
            for head in 0..<heads {
                let lane = head / (heads / groups) * width
                for i in 0..<nq {
                    let place = i + nk - nq
                    let seen = (0..<nk).filter { j in
                        if settings.causal { return j <= place && settings.window.map { place - j < $0 } != false }
                        return settings.window.map { abs(place - j) <= $0 } != false
                    }
                    let scores = seen.map { j in
                        var score = 0.0
                        for c in 0..<width {
                            score += numbers[0][(q0 + i) * wide + head * width + c] * numbers[1][(k0 + j) * narrow + lane + c]
                        }
                        score *= settings.scale
                        if let cap = settings.softcap { score = cap * tanh(score / cap) }
                        if let reach { score += numbers[3][head * (2 * reach - 1) + j - place + reach - 1] }
                        return score
                    }
                    guard let most = scores.max() else { continue }
                    let weights = scores.map { exp($0 - most) }
                    let sum = weights.reduce(0, +)
                    for c in 0..<width {
                        let mixed = zip(seen, weights).reduce(0.0) { $0 + $1.1 / sum * numbers[2][(k0 + $1.0) * narrow + lane + c] }
                        result[(q0 + i) * wide + head * width + c] = Float(mixed)
                    }
                }
            }
            q0 += nq + Int(gap)
            k0 += nk + Int(gap)
        }
        return result
    }
}

@Suite("Attention of grouped heads")
struct AttentionTests {
    @Test(
        "the twin equals loops over numbers",
        arguments: [
            GroupedCase([3, 7, 0, 1]), GroupedCase([3, 9], causal: true), GroupedCase([3, 9], causal: true, window: 4),
            GroupedCase([3, 9], window: 2), GroupedCase([2, 1, 6], keys: [5, 9, 4], causal: true), GroupedCase([2, 6], keys: [5, 3]),
            GroupedCase([3, 7], heads: 3, keyHeads: 1, softcap: 0.7), GroupedCase([3, 7], reach: 8),
            GroupedCase([2, 3], keys: [6, 3], softcap: 1.3, causal: true, window: 2, reach: 6),
        ])
    func oracleOfTheOracle(_ subject: GroupedCase) throws {
        let (inputs, _) = try subject.operands()
        try requireClose(subject.reference(inputs), subject.byHand(inputs), .float32Sum, "value")
    }
}

extension GroupedCase {
    /// Odd widths, groups, windows shorter than the text, caches, empty documents, documents longer than the kernels' blocks.
    static let grid: [GroupedCase] = {
        var cases: [GroupedCase] = []
        let lengths: [(queries: [Int32], keys: [Int32]?)] = [
            ([1, 3, 17, 40], nil), ([5, 0, 2, 64, 65], nil), ([130], nil), ([3, 1, 8, 70], [100, 300, 260, 80]), ([9, 20, 6], [4, 20, 0]),
        ]
        var index = 0
        for (queries, keys) in lengths {
            for width in [5, 7, 16, 64, 80, 128] {
                for dtype in [DType.float32, .bfloat16] {
                    for causal in [false, true] {
                        let (heads, keyHeads) = [(3, 1), (4, 2), (2, 2), (9, 3), (5, 1)][index % 5]
                        cases.append(
                            GroupedCase(
                                queries, keys: keys, width: width, heads: heads, keyHeads: keyHeads, softcap: index % 3 == 1 ? 1.5 : nil,
                                dropout: index % 4 == 1 ? 0.3 : 0, causal: causal, window: [nil, 3, 50, nil, 1, 90, nil][index % 7],
                                reach: index % 5 < 2 ? 310 : nil, dtype: dtype))
                        index += 1
                    }
                }
            }
        }
        return cases
    }()

    /// The value and the gradient of every input.
    func results(_ attend: ([Tensor]) throws -> Tensor, _ inputs: [Tensor], _ seed: Tensor) throws -> [Tensor] {
        let value = try attend(inputs)
        try value.backward(seed)
        return try [value.detached()] + inputs.map { try #require(try $0.gradient()) }
    }
}

@Suite("Kernels of attention")
struct AttentionKernelTests {
    @Test("equal the twin, value and every gradient", arguments: GroupedCase.grid)
    func twin(_ subject: GroupedCase) throws {
        let (inputs, seed) = try subject.operands()
        let found = try subject.results(subject.attend, inputs, seed)
        var copies = try inputs.map { try $0.detached().to(.float64).cloned() }
        if copies.count > 3 { copies[3] = try inputs[3].detached().cloned() }
        for copy in copies { try copy.setRequiresGradient(true) }
        let expected = try subject.results(subject.reference, copies, seed.to(.float64))
        let names = ["value", "gradient of queries", "gradient of keys", "gradient of values", "gradient of the bias"]
        for (name, (found, expected)) in zip(names, zip(found, expected)) {
            if subject.dtype == .float32 {
                try requireClose(found, expected, .float32Sum, name)
            } else {
                try requireCloseInScale(found, expected, .bfloat16Product, name)
            }
        }
        #expect(zip(inputs, found.dropFirst()).allSatisfy { $0.dtype == $1.dtype })
    }

    @Test("give the same without a graph", arguments: GroupedCase.grid)
    func withoutGraph(_ subject: GroupedCase) throws {
        let inputs = try subject.operands().inputs
        let plain = try withGradients(false) { try subject.attend(inputs) }
        #expect(!plain.hasGraph)
        #expect(try plain.floats() == subject.attend(inputs).detached().floats())
    }

    @Test("give the same for any number of threads", arguments: [DType.float32, .bfloat16])
    func threads(_ dtype: DType) throws {
        try exclusively {
            let before = Library.threads
            defer { Library.threads = before }
            let subject = GroupedCase(
                [130, 3, 64], keys: [400, 900, 70], width: 40, heads: 6, dropout: 0.1, causal: true, reach: 900, dtype: dtype)
            let all = try [1, 2, 5].map { count in
                Library.threads = count
                let (inputs, seed) = try subject.operands()
                return try subject.results(subject.attend, inputs, seed).map { try $0.floats() }
            }
            #expect(all[0] == all[1] && all[0] == all[2])
        }
    }

    @Test("read parts of a wider tensor where they lie")
    func strided() throws {
        var generator = SeededGenerator(seed: 12)
        let wide = try generator.leaf([23, (4 + 2 + 2) * 6 + 1])
        let documents = try Documents(starts: [0, 14], lengths: [13, 9])
        let settings = AttentionSettings(heads: 4, keyHeads: 2, scale: 0.4, causal: true, window: 5)
        func gradient(_ attend: (Tensor, Tensor, Tensor) throws -> Tensor) throws -> [Tensor] {
            let y = try attend(wide.slice(1, 1..<25), wide.slice(1, 25..<37), wide.slice(1, 37..<49))
            try y.squared().sum().backward()
            defer { try? wide.setGradient(nil) }
            return [try y.detached(), try #require(try wide.gradient())]
        }
        let found = try gradient { try $0.attention(keys: $1, values: $2, documents: documents, settings) }
        let expected = try gradient { try $0.attentionReference(keys: $1, values: $2, documents: documents, settings) }
        for (found, expected) in zip(found, expected) { try requireClose(found, expected, .float32Sum, "value and gradient") }
    }

    @Test("never read another document's rows")
    func isolation() throws {
        let subject = GroupedCase([5, 70], keys: [90, 70], width: 16, causal: true)
        let (inputs, _) = try subject.operands()
        let before = try subject.attend(inputs).detached().slice(0, 1..<6).floats()
        try inputs[0].detached().slice(0, 6..<77).fill(.nan)
        for input in inputs[1...] { try input.detached().slice(0, 91..<162).fill(.nan) }
        #expect(try subject.attend(inputs).detached().slice(0, 1..<6).floats() == before)
        #expect(try subject.attend(inputs).detached().slice(0, 7..<77).floats().allSatisfy(\.isNaN))
    }

    @Test("a query's result does not depend on how many queries come with it")
    func cache() throws {
        let subject = GroupedCase([300], width: 64, causal: true, window: 200)
        let inputs = try subject.operands().inputs.map { try $0.detached() }
        let all = try subject.attend(inputs)
        for count in [1, 4, 9] {
            let rows = 301 - count..<301
            let step = try inputs[0].slice(0, rows).attention(
                keys: inputs[1], values: inputs[2], documents: Documents(starts: [0], lengths: [Int32(count)]),
                keyDocuments: Documents(starts: [1], lengths: [300]), subject.settings)
            try requireClose(step, all.slice(0, rows), .float32Sum, "the last \(count) rows")
        }
    }

    @Test("name what does not fit")
    func errors() throws {
        let q = try Tensor.ones([4, 6])
        let documents = try Documents(starts: [0], lengths: [4])
        func message(_ settings: AttentionSettings, keys: Documents? = nil, bias: Tensor? = nil) throws -> String {
            try #require(throws: TensorError.self) {
                try q.attention(keys: q, values: q, documents: documents, keyDocuments: keys, bias: bias, settings)
            }.message
        }
        #expect(try message(AttentionSettings(heads: 3, keyHeads: 2, scale: 1)) == "3 query heads cannot share 2 key heads evenly")
        #expect(try message(AttentionSettings(heads: 3, keyHeads: 1, scale: 1)) == "keys of 1 heads of width 2 are 2 wide, not 6")
        #expect(try message(AttentionSettings(heads: 3, scale: 1, window: 0)) == "a window is at least 1 place, not 0")
        #expect(try message(AttentionSettings(heads: 3, scale: 1, softcap: 0)) == "a soft cap is positive, not 0.0")
        let plain = AttentionSettings(heads: 3, scale: 1)
        #expect(try message(plain, bias: Tensor.ones([3, 5])).hasSuffix("reaches 3 places; the longest document has 4"))
        #expect(
            try message(plain, keys: Documents(starts: [2], lengths: [3])) == "key document 0 starts at row 2 and has 3 rows; there are 4")
        #expect(try message(plain, keys: Documents(starts: [], lengths: [])) == "there are 1 documents of queries and 0 of keys")
    }
}
