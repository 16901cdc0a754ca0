import Foundation
import HoneData
import Testing

@Suite("Questions with their contexts")
struct QuestionReaderTests {
    private func questions(_ text: String, _ ending: String = "jsonl", format: ExampleFormat? = nil) throws -> [ContextQuestion] {
        try readExamples(text, ending, format: format).examples.compactMap {
            if case .question(let question, _) = $0 { question } else { nil }
        }
    }

    private let context = "Ann O’Neil 👍🏽 lives in Zürich. Zürich is old."

    private func row(_ answers: String, extra: String = "") -> String {
        #"{"context": "\#(context)", "question": "Where?", "answers": \#(answers)\#(extra)}"#
    }

    @Test("flat rows in every spelling: lists, objects, none, no word about it, another name for a column")
    func flat() throws {
        let zurich = ContextAnswer(text: "Zürich", start: 23)
        #expect(zurich.range == 23..<29)
        let cases: [(String, [ContextAnswer]?)] = [
            (row(#"{"text": ["Zürich", "Zürich"], "answer_start": [23, 31]}"#), [zurich, ContextAnswer(text: "Zürich", start: 31)]),
            (row(#"[{"text": "Zürich", "answer_start": 23}]"#), [zurich]),
            (row(#"{"text": [], "answer_start": []}"#), []), (row("[]"), []),
            (row(#"{"text": ["Zürich"], "answer_start": [23]}"#, extra: #", "is_impossible": true"#), []), (row("null"), nil),
        ]
        for (text, answers) in cases {
            let found = try questions(text)
            #expect(found.count == 1 && found[0].answers == answers && found[0].id == nil && found[0].context == context, "\(text)")
        }
        let plain = #"{"context": "c", "question": "q", "id": 7}"#
        #expect(try questions(plain) == [ContextQuestion(id: "7", question: "q", context: "c", answers: nil)])
        // A question with an answer of its own words is a prompt, as before.
        #expect(try readExamples(#"{"context": "c", "question": "q", "answer": "a"}"#).report.format == .promptCompletion)
        let named = try readExamples(
            #"{"passage": "c d", "ask": "q", "gold": {"text": ["d"], "answer_start": [2]}}"#,
            columns: ExampleColumns(context: "passage", question: "ask", answers: "gold"))
        #expect(named.report.format == .questionAnswering && named.report.columns["answers"] == "gold")
        guard case .question(let question, _) = named.examples[0] else { throw DataError.noRows(file: "") }
        #expect(question.answers == [ContextAnswer(text: "d", start: 2)])
        let table = "context,question,answers\n\"c, d\",q,\"{\"\"text\"\": [\"\"d\"\"], \"\"answer_start\"\": [3]}\"\n"
        #expect(try questions(table, "csv")[0].answers == [ContextAnswer(text: "d", start: 3)])
    }

    private let nested = """
        {
          "version": "v2.0",
          "data": [
            {"title": "t", "paragraphs": [
              {"context": "Bob lives in Oslo.",
               "qas": [
                {"id": "x1", "question": "Where?", "is_impossible": false, "answers": [{"text": "Oslo", "answer_start": 13}]},
                {"id": "x2", "question": "When?", "is_impossible": true, "answers": [], "plausible_answers": [{"text": "a", "answer_start": 0}]}
              ]},
              {"context": "A.", "qas": [{"id": "x3", "question": "?"}]}
            ]}
          ]
        }
        """

    @Test("SQuAD's nested file, on many lines or one, whatever key comes first")
    func squad() throws {
        let expected = [
            ContextQuestion(id: "x1", question: "Where?", context: "Bob lives in Oslo.", answers: [ContextAnswer(text: "Oslo", start: 13)]),
            ContextQuestion(id: "x2", question: "When?", context: "Bob lives in Oslo.", answers: []),
            ContextQuestion(id: "x3", question: "?", context: "A.", answers: nil),
        ]
        let read = try readExamples(nested, "json")
        #expect(read.report.format == .squad && read.report.rows == 3 && read.report.examples == 3)
        #expect(read.examples.map(\.place.line) == [7, 8, 10])
        #expect(try questions(nested, "json") == expected)
        let one = nested.replacing("\n", with: " ")
        #expect(try questions(one, "json") == expected)
        let other = "{\"data\": [" + one.split(separator: "\"data\": [")[1].dropLast(2) + ", \"version\": \"1.1\"}"
        #expect(try questions(other, "json") == expected)
        #expect(try questions(other, "jsonl", format: .squad) == expected)
    }

    @Test("an answer that does not stand at its place is an error with file, line, id, both texts and the right place")
    func wrongPlace() throws {
        let moved = nested.replacing("\"answer_start\": 13", with: "\"answer_start\": 12")
        let error = try #require(throws: DataError.self) { try readExamples(moved, "json") }
        #expect(
            error
                == .answerNotThere(
                    at: RowPlace(file: "rows.json", line: 7), id: "x1", start: 12, expected: "Oslo", found: " Osl", elsewhere: 13))
        for word in ["rows.json:7", "x1", "“Oslo”", "“ Osl”", "12", "13"] { #expect(error.description.contains(word), "\(error)") }
        // 24 counts UTF-16 units, as other languages do.
        let flat = try #require(throws: DataError.self) { try questions(row(#"{"text": ["Zürich"], "answer_start": [25]}"#)) }
        guard case .answerNotThere(_, nil, 25, "Zürich", "rich. ", 23) = flat else { throw flat }
        let beyond = try #require(throws: DataError.self) { try questions(row(#"{"text": ["old."], "answer_start": [400]}"#)) }
        guard case .answerNotThere(_, _, 400, "old.", "", .some) = beyond else { throw beyond }
        let absent = try #require(throws: DataError.self) { try questions(row(#"{"text": ["Rome"], "answer_start": [23]}"#)) }
        guard case .answerNotThere(_, _, 23, "Rome", "Züri", nil) = absent else { throw absent }
    }

    @Test(
        "a row that is no question names its field",
        arguments: [
            (#"{"context": "c", "question": "q", "answers": {"text": ["c"], "answer_start": [0, 1]}}"#, "answers.answer_start"),
            (#"{"context": "c", "question": "q", "answers": {"text": ["c"], "answer_start": ["0"]}}"#, "answers[0].answer_start"),
            (#"{"context": "c", "question": "q", "answers": {"text": ["c"], "answer_start": [-1]}}"#, "answers[0].answer_start"),
            (#"{"context": "c", "question": "q", "answers": [{"text": "", "answer_start": 0}]}"#, "answers[0].text"),
            (#"{"context": "c", "question": "q", "answers": ["c"]}"#, "answers[0].text"),
            (#"{"context": "c", "question": "q", "answers": "c"}"#, "answers"),
            (#"{"context": " ", "question": "q", "answers": []}"#, "context"),
            (#"{"context": "c", "question": 3, "answers": []}"#, "question"),
        ])
    func wrongFields(_ row: String, _ field: String) throws {
        let error = try #require(throws: DataError.self) { try questions(row) }
        guard case .wrongField(_, .questionAnswering, let found, _, _) = error else { throw error }
        #expect(found == field)
    }

    @Test("a nested file that is broken names the place")
    func broken() throws {
        let missing = try #require(throws: DataError.self) { try readExamples(nested.replacing("\"qas\"", with: "\"qa\""), "json") }
        guard case .wrongField(_, .squad, "data[0].paragraphs[0].qas", _, _) = missing else { throw missing }
        let question = try #require(throws: DataError.self) { try readExamples(nested.replacing("\"?\"", with: "5"), "json") }
        guard case .wrongField(let place, .squad, "data[0].paragraphs[1].qas[0].question", _, _) = question else { throw question }
        #expect(place.line == 10)
        let open = try #require(throws: DataError.self) { try readExamples(nested.replacing("\"A.\"", with: "\"A."), "json") }
        guard case .brokenJSON(_, let line, _, _) = open else { throw open }
        #expect(line == 10)
        #expect(throws: DataError.noExamples(file: "rows.json", format: .squad)) {
            try readExamples(#"{"data": [], "version": "1"}"#, "json")
        }
    }
}
