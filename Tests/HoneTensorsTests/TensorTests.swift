import Foundation
import HoneTensors
import HoneTestSupport
import Testing

@Suite("Tensors: making, reading, converting")
struct TensorTests {
    @Test("knows its facts")
    func facts() throws {
        let x = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        #expect(x.rank == 2 && x.shape == [2, 3] && x.strides == [3, 1] && x.count == 6 && x.byteCount == 24)
        #expect(x.dtype == .float32 && x.device == .cpu && x.isContiguous && !x.isSparse)
        #expect(x.size(0) == 2 && x.size(-1) == 3)
        let turned = try x.transposed()
        #expect(turned.shape == [3, 2] && turned.strides == [1, 3] && !turned.isContiguous)
        #expect(turned.storageAddress == x.storageAddress)
        #expect(try turned.floats() == [1, 4, 2, 5, 3, 6])
        #expect(try Tensor([7 as Float], shape: []).item() == 7)
    }

    @Test("makes constants, ranges and lazily filled zeros")
    func constants() throws {
        #expect(try Tensor.full([2, 3], 2.5).floats() == [Float](repeating: 2.5, count: 6))
        #expect(try Tensor.ones([3], dtype: .int32).values(as: Int32.self) == [1, 1, 1])
        #expect(try Tensor.zeros([2, 1]).floats() == [0, 0])
        #expect(try Tensor.lazyZeros([3, 2]).floats() == [Float](repeating: 0, count: 6))
        #expect(try Tensor.range(2, 11, step: 4).integers() == [2, 6, 10])
        #expect(try Tensor.empty([2, 5], dtype: .bfloat16).byteCount == 20)
        #expect(try Tensor([3, -1], shape: [2]).dtype == .int64)
    }

    @Test("numbers come out over an array's earlier ones, of another count, type or order of memory too")
    func floatsInto() throws {
        let x = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        var array: [Float] = []
        for tensor in [x, try x * 2, try x.slice(0, 0..<1), try x.to(.bfloat16), try x.transposed(0, 1)] {
            try tensor.floats(into: &array)
            #expect(try array == tensor.floats())
        }
        let earlier = array
        try x.floats(into: &array)
        #expect(try array == x.floats() && earlier == x.transposed(0, 1).floats(), "another owner's numbers stay")
    }

    @Test("every element type survives a round trip and has its size", arguments: DType.allCases)
    func dtypes(_ dtype: DType) throws {
        let x = try Tensor([0, 1, 1, 0, 1] as [Float], shape: [5]).to(dtype)
        #expect(x.dtype == dtype && x.byteCount == 5 * dtype.byteSize)
        #expect(try x.floats() == [0, 1, 1, 0, 1])
        #expect(DType(safetensorsName: dtype.safetensorsName) == dtype)
        #expect(try x.to(dtype) === x)
    }

    @Test("values that do not fill the shape, or of another size, are refused")
    func refused() throws {
        let short = try #require(throws: TensorError.self) { try Tensor([1, 2, 3] as [Float], shape: [2, 2]) }
        #expect(short.message == "3 values of 4 bytes do not fill shape [2, 2] of float32")
        #expect(throws: TensorError.self) { try Tensor([1, 2] as [Double], shape: [2], dtype: .float32) }
        #expect(throws: TensorError.self) { try Tensor.ones([2]).values(as: Double.self) }
        #expect(throws: TensorError.self) { try Tensor.ones([2, 2]).item() }
        #expect(throws: TensorError.self) { try Tensor.ones([2, 3]).transposed().withBytes { _ in } }
    }

    @Test("bytes are lent in memory order")
    func bytes() throws {
        let x = try Tensor([1, -2] as [Float], shape: [2])
        #expect(try x.withBytes { Array($0) } == [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0])
    }
}

/// Counts how often memory that a tensor looks at is given back.
private final class Owner {
    let bytes: UnsafeMutableRawBufferPointer
    let released: () -> Void

    init(_ values: [Float], offset: Int = 0, released: @escaping () -> Void) {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: values.count * 4 + offset, alignment: 64)
        values.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: bytes[offset...]).copyMemory(from: $0) }
        (self.bytes, self.released) = (bytes, released)
    }

    deinit {
        bytes.deallocate()
        released()
    }
}

@Suite("Views of foreign memory")
struct TensorViewTests {
    @Test("copies nothing, keeps the owner alive, and lets go once")
    func view() throws {
        var releases = 0
        var owner: Owner? = Owner([1, 2, 3, 4, 5, 6]) { releases += 1 }
        let address = UInt(bitPattern: try #require(owner?.bytes.baseAddress))
        var x: Tensor? = try Tensor.view(
            of: UnsafeRawBufferPointer(try #require(owner).bytes), shape: [2, 3], dtype: .float32, keeping: try #require(owner))
        owner = nil
        #expect(releases == 0 && x?.storageAddress == address)
        var part: Tensor? = try x?.slice(1, 1..<3)
        #expect(part?.storageAddress == address + 4)
        x = nil
        #expect(releases == 0)
        #expect(try part?.floats() == [2, 3, 5, 6])
        part = nil
        #expect(releases == 1)
    }

    @Test("a graph that saved a view keeps its memory")
    func graph() throws {
        var releases = 0
        var owner: Owner? = Owner([2, 3]) { releases += 1 }
        let weight = try Tensor([1, 1] as [Float], shape: [2])
        try weight.setRequiresGradient(true)
        var y: Tensor? = try {
            let x = try Tensor.view(
                of: UnsafeRawBufferPointer(try #require(owner).bytes), shape: [2], dtype: .float32, keeping: try #require(owner))
            return try (x * weight).sum()
        }()
        owner = nil
        #expect(releases == 0)
        try y?.backward()
        y = nil
        #expect(releases == 1)
        #expect(try weight.gradient()?.floats() == [2, 3])
    }

    @Test("unaligned memory is copied, because libtorch reads aligned elements")
    func unaligned() throws {
        var releases = 0
        var owner: Owner? = Owner([1, 2], offset: 1) { releases += 1 }
        let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(try #require(owner).bytes)[1...])
        let x = try Tensor.view(of: bytes, shape: [2], dtype: .float32, keeping: try #require(owner))
        owner = nil
        #expect(releases == 1)
        #expect(try x.floats() == [1, 2])
    }

    @Test("a wrong number of bytes is refused; no bytes for an empty shape are fine")
    func sizes() throws {
        let owner = Owner([1, 2, 3]) {}
        let bytes = UnsafeRawBufferPointer(owner.bytes)
        #expect(throws: TensorError.self) { try Tensor.view(of: bytes, shape: [2], dtype: .float32, keeping: owner) }
        #expect(throws: TensorError.self) { try Tensor.copying(bytes, shape: [2, 2], dtype: .float32) }
        #expect(try Tensor.copying(bytes, shape: [3, 1], dtype: .float32).floats() == [1, 2, 3])
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        #expect(try Tensor.view(of: empty, shape: [0, 3], dtype: .float32, keeping: owner).shape == [0, 3])
    }
}
