import HoneTensors
import HoneTestSupport
import Testing

@Suite("Comparing tensors")
struct TensorComparisonTests {
    @Test("reports the first bad element by its index, and the largest difference")
    func report() throws {
        let expected = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        let found = try Tensor([1, 2, 3.5, 4, 5, 9] as [Float], shape: [2, 3])
        let failure = try #require(throws: CheckFailure.self) { try requireClose(found, expected, .float32Sum, "weights") }
        #expect(failure.description.contains("weights: 2 of 6 elements differ"))
        #expect(failure.description.contains("first at [0, 2]: found 3.5, expected 3.0"))
        #expect(failure.description.contains("largest difference 3.0 at [1, 2]"))
    }

    @Test("does not confuse a tensor with its transpose, nor with another shape")
    func transpose() throws {
        let x = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
        #expect(throws: CheckFailure.self) { try requireClose(x.transposed(), x, .float32Sum, "x") }
        let failure = try #require(throws: CheckFailure.self) { try requireClose(x.reshaped([4]), x, .float32Sum, "x") }
        #expect(failure.description == "x: shape [4], expected [2, 2]")
    }

    @Test("compares on the scale of the largest element where that is asked for")
    func scale() throws {
        let expected = try Tensor([100, 0] as [Float], shape: [2])
        let found = try Tensor([100, 5e-4] as [Float], shape: [2])
        try requireCloseInScale(found, expected, .float32Sum, "x")
        #expect(throws: CheckFailure.self) { try requireClose(found, expected, .float32Sum, "x") }
        #expect(throws: CheckFailure.self) { try requireCloseInScale(expected, found.reshaped([2, 1]), .float32Sum, "x") }
        #expect(throws: CheckFailure.self) { try requireCloseInScale(found, Tensor.zeros([2]), .float32Sum, "x") }
    }

    @Test("not a number is close to nothing but itself; equal infinities are close")
    func special() throws {
        try requireClose([.nan, .infinity], [.nan, .infinity], .exact, "special")
        #expect(throws: CheckFailure.self) { try requireClose([.nan], [1], .float32Sum, "x") }
        #expect(throws: CheckFailure.self) { try requireClose([1], [.nan], .float32Sum, "x") }
        #expect(throws: CheckFailure.self) { try requireClose([.infinity], [1], .float32Sum, "x") }
    }
}
