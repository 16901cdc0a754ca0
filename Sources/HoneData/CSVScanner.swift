/// Cuts separated values into records after RFC 4180, one record at a time, without copying.
///
/// Lines end in LF or CRLF. A field that starts with a double quote ends at the next single one; `""` inside is one quote. A quote
/// inside an unquoted field is an ordinary character. A line with nothing on it is no record: it is skipped and counted.
struct CSVScanner {
    /// One field: the bytes between the outer quotes, and whether `""` occurs in them.
    struct Field {
        var range: Range<Int>
        var hasDoubledQuotes: Bool
    }

    private enum End {
        case field
        case record
    }

    let bytes: UnsafeBufferPointer<UInt8>
    let separator: UInt8
    let file: String
    private(set) var blankLines = 0
    private var position = 0
    private var line = 1

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed: UInt8 = 0x0A
    private static let carriageReturn: UInt8 = 0x0D

    init(_ bytes: UnsafeBufferPointer<UInt8>, separator: UInt8, file: String) {
        self.bytes = bytes
        self.separator = separator
        self.file = file
    }

    /// Fills `fields` with the next record and returns the line it starts at, or nil at the end.
    mutating func next(_ fields: inout [Field]) throws(DataError) -> Int? {
        fields.removeAll(keepingCapacity: true)
        while position < bytes.count, skipLineEnd() { blankLines += 1 }
        guard position < bytes.count else { return nil }
        let start = line
        while true {
            let isQuoted = position < bytes.count && bytes[position] == Self.quote
            let (field, opened) = isQuoted ? try quoted() : (plain(), nil)
            fields.append(field)
            if try end(opened) == .record { return start }
        }
    }

    /// The text of a field of the record just read.
    func text(_ field: Field) -> String {
        guard field.hasDoubledQuotes else { return bytes.text(field.range) }
        var copy: [UInt8] = []
        copy.reserveCapacity(field.range.count)
        var isSecond = false
        for byte in bytes[field.range] {
            if byte == Self.quote, isSecond {
                isSecond = false
                continue
            }
            isSecond = byte == Self.quote
            copy.append(byte)
        }
        return String(decoding: copy, as: UTF8.self)
    }

    private mutating func plain() -> Field {
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == separator || byte == Self.lineFeed || byte == Self.carriageReturn { break }
            position += 1
        }
        return Field(range: start..<position, hasDoubledQuotes: false)
    }

    private mutating func quoted() throws(DataError) -> (Field, Int?) {
        let opened = line
        position += 1
        let start = position
        var hasDoubledQuotes = false
        while position < bytes.count {
            let byte = bytes[position]
            if byte == Self.lineFeed { line += 1 }
            position += 1
            guard byte == Self.quote else { continue }
            guard position < bytes.count, bytes[position] == Self.quote else {
                return (Field(range: start..<position - 1, hasDoubledQuotes: hasDoubledQuotes), opened)
            }
            hasDoubledQuotes = true
            position += 1
        }
        throw DataError.unterminatedQuote(file: file, line: opened)
    }

    /// Steps over what ends a field; `opened` is the line of its quote, nil if it had none.
    private mutating func end(_ opened: Int?) throws(DataError) -> End {
        guard position < bytes.count else { return .record }
        if bytes[position] == separator {
            position += 1
            return .field
        }
        if skipLineEnd() { return .record }
        if let opened, bytes[position] != Self.carriageReturn {
            throw DataError.textAfterQuote(file: file, line: line, opened: opened)
        }
        throw DataError.strayCarriageReturn(file: file, line: line)
    }

    private mutating func skipLineEnd() -> Bool {
        if bytes[position] == Self.lineFeed {
            position += 1
        } else if bytes[position] == Self.carriageReturn, position + 1 < bytes.count, bytes[position + 1] == Self.lineFeed {
            position += 2
        } else {
            return false
        }
        line += 1
        return true
    }
}

/// Writes records that any reader of RFC 4180 gives back unchanged.
public enum CSVText {
    /// Returns one record with its line feed; quotes only the fields that need it.
    public static func record(_ fields: [String], separator: Character = ",") -> String {
        let needsQuotes = { (field: String) in
            field.unicodeScalars.contains { $0 == "\"" || $0 == "\n" || $0 == "\r" || Character($0) == separator }
        }
        let isOneEmptyField = fields.count == 1 && fields[0].isEmpty
        return fields.map { field in
            guard needsQuotes(field) || isOneEmptyField else { return field }
            return "\"" + quotesDoubled(field) + "\""
        }.joined(separator: String(separator)) + "\n"
    }

    private static func quotesDoubled(_ field: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in field.unicodeScalars {
            scalars.append(scalar)
            if scalar == "\"" { scalars.append(scalar) }
        }
        return String(scalars)
    }
}
