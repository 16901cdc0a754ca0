import Foundation

/// A key as a person pressed it.
enum Key: Equatable {
    case character(Character)
    /// A pasted text, its line breaks included.
    case paste(String)
    case enter, newline, backspace, delete, left, right, wordLeft, wordRight, home, end, up, down
    case deleteWord, deleteToStart, deleteToEnd, clearScreen, interrupt, endOfInput, suspend
}

/// Turns bytes from a terminal into keys; a sequence may come in pieces.
struct KeyReader {
    private var bytes: [UInt8] = []
    private var pasted: [UInt8]?

    /// Takes a byte and gives the key that it completes, if it does.
    mutating func push(_ byte: UInt8) -> Key? {
        if pasted != nil { return pushPasted(byte) }
        bytes.append(byte)
        if bytes[0] == 0x1B { return escape() }
        if let key = Self.control[bytes[0]] { return take(key) }
        if bytes[0] < 0x20 { return take(nil) }
        let length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4
        guard bytes.count >= length else { return nil }
        // Bytes that are no UTF-8 are passed over: nothing could show them.
        let character = String(validating: bytes, as: UTF8.self)?.first
        return take(character.map { .character($0) })
    }

    private mutating func take(_ key: Key?) -> Key? {
        bytes = []
        return key
    }

    private static let control: [UInt8: Key] = [
        0x01: .home, 0x02: .left, 0x03: .interrupt, 0x04: .endOfInput, 0x05: .end, 0x06: .right, 0x08: .backspace, 0x0A: .newline,
        0x0B: .deleteToEnd, 0x0C: .clearScreen, 0x0D: .enter, 0x0E: .down, 0x10: .up, 0x15: .deleteToStart, 0x17: .deleteWord,
        0x1A: .suspend, 0x7F: .backspace,
    ]

    private static let sequences: [String: Key] = [
        "[A": .up, "[B": .down, "[C": .right, "[D": .left, "[H": .home, "[F": .end, "[1~": .home, "[4~": .end, "[7~": .home, "[8~": .end,
        "[3~": .delete, "OA": .up, "OB": .down, "OC": .right, "OD": .left, "OH": .home, "OF": .end, "[1;5C": .wordRight, "[1;5D": .wordLeft,
        "[1;3C": .wordRight, "[1;3D": .wordLeft, "b": .wordLeft, "f": .wordRight, "\u{7F}": .deleteWord, "\r": .newline,
    ]

    private mutating func escape() -> Key? {
        guard bytes.count > 1 else { return nil }
        let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
        if text == "[200~" {
            (bytes, pasted) = ([], [])
            return nil
        }
        let last = bytes[bytes.count - 1]
        // A sequence that begins with [ or O ends with a letter or ~; any other is one byte long.
        let isOpen = (bytes[1] == UInt8(ascii: "[") || bytes[1] == UInt8(ascii: "O")) && (bytes.count == 2 || !(0x40...0x7E).contains(last))
        if isOpen, bytes.count < 12 { return nil }
        return take(Self.sequences[text])
    }

    private mutating func pushPasted(_ byte: UInt8) -> Key? {
        pasted?.append(byte)
        let end = Array("\u{1B}[201~".utf8)
        guard var text = pasted, text.suffix(end.count) == end[...] else { return nil }
        text.removeLast(end.count)
        pasted = nil
        let lines = String(decoding: text, as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n")
        return .paste(lines.replacingOccurrences(of: "\r", with: "\n"))
    }
}

/// A line that is being typed, with the lines typed before: takes keys, says what is to be shown.
struct LineEditor {
    /// What a key came to.
    enum Outcome: Equatable {
        case editing
        case entered(String)
        case interrupted
        case ended
        case cleared
        case suspended
    }

    /// The text so far.
    private(set) var text: [Character] = []
    /// Before which character the next one goes.
    private(set) var cursor = 0
    /// Lines typed before, the oldest first.
    private(set) var history: [String]
    /// The line of the history that is shown; as many as there are for the new one.
    private var place: Int
    private var draft: [Character] = []

    init(history: [String] = []) { (self.history, place) = (history, history.count) }

    mutating func take(_ key: Key) -> Outcome {
        switch key {
        case .character(let character): insert([character])
        case .paste(let pasted): insert(Array(pasted.printable))
        case .newline: insert(["\n"])
        case .enter: return enter()
        case .interrupt: return .interrupted
        case .suspend: return .suspended
        case .clearScreen: return .cleared
        case .endOfInput:
            if text.isEmpty { return .ended }
            remove(cursor..<min(cursor + 1, text.count))
        case .backspace: remove(max(0, cursor - 1)..<cursor)
        case .delete: remove(cursor..<min(cursor + 1, text.count))
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(text.count, cursor + 1)
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .home: cursor = 0
        case .end: cursor = text.count
        case .deleteWord: remove(wordStart..<cursor)
        case .deleteToStart: remove(0..<cursor)
        case .deleteToEnd: remove(cursor..<text.count)
        case .up: show(place - 1)
        case .down: show(place + 1)
        }
        return .editing
    }

    private mutating func insert(_ characters: [Character]) {
        text.insert(contentsOf: characters, at: cursor)
        cursor += characters.count
    }

    private mutating func remove(_ range: Range<Int>) {
        text.removeSubrange(range)
        cursor = range.lowerBound
    }

    private mutating func enter() -> Outcome {
        let line = String(text)
        if !line.allSatisfy(\.isWhitespace), history.last != line { history.append(line) }
        (text, cursor, place, draft) = ([], 0, history.count, [])
        return .entered(line)
    }

    private mutating func show(_ wanted: Int) {
        guard (0...history.count).contains(wanted) else { return }
        if place == history.count { draft = text }
        place = wanted
        text = place == history.count ? draft : Array(history[place])
        cursor = text.count
    }

    private var wordStart: Int {
        let end = text[..<cursor].lastIndex { !$0.isWhitespace } ?? -1
        return end < 0 ? 0 : (text[...end].lastIndex { $0.isWhitespace } ?? -1) + 1
    }

    private var wordEnd: Int {
        guard let start = text[cursor...].firstIndex(where: { !$0.isWhitespace }) else { return text.count }
        return text[start...].firstIndex { $0.isWhitespace } ?? text.count
    }

    /// The rows that show the line in `width` columns after a prompt, and where the cursor stands among them.
    func drawing(prompt: String, width: Int) -> (rows: [String], row: Int, column: Int) {
        var rows = [prompt]
        var (column, cursorRow, cursorColumn) = (prompt.columns, 0, prompt.columns)
        for (index, character) in text.enumerated() {
            if index == cursor { (cursorRow, cursorColumn) = (rows.count - 1, column) }
            if character == "\n" {
                rows.append("")
                column = 0
                continue
            }
            let columns = String(character).columns
            if column + columns > width {
                rows.append("")
                column = 0
            }
            rows[rows.count - 1].append(character)
            column += columns
        }
        if cursor == text.count {
            if column >= width {
                rows.append("")
                column = 0
            }
            (cursorRow, cursorColumn) = (rows.count - 1, column)
        } else if cursorColumn >= width {
            // The character under the cursor has gone to the next row.
            (cursorRow, cursorColumn) = (cursorRow + 1, 0)
        }
        return (rows, cursorRow, cursorColumn)
    }
}
