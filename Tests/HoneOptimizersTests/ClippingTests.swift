import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneOptimizers

private struct ClippingFixture: Decodable {
    struct Case: Decodable {
        var maximum: Double
        var gradients: [String: [Float]]
        var norm: Double
        var clipped: [String: [Float]]
    }

    var shapes: [String: [Int]]
    var cases: [Case]
}

@Suite("Clipping by global norm")
struct ClippingTests {
    @Test("norm and clipped gradients are PyTorch's, from 1e-9 to 1e6 and for zeros", arguments: 0..<7)
    func reference(_ index: Int) throws {
        let fixture: ClippingFixture = try fixtures.json("clipping.json")
        let subject = fixture.cases[index]
        let names = Trajectory.names
        let gradients = try names.map { try Tensor(try #require(subject.gradients[$0]), shape: try #require(fixture.shapes[$0])) }
        let clipping = Clipping(maximumNorm: subject.maximum)
        let norm = try clipping.norm(of: gradients + [nil])
        try requireClose(norm, subject.norm, .float32Update, "norm")
        let factor = clipping.factor(norm: norm)
        #expect(factor <= 1)
        for (name, gradient) in zip(names, gradients) {
            try requireClose(gradient * factor, try #require(subject.clipped[name]), .float32Update, "clipped \(name)")
        }
    }

    @Test("counts the rows of sparse gradients once, and without a maximum only measures")
    func sparse() throws {
        let table = try Tensor.zeros([4, 2])
        try table.setRequiresGradient(true)
        try table.embedding(Tensor([3, 1, 3], shape: [3]), sparseGradient: true).backward(Tensor.ones([3, 2]))
        let gradient = try #require(try table.gradient()).coalesced()
        let norm = try Clipping(maximumNorm: nil).norm(of: [gradient, .full([3], 2)])
        try requireClose(norm, (8.0 + 2 + 12).squareRoot(), .float32Element, "norm")
        #expect(Clipping(maximumNorm: nil).factor(norm: 1e9) == 1)
    }

    @Test("a norm that is not finite is said, not hidden")
    func notFinite() throws {
        let norm = try Clipping(maximumNorm: 1).norm(of: [Tensor([1, .nan] as [Float], shape: [2])])
        #expect(norm.isNaN)
        #expect(try Clipping(maximumNorm: 1).norm(of: [Tensor([.infinity] as [Float], shape: [1])]) == .infinity)
    }
}
