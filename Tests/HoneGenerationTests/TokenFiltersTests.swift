import Foundation
import Testing

@testable import HoneGeneration

@Suite("Token filters")
struct TokenFiltersTests {
    struct Fixture: Decodable {
        struct Case: Decodable, CustomTestStringConvertible {
            var name: String
            var scores: [Float]
            var temperature: Float
            var topK: Int
            var topP: Double
            var minP: Double
            var kept: [Int32]
            var values: [Float]
            var testDescription: String { name }
        }

        var filters: [Case]
    }

    private func keep(_ filters: TokenFilters, _ scores: [Float]) throws -> [ScoredToken] {
        try scores.withUnsafeBufferPointer { row in filters.keep(row, best: try #require(TokenSelection.best(row))) }.sorted {
            $0.id < $1.id
        }
    }

    @Test("the tokens kept and their scores equal Transformers'", arguments: try (loadFixture("processors.json") as Fixture).filters)
    func reference(_ subject: Fixture.Case) throws {
        var filters = TokenFilters()
        (filters.temperature, filters.topK, filters.topP, filters.minP) = (subject.temperature, subject.topK, subject.topP, subject.minP)
        let kept = try keep(filters, subject.scores)
        #expect(kept.map(\.id) == subject.kept)
        for (own, expected) in zip(kept, subject.values) { #expect(abs(own.score - expected) <= 1e-6 * max(1, abs(expected))) }
    }

    @Test("partial selection keeps what a full sort keeps, for large vocabularies, ties and every p", arguments: 0..<12)
    func large(_ seed: Int) throws {
        var random = TestRandom(state: UInt64(seed))
        var scores = random.logits(20_000, scale: seed % 3 == 0 ? 1 : 12)
        if seed % 2 == 0 { scores = scores.map { ($0 * 2).rounded() / 2 } }
        for p in [0.01, 0.4, 0.9, 0.999] {
            var filters = TokenFilters()
            filters.topP = p
            let order = scores.indices.sorted { scores[$0] > scores[$1] || (scores[$0] == scores[$1] && $0 > $1) }
            let highest = scores[order[0]]
            let total = scores.reduce(0.0) { $0 + exp(Double($1 - highest)) }
            var (sum, expected) = (0.0, Set<Int32>())
            for id in order {
                if sum >= p * total { break }
                expected.insert(Int32(id))
                sum += exp(Double(scores[id] - highest))
            }
            let kept = try keep(filters, scores)
            // Sums in another order may end one token earlier or later.
            #expect(Set(kept.map(\.id)).symmetricDifference(expected).count <= 1, "seed \(seed), p \(p): \(kept.count), \(expected.count)")
        }
    }

    @Test("tokens at −infinity are never kept, and one token always is")
    func masked() throws {
        var filters = TokenFilters()
        let scores: [Float] = [-.infinity, 2, -.infinity, 1]
        #expect(try keep(filters, scores).map(\.id) == [1, 3])
        filters.topK = 3
        #expect(try keep(filters, scores).map(\.id) == [1, 3])
        (filters.topK, filters.topP) = (0, 1e-9)
        #expect(try keep(filters, scores).map(\.id) == [1])
        (filters.topP, filters.minP) = (1, 1)
        #expect(try keep(filters, scores).map(\.id) == [1])
    }
}
