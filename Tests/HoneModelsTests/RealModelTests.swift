import Foundation
import HoneLayers
import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneModels

/// all-MiniLM-L6-v2, which `Scripts/bootstrap` puts there; it is not part of the repository.
private let folder = fixtures.root.appending(path: ".deps/minilm/model")
private let isThere = FileManager.default.fileExists(atPath: folder.appending(path: "model.safetensors").path)

@Suite("A real model", .enabled(if: isThere, "all-MiniLM-L6-v2 is not in .deps/minilm/model; run Scripts/bootstrap"))
struct RealModelTests {
    // “How do I reset my password?”, “I forgot my login credentials and cannot sign in.”, “The weather in Lisbon is sunny and warm today.”
    private let rows: [[Int]] = [
        [101, 2129, 2079, 1045, 25141, 2026, 20786, 1029, 102],
        [101, 1045, 9471, 2026, 8833, 2378, 22496, 1998, 3685, 3696, 1999, 1012, 102],
        [101, 1996, 4633, 1999, 11929, 2003, 11559, 1998, 4010, 2651, 1012, 102],
    ]

    private func batch() throws -> (input: ModelInput, documents: Documents) {
        let ids = rows.flatMap { $0 }
        let positions = rows.flatMap { Array(0..<$0.count) }
        let starts = [0, rows[0].count, rows[0].count + rows[1].count].map(Int32.init)
        let input = ModelInput(
            ids: try Tensor(ids, shape: [ids.count]), typeIDs: try .zeros([ids.count], dtype: .int64),
            positions: try Tensor(positions, shape: [ids.count]))
        return (input, try Documents(starts: starts, lengths: rows.map { Int32($0.count) }))
    }

    @Test("finds related sentences close and unrelated ones far, as Transformers does", arguments: [DType.float32, .bfloat16])
    func embeddings(_ compute: DType) throws {
        let (model, report) = try exclusively { try ModelFolder(folder).classifier(labels: 3, head: .checkpoint, seed: 1) }
        #expect(report.new == ["classifier.weight", "classifier.bias"] || report.new == ["classifier.bias", "classifier.weight"])
        for named in model.namedParameters() { try named.parameter.prepare(trainable: false, compute: compute) }
        let (input, documents) = try batch()
        let embeddings = try withGradients(false) {
            try model.sentenceEmbeddings(input, Context(documents: documents, isTraining: false, compute: compute), normalized: true)
        }
        let cosines = try embeddings.matmul(embeddings.transposed()).floats()
        // Transformers 5.23 in float32, mean pooling: 0.6756, -0.0393, -0.0012.
        let expected = [1, 0.6756, -0.0393, 0.6756, 1, -0.0012, -0.0393, -0.0012, 1]
        try requireClose(cosines.map(Double.init), expected, compute == .float32 ? .fourDigits : .bfloat16Model, "cosines")
    }
}

/// A Llama of 260 thousand parameters that may lie beside the repository.
private let stories = fixtures.root.appending(path: "../shared/models/stories260K").standardizedFileURL
private let hasStories = FileManager.default.fileExists(atPath: stories.appending(path: "model.safetensors").path)

@Suite("A real small Llama", .enabled(if: hasStories, "../shared/models/stories260K is not here"))
struct RealLlamaTests {
    /// What Transformers computed with it.
    private struct Reference: Decodable {
        let ids, prompt_ids, greedy: [Int]
        let loss, loss_float64: Double
    }

    @Test("has Transformers' loss on a text, and writes what Transformers writes")
    func storiesText() throws {
        let reference = try fixtures.json("stories260K.json", as: Reference.self)
        let (model, report) = try exclusively { try ModelFolder(stories).languageModel(seed: 0) }
        #expect(report.new.isEmpty)
        for named in model.namedParameters() { try named.parameter.prepare(trainable: false, compute: .float32) }
        let ids = reference.ids, count = ids.count
        let input = ModelInput(
            ids: try Tensor(ids, shape: [count]), typeIDs: try .zeros([count], dtype: .int64),
            positions: try Tensor(Array(ids.indices), shape: [count]))
        let context = Context(
            documents: try Documents(starts: [0], lengths: [Int32(count)]), isTraining: false, compute: .float32)
        let loss = try withGradients(false) {
            let rows = try Tensor(Array(0..<(count - 1)), shape: [count - 1])
            let states = try model.outputStates(input, context, keeping: rows)
            return try model.vocabularyHead.crossEntropy(states, Tensor(Array(ids.dropFirst()), shape: [count - 1])).sum.item()
        }
        try requireClose(loss, reference.loss, .float32Sum, "loss")
        try requireClose(loss, reference.loss_float64, .float32Sum, "loss in float64")
        #expect(try continuations(of: [reference.prompt_ids], tokens: reference.greedy.count, model) == [reference.greedy])
    }
}
