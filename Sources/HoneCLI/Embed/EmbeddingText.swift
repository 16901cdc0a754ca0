import Foundation
import Hone

/// Vectors for people: how they were made, the beginning of each, and how alike a few are.
struct EmbeddingText {
    /// Of more texts than this no matrix is shown.
    static let mostCompared = 10
    /// How many numbers of each vector are shown.
    private static let shown = 4

    let facts: EmbedderFacts
    let texts: [String]
    /// The number of the first text.
    let first: Int
    let vectors: [[Float]]
    /// Every vector against every other; empty for none.
    let similarities: [[Double]]

    func lines(_ console: Console) -> [String] {
        let room = console.width == .max ? 100 : console.width
        let pooling = facts.pooling.joined(separator: " and ")
        var lines = [
            console.dim(
                "\(Format.plural(facts.dimension, "number")) each, pooled by \(pooling)\(facts.isNormalized ? ", of length 1" : "")")
        ]
        let rows = zip(texts, vectors).enumerated().map { index, pair in
            let beginning = pair.1.prefix(Self.shown).map { String(format: "%7.4f", $0) }.joined(separator: " ")
            return ["\(first + index)", beginning + (pair.1.count > Self.shown ? " …" : ""), Self.length(pair.1), pair.0.oneLine]
        }
        lines += Table(rightColumns: [0, 2], header: ["", "vector", "length", "text"], rows: rows).lines(width: room, header: console.dim)
        guard !similarities.isEmpty else { return lines }
        let names = similarities.indices.map { "\(first + $0)" }
        let matrix = zip(names, similarities).map { [$0] + $1.map { String(format: "%.3f", $0) } }
        let columns = Set(0...names.count)
        lines += ["", console.dim("similarity: \(facts.similarity)\(isDistance ? " distance, negative" : "")")]
        return lines + Table(rightColumns: columns, header: [""] + names, rows: matrix).lines(width: room, header: console.dim)
    }

    private var isDistance: Bool { ["euclidean", "manhattan"].contains(facts.similarity) }

    private static func length(_ vector: [Float]) -> String {
        String(format: "%.3f", vector.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot())
    }
}
