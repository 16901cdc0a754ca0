import Foundation
import Hone
import HoneData

/// Classes, labels or numbers of texts.
struct ClassifierPredictions: PredictionWork {
    let classifier: Classifier
    let rows: [TextRow]
    /// How many labels to show and to give.
    let top: Int

    let groupSize = 256
    let showsAsItGoes = false
    var count: Int { rows.count }

    func answer(_ range: Range<Int>) async throws -> [ClassifierAnswer] {
        try await classifier.predict(Array(rows[range])).map { answer in
            var answer = answer
            answer.scores = Array(answer.scores.prefix(top))
            return answer
        }
    }

    func lines(_ answers: [ClassifierAnswer], isOnly: Bool, _ console: Console) -> [String] {
        let room = console.width == .max ? 100 : console.width
        let width = answers.prefix(1000).map { headline($0).columns }.max() ?? 0
        return answers.flatMap { answer -> [String] in
            let list = top == 1 ? [] : answer.scores.map { "  \(Self.percent($0.probability))  \($0.label)" }
            let text = (answer.text + (answer.pair.map { " | " + $0 } ?? "")).oneLine
            if isOnly { return top > 1 ? list : [console.bold(headline(answer).trimmingCharacters(in: .whitespaces))] }
            if top > 1 { return [text.clipped(to: room)] + list }
            return [console.bold(headline(answer).padded(to: width)) + "  " + console.dim(text.clipped(to: max(20, room - width - 2)))]
        }
    }

    private func headline(_ answer: ClassifierAnswer) -> String {
        if let value = answer.value { return Format.number(value) }
        if answer.answer.isEmpty { return "(no label)" }
        guard let best = answer.scores.first, best.label == answer.answer else { return answer.answer }
        return "\(Self.percent(best.probability))  \(answer.answer)"
    }

    static func percent(_ share: Double) -> String { Format.share(share).padded(to: 7, isRight: true) }
}
