import Foundation

/// A file of vectors, which has another name beside its own until it is whole.
///
/// `.npy` is NumPy's format 1.0: float32, little-endian, C order, `[N, D]`. `.jsonl` has one object a line.
final class VectorFile {
    private enum Format {
        case numpy, lines
    }

    let url: URL
    private let format: Format
    private let draft: URL
    private var file: Int32
    private var rows = 0
    private var isWhole = false

    /// Begins a file; the folder must be there, the file must not.
    ///
    /// - Throws: `CommandError` for another ending, a file that exists, or one that cannot be made.
    init(_ path: String) throws(CommandError) {
        url = URL(filePath: path)
        switch url.pathExtension.lowercased() {
        case "npy": format = .numpy
        case "jsonl", "ndjson": format = .lines
        default: throw .notVectorFile(path)
        }
        guard !FileManager.default.fileExists(atPath: url.path) else { throw .vectorsExist(path: path) }
        draft = url.deletingLastPathComponent().appending(path: ".\(url.lastPathComponent).\(getpid()).partial")
        file = open(draft.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .cannotCreate(path: path, reason: String(cString: strerror(errno))) }
        // Its place; how many rows there are is known at the end.
        if format == .numpy { try write(Self.header(rows: 0, columns: 0)) }
    }

    deinit {
        if file >= 0 { close(file) }
        if !isWhole { unlink(draft.path) }
    }

    /// Adds vectors with their texts, whose numbers count from 1.
    func append(_ vectors: [(row: Int, text: String, vector: [Float])]) throws(CommandError) {
        rows += vectors.count
        var data = Data()
        for (row, text, vector) in vectors {
            switch format {
            case .numpy: for number in vector { withUnsafeBytes(of: number.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
            case .lines: data += Self.line(row: row, text: text, vector)
            }
        }
        try write(data)
    }

    /// Ends the file and gives it its name.
    ///
    /// - Parameter columns: the numbers in a vector.
    func finish(columns: Int) throws(CommandError) {
        if format == .numpy {
            guard lseek(file, 0, SEEK_SET) == 0 else { throw failure }
            try write(Self.header(rows: rows, columns: columns))
        }
        guard fsync(file) == 0 else { throw failure }
        let closed = close(file)
        file = -1
        guard closed == 0, rename(draft.path, url.path) == 0 else { throw failure }
        isWhole = true
    }

    private func write(_ data: Data) throws(CommandError) {
        if let reason = writeAll(data, to: file) { throw .cannotSave(path: url.path, reason: reason) }
    }

    private var failure: CommandError { .cannotSave(path: url.path, reason: String(cString: strerror(errno))) }

    /// The beginning of a `.npy` file: always 128 bytes, so that it can be written again.
    static func header(rows: Int, columns: Int) -> Data {
        let size = 128
        var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(rows), \(columns)), }"
        // Six bytes of mark, two of version, two of length stand before it, and it ends in a line break.
        text += String(repeating: " ", count: size - 10 - 1 - text.utf8.count) + "\n"
        let length = UInt16(text.utf8.count)
        return Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, UInt8(length & 0xFF), UInt8(length >> 8)]) + Data(text.utf8)
    }

    /// One object with its line break; numbers are the shortest that give the same float32 again.
    ///
    /// - Parameter type: what programs tell the object by; nil in files.
    static func line(type: String? = nil, row: Int, text: String, _ vector: [Float]) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // A string always encodes.
        let quoted = (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
        let start = type.map { "\"type\":\"\($0)\"," } ?? ""
        return Data(
            "{\(start)\"row\":\(row),\"text\":\(quoted),\"embedding\":[\(vector.map(\.description).joined(separator: ","))]}\n".utf8)
    }
}
