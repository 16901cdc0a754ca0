import Foundation
import HoneLayers
import HoneModels
import HoneTensors
import HoneWeights

/// A folder in a temporary place with a tiny random BERT, a word-level vocabulary and a small data set, for stories from file to result.
struct TinyModel {
    let root: URL
    var model: URL { root.appending(path: "model") }
    var runs: URL { root.appending(path: "runs") }

    static let words = [
        "bike", "battery", "empty", "charge", "late", "parcel", "where", "money", "back", "refund", "my", "is", "the", "please", "now", "a",
    ]
    static let cues = [
        ("battery", ["battery", "charge", "empty"]), ("delivery", ["late", "parcel", "where"]), ("refund", ["money", "back", "refund"]),
    ]

    init(width: Int = 24, layers: Int = 2, deviation: Double = 0.15) throws {
        root = FileManager.default.temporaryDirectory.appending(path: "hone-tiny-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
        let vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + Self.words
        try writeTokenizer(vocabulary)
        let config: [String: Any] = [
            "model_type": "bert", "architectures": ["BertModel"], "vocab_size": vocabulary.count, "hidden_size": width,
            "num_hidden_layers": layers, "num_attention_heads": 4, "intermediate_size": 2 * width, "max_position_embeddings": 24,
            "type_vocab_size": 2, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
        ]
        try JSONSerialization.data(withJSONObject: config).write(to: model.appending(path: "config.json"))
        try Library.exclusively { try writeWeights(config, deviation) }
    }

    func remove() { try? FileManager.default.removeItem(at: root) }

    private func writeWeights(_ config: [String: Any], _ deviation: Double) throws {
        let classifier = try emptyClassifier("bert", config, labels: 3)
        try Library.seed(5)
        let sources = try classifier.namedParameters().filter { !$0.key.hasPrefix("classifier") }.map { named in
            let shape = named.parameter.shape
            let values = named.key.hasSuffix("LayerNorm.weight") ? try Tensor.ones(shape) : try Tensor.normal(shape, deviation: deviation)
            return WeightSource(name: named.key, tensor: values)
        }
        try SafetensorsWriter().write(sources, to: model.appending(path: "model.safetensors"))
    }

    private func writeTokenizer(_ vocabulary: [String]) throws {
        let table = Dictionary(uniqueKeysWithValues: vocabulary.enumerated().map { ($1, $0) })
        let special = vocabulary.prefix(5).enumerated().map { id, content in
            [
                "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true,
            ] as [String: Any]
        }
        let json: [String: Any] = [
            "version": "1.0", "truncation": NSNull(), "padding": NSNull(), "added_tokens": special,
            "normalizer": [
                "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": NSNull(), "lowercase": true,
            ],
            "pre_tokenizer": ["type": "BertPreTokenizer"],
            "post_processor": ["type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]],
            "decoder": ["type": "WordPiece", "prefix": "##", "cleanup": true],
            "model": [
                "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                "vocab": table,
            ],
        ]
        try JSONSerialization.data(withJSONObject: json).write(to: model.appending(path: "tokenizer.json"))
    }

    /// Writes a CSV of `rows` texts, each with one or two cue words of its class among others; the same for the same seed.
    func writeData(_ name: String, rows: Int, seed: UInt64) throws {
        var state = seed
        func draw(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(below))
        }
        var text = "text,label\n"
        for row in 0..<rows {
            let (label, cues) = Self.cues[row % 3]
            var words = (0..<(1 + draw(5))).map { _ in ["my", "bike", "is", "the", "please", "now", "a"][draw(7)] }
            words.insert(cues[draw(3)], at: draw(words.count + 1))
            words.append("\(row)")
            text += words.joined(separator: " ") + "," + label + "\n"
        }
        try text.write(to: root.appending(path: name), atomically: true, encoding: .utf8)
    }

    /// Writes a file for a recipe of another task.
    func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: root.appending(path: name)) }

    /// A recipe over `train.csv`, `validation.csv` and `test.csv`, which are written if they are not there.
    func recipe(
        _ tuning: String = "full", _ training: String = "epochs: 12, learningRate: 0.005, dropout: 0", extra: String = ""
    ) throws -> URL {
        for (name, rows, seed) in [("train.csv", 96, UInt64(1)), ("validation.csv", 24, 2), ("test.csv", 30, 3)] {
            if !FileManager.default.fileExists(atPath: root.appending(path: name).path) { try writeData(name, rows: rows, seed: seed) }
        }
        let url = root.appending(path: "recipe-\(UUID().uuidString.prefix(6)).yaml")
        let text = """
            model: model
            data: {train: train.csv, validation: validation.csv, test: test.csv}
            tuning: {method: \(tuning)}
            training: {\(training), batchSize: 8, precision: float32}
            output: {folder: runs}
            \(extra)
            """
        try text.write(to: url, atomically: true, encoding: .utf8)
        return url
    }
}
