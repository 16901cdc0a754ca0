import Foundation
import HoneModels
import HoneTestSupport
import Testing

@testable import Hone

@Suite("Vectors of texts", .alone)
struct EmbedderTests {
    static let folders = ["mean", "last"]
    static let fixtures = FixtureFolder("Hone")

    /// What sentence-transformers made of the texts.
    struct Expected: Decodable {
        var texts: [String]
        var maximum: Int
        var cut: [Int]
        var plain: [[Float]]
        var query: [[Float]]
        var literal: [[Float]]
        var similarity: [String: [[Double]]]

        /// Without the texts that are longer than the model reads.
        func short<Value>(_ values: [Value]) -> [Value] { values.indices.filter { !cut.contains($0) }.map { values[$0] } }
    }

    static func expected(_ name: String) throws -> Expected { try fixtures.json("embedder/\(name)/expected.json") }

    /// Whether vectors are those of the reference, to the bound for whole models in float32.
    static func agree(_ found: [[Float]], _ expected: [[Float]]) -> Bool {
        found.map(\.count) == expected.map(\.count)
            && zip(found.joined(), expected.joined()).allSatisfy { Tolerance.float32Model.accepts(Double($0), Double($1)) }
    }

    /// The largest difference of a number; infinite where shapes differ.
    static func difference(_ a: [[Float]], _ b: [[Float]]) -> Float {
        guard a.map(\.count) == b.map(\.count) else { return .infinity }
        return zip(a.joined(), b.joined()).map { abs($0 - $1) }.max() ?? .infinity
    }

    @Test("vectors are sentence-transformers': the default prompt, one by name, one by text; cut texts too", arguments: folders)
    func reference(_ name: String) async throws {
        let expected = try Self.expected(name)
        let embedder = try await Embedder(Self.fixtures("embedder/\(name)"), precision: .float32)
        let facts = try await embedder.facts
        #expect(facts.maximumTokens == expected.maximum && facts.isDeclared && facts.assumption == nil)
        #expect(facts.dimension == expected.plain[0].count && facts.isNormalized == (name == "mean"))
        let ways: [(EmbeddingPrompt, [[Float]])] = [
            (.standard, expected.plain), (.named("query"), expected.query), (.text("now: "), expected.literal),
        ]
        for (prompt, vectors) in ways {
            let found = try await embedder.embed(expected.texts, prompt: prompt, truncates: true)
            #expect(Self.agree(found.vectors, vectors), "\(name), \(prompt): \(Self.difference(found.vectors, vectors))")
            #expect(found.dimension == facts.dimension && found.lengths.truncated == expected.cut.count)
        }
        #expect(Self.difference(expected.plain, expected.query) > 0.01, "a prompt matters")
    }

    @Test("similarities are sentence-transformers', by every measure", arguments: folders)
    func similarity(_ name: String) async throws {
        let expected = try Self.expected(name)
        let embedder = try await Embedder(Self.fixtures("embedder/\(name)"), precision: .float32)
        #expect(try await embedder.facts.similarity == (name == "mean" ? "cosine" : "euclidean"))
        #expect(expected.similarity.count == EmbeddingSettings.Similarity.allCases.count)
        for (measure, matrix) in expected.similarity {
            let similarity = try #require(EmbeddingSettings.Similarity(rawValue: measure))
            for (i, row) in matrix.enumerated() {
                for (j, value) in row.enumerated() {
                    let found = similarity(expected.plain[i], expected.plain[j])
                    // Their distance of a vector to itself is the root of a rounding.
                    let isSame = i == j && measure == "euclidean"
                    #expect(isSame ? found == 0 : Tolerance.fourDigits.accepts(found, value), "\(measure) \(i) \(j): \(found), \(value)")
                }
            }
            let zeros = [Float](repeating: 0, count: 3)
            #expect(similarity(zeros, zeros) == 0 && similarity([1, 2, 3], zeros).isFinite)
        }
        let (a, b) = (expected.plain[0], expected.plain[1])
        let own = try #require(expected.similarity[try await embedder.facts.similarity])
        #expect(Tolerance.fourDigits.accepts(try await embedder.similarity(a, b), own[0][1]))
    }

    @Test("a text that is too long is an error that names it, and an unknown prompt one that lists the others")
    func refusals() async throws {
        let expected = try Self.expected("mean")
        let embedder = try await Embedder(Self.fixtures("embedder/mean"), precision: .float32)
        let long = try await #require(throws: HoneError.self) { try await embedder.embed(expected.texts) }
        let place = "input:\(expected.cut[0] + 1)"
        for words in [place, "the parcel is late", "24 tokens", "1 of \(expected.texts.count)", "--truncate"] {
            #expect("\(long)".contains(words), "\(long)")
        }
        // Alone too: a data set of long texts only would be refused, but a text is not a data set.
        let alone = try await embedder.embed([expected.texts[expected.cut[0]]], truncates: true)
        #expect(Self.agree(alone.vectors, [expected.plain[expected.cut[0]]]))
        let prompt = try await #require(throws: HoneError.self) { try await embedder.embed(["a"], prompt: .named("question")) }
        #expect(prompt == .noPrompt(name: "question", known: ["document", "query"], folder: embedder.url.path))
        #expect(try await embedder.embed([]).vectors.isEmpty)
    }

    @Test("vectors do not depend on which texts share a batch, and groups keep the order")
    func groups() async throws {
        let expected = try Self.expected("mean"), texts = expected.short(expected.texts)
        let embedder = try await Embedder(Self.fixtures("embedder/mean"), precision: .float32, threads: 1)
        let many = (0..<400).map { texts[$0 % texts.count] }
        let encoded = try await embedder.encode(many.map { ($0, RowPlace(file: "f", line: 1)) })
        for size in [1, 50, 1 << 20] {
            let groups = encoded.groups(tokens: size)
            #expect(groups.first?.lowerBound == 0 && groups.last?.upperBound == 400)
            #expect(zip(groups, groups.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound && !$0.isEmpty })
        }
        var found: [[Float]] = []
        for group in encoded.groups(tokens: 900, from: 3) { found += try await embedder.vectors(of: encoded, group) }
        let plain = expected.short(expected.plain)
        let wanted = (3..<400).map { plain[$0 % texts.count] }
        #expect(Self.agree(found, wanted))
    }

    @Test("any whole model gives vectors, with or without a head, tuned or not; what was assumed is said")
    func others() async throws {
        for family in TinyEncoder.families {
            let tiny = try TinyEncoder(family)
            defer { tiny.remove() }
            let embedder = try await Embedder(tiny.model, precision: .float32)
            let facts = try await embedder.facts
            #expect(facts.pooling == ["mean"] && facts.isNormalized && facts.dimension == 24 && !facts.isDeclared)
            #expect(facts.assumption?.contains("modules.json") == true)
            let found = try await embedder.embed(["bob lives in rome", "bob lives in rome", "who was born in oslo"])
            #expect(Self.agree([found.vectors[0]], [found.vectors[1]]))
            #expect(Self.difference([found.vectors[0]], [found.vectors[2]]) > 0.01, "\(family)")
            for vector in found.vectors { #expect(Tolerance.float32Sum.accepts(vector.reduce(0) { $0 + Double($1 * $1) }, 1)) }
        }
        let writer = try TinyWriter()
        defer { writer.remove() }
        let causal = try await Embedder(writer.llama, precision: .float32)
        let facts = try await causal.facts
        #expect(facts.pooling == ["lasttoken"] && facts.maximumTokens == TinyWriter.positions)
        #expect(try await causal.embed(["Hello", "hello"]).vectors.count == 2)
        await #expect(throws: ModelError.self) { try await Embedder(writer.t5) }
    }

    @Test("a tuned classifier gives vectors with its own weights; an adapter is to be merged first")
    func tuned() async throws {
        let tiny = try TinyModel()
        defer { tiny.remove() }
        let full = try await Runner.start(Plan(RecipeDocument(contentsOf: tiny.recipe("full", "steps: 8, learningRate: 0.01"))))
        let texts = ["my battery is empty", "where is the parcel"]
        let before = try await Embedder(tiny.model, precision: .float32).embed(texts).vectors
        let after = try await Embedder(full.model, precision: .float32).embed(texts).vectors
        #expect(Self.difference(before, after) > 1e-3 && after.map(\.count) == [24, 24])
        let lora = try await Runner.start(
            Plan(RecipeDocument(contentsOf: tiny.recipe("lora, rank: 2", "steps: 8, learningRate: 0.01"))))
        await #expect(throws: HoneError.adapterCannotEmbed(folder: lora.model.path)) { try await Embedder(lora.model) }
        let merged = tiny.root.appending(path: "merged")
        _ = try await Merger.merge(Artifact(lora.model), into: merged)
        #expect(Self.difference(before, try await Embedder(merged, precision: .float32).embed(texts).vectors) > 1e-4)
    }
}
