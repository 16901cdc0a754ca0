import Foundation

/// Holds a text file mapped into memory and known to be UTF-8.
struct MappedText {
    let file: String
    private let data: Data
    private let start: Int

    /// Maps `url` and checks every byte once; a byte order mark is skipped.
    init(_ url: URL, file: String) throws(DataError) {
        try Self.checkExists(url, file: file)
        let data: Data
        do {
            data = try Data(contentsOf: url, options: .alwaysMapped)
        } catch {
            throw DataError.unreadable(file: file, reason: error.localizedDescription)
        }
        try self.init(data, file: file)
    }

    /// Checks bytes that are already in memory.
    init(_ data: Data, file: String) throws(DataError) {
        guard !data.isEmpty else { throw DataError.emptyFile(file: file) }
        self.data = data
        self.file = file
        start = data.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        if let fault = withBytes(UTF8Check.firstFault) {
            let line = withBytes { bytes in bytes[..<fault].count(where: { $0 == 0x0A }) } + 1
            let byte = withBytes { bytes in bytes[fault] }
            throw DataError.notUTF8(file: file, line: line, byte: byte, looksLike: Self.encoding(of: data))
        }
    }

    /// Calls `body` with the text's bytes, without the byte order mark.
    func withBytes<Result, Failure: Error>(_ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result) throws(Failure) -> Result {
        let result = data.withUnsafeBytes { raw in
            Swift.Result { () throws(Failure) in
                try body(UnsafeBufferPointer(rebasing: raw.bindMemory(to: UInt8.self)[start...]))
            }
        }
        return try result.get()
    }

    private static func checkExists(_ url: URL, file: String) throws(DataError) {
        var isFolder = ObjCBool(false)
        guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false), isDirectory: &isFolder) else {
            // A folder that cannot be listed only means that there is no suggestion.
            let folder = url.deletingLastPathComponent().path(percentEncoded: false)
            let beside = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            throw DataError.missingFile(file: file, suggestion: NearestName.find(url.lastPathComponent, in: beside.sorted()))
        }
        if isFolder.boolValue { throw DataError.folder(file: file) }
    }

    private static func encoding(of data: Data) -> String? {
        if data.starts(with: [0xFF, 0xFE]) || data.starts(with: [0xFE, 0xFF]) { return "UTF-16" }
        if data.starts(with: [0x1F, 0x8B]) { return "a gzip archive" }
        if data.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return "a zip archive or a spreadsheet" }
        return nil
    }
}

/// Checks UTF-8 after Unicode 16, table 3-7.
enum UTF8Check {
    /// Returns the offset of the first byte that starts no well-formed sequence, or nil.
    static func firstFault(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var position = 0
        while position < bytes.count {
            if bytes[position] < 0x80 {
                position += 1
                continue
            }
            guard let length = sequence(bytes, at: position) else { return position }
            position += length
        }
        return nil
    }

    /// Returns the length of the multi-byte sequence at `position`, or nil if it is malformed.
    private static func sequence(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> Int? {
        let lead = bytes[position]
        let (length, second): (Int, ClosedRange<UInt8>)
        switch lead {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard position + length <= bytes.count, second.contains(bytes[position + 1]) else { return nil }
        for next in stride(from: position + 2, to: position + length, by: 1) where bytes[next] & 0xC0 != 0x80 { return nil }
        return length
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// The text in `range`, whose bytes are known to be UTF-8.
    func text(_ range: Range<Int>) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: self[range]), as: UTF8.self)
    }
}
