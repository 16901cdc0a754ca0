import HoneTestSupport
import Testing

@testable import HoneTensors

@Suite("The memory of CPU tensors")
struct CPUMemoryTests {
    @Test("large tensors are counted while they live, and the most is remembered")
    func counts() throws {
        let before = try Device.cpu.memory()
        // No page of it is touched. Other tests run beside this one; none takes or gives back as much as the difference.
        var tensor: Tensor? = try .empty([250_000_000])
        let during = try Device.cpu.memory()
        #expect(during.allocated - before.allocated > 500_000_000 && during.peak >= during.allocated)
        withExtendedLifetime(tensor) {}
        tensor = nil
        #expect(try Device.cpu.memory().allocated < during.allocated - 500_000_000)
    }

    @Test("a dropped block serves the next tensor of about its size, and is not cleared")
    func reuses() throws {
        try exclusively {
            Library.releaseCachedMemory()
            var tensor: Tensor? = try .full([9_437_184], 7)
            let address = try #require(tensor).storageAddress
            tensor = nil
            let next = try Tensor.empty([9_400_000])
            #expect(next.storageAddress == address)
            #expect(try next.slice(0, 0..<3).floats() == [7, 7, 7])
            #expect(try Tensor.zeros([9_437_184]).sum().item() == 0)
        }
    }

    @Test("a released block is really given back to the system")
    func gives() throws {
        try exclusively {
            Library.releaseCachedMemory()
            let before = Library.residentBytes()
            _ = try Tensor.ones([100_000_000]).sum()
            #expect(Library.residentBytes() - before > 200_000_000)
            Library.releaseCachedMemory()
            #expect(Library.residentBytes() - before < 200_000_000)
        }
    }

    @Test("tensors of all sizes around the border are whole and aligned", arguments: [0, 1, 16_383, 16_384, 16_385, 70_001])
    func sizes(_ count: Int) throws {
        let tensors = try (0..<20).map { try Tensor.full([count], Double($0)) }
        for (index, tensor) in tensors.enumerated() {
            #expect(tensor.storageAddress % 64 == 0)
            #expect(try tensor.floats() == [Float](repeating: Float(index), count: count))
        }
    }

    @Test("more than any machine has is out of memory, and work goes on")
    func tooMuch() throws {
        let error = try #require(throws: TensorError.self) { try Tensor.empty([1 << 45]) }
        #expect(error.kind == .outOfMemory)
        #expect(try Tensor.ones([100_000]).sum().item() == 100_000)
    }
}
