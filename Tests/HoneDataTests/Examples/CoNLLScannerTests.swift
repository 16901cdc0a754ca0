import HoneData
import Testing

@Suite("CoNLL and text files")
struct CoNLLScannerTests {
    @Test("first column, last column, any blank line")
    func reads() throws {
        let read = try readExamples("-DOCSTART- -X- O O\n\nEU NNP B-org\nsays VBZ O\r\n \t\nin\tO\n\t\nNew\tB-loc\nYork\tI-loc\n", "conll")
        let sentences = read.examples.map { example -> (words: [String], tags: [String], line: Int) in
            if case .tagged(let sentence, let place) = example { (sentence.words, sentence.tags, place.line) } else { ([], [], 0) }
        }
        #expect(sentences.map(\.0) == [["EU", "says"], ["in"], ["New", "York"]])
        #expect(sentences.map(\.1) == [["B-org", "O"], ["O"], ["B-loc", "I-loc"]])
        #expect(sentences.map(\.2) == [3, 6, 8])
        #expect(read.report.blankLines == 3 && read.report.format == .conll)
    }

    @Test("holds tags to BIO, repairs them, or keeps them")
    func tags() throws {
        let text = "a\tI-x\nb\tI-x\nc\tO\nd\tB-y\ne\tI-x\n"
        #expect(
            dataError { try readExamples(text, "conll") }
                == .badTag(at: RowPlace(file: "rows.conll", line: 1), tag: "I-x", after: "the sentence's start"))
        var options = ExampleOptions()
        options.tagging = .repair
        let repaired = try readExamples(text, "conll", options: options)
        guard case .tagged(let sentence, _) = repaired.examples[0] else { return }
        #expect(sentence.tags == ["B-x", "I-x", "O", "B-y", "B-x"] && repaired.report.repairedTags == 2)
        #expect(
            dataError { try readExamples("a\tS-x\n", "conll", options: options) }
                == .badTag(at: RowPlace(file: "rows.conll", line: 1), tag: "S-x", after: nil))
        options.tagging = .keep
        #expect(try readExamples("a\tS-x\n", "conll", options: options).examples.count == 1)
    }

    @Test("lines that are no token and tag", arguments: ["a", "a\t", "\tO", "# comment"])
    func faults(line: String) {
        let error = dataError { try readExamples("x\tO\n" + line + "\n", "conll") }
        #expect(error?.description.contains("rows.conll:2") == true, "\(String(describing: error))")
    }

    @Test("a text file is one document, or one for each paragraph or line")
    func documents() throws {
        let text = "a\nb\n\n \nc\r\nd\n\n"
        func texts(_ documents: ExampleOptions.Documents) throws -> [String] {
            var options = ExampleOptions()
            options.documents = documents
            return try readExamples(text, "txt", options: options).examples.map { if case .text(let text, _) = $0 { text } else { "" } }
        }
        #expect(try texts(.whole) == [text])
        #expect(try texts(.blankLines) == ["a\nb", "c\r\nd"])
        #expect(try texts(.lines) == ["a", "b", "c", "d"])
        #expect(dataError { try readExamples(" \n\n", "txt") } == .noExamples(file: "rows.txt", format: .plainText))
    }

    @Test("documents stand between separators, without the line breaks beside them, each at its own line")
    func separators() throws {
        var options = ExampleOptions()
        options.separator = "<|end|>"
        let read = try readExamples("one\n\ntwo\n<|end|>\n\nthree<|end|><|end|> \n<|end|>four<|end", "txt", options: options)
        let at = { (line: Int) in RowPlace(file: "rows.txt", line: line) }
        #expect(read.examples == [.text("one\n\ntwo", at(1)), .text("three", at(6)), .text("four<|end", at(7))])
        #expect(read.report.examples == 3 && read.report.columns == ["separator": "<|end|>"])
        options.separator = "\n--\n"
        #expect(try readExamples("a\n--\nb\n--\n", "txt", options: options).examples == [.text("a", at(1)), .text("b", at(3))])
        #expect(dataError { try readExamples("\n--\n", "txt", options: options) } == .noExamples(file: "rows.txt", format: .plainText))
    }
}
