import Foundation
import Testing

@testable import HoneGeneration

/// Reads a fixture of this target, written by `Fixtures/make/generation.py`.
func loadFixture<Fixture: Decodable>(_ name: String) throws -> Fixture {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
    return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
}

struct SearchFixture {
    struct Greedy: Decodable {
        var prompt: [Int32]
        var stops: [Int32]
        var maximum: Int
        var minimum: Int
        var repetition: Double
        var ngram: Int
        var tokens: [Int32]
    }

    struct Beams: Decodable {
        var prompt: [Int32]
        var stops: [Int32]
        var beams: Int
        var count: Int
        var penalty: Double
        var early: BeamSettings.EarlyStopping
        var maximum: Int
        var minimum: Int
        var ngram: Int
        var repetition: Double
        var sequences: [[Int32]]
        var scores: [Double]

        var settings: BeamSettings {
            var settings = BeamSettings(beams: beams, sequences: count, maximumTokens: maximum, stopIDs: stops)
            (settings.lengthPenalty, settings.earlyStopping, settings.minimumTokens) = (penalty, early, minimum)
            (settings.noRepeatNGramSize, settings.repetitionPenalty) = (ngram, repetition)
            return settings
        }
    }

    struct Model: Decodable {
        var period: Int
        var vocabulary: Int
        var table: [Float]
    }

    private struct Cases: Decodable {
        var greedy: [Greedy]
        var beams: [Beams]
    }

    var model: Model
    var greedy: [Greedy]
    var beams: [Beams]

    static func load() throws -> SearchFixture {
        let cases: Cases = try loadFixture("search.json")
        return SearchFixture(model: try loadFixture("table.json"), greedy: cases.greedy, beams: cases.beams)
    }

    var scorer: TableScorer { TableScorer(table: model.table, period: model.period, vocabulary: model.vocabulary) }
}

/// A model whose next-token logits depend on the last token and on the position modulo `period`; it checks how it is called.
final class TableScorer: TokenScorer {
    let table: [Float]
    let period: Int
    let vocabulary: Int
    var maximumLength: Int?
    private(set) var sequences: [[Int32]] = []
    private(set) var lives: [[Int]] = []
    private(set) var capacity = 0

    init(table: [Float], period: Int, vocabulary: Int) {
        (self.table, self.period, self.vocabulary) = (table, period, vocabulary)
    }

    func begin(_ prompts: [[Int32]], capacity: Int) throws -> Logits {
        (sequences, lives, self.capacity) = (prompts, [], capacity)
        return logits(Array(prompts.indices))
    }

    func advance(_ tokens: [Int32], live: [Int]) throws -> Logits {
        #expect(tokens.count == live.count && live == live.sorted())
        if let before = lives.last { #expect(Set(live).isSubset(of: before)) }
        lives.append(live)
        for (token, index) in zip(tokens, live) { sequences[index].append(token) }
        for index in live { #expect(sequences[index].count <= capacity) }
        return logits(live)
    }

    func reorder(_ sources: [Int]) throws {
        #expect(sources.count == sequences.count)
        sequences = sources.map { sequences[$0] }
    }

    private func logits(_ live: [Int]) -> Logits {
        let rows = live.map { index -> ArraySlice<Float> in
            let sequence = sequences[index]
            let start = (((sequence.count - 1) % period) * vocabulary + Int(sequence.last ?? 0)) * vocabulary
            return table[start..<start + vocabulary]
        }
        return Logits(values: Array(rows.joined()), rows: live.count, vocabulary: vocabulary)
    }
}

/// Tokens as letters, some of them two letters; the last is held back until the next comes, as byte-level decoders do.
struct LetterDecoder: PieceDecoder {
    private var held = ""

    static func text(_ id: Int32) -> String { id % 5 == 4 ? "\(letter(id))\(letter(id + 1))" : letter(id) }

    private static func letter(_ id: Int32) -> String { String(decoding: [UInt8(97 + id % 26)], as: UTF8.self) }

    mutating func push(_ id: Int32) -> String {
        defer { held = Self.text(id) }
        return held
    }

    mutating func finish() -> String {
        defer { held = "" }
        return held
    }
}

/// Small random numbers for tests.
struct TestRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func logits(_ count: Int, scale: Float = 4) -> [Float] {
        (0..<count).map { _ in (Float(next() >> 40) * 0x1p-24 - 0.5) * 2 * scale }
    }
}
