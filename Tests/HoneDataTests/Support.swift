import Foundation
import HoneData
import Testing

/// The seeds of a property test; every expectation names its seed.
let seeds: Range<UInt64> = 0..<200

/// Reads `text` as if it were a file.
func read(
    _ text: String, as format: DataFormat, task: TaskKind? = .classification, columns: ColumnMapping = ColumnMapping()
) throws -> ReadFile {
    let name = "rows.\(format.rawValue)"
    return try RowReader(columns: columns, task: task).read(Data(text.utf8), format: format, name: name)
}

/// The error that `body` throws, or nil.
func dataError<Value>(_ body: () throws -> Value) -> DataError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? DataError
    }
}

/// A file in a new temporary folder of its own; it is removed with the value.
final class TemporaryFiles {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "hone-data-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        // A folder that is gone already needs no removal.
        try? FileManager.default.removeItem(at: folder)
    }

    func write(_ text: String, _ name: String) throws -> DataFile {
        let url = folder.appending(path: name)
        try Data(text.utf8).write(to: url)
        return DataFile(url, name: name)
    }
}

/// Reads a fixture that a script wrote.
func fixture<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
    return try JSONDecoder().decode(type, from: Data(contentsOf: url))
}

extension SplitMix64 {
    /// A text of up to `length` pieces, some of them awkward.
    mutating func text(_ length: Int, from pieces: [String]) -> String {
        (0..<index(below: length + 1)).map { _ in pieces[index(below: pieces.count)] }.joined()
    }
}

/// Rows with labels for tests of what comes after reading.
func rows(_ texts: [(String, String)], file: String = "train.csv") -> [TextRow] {
    texts.enumerated().map { TextRow(file: file, line: $0.offset + 2, text: $0.element.0, target: .label($0.element.1)) }
}

/// A stand-in for a tokenizer: one token for each word, `[CLS]` = 1 first, `[SEP]` = 2 after each text.
struct WordEncoding: TextEncoding {
    func words(_ text: String) -> [Int32] { text.split(separator: " ").map { Int32(10 + $0.count) } }

    func encodeIDs(_ text: String, pair: String?) -> [Int32] { encodeText(text, pair: pair).ids }

    func encodeText(_ text: String, pair: String?) -> EncodedText {
        let first = words(text)
        var encoded = EncodedText(
            ids: [1] + first + [2], typeIDs: [Int32](repeating: 0, count: first.count + 2),
            isSpecial: [true] + first.map { _ in false } + [true])
        guard let pair else { return encoded }
        let second = words(pair)
        encoded.ids += second + [2]
        encoded.typeIDs += [Int32](repeating: 1, count: second.count + 1)
        encoded.isSpecial += second.map { _ in false } + [true]
        return encoded
    }
}
