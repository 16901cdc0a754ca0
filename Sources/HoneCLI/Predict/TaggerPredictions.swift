import Foundation
import Hone

/// Words with their tags, and the entities that these make.
struct TaggerPredictions: PredictionWork {
    let tagger: Tagger
    let inputs: [TaggerInput]

    let groupSize = 64
    let showsAsItGoes = true
    var count: Int { inputs.count }

    func answer(_ range: Range<Int>) async throws -> [TaggedText] { try await tagger.tag(Array(inputs[range])) }

    func lines(_ answers: [TaggedText], isOnly: Bool, _ console: Console) -> [String] {
        let room = console.width == .max ? 100 : console.width
        return answers.flatMap { answer -> [String] in
            let parts = answer.isInParts ? [console.dim("(longer than the model reads; tagged in parts)")] : []
            if isOnly { return words(answer, console) + (answer.entities.isEmpty ? [] : [""] + entities(answer, console)) + parts }
            let text = (answer.text ?? answer.words.map(\.text).joined(separator: " ")).oneLine
            let found =
                answer.entities.isEmpty ? tags(answer) : answer.entities.map { "\($0.type): \($0.text.oneLine)" }.joined(separator: "; ")
            return [text.clipped(to: room), "  " + console.bold(found.clipped(to: max(20, room - 2)))] + parts
        }
    }

    private func words(_ answer: TaggedText, _ console: Console) -> [String] {
        Table(
            rows: answer.words.map { word in
                let share = word.probability.map { Format.share($0).padded(to: 7, isRight: true) } ?? "no token"
                return [word.text.oneLine, word.tag == "O" ? word.tag : console.bold(word.tag), console.dim(share)]
            }
        ).lines()
    }

    private func entities(_ answer: TaggedText, _ console: Console) -> [String] {
        answer.entities.map { "\($0.type): \(console.bold($0.text.oneLine))" }
    }

    /// The tags in a row where none marks an entity; a dash where all say nothing.
    private func tags(_ answer: TaggedText) -> String {
        answer.words.allSatisfy { $0.tag == "O" } ? "–" : answer.words.map(\.tag).joined(separator: " ")
    }
}
