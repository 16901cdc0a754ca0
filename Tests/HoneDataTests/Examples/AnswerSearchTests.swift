import Foundation
import HoneData
import Testing

@Suite("AnswerSearch")
struct AnswerSearchTests {
    /// The file of Fixtures/make/answer_search.py.
    private struct Fixture: Decodable {
        struct Window: Decodable {
            var scores: AnswerSearch.Scores

            init(from decoder: any Decoder) throws {
                var row = try decoder.unkeyedContainer()
                let first = try row.decode(Int.self), spans = try row.decode([Int32].self)
                let starts = try row.decode([Float].self), ends = try row.decode([Float].self)
                scores = scored(first, spans, starts, ends)
            }
        }
        struct Case: Decodable {
            var windows: [Window]
            var maximum: Int, mayBeAbsent: Bool, threshold: Double, first: Int, last: Int, score: Double, probability: Double
        }
        var cases: [Case]
    }

    private static func scored(_ first: Int, _ spans: [Int32], _ starts: [Float], _ ends: [Float]) -> AnswerSearch.Scores {
        let row = EncodedRow(
            ids: [Int32](repeating: 5, count: starts.count), typeIDs: [Int32](repeating: 0, count: starts.count), target: .none, source: 0)
        let places = stride(from: 0, to: spans.count, by: 2).map { QuestionWindow.TokenSpan(start: spans[$0], end: spans[$0 + 1]) }
        return AnswerSearch.Scores(
            QuestionWindow(row: row, context: first..<(first + places.count), spans: places), starts: starts, ends: ends)
    }

    @Test("the best answer over windows, its score and share, with and without “none”, equal the reference")
    func reference() throws {
        let cases = try fixture("answer-search.json", as: Fixture.self).cases
        #expect(cases.count == 24)
        for (number, subject) in cases.enumerated() {
            let search = AnswerSearch(maximumTokens: subject.maximum, mayBeAbsent: subject.mayBeAbsent, threshold: subject.threshold)
            let found = search.best(subject.windows.map(\.scores))
            #expect(found.range == (subject.first < 0 ? nil : subject.first..<subject.last), "case \(number)")
            #expect(abs(found.score - subject.score) < 1e-5 && abs(found.probability - subject.probability) < 1e-5, "case \(number)")
        }
    }

    @Test("only the context is looked at, an answer ends where it begins or later, and no longer than allowed")
    func bounds() {
        // Question and separator score highest everywhere; the best end stands before the best start.
        let scores = Self.scored(2, [0, 3, 4, 7, 8, 11], [9, 9, 0, 1, 5, 9], [9, 9, 4, 6, 0, 9])
        let search = AnswerSearch(maximumTokens: 2, mayBeAbsent: false)
        #expect(search.best([scores]).range == 4..<7)
        let long = Self.scored(1, [0, 1, 2, 3, 4, 5], [0, 5, 0, 0, 0], [0, 0, 0, 5, 0])
        #expect(search.best([long]).range == 0..<1)
        #expect(AnswerSearch(maximumTokens: 3, mayBeAbsent: false).best([long]).range == 0..<5)
        let nothing = Self.scored(2, [], [1, 2, 3], [1, 2, 3])
        #expect(search.best([]) == FoundAnswer(range: nil, score: 0, probability: 0))
        #expect(search.best([nothing]) == FoundAnswer(range: nil, score: 2, probability: 0))
    }

    @Test("the text is cut out of the original by its characters")
    func text() {
        let context = "Ann O’Neil 👍🏽 lives in Zürich."
        #expect(FoundAnswer(range: 23..<29, score: 0, probability: 0).text(in: context) == "Zürich")
        #expect(FoundAnswer(range: 11..<13, score: 0, probability: 0).text(in: context) == "👍🏽")
        #expect(FoundAnswer(range: nil, score: 0, probability: 0).text(in: context).isEmpty)
        #expect(
            FoundAnswer(range: 22..<29, score: 1, probability: 0.5).trimmed(in: context)
                == .init(range: 23..<29, score: 1, probability: 0.5))
        #expect(FoundAnswer(range: 19..<23, score: 0, probability: 0).trimmed(in: context).text(in: context) == "in")
        #expect(FoundAnswer(range: 22..<23, score: 0, probability: 0).trimmed(in: context).text(in: context).isEmpty)
    }
}
