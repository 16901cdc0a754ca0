import Foundation
import HoneLayers
import HoneModels
import HoneTensors
import HoneWeights

@testable import Hone

/// A folder in a temporary place with a tiny random Llama and a tiny random T5 whose tokens are bytes, and files to train them on.
struct TinyWriter {
    let root: URL
    var llama: URL { root.appending(path: "llama") }
    var t5: URL { root.appending(path: "t5") }

    /// `<pad>`, `</s>`, `<s>`, then the 256 bytes.
    static let vocabulary = 259
    static let positions = 128

    init() throws {
        root = FileManager.default.temporaryDirectory.appending(path: "hone-writer-\(UUID().uuidString)")
        for folder in [llama, t5] { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
        try writeTokenizer(to: llama, endsText: false)
        try writeTokenizer(to: t5, endsText: true)
        try writeLlama()
        // The generator is the process's, and other tests draw from it too.
        try Library.exclusively { try writeT5() }
    }

    func remove() { try? FileManager.default.removeItem(at: root) }

    private func write(_ json: Any, _ name: String, in folder: URL) throws {
        try JSONSerialization.data(withJSONObject: json).write(to: folder.appending(path: name))
    }

    private func writeLlama() throws {
        let config: [String: Any] = [
            "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": Self.vocabulary, "hidden_size": 24,
            "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 4,
            "max_position_embeddings": Self.positions, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true,
            "bos_token_id": 2, "eos_token_id": 1, "initializer_range": 0.3,
        ]
        try write(config, "config.json", in: llama)
        let folder = try ModelFolder(llama)
        try folder.write(folder.randomLanguageModel(seed: 3), .causalLanguageModelling, to: llama)
    }

    private func writeT5() throws {
        let config: [String: Any] = [
            "model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "vocab_size": Self.vocabulary, "d_model": 20, "d_kv": 6,
            "d_ff": 28, "num_layers": 2, "num_heads": 3, "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0,
            "n_positions": Self.positions, "tie_word_embeddings": true, "dropout_rate": 0.0,
        ]
        try write(config, "config.json", in: t5)
        let model = try emptyT5(config)
        try Library.seed(4)
        let sources = try model.namedParameters().map { named in
            let shape = named.parameter.shape
            let values = named.key.hasSuffix("layer_norm.weight") ? try Tensor.ones(shape) : try Tensor.normal(shape, deviation: 0.3)
            return WeightSource(name: named.key, tensor: values)
        }
        try SafetensorsWriter().write(sources, to: t5.appending(path: "model.safetensors"))
    }

    private func writeTokenizer(to folder: URL, endsText: Bool) throws {
        // GPT-2's letters for bytes: printable ones stand for themselves, the others follow from 256.
        var (letters, next) = ([String](), UInt32(256))
        for byte in UInt32(0)..<256 {
            let isPlain = (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
            guard let scalar = Unicode.Scalar(isPlain ? byte : next) else { continue }
            if !isPlain { next += 1 }
            letters.append(String(scalar))
        }
        let special = ["<pad>", "</s>", "<s>"]
        let table = Dictionary(uniqueKeysWithValues: (special + letters).enumerated().map { ($1, $0) })
        let added = special.enumerated().map { id, content in
            [
                "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true,
            ] as [String: Any]
        }
        let text: [String: Any] = ["Sequence": ["id": "A", "type_id": 0]], other: [String: Any] = ["Sequence": ["id": "B", "type_id": 0]]
        let token = endsText ? ("</s>", 1) : ("<s>", 2)
        let mark: [String: Any] = ["SpecialToken": ["id": token.0, "type_id": 0]]
        let post: [String: Any] = [
            "type": "TemplateProcessing", "single": endsText ? [text, mark] : [mark, text], "pair": [text, other],
            "special_tokens": [token.0: ["id": token.0, "ids": [token.1], "tokens": [token.0]]],
        ]
        let bytes: [String: Any] = ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true]
        let model: [String: Any] = [
            "type": "BPE", "dropout": NSNull(), "unk_token": NSNull(), "continuing_subword_prefix": NSNull(),
            "end_of_word_suffix": NSNull(),
            "fuse_unk": false, "byte_fallback": false, "vocab": table, "merges": [String](),
        ]
        let json: [String: Any] = [
            "version": "1.0", "truncation": NSNull(), "padding": NSNull(), "added_tokens": added, "normalizer": NSNull(),
            "pre_tokenizer": bytes, "post_processor": post, "decoder": bytes, "model": model,
        ]
        try write(json, "tokenizer.json", in: folder)
        try write(["eos_token": "</s>", "bos_token": "<s>", "pad_token": "<pad>"], "tokenizer_config.json", in: folder)
    }

    // MARK: Data and runs

    /// Writes a file.
    func file(_ name: String, _ lines: [String]) throws -> URL {
        let url = root.appending(path: name)
        try (lines.joined(separator: "\n") + "\n").write(to: url, atomically: true, encoding: .utf8)
        return url
    }

    /// Rows of a kind of task, as a file of them has them.
    static func lines(_ kind: TaskName, count: Int = 40) -> [String] {
        (0..<count).map { row in
            let animal = ["dog", "cat", "bird", "fish"][row % 4]
            switch kind {
            case .instruction:
                return #"{"messages":[{"role":"user","content":"Pet \#(row)?"},{"role":"assistant","content":"A \#(animal)."}]}"#
            case .sequenceToSequence: return #"{"source":"my \#(animal) \#(row)","target":"\#(animal)"}"#
            case .tagging: return "my O\n\(animal) B-pet\n\(row) O\n"
            default: return "The \(animal) number \(row) ran home."
            }
        }
    }

    /// Trains a little and gives the run back.
    func run(_ kind: TaskName, lora: Bool = true, steps: Int = 6, _ change: (inout Recipe) -> Void = { _ in }) async throws -> RunResult {
        let endings: [TaskName: String] = [.instruction: "jsonl", .sequenceToSequence: "jsonl", .tagging: "conll"]
        let data = try file("\(kind.rawValue).\(endings[kind] ?? "txt")", Self.lines(kind))
        let model = kind == .sequenceToSequence ? t5 : llama
        var recipe = Recipe(model: model.path, train: data.path, task: kind)
        if lora { recipe.tuning = .lora(.init(rank: 2, dropout: 0)) }
        (recipe.data.validation, recipe.data.test) = (.fraction(0.1), .fraction(0.2))
        if kind == .text { recipe.data.exampleOptions.documents = .lines }
        recipe.training.budget = .steps(steps)
        (recipe.training.batchSize, recipe.training.learningRate) = (8, 0.01)
        recipe.training.precision = .float32
        (recipe.evaluation.generatedRows, recipe.evaluation.maximumNewTokens, recipe.evaluation.resamples) = (5, 6, 100)
        recipe.output.folder = root.appending(path: "runs").path
        change(&recipe)
        return try await Runner.start(Plan(RecipeDocument(text: recipe.json(), format: .json, name: "test")))
    }
}
