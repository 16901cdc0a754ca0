// Tested by QuestionReaderTests.swift

extension ExampleParser {
    /// A row with a context and a question about it.
    func question(_ fields: FieldReader) throws(DataError) -> ContextQuestion {
        let keys = (context: keys.name("context"), question: keys.name("question"), answers: keys.name("answers"))
        let isImpossible = self["is_impossible"] == .bool(true)
        let answers = try isImpossible ? [] : self[keys.answers].map { value throws(DataError) in try fields.answers(value, keys.answers) }
        let question = ContextQuestion(
            id: try self["id"].map { value throws(DataError) in try fields.id(value, "id") },
            question: try fields.text(try required("question"), keys.question),
            context: try fields.text(try required("context"), keys.context), answers: answers)
        try question.check(at: place)
        return question
    }
}

extension FieldReader {
    /// A name: a text or a whole number.
    func id(_ value: RawJSON, _ field: String) throws(DataError) -> String {
        switch value {
        case .string(let text): return text
        case .number(let digits): return digits
        default: throw wrong(field, "a text or a number", value)
        }
    }

    /// Answers as lists of texts and starts, as a list of objects, or either of them as JSON in a text (CSV).
    func answers(_ value: RawJSON, _ field: String) throws(DataError) -> [ContextAnswer] {
        switch value {
        case .string(let json):
            guard let parsed = RawJSON.parse(json), parsed.string == nil else {
                throw wrong(field, "answers with text and answer_start", value)
            }
            return try answers(parsed, field)
        case .array(let items):
            var found: [ContextAnswer] = []
            for (index, item) in items.enumerated() {
                found.append(try answer(item["text"] ?? .null, item["answer_start"] ?? .null, "\(field)[\(index)]"))
            }
            return found
        case .object:
            let texts = try list(value["text"] ?? .null, "\(field).text")
            let starts = try list(value["answer_start"] ?? .null, "\(field).answer_start")
            guard texts.count == starts.count else {
                throw wrong("\(field).answer_start", "\(texts.count) numbers, one for each text", .array(starts))
            }
            var found: [ContextAnswer] = []
            for index in texts.indices { found.append(try answer(texts[index], starts[index], "\(field)[\(index)]")) }
            return found
        default: throw wrong(field, "answers with text and answer_start", value)
        }
    }

    private func answer(_ value: RawJSON, _ start: RawJSON, _ field: String) throws(DataError) -> ContextAnswer {
        let text = try text(value, "\(field).text")
        guard case .number(let digits) = start, let number = Int(digits), number >= 0 else {
            throw wrong("\(field).answer_start", "a whole number from 0", start)
        }
        return ContextAnswer(text: text, start: number)
    }
}

/// Reads a SQuAD file of version 1.1 or 2.0: one object with `data`, articles of `paragraphs`, each with a `context` and `qas`.
struct SQuADReader {
    let file: String
    let columns: ExampleColumns

    /// Whether a file that begins with an object is one; of a file of lines the first object has other keys.
    static func recognises(_ bytes: UnsafeBufferPointer<UInt8>, format: ExampleFormat?) -> Bool {
        guard format == nil || format == .squad else { return false }
        if format == .squad { return true }
        let start = bytes.prefix(64).filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return ["{\"data\":[", "{\"version\":\""].contains { start.starts(with: Array($0.utf8)) }
    }

    func read(_ bytes: UnsafeBufferPointer<UInt8>) throws(DataError) -> ReadExamples {
        var parser = JSONLine(bytes)
        let root: RawJSON
        do throws(JSONFault) { root = try parser.tree() } catch { throw error.located(in: bytes, file: file) }
        var lines = LineFinder(bytes: bytes)
        let start = FieldReader(place: RowPlace(file: file, line: 1), format: .squad)
        var examples: [TaskExample] = []
        for (index, article) in try start.list(root["data"] ?? .null, "data").enumerated() {
            let path = "data[\(index)].paragraphs"
            for (number, paragraph) in try start.list(article["paragraphs"] ?? .null, path).enumerated() {
                examples += try questions(paragraph, "\(path)[\(number)]", &lines)
            }
        }
        guard !examples.isEmpty else { throw .noExamples(file: file, format: .squad) }
        var report = ExampleReport(file: file, format: .squad)
        (report.rows, report.examples) = (examples.count, examples.count)
        return ReadExamples(examples: examples, report: report)
    }

    private func questions(_ paragraph: RawJSON, _ path: String, _ lines: inout LineFinder) throws(DataError) -> [TaskExample] {
        var fields = FieldReader(place: RowPlace(file: file, line: lines.line), format: .squad)
        let context = try fields.text(paragraph["context"] ?? .null, "\(path).context")
        var examples: [TaskExample] = []
        for (index, item) in try fields.list(paragraph["qas"] ?? .null, "\(path).qas").enumerated() {
            let path = "\(path).qas[\(index)]"
            let id = try item["id"].map { value throws(DataError) in try fields.id(value, "\(path).id") }
            if let id { lines.advance(to: id) }
            let place = RowPlace(file: file, line: lines.line)
            fields = FieldReader(place: place, format: .squad)
            let isImpossible = item["is_impossible"] == .bool(true)
            let question = ContextQuestion(
                id: id, question: try fields.text(item["question"] ?? .null, "\(path).question"), context: context,
                answers: try isImpossible
                    ? [] : item["answers"].map { value throws(DataError) in try fields.answers(value, "\(path).answers") })
            try question.check(at: place)
            examples.append(.question(question, place))
        }
        return examples
    }
}

/// Finds the lines on which ids stand, in their order: a parsed value does not know where it stood.
private struct LineFinder {
    let bytes: UnsafeBufferPointer<UInt8>
    private(set) var line = 1
    private var place = 0
    private var isLost = false

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Goes on to the next `"id"` in the bytes; from the first id that is not there as written (escapes), it stays where it is.
    mutating func advance(to id: String) {
        let wanted = Array("\"\(id)\"".utf8)
        var from = place
        while !isLost, let quote = bytes[from...].firstIndex(of: UInt8(ascii: "\"")) {
            if bytes[quote...].starts(with: wanted) {
                line += bytes[place..<quote].count { $0 == 0x0A }
                place = quote
                return
            }
            from = quote + 1
        }
        isLost = true
    }
}
