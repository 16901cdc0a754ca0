import Foundation
import HoneData

/// The lines of standard input, as they come.
struct InputLines {
    /// The number of the last line, from 1.
    private(set) var number = 0
    /// Lines without anything on them that were passed over.
    private(set) var blank = 0
    private var pending = Data()
    private var isAtEnd = false

    /// The next line with anything on it; nil at the end.
    ///
    /// - Throws: `DataError.notUTF8` with the line's number.
    mutating func next() throws -> String? {
        while let bytes = nextBytes() {
            number += 1
            guard let text = String(validating: bytes, as: UTF8.self) else {
                let byte = bytes.first { $0 >= 0x80 } ?? 0
                throw DataError.notUTF8(file: "standard input", line: number, byte: byte, looksLike: nil)
            }
            if text.contains(where: { !$0.isWhitespace }) { return text }
            blank += 1
        }
        return nil
    }

    private mutating func nextBytes() -> [UInt8]? {
        while true {
            if let end = pending.firstIndex(of: 0x0A) {
                var line = Array(pending[pending.startIndex..<end])
                pending = Data(pending[pending.index(after: end)...])
                if line.last == 0x0D { line.removeLast() }
                return line
            }
            guard !isAtEnd else {
                guard !pending.isEmpty else { return nil }
                defer { pending = Data() }
                return Array(pending)
            }
            let piece = FileHandle.standardInput.availableData
            if piece.isEmpty { isAtEnd = true } else { pending += piece }
        }
    }

    /// Says how many lines were passed over; nothing if none.
    func noteBlankLines(_ console: Console) {
        if blank > 0 { console.complain("note: \(Format.plural(blank, "blank line")) passed over.") }
    }
}

extension InputLines {
    /// The texts given, or else the lines of standard input.
    ///
    /// - Throws: `CommandError.noText` if there is neither.
    static func all(or texts: [String], _ console: Console) throws -> [String] {
        guard texts.isEmpty else { return texts }
        guard isatty(STDIN_FILENO) == 0 else { throw CommandError.noText }
        var input = InputLines()
        var lines: [String] = []
        while let line = try input.next() { lines.append(line) }
        input.noteBlankLines(console)
        guard !lines.isEmpty else { throw CommandError.noText }
        return lines
    }
}
