// Tested by EncoderTests.swift.
internal import HoneLayers
internal import HoneTensors

/// RoBERTa: `model_type` `roberta`.
///
/// Source: arXiv:1907.11692; Transformers `RobertaModel` and its heads.
let roberta = robertaFamily("Roberta", vocabulary: 50_265)

/// XLM-RoBERTa: RoBERTa over many languages; `model_type` `xlm-roberta`.
///
/// Source: arXiv:1911.02116; Transformers `XLMRobertaModel`, which is RoBERTa's code.
let xlmRoberta = robertaFamily("XLMRoberta", vocabulary: 30_522)

/// CamemBERT: RoBERTa for French; `model_type` `camembert`.
///
/// Source: arXiv:1911.03894; Transformers `CamembertModel`, which is RoBERTa's code.
let camembert = robertaFamily("Camembert", vocabulary: 30_522)

/// BERT's encoder with positions that begin after the padding's, and heads of its own.
///
/// Positions follow from a token's place in its document. Transformers counts the ids that are not `pad_token_id` instead, which is the
/// same for every text without a padding token in its middle.
///
/// - Parameters:
///   - name: what Transformers' class names begin with.
///   - vocabulary: the rows of the word table where `vocab_size` is absent.
private func robertaFamily(_ name: String, vocabulary: Int) -> Family {
    Family(
        backbone: { config, file, task in
            let reader = ConfigReader(json: config, file: file)
            try reader.refuseUntied(for: task)
            var config = try BertConfig(reader, vocabulary: vocabulary)
            config.firstPosition = try reader.id("pad_token_id", 1) + 1
            guard config.maximumPositions > config.firstPosition else {
                throw ModelError.badConfig(
                    file: file,
                    reason:
                        "max_position_embeddings \(config.maximumPositions) leaves no position after pad_token_id \(config.firstPosition - 1)"
                )
            }
            return try BertModel(config, file: file, task: task, hasPooler: false)
        },
        prefix: "roberta",
        classifier: { body, prefix, labels, _ in
            guard let bert = body as? BertModel else { preconditionFailure("the family builds this body") }
            let head = try RobertaHead(width: bert.config.width, labels: labels, dropout: bert.config.headDropout)
            return ClassifierModel(body, prefix: prefix, head: head, labelCount: labels)
        },
        tagger: bertTagger, answerer: bertAnswerer,
        languageModel: { body, prefix, _ in
            guard let bert = body as? BertModel else { preconditionFailure("the family builds this body") }
            let names = MaskedHead.Names(dense: "lm_head.dense", norm: "lm_head.layer_norm", bias: "lm_head.bias")
            // The head has this activation whatever `hidden_act` is.
            return try bert.config.maskedModel(body, prefix: prefix, names, activation: .gelu)
        },
        heads: ["lm_head.", "classifier.", "qa_outputs."],
        ignored: (["roberta.pooler.", "pooler."], ["embeddings.position_ids", "embeddings.token_type_ids"]),
        architectures: [
            .sequenceClassification: "\(name)ForSequenceClassification", .tokenClassification: "\(name)ForTokenClassification",
            .questionAnswering: "\(name)ForQuestionAnswering", .maskedLanguageModelling: "\(name)ForMaskedLM",
        ])
}

/// `W tanh(V x₀)`, with dropout before each matrix.
final class RobertaHead: SequenceHead {
    private let parts: Parts

    /// The module that checkpoints call `classifier`.
    private final class Parts: Module {
        let dense: Slot, output: Slot
        init(width: Int, labels: Int) throws {
            dense = Slot("dense", try Linear(width, width))
            output = Slot("out_proj", try Linear(width, labels))
        }
        var slots: [Slot] { [dense, output] }
    }

    private var dropout: Double

    init(width: Int, labels: Int, dropout: Double) throws {
        (parts, self.dropout) = (try Parts(width: width, labels: labels), dropout)
    }

    var children: [Child] { [Child("classifier", parts)] }
    var pooling: Pooling { .first }
    func setDropout(_ probability: Double) { dropout = probability }

    func callAsFunction(_ pooled: Tensor, _ context: Context) throws -> Tensor {
        let h = try parts.dense(context.dropout(pooled, dropout)).tanh()
        return try parts.output(context.dropout(h, dropout))
    }
}
