import HoneTensors
import HoneTestSupport
import Testing

@Suite("Tensor errors")
struct TensorErrorTests {
    @Test("carries the operation, both shapes, and libtorch's words without its backtrace")
    func facts() throws {
        let (a, b) = (try Tensor.ones([2, 3]), try Tensor.ones([5, 7], dtype: .float64))
        let error = try #require(throws: TensorError.self) { try a.matmul(b) }
        #expect(error.kind == .invalid && error.operation == "matmul")
        #expect(error.shapes == "Float[2, 3], Double[5, 7]")
        #expect(!error.message.isEmpty && !error.message.contains("Exception raised from") && !error.message.contains("frame #"))
        #expect(error.description == "matmul on Float[2, 3], Double[5, 7] failed: \(error.message)")
    }

    @Test("an allocation that no machine has is out of memory, not an invalid operation", arguments: ["zeros", "empty", "lazyZeros"])
    func memory(_ kind: String) throws {
        let shape = [1 << 20, 1 << 20, 64]
        let error = try #require(throws: TensorError.self) {
            switch kind {
            case "zeros": try Tensor.zeros(shape)
            case "empty": try Tensor.empty(shape)
            default: try Tensor.lazyZeros(shape)
            }
        }
        #expect(error.kind == .outOfMemory)
        #expect(error.description.contains("Use a smaller training.batchSize"))
        #expect(try Tensor.ones([2]).floats() == [1, 1], "the library goes on working")
    }

    @Test("a size whose bytes overflow is refused, not wrapped around")
    func overflow() throws {
        #expect(throws: TensorError.self) { try Tensor.lazyZeros([1 << 62, 8]) }
        #expect(throws: TensorError.self) { try Tensor.zeros([1 << 62, 8]) }
        #expect(throws: TensorError.self) { try Tensor.lazyZeros([-1, 2]) }
    }

    @Test("errors inside autograd come back as errors")
    func autograd() throws {
        let x = try Tensor.ones([2, 3])
        #expect(throws: TensorError.self) { try x.sum().backward() }
        try x.setRequiresGradient(true)
        #expect(throws: TensorError.self) { try (x * 2).backward() }
    }
}
