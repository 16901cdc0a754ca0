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
