// Tested by CoNLLScannerTests.swift

/// Holds tags to the BIO scheme: `O`, `B-NAME`, and `I-NAME` only after `B-NAME` or `I-NAME`.
struct BIOChecker {
    let tagging: ExampleOptions.Tagging
    private(set) var repaired = 0
    private var previous: String?

    init(tagging: ExampleOptions.Tagging) {
        self.tagging = tagging
    }

    /// A new sentence begins.
    mutating func startSentence() { previous = nil }

    /// Returns the tag, repaired where that is wanted.
    mutating func check(_ tag: String, at place: RowPlace) throws(DataError) -> String {
        guard tagging != .keep else { return tag }
        let isInside = tag.hasPrefix("I-")
        guard tag == "O" || (isInside || tag.hasPrefix("B-")) && tag.utf8.count > 2 else {
            throw DataError.badTag(at: place, tag: tag, after: nil)
        }
        var result = tag
        let name = tag.dropFirst(2)
        if isInside, previous.map({ $0 == "O" || $0.dropFirst(2) != name }) ?? true {
            guard tagging == .repair else { throw DataError.badTag(at: place, tag: tag, after: previous ?? "the sentence's start") }
            result = "B-" + name
            repaired += 1
        }
        previous = result
        return result
    }
}

/// Reads tagged sentences: the first column is the token, the last its tag, and a line without anything on it ends the sentence.
///
/// Columns stand between tabs, or between runs of spaces where a line has no tab. `-DOCSTART-` lines are passed over.
struct CoNLLScanner {
    let file: String
    let tagging: ExampleOptions.Tagging

    func read(_ bytes: UnsafeBufferPointer<UInt8>) throws(DataError) -> ReadExamples {
        var report = ExampleReport(file: file, format: .conll)
        var checker = BIOChecker(tagging: tagging)
        var examples: [TaskExample] = []
        var sentence = TaggedWords(words: [], tags: [])
        var (line, start, first) = (0, 0, 0)
        func finish() {
            if !sentence.words.isEmpty { examples.append(.tagged(sentence, RowPlace(file: file, line: first))) }
            sentence = TaggedWords(words: [], tags: [])
            checker.startSentence()
        }
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            var content = UnsafeBufferPointer(rebasing: bytes[start..<end])
            if content.last == 0x0D { content = UnsafeBufferPointer(rebasing: content.dropLast()) }
            start = end + 1
            line += 1
            if content.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
                report.blankLines += 1
                finish()
                continue
            }
            let (token, tag) = try columns(content, line)
            if token == "-DOCSTART-" {
                finish()
                continue
            }
            if sentence.words.isEmpty { first = line }
            sentence.words.append(token)
            sentence.tags.append(try checker.check(tag, at: RowPlace(file: file, line: line)))
        }
        finish()
        guard !examples.isEmpty else { throw DataError.noExamples(file: file, format: .conll) }
        (report.rows, report.examples) = (examples.count, examples.count)
        report.repairedTags = checker.repaired
        report.columns = ["words": "first", "tags": "last"]
        return ReadExamples(examples: examples, report: report)
    }

    private func columns(_ content: UnsafeBufferPointer<UInt8>, _ line: Int) throws(DataError) -> (String, String) {
        let separator: UInt8 = content.contains(0x09) ? 0x09 : 0x20
        let fields = content.split(separator: separator, omittingEmptySubsequences: separator == 0x20)
        guard fields.count >= 2, let first = fields.first, let last = fields.last, !first.isEmpty, !last.isEmpty else {
            throw DataError.badTagLine(
                at: RowPlace(file: file, line: line), found: String(decoding: content, as: UTF8.self),
                expected: "a token, a tab or space, and its tag")
        }
        return (String(decoding: first, as: UTF8.self), String(decoding: last, as: UTF8.self))
    }
}
