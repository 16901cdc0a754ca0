import Foundation
import HoneData
import HoneText
import Testing

@Suite("QuestionEncoder")
struct QuestionEncoderTests {
    /// A file of Fixtures/make/question_windows.py.
    private struct Fixture: Decodable {
        struct Question: Decodable { var question: String, context: String, answer: String?, start: Int }
        struct Row: Decodable {
            var source: Int, ids: [Int32], typeIDs: [Int32], first: Int, count: Int, start: Int32, end: Int32, spans: [Int32]

            init(from decoder: any Decoder) throws {
                var row = try decoder.unkeyedContainer()
                (source, ids, typeIDs) = (try row.decode(Int.self), try row.decode([Int32].self), try row.decode([Int32].self))
                (first, count) = (try row.decode(Int.self), try row.decode(Int.self))
                (start, end, spans) = (try row.decode(Int32.self), try row.decode(Int32.self), try row.decode([Int32].self))
            }
        }
        var folder: String, maximum: Int, stride: Int, questions: [Question], rows: [Row]

        var examples: [TaskExample] {
            questions.map { asked in
                let answers = asked.answer.map { [ContextAnswer(text: $0, start: asked.start)] } ?? []
                return .question(ContextQuestion(question: asked.question, context: asked.context, answers: answers), somewhere)
            }
        }
    }

    @Test(
        "windows, targets and places are Transformers'",
        arguments: ["distilbert-60", "distilbert-47", "roberta-100", "modernbert-110", "xlm-roberta-80"])
    func reference(_ name: String) throws {
        let subject = try fixture("questions/\(name).json", as: Fixture.self)
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "HoneTextTests/Fixtures/folders/\(subject.folder)")
        let encoder = QuestionEncoder(tokenizer: try Tokenizer(folder: folder), maximum: subject.maximum, stride: subject.stride)
        let result = try encoder.encode(subject.examples, learns: true)
        #expect(result.windows.count == subject.rows.count && subject.rows.count > 15)
        for (window, row) in zip(result.windows, subject.rows) {
            #expect(window.row.ids == row.ids && window.row.typeIDs == row.typeIDs && window.row.source == row.source)
            #expect(window.context == row.first..<(row.first + row.count))
            #expect(window.spans.flatMap { [$0.start, $0.end] } == row.spans)
            #expect(window.row.target == .span(start: row.start, end: row.end), "question \(row.source)")
        }
        let outside = subject.rows.count { $0.start == 0 && subject.questions[$0.source].answer != nil }
        let long = Set(subject.rows.map(\.source)).count { source in subject.rows.count { $0.source == source } > 1 }
        let report = result.report
        #expect(report.questions == 10 && report.windows == subject.rows.count && report.stride == subject.stride)
        #expect(report.withoutAnswer == 1 && report.answersOutside == outside && report.longContexts == long)
        #expect(result.lengths.rows == report.windows && result.lengths.longest > subject.maximum)
    }

    private func question(_ context: String, _ answer: ContextAnswer? = nil) -> TaskExample {
        .question(ContextQuestion(question: "ab", context: context, answers: answer.map { [$0] }), somewhere)
    }

    @Test("windows cover the context in steps that leave the stride, and questions without answers are only read")
    func windows() throws {
        let encoder = QuestionEncoder(tokenizer: CharacterTokens(wrapsText: true), maximum: 9, stride: 2)
        // The stand-in puts nothing between the texts of a pair but what it puts around one: [1] ab [2] around.
        let short = try encoder.encode([question("cd")], learns: false)
        #expect(short.windows.count == 1 && short.windows[0].row.target == .none && short.report.longContexts == 0)
        #expect(throws: MaskError.self) { try encoder.encode([question("cd")], learns: true) }
        #expect(throws: MaskError.self) { try encoder.encode([.text("a", somewhere)], learns: false) }
        let long = try encoder.encode([question("abcdefghijk", ContextAnswer(text: "jk", start: 9))], learns: true)
        let covered = long.windows.map { $0.spans.map(\.start) }
        #expect(Set(covered.joined()) == Set(0..<11) && covered.count == long.report.windows)
        for (left, right) in zip(covered, covered.dropFirst()) { #expect(Array(left.suffix(2)) == Array(right.prefix(2))) }
        #expect(long.report.answersOutside == covered.count - 1)
    }

    @Test("a question that leaves no room for two windows is an error that says what takes the room")
    func noRoom() throws {
        var encoder = QuestionEncoder(tokenizer: CharacterTokens(wrapsText: true), maximum: 8, stride: 6)
        let error = try #require(throws: DataError.self) { try encoder.encode([question("abcdefghijk")], learns: false) }
        guard case .noWindow(somewhere, 2, let room, 6, 8) = error else { throw error }
        #expect(room <= 6 && error.description.contains("data.stride"))
        #expect(try encoder.encode([question("abc")], learns: false).windows.count == 1)
        encoder.maximum = 2
        #expect(throws: DataError.maximumTooSmall(maximum: 2, special: 2)) { try encoder.encode([question("a")], learns: false) }
    }
}
