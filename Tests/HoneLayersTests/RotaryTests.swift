import Foundation
import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneLayers

@Suite("Rotary angles")
struct RotaryTests {
    private func rotary(_ scaling: RotaryScaling, maximumPositions: Int = 64) -> Rotary {
        Rotary(width: 12, base: 100, scaling: scaling, maximumPositions: maximumPositions)
    }

    // Transformers 5.23, ROPE_INIT_FUNCTIONS with θ = 100 and 12 columns.
    @Test("frequencies of every kind of scaling are Transformers'")
    func frequencies() throws {
        var yarn = RotaryScaling.YaRN(factor: 4, attentionFactor: 1.1386294, original: 8)
        (yarn.fast, yarn.slow) = (32, 1)
        let plain = [1, 0.4641589, 0.2154435, 0.1, 0.04641589, 0.02154435]
        let cases: [(RotaryScaling, Int?, [Double])] = [
            (.none, nil, plain), (.linear(factor: 2.5), nil, [0.4, 0.1856636, 0.08617738, 0.04, 0.01856635, 0.008617739]),
            (.llama3(factor: 4, low: 1, high: 4, original: 16), nil, [0.6366197, 0.1371556, 0.05386086, 0.025, 0.01160397, 0.005386087]),
            (.yarn(yarn), nil, [1, 0.1160397, 0.05386086, 0.025, 0.01160397, 0.005386087]),
            (.dynamic(factor: 2), nil, plain), (.dynamic(factor: 2), 20, [1, 0.3517666, 0.1237398, 0.04352753, 0.01531153, 0.005386088]),
        ]
        for (scaling, length, expected) in cases {
            let found = rotary(scaling, maximumPositions: 8).frequencies(length: length)
            try requireClose(found.frequencies, expected, .float32Element, "\(scaling)")
            #expect(found.factor == (scaling == .yarn(yarn) ? 1.1386294 : 1))
        }
        let lists = ([1, 2, 1, 1, 1, 1.0], [2, 2, 4, 1, 1, 10.0])
        let long = RotaryScaling.longRoPE(short: lists.0, long: lists.1, attentionFactor: 1.2, original: 8)
        try requireClose(rotary(long).frequencies(length: nil).frequencies, zip(plain, lists.0).map { $0 / $1 }, .float32Element, "short")
        try requireClose(rotary(long).frequencies(length: 9).frequencies, zip(plain, lists.1).map { $0 / $1 }, .float32Element, "long")
        #expect(rotary(long).frequencies(length: 9).factor == 1.2)
    }

    private func angles(_ rotary: Rotary, _ lengths: [Int]) throws -> RotaryAngles {
        let starts = lengths.indices.map { lengths[..<$0].reduce(0, +) }
        let positions = lengths.flatMap { Array(0..<$0) }
        return try rotary(
            Tensor(positions, shape: [positions.count]), longest: lengths.max() ?? 0,
            documents: Documents(starts: starts.map(Int32.init), lengths: lengths.map(Int32.init)), lengths: { lengths })
    }

    private func cosines(_ angles: RotaryAngles) throws -> Tensor { try angles.cosines.selecting(angles.rows) }

    @Test("each row has the cosines and sines of its place")
    func tables() throws {
        let angles = try angles(rotary(.none), [3, 2])
        let found = (try cosines(angles).floats(), try angles.sines.selecting(angles.rows).floats())
        for (row, place) in [0, 1, 2, 0, 1].enumerated() {
            for pair in 0..<6 {
                let angle = Double(place) * pow(100, -Double(pair) / 6)
                try requireClose(Double(found.0[row * 6 + pair]), cos(angle), .float32Element, "cosine \(row), \(pair)")
                try requireClose(Double(found.1[row * 6 + pair]), sin(angle), .float32Element, "sine \(row), \(pair)")
            }
        }
    }

    @Test(
        "a document longer than the model was trained on has angles of its own, and its neighbours keep theirs",
        arguments: [
            RotaryScaling.dynamic(factor: 2),
            .longRoPE(short: [1, 1, 1, 1, 1, 1], long: [2, 2, 2, 2, 2, 2], attentionFactor: 1, original: 8),
        ])
    func mixed(_ scaling: RotaryScaling) throws {
        let lengths = [8, 12, 3, 20]
        let together = try cosines(angles(rotary(scaling, maximumPositions: 8), lengths))
        var row = 0
        for length in lengths {
            let alone = try cosines(angles(rotary(scaling, maximumPositions: 8), [length]))
            try requireClose(together.slice(0, row..<(row + length)), alone, .exact, "length \(length)")
            let plain = try cosines(angles(rotary(.none), [length]))
            #expect(try (largestDifference(alone, plain) > 1e-3) == (length > 8))
            row += length
        }
    }

    @Test("rotation keeps lengths, and products of queries and keys depend only on how far apart they are")
    func relative() throws {
        var generator = SeededGenerator(seed: 2)
        let (q, k) = (try generator.tensor([1, 12]), try generator.tensor([1, 12]))
        let rotary = rotary(.none)
        func rotated(_ x: Tensor, _ place: Int) throws -> Tensor {
            let angles = try rotary(
                Tensor([place], shape: [1]), longest: place + 1, documents: Documents(starts: [0], lengths: [1]), lengths: { [place + 1] })
            return try angles(x, heads: 1)
        }
        func product(_ a: Int, _ b: Int) throws -> Double { try (rotated(q, a) * rotated(k, b)).sum().item() }
        try requireClose(product(7, 3), product(41, 37), .float32Sum, "4 apart")
        #expect(try abs(product(7, 3) - product(7, 5)) > 1e-3)
        try requireClose(rotated(q, 9).squared().sum().item(), q.squared().sum().item(), .float32Sum, "length")
        try requireClose(rotated(q, 0), q, .exact, "at place 0")
    }
}
