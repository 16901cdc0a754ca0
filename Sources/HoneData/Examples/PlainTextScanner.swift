// Tested by CoNLLScannerTests.swift.
/// Cuts a text file into documents.
struct PlainTextScanner {
    let file: String
    let options: ExampleOptions

    func read(_ bytes: UnsafeBufferPointer<UInt8>) throws(DataError) -> ReadExamples {
        var report = ExampleReport(file: file, format: .plainText)
        let examples: [TaskExample]
        if let separator = options.separator {
            examples = separated(bytes, by: Array(separator.utf8))
            report.columns = ["separator": separator]
        } else {
            var (line, blank) = (0, 0)
            examples = lines(bytes, &line, &blank)
            report.blankLines = blank
            if blank == line { throw DataError.noExamples(file: file, format: .plainText) }
            report.columns = ["documents": options.documents.rawValue]
        }
        guard !examples.isEmpty else { throw DataError.noExamples(file: file, format: .plainText) }
        (report.rows, report.examples) = (examples.count, examples.count)
        return ReadExamples(examples: examples, report: report)
    }

    private func lines(_ bytes: UnsafeBufferPointer<UInt8>, _ line: inout Int, _ blank: inout Int) -> [TaskExample] {
        var examples: [TaskExample] = []
        var start = 0
        // Where the document in hand begins and ends, and its first line.
        var document: (range: Range<Int>, line: Int)?
        func finish() {
            if let document { examples.append(.text(bytes.text(document.range), RowPlace(file: file, line: document.line))) }
            document = nil
        }
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            line += 1
            let isBlank = bytes[start..<end].allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
            if isBlank { blank += 1 }
            let next = min(end + 1, bytes.count)
            switch options.documents {
            case .whole: document = (0..<next, 1)
            case .blankLines where isBlank: finish()
            // The line break before a blank line, or before the end of the file, is not part of a document.
            case .blankLines: document = ((document?.range.lowerBound ?? start)..<end, document?.line ?? line)
            case .lines:
                if !isBlank { document = (start..<(bytes[end - 1] == 0x0D ? end - 1 : end), line) }
                finish()
            }
            start = next
        }
        finish()
        return examples
    }

    /// What stands between separators, without the line breaks beside them; nothing but white space is no document.
    private func separated(_ bytes: UnsafeBufferPointer<UInt8>, by separator: [UInt8]) -> [TaskExample] {
        var examples: [TaskExample] = []
        var (start, index, line, startLine) = (0, 0, 1, 1)
        func isBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
        func finish(_ end: Int) {
            var range = start..<end
            var first = startLine
            while let byte = range.first.map({ bytes[$0] }), isBreak(byte) {
                if byte == 0x0A { first += 1 }
                range.removeFirst()
            }
            while let byte = range.last.map({ bytes[$0] }), isBreak(byte) { range.removeLast() }
            let text = bytes.text(range)
            guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else { return }
            examples.append(.text(text, RowPlace(file: file, line: first)))
        }
        while index < bytes.count {
            if bytes[index] == separator[0], index + separator.count <= bytes.count,
                bytes[index..<index + separator.count].elementsEqual(separator)
            {
                finish(index)
                line += separator.count { $0 == 0x0A }
                index += separator.count
                (start, startLine) = (index, line)
            } else {
                if bytes[index] == 0x0A { line += 1 }
                index += 1
            }
        }
        finish(bytes.count)
        return examples
    }
}
