public import HoneTensors

/// One tensor of an open weight file: its name, type, shape, and where its bytes lie.
///
/// The entry keeps the mapped file alive. Immutable and safe to share between threads.
public struct WeightEntry: Sendable {
    /// The tensor's name in the file.
    public let name: String
    /// The type of each element.
    public let dtype: DType
    /// The sizes of the axes, empty for a single number.
    ///
    /// Elements lie in row-major order, little-endian.
    public let shape: [Int]
    /// Where the elements lie, in bytes from the start of the file.
    public let range: Range<Int>
    /// The mapped file that holds the elements.
    public let file: MappedFile

    /// The number of elements: the product of `shape`, 1 for `[]`.
    public var elementCount: Int { range.count / dtype.byteSize }

    /// Lends the elements' bytes, which lie in the map and are not copied, to a closure.
    ///
    /// The pointer may outlive the call only beside a reference to `file`. Its start may be unaligned for `dtype` in files of careless
    /// writers: test `isAligned` before binding it to a type. The pages are read-only: writing to them ends the process.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try file.withBytes { bytes throws(Failure) in try body(UnsafeRawBufferPointer(rebasing: bytes[range])) }
    }

    /// Whether the first element's address is a multiple of the element size.
    public var isAligned: Bool { range.lowerBound % dtype.byteSize == 0 }
}

/// A safetensors file, opened by mapping it and checking its whole header; elements are read when touched.
///
/// Layout: 8 bytes of header length (little-endian), a JSON header, then the tensors' bytes back to back. Source: the safetensors format
/// page. Everything the format demands is checked on opening: bounds, sizes, overlaps, holes, equal names. Departures: element types that
/// Hone does not hold (8-bit floats, unsigned 16 to 64 bits, complex) are errors; two names that differ only in Unicode normalisation
/// count as equal.
public struct SafetensorsFile: Sendable {
    /// The largest header that is read, in bytes.
    ///
    /// Source: `MAX_HEADER_SIZE` of the reference implementation.
    public static let headerLimit = 100_000_000

    /// The mapped file.
    public let file: MappedFile
    /// The tensors in the order of their bytes.
    public let entries: [WeightEntry]
    /// The free text of `__metadata__`, empty where the file has none.
    public let metadata: [String: String]

    /// Opens a file by path.
    ///
    /// - Throws: `WeightError`: the file cannot be mapped, or its header or one tensor's line is wrong.
    public init(path: String) throws(WeightError) {
        try self.init(MappedFile(path: path))
    }

    /// Reads the header of a file that is already mapped.
    ///
    /// - Throws: `WeightError.header` or `.tensor`, naming the file and what is wrong.
    public init(_ file: MappedFile) throws(WeightError) {
        let header = try file.withBytes { bytes throws(WeightError) in try SafetensorsHeader(bytes, file: file.path) }
        self.file = file
        metadata = header.metadata
        entries = header.tensors.map { tensor in
            WeightEntry(name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, range: tensor.range, file: file)
        }
    }
}
