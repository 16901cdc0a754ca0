// Tested by PretrainingTests.swift.
/// Names shapes of Llama models to train from nothing; the counts hold with the usual vocabulary of each.
public enum PretrainingSize: String, Sendable, Codable, CaseIterable {
    /// 1.3 million parameters: minutes on a laptop.
    case nano
    /// 16 million parameters: hours on a laptop.
    case tiny
    /// 126 million parameters: for a GPU.
    case small

    /// The least vocabulary that can be learned: all bytes, special tokens and some merges.
    static let leastVocabulary = 300

    private struct Shape {
        var width, layers, heads, keyValueHeads, inner, positions, vocabulary: Int
        var learningRate: Double
    }

    private var shape: Shape {
        switch self {
        case .nano:
            Shape(
                width: 128, layers: 4, heads: 4, keyValueHeads: 2, inner: 352, positions: 512, vocabulary: 4096, learningRate: 3e-3)
        case .tiny:
            Shape(
                width: 384, layers: 8, heads: 6, keyValueHeads: 3, inner: 1024, positions: 1024, vocabulary: 8192, learningRate: 1e-3)
        case .small:
            Shape(
                width: 768, layers: 16, heads: 12, keyValueHeads: 4, inner: 2048, positions: 1024, vocabulary: 32_768, learningRate: 6e-4)
        }
    }

    /// The number of tokens that suits the size.
    public var vocabulary: Int { shape.vocabulary }

    /// A peak learning rate that suits the size.
    public var learningRate: Double { shape.learningRate }

    /// The shape as `config.json` has it; what belongs to the tokenizer is not in it.
    var config: [String: Any] {
        let shape = shape
        return [
            "model_type": "llama", "hidden_size": shape.width, "num_hidden_layers": shape.layers, "num_attention_heads": shape.heads,
            "num_key_value_heads": shape.keyValueHeads, "intermediate_size": shape.inner, "max_position_embeddings": shape.positions,
            "head_dim": shape.width / shape.heads, "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10_000.0,
            "initializer_range": 0.02, "tie_word_embeddings": true, "attention_bias": false, "mlp_bias": false, "attention_dropout": 0.0,
        ]
    }
}
