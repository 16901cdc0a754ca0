public import Foundation

/// Holds the rows of one file and what was found while reading it.
public struct ReadFile: Sendable, Equatable {
    /// The rows in the file's order.
    public var rows: [TextRow]
    /// What was read and how.
    public var report: FileReport
}

/// Reports how a file was read.
public struct FileReport: Codable, Sendable, Equatable {
    /// The file's name as it was given.
    public var file: String
    /// Its format.
    public var format: DataFormat
    /// How many rows it has.
    public var rows: Int
    /// How many lines without anything on them were passed over.
    public var blankLines: Int
    /// Which columns were used.
    public var columns: ColumnChoice
}

/// Reads the rows of a JSONL, CSV or TSV file.
///
/// The file is mapped into memory, checked to be UTF-8 and cut record by record; only the columns in use become strings, exactly as
/// written. O(bytes) time; memory for the rows only. Value, safe anywhere.
public struct RowReader: Sendable {
    /// The columns the recipe names.
    public var columns: ColumnMapping
    /// What the target is; nil reads texts only, as for prediction.
    public var task: TaskKind?

    /// Makes a reader.
    public init(columns: ColumnMapping = ColumnMapping(), task: TaskKind?) {
        self.columns = columns
        self.task = task
    }

    /// Reads the file at `url`.
    ///
    /// - Parameters:
    ///   - name: what rows and messages call the file; the URL's own relative path if nil.
    /// - Throws: `DataError` with the file and the line of the first fault.
    public func read(_ url: URL, name: String? = nil) throws(DataError) -> ReadFile {
        let file = name ?? url.relativePath
        let format = try DataFormat(file: url.lastPathComponent)
        return try read(try MappedText(url, file: file), format: format)
    }

    /// Reads bytes that are already in memory.
    ///
    /// - Throws: `DataError` as for a file.
    public func read(_ data: Data, format: DataFormat, name: String) throws(DataError) -> ReadFile {
        try read(try MappedText(data, file: name), format: format)
    }

    private func read(_ text: MappedText, format: DataFormat) throws(DataError) -> ReadFile {
        try text.withBytes { bytes throws(DataError) in
            switch format {
            case .jsonl: try readJSON(bytes, file: text.file)
            case .csv: try readTable(bytes, separator: UInt8(ascii: ","), format: .csv, file: text.file)
            case .tsv: try readTable(bytes, separator: UInt8(ascii: "\t"), format: .tsv, file: text.file)
            }
        }
    }

    private func readTable(
        _ bytes: UnsafeBufferPointer<UInt8>, separator: UInt8, format: DataFormat, file: String
    ) throws(DataError) -> ReadFile {
        var scanner = CSVScanner(bytes, separator: separator, file: file)
        var fields: [CSVScanner.Field] = []
        guard try scanner.next(&fields) != nil else { throw DataError.emptyFile(file: file) }
        let header = fields.map(scanner.text)
        for (index, name) in header.enumerated() where !name.isEmpty && header[..<index].contains(name) {
            throw DataError.repeatedColumn(file: file, column: name)
        }
        let choice = try ColumnFinder(file: file, columns: header, mapping: columns, task: task).choose()
        let textIndex = header.firstIndex(of: choice.text) ?? 0
        let pairIndex = choice.pair.flatMap(header.firstIndex)
        let labelIndex = choice.label.flatMap(header.firstIndex)
        var builder = RowBuilder(file: file, choice: choice, task: task)
        while let line = try scanner.next(&fields) {
            guard fields.count == header.count else {
                throw DataError.ragged(file: file, line: line, expected: header.count, found: fields.count)
            }
            try builder.add(
                line: line, text: .string(scanner.text(fields[textIndex])),
                pair: pairIndex.map { .string(scanner.text(fields[$0])) },
                label: labelIndex.map { .string(scanner.text(fields[$0])) }, isCell: true)
        }
        return try builder.finish(format: format, blankLines: scanner.blankLines, separator: columns.labelSeparator)
    }

    private func readJSON(_ bytes: UnsafeBufferPointer<UInt8>, file: String) throws(DataError) -> ReadFile {
        var builder: RowBuilder?
        var (line, start, blankLines) = (0, 0, 0)
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            let content = UnsafeBufferPointer(rebasing: bytes[start..<end])
            start = end + 1
            line += 1
            if content.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
                blankLines += 1
                continue
            }
            let members = try object(content, file: file, line: line, isFirst: builder == nil)
            if builder == nil {
                let choice = try ColumnFinder(file: file, columns: members.map(\.key), mapping: columns, task: task).choose()
                builder = RowBuilder(file: file, choice: choice, task: task)
            }
            try builder?.add(line: line, members: members)
        }
        guard let builder else { throw DataError.emptyFile(file: file) }
        return try builder.finish(format: .jsonl, blankLines: blankLines, separator: nil)
    }

    private func object(
        _ content: UnsafeBufferPointer<UInt8>, file: String, line: Int, isFirst: Bool
    ) throws(DataError) -> [(key: String, value: JSONValue)] {
        if isFirst, content.first(where: { $0 != 0x20 && $0 != 0x09 }) == UInt8(ascii: "[") { throw DataError.jsonArray(file: file) }
        var parser = JSONLine(content)
        do {
            let (members, kind) = try parser.members()
            guard let members else { throw DataError.notAnObject(file: file, line: line, found: kind.kind) }
            return members
        } catch let fault as JSONFault {
            throw DataError.brokenJSON(file: file, line: line, column: fault.column, reason: fault.reason)
        } catch let error as DataError {
            throw error
        } catch {
            throw DataError.unreadable(file: file, reason: "\(error)")
        }
    }
}
