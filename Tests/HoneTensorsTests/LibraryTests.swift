import Foundation
import HoneTensors
import HoneTestSupport
import Testing

@Suite("Library")
struct LibraryTests {
    @Test("says what it is")
    func facts() {
        #expect(Library.version.hasPrefix("2."))
        #expect(Library.buildSummary.contains("PyTorch"))
        #expect(!Library.cpuCapability.isEmpty)
        #expect(Library.threads >= 1 && Library.residentBytes() > 1 << 20 && Library.peakResidentBytes() >= Library.residentBytes() / 2)
    }

    @Test("oneDNN is told to keep little code before its first product, unless the user said otherwise")
    func codeKept() throws {
        _ = Library.version
        for name in ["ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"] {
            let capacity = try #require(getenv(name))
            #expect(Int(String(cString: capacity)) != nil)
        }
    }

    @Test("a seed decides what is drawn; a saved state brings the same numbers back")
    func randomness() throws {
        try exclusively {
            try Library.seed(9)
            let first = try Tensor.normal([5]).floats()
            let state = try Library.randomState()
            let second = try Tensor.uniform([5], low: -2, high: 3).floats() + Tensor.ones([64]).dropout(0.5).floats()
            let other = try Tensor.normal([5]).floats()
            try Library.setRandomState(state)
            #expect(try Tensor.uniform([5], low: -2, high: 3).floats() + Tensor.ones([64]).dropout(0.5).floats() == second)
            #expect(try Tensor.normal([5]).floats() == other)
            try Library.seed(9)
            #expect(try Tensor.normal([5]).floats() == first)
            #expect(second.prefix(5).allSatisfy { -2 <= $0 && $0 < 3 })
            #expect(throws: TensorError.self) { try Library.setRandomState([1, 2, 3]) }
        }
    }

    @Test("normal draws have the mean and spread that were asked for")
    func normal() throws {
        let draws = try exclusively {
            try Library.seed(4)
            return try Tensor.normal([20_000], mean: 0.5, deviation: 0.25)
        }
        try requireClose(draws.mean().item(), 0.5, .sampleMean, "mean")
        try requireClose(draws.variance(0).item().squareRoot(), 0.25, .sampleMean, "deviation")
    }
}
