import Foundation
import Hone
import HoneData
import HoneRuns

/// Makes the vectors of texts group by group, and can be stopped between groups.
struct EmbeddingRun {
    let console: Console
    let embedder: Embedder
    let model: URL
    let facts: EmbedderFacts
    let texts: [(text: String, place: RowPlace)]
    let encoded: EncodedTexts
    /// Where vectors are kept; nil for standard output.
    let file: VectorFile?
    /// Rows that are left out at the beginning.
    let skip: Int

    /// Tokens of a group: about a second of a small model's work.
    private static let groupTokens = 8192

    /// Makes all vectors.
    ///
    /// - Throws: `ExitReason.interrupted` after Ctrl-C, when it has said how to go on.
    func run() async throws {
        noteCuts()
        let interrupts = Interrupts(console, message: "Stopping after these texts. Ctrl-C again quits at once.")
        var row = skip
        var unseen: [[Float]] = []
        for group in encoded.groups(tokens: Self.groupTokens, from: skip) where !interrupts.stop.isAsked {
            let vectors = try await embedder.vectors(of: encoded, group)
            let found = zip(group, vectors).map { (row: $0 + 1, text: texts[$0].text, vector: $1) }
            row = group.upperBound
            if let file {
                try file.append(found)
                let progress = "\(Format.grouped(row)) of \(Format.plural(texts.count, "text"))"
                if console.isTerminal { console.control("\r\u{1B}[K" + console.dim(progress)) }
            } else if console.isTerminal {
                unseen += vectors
            } else {
                try show(found)
            }
        }
        if file != nil, console.isTerminal { console.control("\r\u{1B}[K") }
        if !unseen.isEmpty { console.say(try await summary(unseen)) }
        try finish(row)
    }

    private func noteCuts() {
        let lengths = encoded.lengths
        guard lengths.truncated > 0 else { return }
        console.complain(
            "note: \(Format.plural(lengths.truncated, "text")) of \(Format.grouped(texts.count)) cut to \(Format.grouped(lengths.maximum)) tokens, "
                + "\(Format.plural(lengths.tokensCut, "token")) lost (\(lengths.examples.map(\.description).joined(separator: ", "))"
                + (lengths.truncated > lengths.examples.count ? ", …)." : ")."))
    }

    /// Vectors on standard output, as lines; unlike other output they are the result, so one that cannot be written is an error.
    private func show(_ found: [(row: Int, text: String, vector: [Float])]) throws {
        let lines = found.reduce(into: Data()) {
            $0 += VectorFile.line(type: console.isJSON ? "embedding" : nil, row: $1.row, text: $1.text, $1.vector)
        }
        if let reason = writeAll(lines, to: STDOUT_FILENO) { throw CommandError.cannotSave(path: "Standard output", reason: reason) }
    }

    private func summary(_ vectors: [[Float]]) async throws -> [String] {
        var similarities: [[Double]] = []
        if (2...EmbeddingText.mostCompared).contains(vectors.count) {
            for a in vectors {
                var line: [Double] = []
                for b in vectors { line.append(try await embedder.similarity(a, b)) }
                similarities.append(line)
            }
        }
        let shown = texts[skip..<(skip + vectors.count)].map(\.text)
        return EmbeddingText(facts: facts, texts: shown, first: skip + 1, vectors: vectors, similarities: similarities).lines(console)
    }

    private func finish(_ row: Int) throws {
        let (made, isWhole) = (row - skip, row == texts.count)
        if made > 0 { try file?.finish(columns: facts.dimension) }
        var result: [String: JSONValue] = [
            "type": "result", "rows": .integer(Int64(made)), "dimension": .integer(Int64(facts.dimension)), "model": .string(model.path),
            "similarity": .string(facts.similarity), "truncated": .integer(Int64(encoded.lengths.truncated)),
            "tokensCut": .integer(Int64(encoded.lengths.tokensCut)), "isWhole": .bool(isWhole),
        ]
        if let file, made > 0 { result["output"] = .string(file.url.path) }
        if let assumption = facts.assumption { result["assumption"] = .string(assumption) }
        console.emit(result)
        if let file, isWhole {
            console.say(
                "Wrote \(Format.plural(made, "vector")) of \(Format.plural(facts.dimension, "number")) to \(Program.path(file.url)).")
        }
        guard !isWhole else { return }
        let place = "Stopped after row \(Format.grouped(row)) of \(Format.grouped(texts.count))."
        if let file {
            let kept = made > 0 ? "\(Program.path(file.url)) has the \(Format.plural(made, "vector")) so far" : "Nothing was written"
            console.complain("\(place) \(kept). To go on: --skip \(row) and another --output.")
        } else {
            console.complain("\(place) To go on: --skip \(row).")
        }
        throw ExitReason.interrupted
    }
}
