public import Foundation
public import HoneTensors

/// One tensor to be written: its facts, and a way to its bytes when their turn comes.
public struct WeightSource {
    /// The tensor's name in the file.
    public let name: String
    /// The type of each element.
    public let dtype: DType
    /// The sizes of the axes; `[]` for a single number.
    public let shape: [Int]
    /// Hands over the elements, row-major and little-endian, in one piece or several, by calling its argument.
    ///
    /// Called once, when the tensor's turn comes; what it allocates can be freed before the next tensor's turn.
    public let bytes: (_ put: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

    /// Describes a tensor whose bytes are produced when they are needed.
    public init(
        name: String, dtype: DType, shape: [Int], bytes: @escaping (_ put: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) {
        (self.name, self.dtype, self.shape, self.bytes) = (name, dtype, shape, bytes)
    }

    /// Describes a tensor whose bytes lie in memory, to stay valid until the writer returns.
    public init(name: String, dtype: DType, shape: [Int], bytes: UnsafeRawBufferPointer) {
        self.init(name: name, dtype: dtype, shape: shape) { put in try put(bytes) }
    }

    /// Describes a tensor of another weight file, under its own name or a new one.
    public init(_ entry: WeightEntry, name: String? = nil) {
        self.init(name: name ?? entry.name, dtype: entry.dtype, shape: entry.shape) { put in try entry.withBytes(put) }
    }
}

/// Writes safetensors files, each under a temporary name that becomes the final one when the file is whole and on disk.
///
/// Tensors are written one after another, ordered as the reference implementation orders them (element type, then name), so equal
/// tensors give equal bytes whatever order they came in. Memory: the header, and whatever a source holds during its turn.
public struct SafetensorsWriter: Sendable {
    /// The free text of `__metadata__`; Transformers refuses files without `format`.
    public var metadata = ["format": "pt"]
    var calls = FileCalls()

    /// Makes a writer with Hugging Face's usual metadata.
    public init() {}

    /// Writes one file.
    ///
    /// - Throws: `WeightError.source` (a name twice or reserved, a wrong shape, a wrong number of bytes), `.unwritable`, `.diskFull`;
    ///   also whatever a source throws. After any of them nothing under `file` has changed and no temporary file is left.
    public func write(_ sources: [WeightSource], to file: URL) throws {
        let path = file.path(percentEncoded: false)
        let sizes = try checked(sources, file: path)
        let ordered = zip(sources, sizes).map { (source: $0, size: $1) }.sorted { left, right in
            let ranks = (Self.rank(left.source.dtype), Self.rank(right.source.dtype))
            return ranks.0 == ranks.1 ? bytewise(left.source.name, right.source.name) : ranks.0 < ranks.1
        }
        let header = try header(ordered, file: path)
        try AtomicFile.write(to: path, bytesNeeded: header.count + sizes.reduce(0, +), calls: calls) { put in
            try header.withUnsafeBytes(put)
            for (source, size) in ordered { try copy(source, size: size, file: path, put) }
        }
    }

    /// Writes a checkpoint into a folder: one file where it fits into `shardBytes`, else numbered shards and their index.
    ///
    /// Names follow Hugging Face: `model.safetensors`, or `model-00001-of-00003.safetensors` and `model.safetensors.index.json`, the
    /// index last. Tensors go to shards in the order of their names; one larger than `shardBytes` has a shard of its own.
    ///
    /// - Parameters:
    ///   - folder: an existing folder without weights of the other form under the same name.
    ///   - name: the file name before `.safetensors`.
    ///   - shardBytes: the most bytes of tensors in one file.
    /// - Returns: the files written, the index last.
    /// - Throws: as `write(_:to:)`, and `WeightError.ambiguousCheckpoint` where the folder would end up with both forms.
    public func write(_ sources: [WeightSource], folder: URL, name: String = "model", shardBytes: Int = 5_000_000_000) throws -> [URL] {
        let single = folder.appending(path: "\(name).safetensors")
        let index = folder.appending(path: "\(name).safetensors.index.json")
        let sizes = try checked(sources, file: single.path(percentEncoded: false))
        let shards = Self.shards(zip(sources, sizes).map { ($0, $1) }, limit: shardBytes)
        let other = shards.count == 1 ? index : single
        guard !FileManager.default.fileExists(atPath: other.path(percentEncoded: false)) else {
            throw WeightError.ambiguousCheckpoint(
                folder: folder.path(percentEncoded: false), files: [single, index].map(\.lastPathComponent))
        }
        guard shards.count > 1 else {
            try write(sources, to: single)
            return [single]
        }
        var written: [URL] = []
        var map: [String: String] = [:]
        for (number, shard) in shards.enumerated() {
            let file = folder.appending(path: "\(name)-\(Self.five(number + 1))-of-\(Self.five(shards.count)).safetensors")
            try write(shard, to: file)
            for source in shard { map[source.name] = file.lastPathComponent }
            written.append(file)
        }
        try writeIndex(map, totalBytes: sizes.reduce(0, +), to: index)
        return written + [index]
    }

    private func writeIndex(_ map: [String: String], totalBytes: Int, to file: URL) throws {
        var lines = ["{", "  \"metadata\": {", "    \"total_size\": \(totalBytes)", "  },", "  \"weight_map\": {"]
        let pairs = map.sorted { bytewise($0.key, $1.key) }.map { "    \(Self.quoted($0.key)): \(Self.quoted($0.value))" }
        lines += [pairs.joined(separator: ",\n"), "  }", "}", ""]
        let text = Array(lines.joined(separator: "\n").utf8)
        try AtomicFile.write(to: file.path(percentEncoded: false), bytesNeeded: text.count, calls: calls) { put in
            try text.withUnsafeBytes(put)
        }
    }

    private func copy(_ source: WeightSource, size: Int, file: String, _ put: (UnsafeRawBufferPointer) throws -> Void) throws {
        var given = 0
        try source.bytes { piece in
            given += piece.count
            // Too many bytes would run into the next tensor: stop before they are written.
            guard given <= size else {
                throw WeightError.source(file: file, name: source.name, .byteCount(given: given, needed: size))
            }
            try put(piece)
        }
        guard given == size else { throw WeightError.source(file: file, name: source.name, .byteCount(given: given, needed: size)) }
    }

    /// The size of each source in bytes, once names and shapes are sound.
    private func checked(_ sources: [WeightSource], file: String) throws(WeightError) -> [Int] {
        var names: Set<String> = []
        var sizes: [Int] = []
        var total = 0
        for source in sources {
            guard source.name != "__metadata__" else { throw .source(file: file, name: source.name, .reservedName) }
            guard names.insert(source.name).inserted else { throw .source(file: file, name: source.name, .duplicateName) }
            guard let size = byteCount(shape: source.shape, dtype: source.dtype), size <= Int.max / 2 - total else {
                throw .source(file: file, name: source.name, .shape(source.shape))
            }
            total += size
            sizes.append(size)
        }
        return sizes
    }

    private func header(_ ordered: [(source: WeightSource, size: Int)], file: String) throws(WeightError) -> [UInt8] {
        var parts: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { bytewise($0.key, $1.key) }.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
            parts.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var begin = 0
        for (source, size) in ordered {
            let shape = source.shape.map(String.init).joined(separator: ",")
            parts.append(
                "\(Self.quoted(source.name)):{\"dtype\":\"\(source.dtype.safetensorsName)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(begin),\(begin + size)]}")
            begin += size
        }
        var json = Array("{\(parts.joined(separator: ","))}".utf8)
        while json.count % 8 != 0 { json.append(0x20) }  // so that the first tensor is aligned
        guard json.count <= SafetensorsFile.headerLimit else {
            throw .header(file: file, .tooLong(length: UInt64(json.count), limit: SafetensorsFile.headerLimit))
        }
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }
}

extension SafetensorsWriter {
    /// The place of an element type in a file.
    ///
    /// Source: the reverse order of `Dtype` in the reference implementation.
    private static func rank(_ dtype: DType) -> Int {
        switch dtype {
        case .int64: 0
        case .float64: 1
        case .float32: 2
        case .int32: 3
        case .bfloat16: 4
        case .float16: 5
        case .int16: 6
        case .int8: 7
        case .uint8: 8
        case .bool: 9
        }
    }

    private static func shards(_ sized: [(source: WeightSource, size: Int)], limit: Int) -> [[WeightSource]] {
        var shards: [[WeightSource]] = [[]]
        var filled = 0
        for (source, size) in sized.sorted(by: { bytewise($0.source.name, $1.source.name) }) {
            if filled + size > limit, !shards[shards.count - 1].isEmpty {
                shards.append([])
                filled = 0
            }
            shards[shards.count - 1].append(source)
            filled += size
        }
        return shards
    }

    private static func five(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{8}": result += "\\b"
            case "\u{C}": result += "\\f"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0}"..<"\u{20}":
                let code = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - code.count) + code
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
