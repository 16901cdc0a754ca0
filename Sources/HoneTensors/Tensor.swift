internal import CTorch
internal import Foundation

/// Holds one libtorch tensor; every operation that can fail throws ``TensorError``.
///
/// Not Sendable: tensors stay on the thread that works with libtorch, values travel. Memory is freed when the last reference goes.
///
/// ```swift
/// let x = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
/// let y = try (x * 2 + x.transposed(0, 1).transposed(0, 1)).sum(-1)   // [2]
/// ```
public final class Tensor {
    let handle: ct_tensor
    /// The bytes of a mapped file that this tensor was made to view; nil for every other tensor.
    private var filePages: UnsafeRawBufferPointer?

    init(handle: ct_tensor) { self.handle = handle }

    convenience init(owning handle: ct_tensor?, _ operation: String) throws(TensorError) {
        guard let handle else { throw TensorError(kind: .invalid, operation: operation, shapes: "", message: "no result") }
        self.init(handle: handle)
    }

    deinit { ct_release(handle) }

    /// Runs one C call that makes one tensor.
    static func make(_ operation: String, _ body: (UnsafeMutablePointer<ct_tensor?>) -> ct_status) throws(TensorError) -> Tensor {
        var out: ct_tensor?
        try check(body(&out), operation)
        return try Tensor(owning: out, operation)
    }

    // MARK: Facts

    /// The number of axes.
    public var rank: Int { Int(ct_rank(handle)) }
    /// Sizes of the axes, outermost first.
    public var shape: [Int] { (0..<ct_rank(handle)).map { Int(ct_size(handle, $0)) } }
    /// Distance in elements between neighbours along each axis.
    public var strides: [Int] { (0..<ct_rank(handle)).map { Int(ct_stride(handle, $0)) } }
    /// The number of elements.
    public var count: Int { Int(ct_count(handle)) }
    /// Whether the elements lie in row-major order without gaps; false if sparse.
    public var isContiguous: Bool { ct_is_contiguous(handle) }
    /// Whether only some rows are stored, as in the gradient of a table.
    public var isSparse: Bool { ct_is_sparse(handle) }
    /// Bytes of the elements, without overhead.
    public var byteCount: Int { count * dtype.byteSize }

    /// The element type.
    ///
    /// - Precondition: libtorch gives only types of ``DType`` to Hone's operations.
    public var dtype: DType {
        guard let dtype = DType(rawValue: ct_dtype(handle)) else {
            preconditionFailure("libtorch made a tensor of type \(ct_dtype(handle))")
        }
        return dtype
    }

    /// Where the elements are.
    public var device: Device {
        var type: Int32 = 0
        var index: Int32 = 0
        ct_device(handle, &type, &index)
        return Device(type: type, index: index)
    }

    /// The size of one axis; negative axes count from the end.
    public func size(_ axis: Int) -> Int { Int(ct_size(handle, Int32(axis < 0 ? axis + rank : axis))) }

    /// Identifies the first element's address: equal for tensors that share memory and start together.
    public var storageAddress: UInt { UInt(bitPattern: ct_data(handle)) }

    // MARK: Making tensors

    /// Copies values into a new tensor on the CPU.
    ///
    /// - Throws: `TensorError` if `values.count` is not the product of `shape`, or the scalar's size is not the element type's.
    public convenience init<Scalar: BitwiseCopyable>(_ values: [Scalar], shape: [Int], dtype: DType) throws(TensorError) {
        guard values.count == shape.reduce(1, *), MemoryLayout<Scalar>.stride == dtype.byteSize else {
            throw TensorError(
                kind: .invalid, operation: "Tensor.init", shapes: "\(shape)",
                message: "\(values.count) values of \(MemoryLayout<Scalar>.stride) bytes do not fill shape \(shape) of \(dtype)")
        }
        var out: ct_tensor?
        var status = CT_OK
        values.withUnsafeBytes { bytes in
            status = ct_from_bytes(bytes.baseAddress, shape.map(Int64.init), Int32(shape.count), dtype.rawValue, &out)
        }
        try check(status, "Tensor.init")
        try self.init(owning: out, "Tensor.init")
    }

    /// Copies float32 values into a new tensor on the CPU.
    public convenience init(_ values: [Float], shape: [Int]) throws(TensorError) { try self.init(values, shape: shape, dtype: .float32) }

    /// Copies integers into a new int64 tensor on the CPU, the type that libtorch indexes with.
    public convenience init(_ values: [Int], shape: [Int]) throws(TensorError) {
        try self.init(values.map(Int64.init), shape: shape, dtype: .int64)
    }

    /// Makes a tensor filled with one value.
    public static func full(_ shape: [Int], _ value: Double, dtype: DType = .float32, device: Device = .cpu) throws(TensorError) -> Tensor {
        try make("full") { ct_full(shape.map(Int64.init), Int32(shape.count), value, dtype.rawValue, device.type, device.index, $0) }
    }

    /// Makes a tensor filled with 0.
    public static func zeros(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws(TensorError) -> Tensor {
        try full(shape, 0, dtype: dtype, device: device)
    }

    /// Makes a tensor filled with 1.
    public static func ones(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws(TensorError) -> Tensor {
        try full(shape, 1, dtype: dtype, device: device)
    }

    /// Makes zeros on the CPU whose memory is taken only where it is written: for state of rows that may never be used.
    public static func lazyZeros(_ shape: [Int], dtype: DType = .float32) throws(TensorError) -> Tensor {
        try make("lazyZeros") { ct_lazy_zeros(shape.map(Int64.init), Int32(shape.count), dtype.rawValue, $0) }
    }

    /// Makes a tensor of unset memory; write it before reading.
    public static func empty(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws(TensorError) -> Tensor {
        try make("empty") { ct_empty(shape.map(Int64.init), Int32(shape.count), dtype.rawValue, device.type, device.index, $0) }
    }

    /// Makes `start, start + step, …` below `end`.
    public static func range(_ start: Int, _ end: Int, step: Int = 1, dtype: DType = .int64) throws(TensorError) -> Tensor {
        try make("range") { ct_arange(Int64(start), Int64(end), Int64(step), dtype.rawValue, $0) }
    }

    /// Draws from a normal distribution with libtorch's CPU generator.
    public static func normal(_ shape: [Int], mean: Double = 0, deviation: Double = 1, dtype: DType = .float32) throws(TensorError)
        -> Tensor
    {
        try make("normal") { ct_random_normal(shape.map(Int64.init), Int32(shape.count), mean, deviation, dtype.rawValue, $0) }
    }

    /// Draws from a uniform distribution on `low ..< high` with libtorch's CPU generator.
    public static func uniform(_ shape: [Int], low: Double = 0, high: Double = 1, dtype: DType = .float32) throws(TensorError) -> Tensor {
        try make("uniform") { ct_random_uniform(shape.map(Int64.init), Int32(shape.count), low, high, dtype.rawValue, $0) }
    }

    /// Wraps bytes of a mapped file that `owner` keeps alive, without copying; writing them is not allowed.
    ///
    /// Pages are read from disk when they are first used.
    public static func view(of bytes: UnsafeRawBufferPointer, shape: [Int], dtype: DType, keeping owner: AnyObject) throws(TensorError)
        -> Tensor
    {
        guard bytes.count == shape.reduce(1, *) * dtype.byteSize, let base = bytes.baseAddress else {
            if shape.contains(0) { return try zeros(shape, dtype: dtype) }
            throw TensorError(
                kind: .invalid, operation: "Tensor.view", shapes: "\(shape)",
                message: "\(bytes.count) bytes do not fill shape \(shape) of \(dtype)")
        }
        guard UInt(bitPattern: base) % UInt(dtype.byteSize) == 0 else {
            return try Tensor.copying(bytes, shape: shape, dtype: dtype)
        }
        let context = Unmanaged.passRetained(owner)
        let tensor = try make("view") {
            ct_from_memory(
                UnsafeMutableRawPointer(mutating: base), shape.map(Int64.init), Int32(shape.count), dtype.rawValue,
                { context in context.map { Unmanaged<AnyObject>.fromOpaque($0).release() } }, context.toOpaque(), $0)
        }
        tensor.filePages = bytes
        return tensor
    }

    /// Tells the system that the pages of a mapped file behind this tensor are not needed for now; they are read again when they are.
    ///
    /// Does nothing for tensors that ``view(of:shape:dtype:keeping:)`` did not make. Values never change.
    public func releaseFilePages() {
        guard let filePages, let base = filePages.baseAddress else { return }
        let page = UInt(getpagesize()), start = UInt(bitPattern: base), end = start + UInt(filePages.count)
        let (first, last) = ((start + page - 1) / page * page, end / page * page)  // pages at the ends may be a neighbour's too
        guard last > first, let pages = UnsafeMutableRawPointer(bitPattern: first) else { return }
        // Advice: whether the system takes it changes what is resident, nothing else.
        _ = madvise(pages, Int(last - first), MADV_DONTNEED)
    }

    /// Copies raw little-endian elements into a new tensor on the CPU.
    public static func copying(_ bytes: UnsafeRawBufferPointer, shape: [Int], dtype: DType) throws(TensorError) -> Tensor {
        guard bytes.count == shape.reduce(1, *) * dtype.byteSize else {
            throw TensorError(
                kind: .invalid, operation: "Tensor.copying", shapes: "\(shape)",
                message: "\(bytes.count) bytes do not fill shape \(shape) of \(dtype)")
        }
        return try make("copying") { ct_from_bytes(bytes.baseAddress, shape.map(Int64.init), Int32(shape.count), dtype.rawValue, $0) }
    }

    // MARK: Reading values

    /// Copies the elements out in row-major order.
    ///
    /// - Throws: `TensorError` if the scalar's size is not the element type's.
    public func values<Scalar: BitwiseCopyable>(as type: Scalar.Type) throws(TensorError) -> [Scalar] {
        guard MemoryLayout<Scalar>.stride == dtype.byteSize else {
            throw TensorError(
                kind: .invalid, operation: "values", shapes: "\(dtype)\(shape)", message: "elements of \(dtype) are not \(type)")
        }
        var status = CT_OK
        let total = count
        let result = [Scalar](unsafeUninitializedCapacity: total) { buffer, filled in
            status = ct_copy_out(handle, buffer.baseAddress, Int64(total * MemoryLayout<Scalar>.stride))
            filled = status == CT_OK ? total : 0
        }
        try check(status, "values")
        return result
    }

    /// Copies the elements out as float32, converting them.
    public func floats() throws(TensorError) -> [Float] { try to(.float32).values(as: Float.self) }

    /// Copies the elements out as float32 over an array's earlier contents; takes no memory where the array has this many and one owner.
    public func floats(into array: inout [Float]) throws(TensorError) {
        guard array.count == count, dtype == .float32 else {
            array = try floats()
            return
        }
        let size = Int64(byteCount)
        let status = array.withUnsafeMutableBytes { ct_copy_out(handle, $0.baseAddress, size) }
        try check(status, "floats")
    }

    /// Copies the elements out as integers, converting them.
    public func integers() throws(TensorError) -> [Int] { try to(.int64).values(as: Int64.self).map(Int.init) }

    /// Reads the one element; waits for the device.
    public func item() throws(TensorError) -> Double {
        var value = 0.0
        try check(ct_item(handle, &value), "item")
        return value
    }

    /// Gives `body` the elements in memory order.
    ///
    /// - Throws: `TensorError` if the tensor is not contiguous on the CPU; whatever `body` throws.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        guard isContiguous, device == .cpu else {
            throw TensorError(
                kind: .invalid, operation: "withBytes", shapes: "\(dtype)\(shape)", message: "bytes need a contiguous tensor on the CPU")
        }
        return try withExtendedLifetime(self) {
            try body(UnsafeRawBufferPointer(start: ct_data(handle), count: byteCount))
        }
    }

    // MARK: Conversion

    /// Returns the tensor in another element type; itself if it has that type.
    public func to(_ dtype: DType) throws(TensorError) -> Tensor {
        if dtype == self.dtype { return self }
        let place = device
        return try Tensor.make("to") { ct_to(handle, dtype.rawValue, place.type, place.index, false, $0) }
    }

    /// Returns the tensor on another device; itself if it is there.
    public func to(_ device: Device) throws(TensorError) -> Tensor {
        if device == self.device { return self }
        let type = dtype
        return try Tensor.make("to") { ct_to(handle, type.rawValue, device.type, device.index, false, $0) }
    }
}
