// Tested by QuestionReaderTests.swift

/// Holds a question, the text that answers it, and where it does.
public struct ContextQuestion: Sendable, Equatable {
    /// The data's name for the question; nil if it has none.
    public var id: String?
    /// What is asked.
    public var question: String
    /// The text that holds the answer.
    public var context: String
    /// Equally right answers, the first of which is learned; empty where the context has none, nil where nobody said.
    public var answers: [ContextAnswer]?

    /// Makes a question.
    public init(id: String? = nil, question: String, context: String, answers: [ContextAnswer]? = nil) {
        (self.id, self.question, self.context, self.answers) = (id, question, context, answers)
    }
}

/// Holds an answer that stands in a context.
public struct ContextAnswer: Sendable, Equatable {
    /// The answer's text.
    public var text: String
    /// Where it begins, in Unicode scalars of the context from 0.
    public var start: Int

    /// Puts a text and its place together.
    public init(text: String, start: Int) { (self.text, self.start) = (text, start) }

    /// The scalars of the context that the answer takes.
    public var range: Range<Int> { start..<(start + text.unicodeScalars.count) }
}

extension ContextQuestion {
    /// Compares every answer with what stands at its place.
    ///
    /// - Throws: `DataError.answerNotThere`.
    func check(at place: RowPlace) throws(DataError) {
        guard let answers, !answers.isEmpty else { return }
        let scalars = Array(context.unicodeScalars)
        for answer in answers {
            let wanted = Array(answer.text.unicodeScalars)
            let inside = scalars.indices.clamped(
                to: max(0, min(answer.start, scalars.count))..<max(0, min(answer.range.upperBound, scalars.count)))
            guard answer.start < 0 || !scalars[inside].elementsEqual(wanted) else { continue }
            throw .answerNotThere(
                at: place, id: id, start: answer.start, expected: answer.text,
                found: String(String.UnicodeScalarView(scalars[inside])), elsewhere: Self.place(of: wanted, in: scalars, near: answer.start)
            )
        }
    }

    /// The place of a text that is nearest to another.
    private static func place(of text: [Unicode.Scalar], in scalars: [Unicode.Scalar], near wanted: Int) -> Int? {
        guard !text.isEmpty, text.count <= scalars.count else { return nil }
        let places = (0...(scalars.count - text.count)).filter {
            scalars[$0] == text[0] && scalars[$0..<$0 + text.count].elementsEqual(text)
        }
        return places.min { abs($0 - wanted) < abs($1 - wanted) }
    }
}
