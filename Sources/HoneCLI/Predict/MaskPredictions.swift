import Foundation
import Hone

/// Texts with their hidden words filled in.
struct MaskPredictions: PredictionWork {
    let filler: MaskFiller
    let texts: [String]
    /// How many tokens to give for each place.
    let top: Int

    let groupSize = 32
    let showsAsItGoes = true
    var count: Int { texts.count }

    func answer(_ range: Range<Int>) async throws -> [FilledText] { try await filler.fill(Array(texts[range]), top: top) }

    func lines(_ answers: [FilledText], isOnly: Bool, _ console: Console) -> [String] {
        answers.flatMap { answer -> [String] in
            let places = answer.places.enumerated().flatMap { index, candidates -> [String] in
                let head = answer.places.count > 1 ? ["  place \(index + 1)"] : []
                return head + candidates.map { "  \(Format.share($0.probability).padded(to: 7, isRight: true))  \($0.text.oneLine)" }
            }
            return [console.bold(answer.filled.oneLine)] + places
        }
    }
}
