import Foundation
import HoneLayers
import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneModels

@Suite("Embeddings of texts")
struct SentenceEmbeddingTests {
    static let models = ["tiny-bert-base", "llama", "gpt2"]

    /// A copy of a fixture with the files that sentence-transformers writes beside it.
    private func folder(_ name: String, modules: [String], pooling: [String: Any], files: [String: Any] = [:]) throws -> EditableFolder {
        let folder = try EditableFolder(name)
        func write(_ json: Any, _ path: String) throws {
            let file = folder.url.appending(path: path)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try JSONSerialization.data(withJSONObject: json).write(to: file)
        }
        let entries = modules.enumerated().map { index, type in
            [
                "idx": index, "name": "\(index)", "path": index == 0 ? "" : "\(index)_\(type)",
                "type": "sentence_transformers.models.\(type)",
            ]
                as [String: Any]
        }
        try write(entries, "modules.json")
        try write(pooling, "1_Pooling/config.json")
        for (path, json) in files { try write(json, path) }
        return folder
    }

    private func batch(_ reference: TensorFixture, _ name: String) throws -> (input: ModelInput, context: Context) {
        let ids = try reference("\(name).ids"), mask = try reference("\(name).mask").integers(), width = ids.shape[1]
        let real = mask.indices.filter { mask[$0] != 0 }
        let lengths = stride(from: 0, to: mask.count, by: width).map { mask[$0..<($0 + width)].reduce(0, +) }
        let rows = try Tensor(real, shape: [real.count])
        var start = 0
        let starts = lengths.map { length in
            defer { start += length }
            return Int32(start)
        }
        let documents = try Documents(starts: starts, lengths: lengths.map(Int32.init))
        let input = ModelInput(
            ids: try ids.reshaped([-1]).selecting(rows), typeIDs: try reference("\(name).types").reshaped([-1]).selecting(rows),
            positions: try Tensor(lengths.flatMap { Array(0..<$0) }, shape: [real.count]))
        return (input, Context(documents: documents, isTraining: false, compute: .float32))
    }

    @Test("every way of pooling is sentence-transformers', alone and joined", arguments: models)
    func pooling(_ name: String) throws {
        let reference = try fixtures.tensors("embeddings/expected.safetensors")
        let (input, context) = try batch(reference, name)
        for ways in EmbeddingSettings.Pooling.allCases.map({ [$0.rawValue] }) + [["cls", "mean"]] {
            let folder = try folder(
                name, modules: ["Transformer", "Pooling"], pooling: ["pooling_mode": ways.count == 1 ? ways[0] as Any : ways as Any])
            let model = try ModelFolder(folder.url).embedder().model
            for named in model.namedParameters() { try named.parameter.prepare(trainable: false, compute: .float32) }
            let found = try withGradients(false) { try model(input, context) }
            #expect(found.shape == [context.documents.starts.count, model.width] && !model.settings.isNormalized)
            try requireCloseInScale(found, reference("\(name).\(ways.joined(separator: "+"))"), .float32Model, "\(name), \(ways)")
        }
    }

    @Test("vectors are scaled to length 1 where the folder says so, and by default")
    func normalized() throws {
        let reference = try fixtures.tensors("embeddings/expected.safetensors")
        let (input, context) = try batch(reference, "tiny-bert-base")
        let old = try folder(
            "tiny-bert-base", modules: ["Transformer", "Pooling", "Normalize"],
            pooling: ["word_embedding_dimension": 30, "pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true])
        for folder in [old.url, fixtures("tiny-bert-base")] {
            let model = try ModelFolder(folder).embedder().model
            #expect(model.settings.isNormalized && model.settings.pooling == [.mean])
            #expect(model.settings.isDeclared == (folder == old.url))
            for named in model.namedParameters() { try named.parameter.prepare(trainable: false, compute: .float32) }
            let found = try withGradients(false) { try model(input, context) }
            try requireClose(found, reference("tiny-bert-base.mean.normalized"), .float32Sum, folder.lastPathComponent)
        }
        #expect(try EmbeddingSettings(fixtures("llama"), isCausal: true).pooling == [.last])
    }

    @Test("limits and prompts are read")
    func limits() throws {
        let folder = try folder(
            "tiny-bert-base", modules: ["Transformer", "Pooling"],
            pooling: ["pooling_mode_max_tokens": true, "pooling_mode_lasttoken": true],
            files: [
                "sentence_bert_config.json": ["max_seq_length": 24, "do_lower_case": false],
                "config_sentence_transformers.json": ["prompts": ["query": "Find: "], "default_prompt_name": "query"],
            ])
        let settings = try EmbeddingSettings(folder.url, isCausal: false)
        #expect(settings.pooling == [.largest, .last] && settings.maximumTokens == 24)
        #expect(settings.prompts == ["query": "Find: "] && settings.defaultPrompt == "query")
    }

    @Test("what Hone does not have is an error that names file and value")
    func refuses() throws {
        let dense = try folder("tiny-bert-base", modules: ["Transformer", "Pooling", "Dense"], pooling: ["pooling_mode": "mean"])
        let error = try #require(throws: ModelError.self) { try ModelFolder(dense.url).embedder() }
        #expect("\(error)".contains("modules.json") && "\(error)".contains("Dense"))
        let odd = try folder("tiny-bert-base", modules: ["Transformer", "Pooling"], pooling: ["pooling_mode": "median"])
        #expect("\(try #require(throws: ModelError.self) { try ModelFolder(odd.url).embedder() })".contains("median"))
        let prompt = try folder(
            "tiny-bert-base", modules: ["Transformer", "Pooling"], pooling: ["pooling_mode": "mean", "include_prompt": false])
        #expect("\(try #require(throws: ModelError.self) { try ModelFolder(prompt.url).embedder() })".contains("include_prompt"))
        #expect(throws: ModelError.self) { try ModelFolder(fixtures("t5")).embedder() }
        try Data("{}".utf8).write(to: odd.url.appending(path: "modules.json"))
        #expect(throws: ModelError.self) { try ModelFolder(odd.url).embedder() }
    }
}
