import Foundation

extension String {
    /// Columns that the text takes on a terminal: East Asian wide characters and emoji take two, combining marks none.
    var columns: Int { reduce(0) { $0 + Self.columns($1) } }

    private static func columns(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        switch first.value {
        case 0..<0x20, 0x7F..<0xA0, 0x0300..<0x0370, 0x200B..<0x2010: return 0
        case 0x1100..<0x1160, 0x2E80..<0xA4D0, 0xAC00..<0xD7A4, 0xF900..<0xFB00, 0xFE30..<0xFE70, 0xFF00..<0xFF61, 0xFFE0..<0xFFE7,
            0x1F300..<0x1F650, 0x1F680..<0x1F700, 0x1F900..<0x1FB00, 0x20000..<0x3FFFE:
            return 2
        default: return 1
        }
    }

    /// The text in at most `width` columns; what does not fit becomes `…`.
    func clipped(to width: Int) -> String {
        guard columns > width else { return self }
        var (result, used) = ("", 0)
        for character in self {
            let more = Self.columns(character)
            guard used + more < width else { break }
            result.append(character)
            used += more
        }
        return width > 0 ? result + "…" : ""
    }

    /// The text filled up with blanks to `width` columns.
    func padded(to width: Int, isRight: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(0, width - columns))
        return isRight ? blanks + self : self + blanks
    }

    /// The text on one line: each run of white space and control characters becomes one blank, so it cannot move the cursor.
    var oneLine: String {
        let isBreak: (Character) -> Bool = {
            $0.isWhitespace || $0.unicodeScalars.allSatisfy { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }
        }
        return split(whereSeparator: isBreak).joined(separator: " ")
    }

    /// The text as one word of a shell command.
    var shellWord: String {
        let isPlain =
            !isEmpty && unicodeScalars.allSatisfy { CharacterSet.alphanumerics.contains($0) || "-_./=:,+@%~".unicodeScalars.contains($0) }
        return isPlain ? self : "'" + replacingOccurrences(of: "'", with: "'\\''") + "'"
    }

    /// The text broken at blanks into lines of at most `width` columns.
    func wrapped(to width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in split(separator: " ") {
            if !line.isEmpty, line.columns + 1 + String(word).columns > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }
}

/// Lines up cells in columns.
struct Table {
    /// Which columns stand to the right, from 0.
    var rightColumns: Set<Int> = []
    var header: [String]?
    var rows: [[String]]

    /// The lines, each within `width` columns; the last column gives way first.
    func lines(width: Int = .max, indent: Int = 0, header style: (String) -> String = { $0 }) -> [String] {
        let all = (header.map { [$0] } ?? []) + rows
        let count = all.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in all.map { column < $0.count ? $0[column].columns : 0 }.max() ?? 0 }
        return all.enumerated().map { index, row in
            var line = String(repeating: " ", count: indent)
            for (column, cell) in row.enumerated() {
                let isLast = column == row.count - 1
                line +=
                    isLast && !rightColumns.contains(column)
                    ? cell : cell.padded(to: widths[column], isRight: rightColumns.contains(column))
                if !isLast { line += "  " }
            }
            line = line.clipped(to: width)
            return index == 0 && header != nil ? style(line) : line
        }
    }
}
