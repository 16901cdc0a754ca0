import Foundation
import Hone
import HoneData

/// Answers of a model that writes: to conversations and prompts, continuations of texts, targets of sources.
struct WriterPredictions: PredictionWork {
    /// An answer, or why there is none.
    struct Answer: Encodable, Sendable {
        var place: RowPlace
        var question: String
        var answer: String?
        var expected: [String]
        var promptTokens: Int
        var tokens: Int?
        var finish: FinishReason?
        /// Its tokens with their log-probabilities, where they were asked for.
        var logprobs: [Token]?
        /// Why the row has no answer.
        var problem: String?
    }

    /// A token of an answer.
    struct Token: Encodable, Sendable {
        var id: Int32
        var token: String?
        var logprob: Double
        /// The likeliest tokens of its place.
        var top: [Token]?
    }

    let writer: Writer
    let questions: [WriterQuestion]
    /// Questions that leave no room for an answer.
    let tooLong: Set<Int>
    let settings: SamplingSettings?
    let beams: Int?

    let groupSize = 8
    let showsAsItGoes = true
    var count: Int { questions.count }

    /// - Parameters:
    ///   - settings: how tokens are chosen; nil for the folder's wish.
    ///   - skipsTooLong: whether questions that leave no room for an answer get none; otherwise they are an error before the first answer.
    init(
        _ writer: Writer, _ questions: [WriterQuestion], settings: SamplingSettings?, beams: Int?, skipsTooLong: Bool
    ) async throws {
        (self.writer, self.questions, self.settings, self.beams) = (writer, questions, settings, beams)
        let found = try await writer.tooLong(questions)
        if !skipsTooLong, let first = found.first, let limit = try await writer.contextLength {
            throw HoneError.tooLongToAnswer(
                rows: found.count, of: questions.count, longest: questions.map(\.promptTokens).max() ?? 0, maximum: limit,
                first: "\(questions[first].place)")
        }
        tooLong = Set(found)
    }

    func answer(_ range: Range<Int>) async throws -> [Answer] {
        let asked = range.filter { !tooLong.contains($0) }
        let written = try await writer.answer(asked.map { questions[$0] }, settings: settings, beams: beams)
        let answers = Dictionary(uniqueKeysWithValues: zip(asked, written))
        let names = try await writer.tokenNames(written.flatMap(\.logprobs).flatMap { [$0.token] + $0.top.map(\.token) })
        return range.map { row in
            let question = questions[row]
            guard let found = answers[row] else {
                return Answer(
                    place: question.place, question: question.text, expected: question.expected, promptTokens: question.promptTokens,
                    problem: "the prompt leaves no room for an answer")
            }
            return Answer(
                place: question.place, question: question.text, answer: found.answer, expected: question.expected,
                promptTokens: question.promptTokens, tokens: found.tokens, finish: found.finish,
                logprobs: settings?.logprobs == nil
                    ? nil : found.logprobs.map { Token($0, names) })
        }
    }

    func lines(_ answers: [Answer], isOnly: Bool, _ console: Console) -> [String] {
        let room = console.width == .max ? 100 : console.width
        return answers.flatMap { answer -> [String] in
            let text = answer.answer?.printable ?? console.bad("(\(answer.problem ?? ""))")
            let end = answer.finish == .length ? [console.dim("(ended at \(answer.tokens ?? 0) tokens; --max-tokens allows more)")] : []
            if isOnly { return [text] + end }
            return [console.dim(answer.question.oneLine.clipped(to: room)), text] + end + [""]
        }
    }
}

extension WriterPredictions.Token {
    fileprivate init(_ found: TokenLogprob, _ names: [Int32: String]) {
        let top = found.top.map { WriterPredictions.Token(id: $0.token, token: names[$0.token], logprob: $0.logprob) }
        self.init(id: found.token, token: names[found.token], logprob: found.logprob, top: top.isEmpty ? nil : top)
    }
}
