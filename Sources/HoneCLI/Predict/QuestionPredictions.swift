import Foundation
import Hone
import HoneData

/// Answers to questions, found in their contexts.
struct QuestionPredictions: PredictionWork {
    let answerer: Answerer
    let questions: [TaskExample]

    let groupSize = 64
    let showsAsItGoes = true
    var count: Int { questions.count }

    func answer(_ range: Range<Int>) async throws -> [QuestionAnswer] { try await answerer.answers(to: Array(questions[range])) }

    func lines(_ answers: [QuestionAnswer], isOnly: Bool, _ console: Console) -> [String] {
        let room = console.width == .max ? 100 : console.width
        return answers.flatMap { answer -> [String] in
            let text = answer.text.isEmpty ? "(no answer)" : answer.text.oneLine
            let found = "\(Format.share(answer.probability).padded(to: 7, isRight: true))  \(console.bold(text))"
            return isOnly ? [found] : [console.dim(answer.question.oneLine.clipped(to: room)), found]
        }
    }
}
