import Foundation
import HoneLayers
import HoneModels
import HoneTensors
import HoneWeights

/// A folder with a tiny random encoder of some family and a tokenizer as that family has it, for stories from file to result.
struct TinyEncoder {
    let root: URL
    let family: String
    var model: URL { root.appending(path: "model") }

    static let families = ["bert", "roberta", "distilbert", "modernbert"]
    static let words =
        TinyModel.words + [
            "bob", "ann", "eve", "in", "rome", "oslo", "lima", "meets", "lives", "was", "born", "who", "when", "did", "go", "to",
        ]

    init(_ family: String) throws {
        self.family = family
        root = FileManager.default.temporaryDirectory.appending(path: "hone-encoder-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
        let vocabulary = family == "roberta" ? try byteLevel() : family == "modernbert" ? try byteLevelFile() : try wordPiece()
        let config = self.config(vocabulary)
        try JSONSerialization.data(withJSONObject: config).write(to: model.appending(path: "config.json"))
        let classifier = try emptyClassifier(family, config, labels: 3)
        try Library.seed(5)
        let body = classifier.namedParameters().filter { named in !classifier.headPaths.contains { named.key.hasPrefix($0 + ".") } }
        let sources = try body.map { named in
            let shape = named.parameter.shape
            let isNorm = shape.count == 1 && named.key.hasSuffix("weight")
            return WeightSource(name: named.key, tensor: isNorm ? try .ones(shape) : try .normal(shape, deviation: 0.15))
        }
        try SafetensorsWriter().write(sources, to: model.appending(path: "model.safetensors"))
    }

    func remove() { try? FileManager.default.removeItem(at: root) }

    func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: root.appending(path: name)) }

    private func config(_ vocabulary: Int) -> [String: Any] {
        var config: [String: Any] = ["model_type": family, "vocab_size": vocabulary, "max_position_embeddings": 40]
        if family == "distilbert" {
            config.merge(["dim": 24, "n_layers": 2, "n_heads": 4, "hidden_dim": 48]) { $1 }
        } else {
            config.merge(["hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48]) { $1 }
        }
        if family == "modernbert" { config.merge(["local_attention": 4, "global_attn_every_n_layers": 2]) { $1 } }
        if family == "roberta" { config["type_vocab_size"] = 1 }
        return config
    }

    // MARK: Tokenizers

    /// `vocab.txt`: BERT and DistilBERT.
    private func wordPiece() throws -> Int {
        let letters = "abcdefghijklmnopqrstuvwxyz0123456789.?".map(String.init)
        let vocabulary =
            ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + letters + letters.map { "##" + $0 } + Self.words.filter { $0.count > 1 }
        try Data((vocabulary.joined(separator: "\n") + "\n").utf8).write(to: model.appending(path: "vocab.txt"))
        return vocabulary.count
    }

    /// Every byte, and for each word with a space before it the merges that make one token of it.
    private func byteLevelParts(_ front: [String]) -> (vocabulary: [String: Int], merges: [[String]]) {
        var vocabulary: [String: Int] = [:]
        func add(_ token: String) { if vocabulary[token] == nil { vocabulary[token] = vocabulary.count } }
        front.forEach(add)
        for byte in 0..<256 { add(byteLetter(byte)) }
        var merges: [[String]] = []
        for word in Self.words {
            var whole = "Ġ"
            for letter in word.map(String.init) {
                if vocabulary[whole + letter] == nil { merges.append([whole, letter]) }
                whole += letter
                add(whole)
            }
        }
        return (vocabulary, merges)
    }

    /// The letter that byte-level BPE writes for a byte.
    private func byteLetter(_ byte: Int) -> String {
        let plain = Array(33...126) + Array(161...172) + Array(174...255)
        if plain.contains(byte) { return String(UnicodeScalar(UInt8(byte))) }
        let others = (0..<256).filter { !plain.contains($0) }
        return UnicodeScalar(256 + (others.firstIndex(of: byte) ?? 0)).map { String($0) } ?? ""
    }

    /// `vocab.json` and `merges.txt`: RoBERTa, with a space before the first word.
    private func byteLevel() throws -> Int {
        var (vocabulary, merges) = byteLevelParts(["<s>", "<pad>", "</s>", "<unk>"])
        vocabulary["<mask>"] = vocabulary.count
        try JSONSerialization.data(withJSONObject: vocabulary).write(to: model.appending(path: "vocab.json"))
        let lines = ["#version: 0.2"] + merges.map { $0.joined(separator: " ") }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: model.appending(path: "merges.txt"))
        let mask: [String: Any] = [
            "__type": "AddedToken", "content": "<mask>", "lstrip": true, "rstrip": false, "normalized": true, "single_word": false,
        ]
        let settings: [String: Any] = ["tokenizer_class": "RobertaTokenizer", "add_prefix_space": true, "mask_token": mask]
        try JSONSerialization.data(withJSONObject: settings).write(to: model.appending(path: "tokenizer_config.json"))
        return vocabulary.count
    }

    /// `tokenizer.json`: ModernBERT.
    private func byteLevelFile() throws -> Int {
        var (vocabulary, merges) = byteLevelParts(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
        vocabulary["[MASK]"] = vocabulary.count
        let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map { text -> [String: Any] in
            [
                "id": vocabulary[text] ?? 0, "content": text, "single_word": false, "lstrip": text == "[MASK]", "rstrip": false,
                "normalized": false, "special": true,
            ]
        }
        func token(_ text: String) -> [String: Any] { ["SpecialToken": ["id": text, "type_id": 0]] }
        func sequence(_ id: String) -> [String: Any] { ["Sequence": ["id": id, "type_id": 0]] }
        let single = [token("[CLS]"), sequence("A"), token("[SEP]")]
        let byteLevel: [String: Any] = ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true]
        let json: [String: Any] = [
            "version": "1.0", "truncation": NSNull(), "padding": NSNull(), "added_tokens": special, "normalizer": ["type": "NFC"],
            "pre_tokenizer": byteLevel, "decoder": byteLevel,
            "post_processor": [
                "type": "TemplateProcessing", "single": single, "pair": single + [sequence("B"), token("[SEP]")],
                "special_tokens": Dictionary(
                    uniqueKeysWithValues: ["[CLS]", "[SEP]"].map { text -> (String, Any) in
                        (text, ["id": text, "ids": [vocabulary[text] ?? 0], "tokens": [text]] as [String: Any])
                    }),
            ],
            "model": [
                "type": "BPE", "dropout": NSNull(), "unk_token": NSNull(), "continuing_subword_prefix": NSNull(),
                "end_of_word_suffix": NSNull(), "fuse_unk": false, "byte_fallback": false, "ignore_merges": false, "vocab": vocabulary,
                "merges": merges,
            ],
        ]
        try JSONSerialization.data(withJSONObject: json).write(to: model.appending(path: "tokenizer.json"))
        return vocabulary.count
    }

    // MARK: Data

    /// Repeatable numbers for data.
    struct Draw {
        var state: UInt64

        mutating func callAsFunction(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(below))
        }
    }

    /// A plan of a recipe whose files lie in this folder; `data`, `tuning` and `training` as YAML writes them.
    func recipe(_ task: String, data: String, tuning: String = "full", _ training: String, extra: String = "") throws -> URL {
        let url = root.appending(path: "recipe-\(UUID().uuidString.prefix(6)).yaml")
        let text = """
            model: model
            task: {kind: \(task)}
            data: {\(data)}
            tuning: {method: \(tuning)}
            training: {\(training), batchSize: 8, precision: float32, threads: 1}
            output: {folder: runs}
            \(extra)
            """
        try text.write(to: url, atomically: true, encoding: .utf8)
        return url
    }
}
