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
