import Foundation
import HoneModels
import HoneTestSupport
import HoneText

@testable import Hone

/// A folder in a temporary place with a tiny random Llama and a byte-level tokenizer that knows ChatML, for stories from file to result.
struct TinyChat {
    let root: URL
    var model: URL { root.appending(path: "model") }
    var runs: URL { root.appending(path: "runs") }

    static let words = "the dog saw a cat in the park and the cat saw the dog by the big tree so they went home"

    /// - Parameter template: the chat template of the folder; nil for none.
    init(template: String? = nil, positions: Int = 128) throws {
        root = FileManager.default.temporaryDirectory.appending(path: "hone-writer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        var special = TrainedBPE.Frame.causal.tokens + ["<|im_start|>", "<|im_end|>"]
        if template == nil { special.removeLast(2) }
        let trained = BPETrainer(vocabularySize: 300, specialTokens: special).train([Self.words])
        try trained.write(to: model, frame: .causal, maximumLength: positions)
        let config: [String: Any] = [
            "model_type": "llama", "vocab_size": trained.tokens.count, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
            "num_key_value_heads": 1, "intermediate_size": 24, "max_position_embeddings": positions, "bos_token_id": 0, "eos_token_id": 0,
            "tie_word_embeddings": true, "initializer_range": 0.2,
        ]
        try ModelFolder.configText(config).write(to: model.appending(path: "config.json"))
        if let template { try Data(template.utf8).write(to: model.appending(path: "chat_template.jinja")) }
        let folder = try ModelFolder(model)
        try exclusively {
            let random = try folder.randomLanguageModel(seed: 5)
            try folder.write(random, .causalLanguageModelling, to: model)
        }
    }

    func remove() { try? FileManager.default.removeItem(at: root) }

    /// Writes a file and gives its path.
    func file(_ name: String, _ text: String) throws -> String {
        let url = root.appending(path: name)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    /// A recipe over a file of which every row is trained on.
    func recipe(_ kind: TaskName, _ file: String, extra: String = "") throws -> RecipeDocument {
        try RecipeDocument(
            text:
                "model: \(model.path)\ntask: {kind: \(kind.rawValue)}\ndata: {train: \(file), validationFraction: 0, testFraction: 0}\n\(extra)",
            name: "recipe")
    }
}
