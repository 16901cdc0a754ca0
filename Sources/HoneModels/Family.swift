// Tested by ModelFolderTests.swift.
internal import Foundation
internal import HoneLayers
internal import HoneTensors

/// What a model is built to do.
public enum ModelTask: String, Sendable, Codable, CaseIterable {
    /// One answer per document.
    case sequenceClassification
    /// One answer per token.
    case tokenClassification
    /// Start and end of an answer inside a text.
    case questionAnswering
    /// The next token.
    case causalLanguageModelling
    /// Tokens that were hidden.
    case maskedLanguageModelling
    /// Another text.
    case sequenceToSequence
}

/// What a family file gives to be found: how to build its models, and how its checkpoints name things.
struct Family: Sendable {
    /// A decoded `config.json`.
    typealias Config = [String: Any]

    /// Builds the body alone, as the task needs it, nil for no head at all; throws for families that are not one body.
    var backbone: @Sendable (_ config: Config, _ file: String, _ task: ModelTask?) throws -> any Backbone
    /// What stands before the body's keys in the usual checkpoint, such as `bert`; empty for none.
    var prefix: String
    /// What stands before the body's keys where the task has another prefix.
    var prefixes: [ModelTask: String] = [:]
    /// Builds a classifier on a body.
    var classifier: (@Sendable (_ body: any Backbone, _ prefix: String, _ labels: Int, _ config: Config) throws -> ClassifierModel)?
    /// Builds a tagger on a body.
    var tagger: (@Sendable (_ body: any Backbone, _ prefix: String, _ labels: Int, _ config: Config) throws -> TaggerModel)?
    /// Builds a model of starts and ends on a body.
    var answerer: (@Sendable (_ body: any Backbone, _ prefix: String, _ config: Config) throws -> TaggerModel)?
    /// Builds a language model on a body: causal or masked, as the body is.
    var languageModel: (@Sendable (_ body: any Backbone, _ prefix: String, _ config: Config) throws -> VocabularyModel)?
    /// Builds a model that reads one text and writes another; the keys tell it whether its output matrix is stored.
    var sequenceToSequence: (@Sendable (_ config: Config, _ keys: Set<String>, _ file: String) throws -> any SequenceToSequenceModel)?
    /// Prefixes of other heads that a checkpoint of this family may carry.
    var heads: [String]
    /// Prefixes and suffixes of keys that are buffers or copies.
    var ignored: (prefixes: [String], suffixes: [String]) = ([], [])
    /// Keys below the body that a checkpoint may lack: they are new in this model, and are reported.
    var optional: [String] = []
    /// Transformers' class name by task.
    var architectures: [ModelTask: String]
    /// Standard deviation of new weights.
    var deviation: @Sendable (_ config: Config) -> Double = { ($0["initializer_range"] as? NSNumber)?.doubleValue ?? 0.02 }

    /// What the weights of new norms are; nil for 1 or 0, with which they only normalise.
    var normStart: (@Sendable (_ config: Config) -> Double)?

    /// What the deviation of a new matrix is multiplied by; nil for 1.
    var deviationScale: (@Sendable (_ key: String, _ config: Config) -> Double)?
    /// Tables that begin with a row of zeros for the padding token; nil for none.
    var paddedTables: PaddedTables?

    func prefix(for task: ModelTask) -> String { prefixes[task] ?? prefix }

    /// Whether models of this family can be built for a task.
    func supports(_ task: ModelTask) -> Bool { architectures[task] != nil }
}

/// The families that Hone knows, by `model_type`.
let families: [String: Family] = [
    "bert": bert, "llama": llama, "mistral": mistral, "qwen2": qwen2, "qwen3": qwen3, "gemma": gemma, "gemma2": gemma2,
    "gemma3_text": gemma3, "phi3": phi3, "gpt2": gpt2, "t5": t5, "roberta": roberta, "xlm-roberta": xlmRoberta, "camembert": camembert,
    "distilbert": distilBert, "modernbert": modernBert,
]

/// A family whose models are a ``DecoderModel`` with the usual heads.
///
/// - Parameters:
///   - name: what Transformers' class names begin with.
///   - tagger: whether Transformers has a class that tags tokens.
///   - answers: what stands before the body's keys in a model that finds answers; nil where Transformers has no such class, so that nothing
///     could load what Hone would write.
///   - pad: the padding token where the configuration names none.
func decoderFamily(
    _ name: String, classifier: String? = nil, tagger: Bool = true, answers: String? = nil, pad: Int? = nil,
    read: @escaping @Sendable (_ config: [String: Any], _ file: String) throws(ModelError) -> DecoderConfig
) -> Family {
    var architectures: [ModelTask: String] = [
        .causalLanguageModelling: "\(name)ForCausalLM", .sequenceClassification: classifier ?? "\(name)ForSequenceClassification",
    ]
    if tagger { architectures[.tokenClassification] = "\(name)ForTokenClassification" }
    if answers != nil { architectures[.questionAnswering] = "\(name)ForQuestionAnswering" }
    return Family(
        backbone: { config, file, _ in try DecoderModel(read(config, file)) },
        prefix: "model", prefixes: answers.map { [.questionAnswering: $0] } ?? [:],
        classifier: { body, prefix, labels, _ in
            try ClassifierModel(
                body, prefix: prefix, head: LinearHead("score", body.sizes.width, labels, bias: false, pooling: .last), labelCount: labels)
        },
        tagger: { body, prefix, labels, config in
            let dropout = config["classifier_dropout"] as? NSNumber ?? config["hidden_dropout"] as? NSNumber ?? 0.1
            return try TaggerModel(
                body, prefix: prefix, head: LinearHead("score", body.sizes.width, labels, dropout: dropout.doubleValue), labelCount: labels)
        },
        answerer: { body, prefix, _ in
            try TaggerModel(body, prefix: prefix, head: LinearHead("qa_outputs", body.sizes.width, 2), labelCount: 2)
        },
        languageModel: { body, prefix, config in
            guard let decoder = body as? DecoderModel else { preconditionFailure("a decoder family builds decoders") }
            var head: VocabularyHead
            if decoder.config.isTied {
                head = VocabularyHead(table: body.tokens.weight)
            } else {
                let linear = try Linear(body.sizes.width, body.sizes.vocabulary, bias: false)
                head = VocabularyHead(slot: Slot("lm_head", linear), linear: linear)
            }
            head.cap = decoder.config.logitCap
            return VocabularyModel(body, prefix: prefix, vocabularyHead: head)
        },
        heads: ["lm_head.", "score.", "qa_outputs.", "classifier."],
        ignored: ([], ["rotary_emb.inv_freq"]),
        architectures: architectures,
        paddedTables: .init(suffixes: ["embed_tokens.weight"], fallback: pad))
}

/// Builds a classifier with zeros in it, to make tiny checkpoints for tests.
package func emptyClassifier(_ modelType: String, _ config: [String: Any], labels: Int) throws -> any SequenceClassifier {
    guard let family = families[modelType], let build = family.classifier else {
        throw ModelError.unknownFamily(modelType, file: "config", known: families.keys.sorted())
    }
    return try build(
        family.backbone(config, "config", .sequenceClassification), family.prefix(for: .sequenceClassification), labels, config)
}
