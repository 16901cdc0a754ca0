// Tested by SafetensorsFileTests.swift
internal import HoneTensors

/// The checked header of a safetensors file.
struct SafetensorsHeader {
    struct Line {
        var name: String
        var dtype: DType
        var shape: [Int]
        /// Bytes from the start of the file.
        var range: Range<Int>
    }

    private(set) var tensors: [Line] = []
    private(set) var metadata: [String: String] = [:]
    private let file: String

    init(_ bytes: UnsafeRawBufferPointer, file: String) throws(WeightError) {
        self.file = file
        let dataStart = try Self.headerEnd(bytes, file: file)
        guard case .object(let members) = try Self.parse(UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart]), file: file) else {
            throw .header(file: file, .notAnObject(firstByte: bytes[8]))
        }
        for (key, value) in members {
            if key == "__metadata__" {
                metadata = try readMetadata(value)
            } else {
                tensors.append(try line(key, value, dataStart: dataStart, available: bytes.count - dataStart))
            }
        }
        tensors.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        try checkCoverage(dataStart: dataStart, end: bytes.count)
    }

    /// Checks the length in front of the header and returns where the header ends.
    private static func headerEnd(_ bytes: UnsafeRawBufferPointer, file: String) throws(WeightError) -> Int {
        if let kind = otherFormat(bytes) { throw .header(file: file, .looksLike(kind)) }
        guard bytes.count >= 10 else { throw .header(file: file, .tooShort(bytes: bytes.count)) }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(SafetensorsFile.headerLimit) else {
            throw .header(file: file, .tooLong(length: length, limit: SafetensorsFile.headerLimit))
        }
        guard length <= UInt64(bytes.count - 8) else {
            throw .header(file: file, .lengthBeyondFile(length: length, available: bytes.count - 8))
        }
        guard length >= 2 else { throw .header(file: file, .tooShort(bytes: 8 + Int(length))) }
        guard bytes[8] == UInt8(ascii: "{") else { throw .header(file: file, .notAnObject(firstByte: bytes[8])) }
        return 8 + Int(length)
    }

    /// Recognises the files that most often stand where weights should: their first bytes read as an absurd header length.
    private static func otherFormat(_ bytes: UnsafeRawBufferPointer) -> String? {
        let table: [(String, String)] = [
            ("version https://git-lfs", "a Git LFS pointer (run `git lfs pull` to fetch the file itself)"),
            ("PK\u{3}\u{4}", "a zip archive, probably PyTorch's pickle format (convert it to safetensors; Hone reads no pickle files)"),
            ("GGUF", "a GGUF file"),
            ("<!DOCTYPE", "a web page (the download was refused or redirected)"),
            ("<html", "a web page (the download was refused or redirected)"),
        ]
        return table.first { start, _ in bytes.starts(with: start.utf8) }?.1
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer, file: String) throws(WeightError) -> JSONNode {
        do {
            return try StrictJSON.parse(bytes)
        } catch {
            switch error {
            case .notUTF8: throw .header(file: file, .notUTF8)
            case .syntax(let byte, let reason): throw .header(file: file, .syntax(byte: byte, reason: reason))
            case .duplicateKey(let key): throw .header(file: file, .duplicateKey(key))
            }
        }
    }

    private func readMetadata(_ node: JSONNode) throws(WeightError) -> [String: String] {
        guard case .object(let members) = node else { throw .header(file: file, .metadata(reason: "it is \(node.kind)")) }
        var result: [String: String] = [:]
        for (key, value) in members {
            guard case .string(let text) = value else {
                throw .header(file: file, .metadata(reason: "`\(key)` is \(value.kind)"))
            }
            result[key] = text
        }
        return result
    }

    private func line(_ name: String, _ node: JSONNode, dataStart: Int, available: Int) throws(WeightError) -> Line {
        func wrong(_ problem: WeightError.TensorProblem) -> WeightError { .tensor(file: file, name: name, problem) }
        guard case .object(let members) = node else { throw wrong(.field(reason: "expected an object, found \(node.kind)")) }
        let fields = Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        if let extra = members.first(where: { !["dtype", "shape", "data_offsets"].contains($0.key) }) {
            throw wrong(.field(reason: "unknown field `\(extra.key)`"))
        }
        guard case .string(let typeName)? = fields["dtype"] else { throw wrong(.field(reason: "`dtype` must be a string")) }
        guard let dtype = DType(safetensorsName: typeName) else { throw wrong(.unknownDType(typeName)) }
        guard let shape = counts(fields["shape"]) else {
            throw wrong(.field(reason: "`shape` must be a list of whole numbers that are not negative"))
        }
        guard let offsets = counts(fields["data_offsets"]), offsets.count == 2 else {
            throw wrong(.field(reason: "`data_offsets` must be two whole numbers that are not negative"))
        }
        let (begin, end) = (offsets[0], offsets[1])
        guard begin <= end else { throw wrong(.reversedOffsets(begin: begin, end: end)) }
        guard end <= available else { throw wrong(.outsideFile(begin: begin, end: end, available: available)) }
        guard let needed = byteCount(shape: shape, dtype: dtype) else { throw wrong(.shapeOverflow(shape: shape)) }
        guard needed == end - begin else {
            throw wrong(.sizeMismatch(shape: shape, dtype: dtype, needed: needed, given: end - begin))
        }
        return Line(name: name, dtype: dtype, shape: shape, range: dataStart + begin..<dataStart + end)
    }

    private func counts(_ node: JSONNode?) -> [Int]? {
        guard case .array(let elements)? = node else { return nil }
        let counts = elements.compactMap(\.count)
        return counts.count == elements.count ? counts : nil
    }

    /// The tensors, in order, must fill the data from its first to its last byte.
    private func checkCoverage(dataStart: Int, end: Int) throws(WeightError) {
        var filled = dataStart
        var previous = ""
        for tensor in tensors {
            if tensor.range.lowerBound < filled { throw .tensor(file: file, name: tensor.name, .overlap(with: previous)) }
            if tensor.range.lowerBound > filled {
                throw .header(file: file, .hole(from: filled - dataStart, to: tensor.range.lowerBound - dataStart))
            }
            (filled, previous) = (tensor.range.upperBound, tensor.name)
        }
        if filled < end { throw .header(file: file, .hole(from: filled - dataStart, to: end - dataStart)) }
    }
}

/// The bytes that a tensor takes; nil where the product overflows or an axis is negative.
func byteCount(shape: [Int], dtype: DType) -> Int? {
    var total = dtype.byteSize
    for size in shape {
        let (product, overflow) = total.multipliedReportingOverflow(by: size)
        if overflow || size < 0 { return nil }
        total = product
    }
    return total
}
