internal import Foundation

/// The keys of `config.json` that shape a BERT or a RoBERTa, in the spellings of Transformers 4 and 5.
public struct BertConfig: Sendable, Equatable {
    /// Rows of the word table, in tokens: `vocab_size`.
    public var vocabularySize: Int
    /// Width `D` of a hidden state: `hidden_size`.
    public var width = 768
    /// The number of encoder layers: `num_hidden_layers`.
    public var layers = 12
    /// Attention heads per layer, a divisor of the width: `num_attention_heads`.
    public var heads = 12
    /// Width of the feed-forward part: `intermediate_size`.
    public var inner = 3072
    /// Rows of the position table: `max_position_embeddings`.
    public var maximumPositions = 512
    /// The row of a document's first position: 0 for BERT, `pad_token_id + 1` for RoBERTa.
    public var firstPosition = 0
    /// Rows of the segment table: `type_vocab_size`.
    public var typeVocabulary = 2
    /// `ε` of the layer norms: `layer_norm_eps`.
    public var normEpsilon = 1e-12
    /// The name of the feed-forward activation as Transformers writes it: `hidden_act`.
    public var activation = "gelu"
    /// Dropout probability of embeddings and hidden states: `hidden_dropout_prob`.
    public var hiddenDropout = 0.1
    /// Dropout probability of attention weights: `attention_probs_dropout_prob`.
    public var attentionDropout = 0.1
    /// Dropout probability before the head, nil for the hidden one: `classifier_dropout`.
    public var classifierDropout: Double?
    /// Standard deviation of new weights: `initializer_range`.
    public var initializerRange = 0.02
    /// Names of the outputs in index order, empty if not declared: `id2label`.
    public var labelNames: [String] = []

    /// Reads a decoded `config.json`; a key that is absent takes the default of BERT-base.
    ///
    /// Keys that only matter elsewhere are left alone; values that change the architecture must be known.
    ///
    /// - Throws: ``ModelError`` naming the key, the value and what is supported.
    public init(_ json: [String: Any], file: String) throws(ModelError) {
        try self.init(ConfigReader(json: json, file: file), vocabulary: 30522)
    }

    /// - Parameter vocabulary: the rows of the word table where `vocab_size` is absent.
    init(_ reader: ConfigReader, vocabulary: Int) throws(ModelError) {
        vocabularySize = try reader.integer("vocab_size", vocabulary)
        width = try reader.integer("hidden_size", width)
        layers = try reader.integer("num_hidden_layers", layers)
        heads = try reader.integer("num_attention_heads", heads)
        inner = try reader.integer("intermediate_size", inner)
        maximumPositions = try reader.integer("max_position_embeddings", maximumPositions)
        typeVocabulary = try reader.integer("type_vocab_size", typeVocabulary)
        normEpsilon = try reader.number("layer_norm_eps", normEpsilon)
        hiddenDropout = try reader.number("hidden_dropout_prob", hiddenDropout)
        attentionDropout = try reader.number("attention_probs_dropout_prob", attentionDropout)
        classifierDropout = try reader.optionalNumber("classifier_dropout")
        initializerRange = try reader.number("initializer_range", initializerRange)
        activation = try reader.text("hidden_act", activation)
        try reader.require("position_embedding_type", is: "absolute")
        try reader.refuse("is_decoder")
        try reader.refuse("add_cross_attention")
        labelNames = reader.labelNames()
        guard width % heads == 0 else {
            throw .badConfig(file: reader.file, reason: "hidden_size \(width) is not a multiple of num_attention_heads \(heads)")
        }
    }
}
