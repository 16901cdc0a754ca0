public import Foundation

/// Holds the column names that the recipe gives; nil means that the column is found by its name.
public struct ExampleColumns: Codable, Sendable, Equatable {
    /// The list of messages.
    public var messages: String?
    /// The prompt, for example `question`.
    public var prompt: String?
    /// What follows the prompt, for example `answer`.
    public var completion: String?
    /// Running text.
    public var text: String?
    /// The source of a pair.
    public var source: String?
    /// The target of a pair.
    public var target: String?
    /// The list of words.
    public var words: String?
    /// The list of tags.
    public var tags: String?
    /// The text that answers a question.
    public var context: String?
    /// The question about a context.
    public var question: String?
    /// The texts and places of a question's answers.
    public var answers: String?

    /// Makes a mapping; everything left out is found.
    public init(
        messages: String? = nil, prompt: String? = nil, completion: String? = nil, text: String? = nil, source: String? = nil,
        target: String? = nil, words: String? = nil, tags: String? = nil, context: String? = nil, question: String? = nil,
        answers: String? = nil
    ) {
        (self.messages, self.prompt, self.completion, self.text) = (messages, prompt, completion, text)
        (self.source, self.target, self.words, self.tags) = (source, target, words, tags)
        (self.context, self.question, self.answers) = (context, question, answers)
    }
}

/// Holds the choices that some formats leave open.
public struct ExampleOptions: Codable, Sendable, Equatable {
    /// What becomes of a target that is a list of equally right texts.
    public enum Targets: String, Codable, Sendable, CaseIterable {
        /// The first is the target; all are references.
        case first
        /// Each makes an example of its own.
        case each
    }

    /// How a text file is cut into documents.
    public enum Documents: String, Codable, Sendable, CaseIterable {
        /// The file is one document.
        case whole
        /// Blank lines stand between documents.
        case blankLines
        /// Each line with anything on it is one.
        case lines
    }

    /// How Alpaca rows are worded.
    public enum Alpaca: String, Codable, Sendable, CaseIterable {
        /// A conversation: the instruction, and below it the input, as the user's message.
        case conversation
        /// A prompt in the wording that Stanford's Alpaca was trained on.
        case stanford
    }

    /// What happens to tags that do not follow the BIO scheme.
    public enum Tagging: String, Codable, Sendable, CaseIterable {
        /// Stops with an error.
        case error
        /// Makes the first tag of each name `B-`, as for data in IOB1, and counts it.
        case repair
        /// Keeps tags of any scheme.
        case keep
    }

    /// For pairs with several targets.
    public var targets = Targets.first
    /// What stands between the sentences of a source that is a list.
    public var joiner = " "
    /// For text files.
    public var documents = Documents.whole
    /// What stands between the documents of a text file; nil for nothing.
    public var separator: String?
    /// For Alpaca rows.
    public var alpaca = Alpaca.conversation
    /// For tagged words.
    public var tagging = Tagging.error
    /// Whether rows may lack their answers (completions, outputs, targets, tags), as in files of questions.
    public var answersMayBeMissing = false

    /// The defaults named at each setting.
    public init() {}
}

/// Reports how a file of examples was read.
public struct ExampleReport: Codable, Sendable, Equatable {
    /// The file's name as it was given.
    public var file: String
    /// The format that was found or given.
    public var format: ExampleFormat
    /// How many rows the file has: lines, list items, sentences or documents.
    public var rows = 0
    /// How many examples they make.
    public var examples = 0
    /// How many lines without anything on them were passed over.
    public var blankLines = 0
    /// The columns in use, by what they are used for.
    public var columns: [String: String] = [:]
    /// Columns of the first row that are not used.
    public var unusedColumns: [String] = []
    /// How many messages each role has.
    public var roles: [String: Int] = [:]
    /// Learned words or other targets that only serve as references.
    public var furtherTargets = 0
    /// Tags that were repaired.
    public var repairedTags = 0

    /// An empty report.
    public init(file: String, format: ExampleFormat) {
        (self.file, self.format) = (file, format)
    }
}

/// Holds the examples of one file and what was found while reading it.
public struct ReadExamples: Sendable, Equatable {
    /// The examples in the file's order.
    public var examples: [TaskExample]
    /// What was read and how.
    public var report: ExampleReport
}

/// Reads examples of generative and sequence tasks, and finds their format by itself.
///
/// JSONL, a JSON array, CSV and TSV with a header, text files and CoNLL files are read; the ending decides which. All rows of a file have
/// the format of its first row. O(bytes) time. Value, safe anywhere.
public struct ExampleReader: Sendable {
    /// The format; nil finds it.
    public var format: ExampleFormat?
    /// The columns the recipe names.
    public var columns: ExampleColumns
    /// What the formats leave open.
    public var options: ExampleOptions

    /// Makes a reader.
    public init(format: ExampleFormat? = nil, columns: ExampleColumns = ExampleColumns(), options: ExampleOptions = ExampleOptions()) {
        (self.format, self.columns, self.options) = (format, columns, options)
    }

    /// Reads the file at `url`.
    ///
    /// - Parameters:
    ///   - name: what rows and messages call the file; the URL's own relative path if nil.
    /// - Throws: `DataError` with the file, the line and the field of the first fault, and the nearest known format.
    public func read(_ url: URL, name: String? = nil) throws(DataError) -> ReadExamples {
        let ending = url.pathExtension.lowercased()
        let file = name ?? url.relativePath
        try check(ending, file)
        return try read(try MappedText(url, file: file), ending)
    }

    /// Reads bytes that are already in memory.
    ///
    /// - Parameters:
    ///   - ending: what the file's name ends in, without the dot.
    /// - Throws: as for a file.
    public func read(_ data: Data, ending: String, name: String) throws(DataError) -> ReadExamples {
        try check(ending, name)
        return try read(try MappedText(data, file: name), ending)
    }

    static let endings = [
        "jsonl", "ndjson", "json", "csv", "tsv", "tab", "txt", "text", "md", "raw", "conll", "conllu", "bio", "iob", "iob2", "annotated",
    ]

    private func check(_ ending: String, _ file: String) throws(DataError) {
        guard Self.endings.contains(ending) || format == .plainText || format == .conll else {
            throw DataError.unknownEnding(
                file: file, found: ending.isEmpty ? "no extension" : "." + ending, known: Self.endings.map { "." + $0 })
        }
    }

    private func read(_ text: MappedText, _ ending: String) throws(DataError) -> ReadExamples {
        try text.withBytes { bytes throws(DataError) in
            switch ending {
            case _ where format == .plainText || format == .conll: break
            case "jsonl", "ndjson", "json": return try readJSON(bytes, file: text.file)
            case "csv": return try readTable(bytes, separator: UInt8(ascii: ","), file: text.file)
            case "tsv", "tab": return try readTable(bytes, separator: UInt8(ascii: "\t"), file: text.file)
            default: break
            }
            let isText = format == nil ? ["txt", "text", "md", "raw"].contains(ending) : format == .plainText
            if isText { return try PlainTextScanner(file: text.file, options: options).read(bytes) }
            return try CoNLLScanner(file: text.file, tagging: options.tagging).read(bytes)
        }
    }

    private func readTable(_ bytes: UnsafeBufferPointer<UInt8>, separator: UInt8, file: String) throws(DataError) -> ReadExamples {
        var scanner = CSVScanner(bytes, separator: separator, file: file)
        var fields: [CSVScanner.Field] = []
        guard try scanner.next(&fields) != nil else { throw DataError.emptyFile(file: file) }
        let header = fields.map(scanner.text)
        for (index, name) in header.enumerated() where !name.isEmpty && header[..<index].contains(name) {
            throw DataError.repeatedColumn(file: file, column: name)
        }
        var builder = ExampleBuilder(file: file, format: format, columns: columns, options: options)
        while let line = try scanner.next(&fields) {
            guard fields.count == header.count else {
                throw DataError.ragged(file: file, line: line, expected: header.count, found: fields.count)
            }
            try builder.add(zip(header, fields).map { RawJSON.Member($0, .string(scanner.text($1))) }, line: line)
        }
        return try builder.finish(blankLines: scanner.blankLines)
    }

    private func readJSON(_ bytes: UnsafeBufferPointer<UInt8>, file: String) throws(DataError) -> ReadExamples {
        if SQuADReader.recognises(bytes, format: format) { return try SQuADReader(file: file, columns: columns).read(bytes) }
        var builder = ExampleBuilder(file: file, format: format, columns: columns, options: options)
        let first = bytes.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        if first == UInt8(ascii: "[") {
            try readArray(bytes, file, &builder)
            return try builder.finish(blankLines: 0)
        }
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
            var parser = JSONLine(content)
            let row: RawJSON
            do throws(JSONFault) {
                row = try parser.tree()
            } catch {
                throw DataError.brokenJSON(file: file, line: line, column: error.column, reason: error.reason)
            }
            guard case .object(let members) = row else { throw DataError.notAnObject(file: file, line: line, found: row.kind) }
            try builder.add(members, line: line)
        }
        return try builder.finish(blankLines: blankLines)
    }

    private func readArray(_ bytes: UnsafeBufferPointer<UInt8>, _ file: String, _ builder: inout ExampleBuilder) throws(DataError) {
        var parser = JSONLine(bytes)
        var (line, counted, isFirst) = (1, 0, true)
        do throws(JSONFault) {
            guard try parser.enterList() else { return }
        } catch {
            throw DataError.brokenJSON(file: file, line: 1, column: error.column, reason: error.reason)
        }
        while true {
            let item: (value: RawJSON, offset: Int)?
            do throws(JSONFault) {
                item = try parser.nextItem(isFirst: isFirst)
            } catch {
                throw error.located(in: bytes, file: file)
            }
            guard let item else { return }
            isFirst = false
            line += bytes[counted..<item.offset].count { $0 == 0x0A }
            counted = item.offset
            guard case .object(let members) = item.value else {
                throw DataError.notAnObject(file: file, line: line, found: item.value.kind)
            }
            try builder.add(members, line: line)
        }
    }
}

extension JSONFault {
    /// The same fault with the line that it stands on, for a value of several lines.
    func located(in bytes: UnsafeBufferPointer<UInt8>, file: String) -> DataError {
        let place = min(column - 1, bytes.count)
        let start = bytes[..<place].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let line = bytes[..<place].count { $0 == 0x0A } + 1
        return .brokenJSON(file: file, line: line, column: place - start + 1, reason: reason)
    }
}
