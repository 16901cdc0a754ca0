import Foundation
import HoneText
import Testing

/// A public vocabulary with texts and the ids that others publish for them, or that Fixtures/make/shared_vectors.py wrote down.
///
/// All that ../shared/data/tok-* has is here, but for vectors whose vocabulary is not there: llama-bpe and roberta-bpe of llama.cpp; and
/// falcon-7b, gemma, Llama 3.2 and DistilBERT multilingual of tokenizer_tests.json.
struct VectorSet: Sendable, CustomTestStringConvertible {
    struct Case: Sendable {
        var text: String
        var ids: [Int32]
        /// What the ids without special ones mean, where that is published.
        var decoded: String?
    }

    var testDescription: String
    /// The tokenizer, read as a user reads it.
    var tokenizer: @Sendable () throws -> Tokenizer
    var cases: @Sendable () throws -> [Case]
    var addsSpecialTokens = false
    /// How many ids of Whisper's prompt stand before and behind a text.
    var frame = (before: 0, after: 0)

    static let all = llamaCpp + transformers + questions

    private static func data(_ path: String) throws -> Data { try Data(contentsOf: SharedData.file(path)) }

    /// Reads a folder with these files: a path in ../shared/data, or the content itself.
    static func folder(_ files: [String: String], contents: [String: Data] = [:]) throws -> Tokenizer {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hone-vectors-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, path) in files { try data(path).write(to: folder.appending(path: name)) }
        for (name, content) in contents { try content.write(to: folder.appending(path: name)) }
        return try Tokenizer(folder: folder)
    }

    private static func config(_ text: String) -> [String: Data] { ["tokenizer_config.json": Data(text.utf8)] }

    // The vocabularies, each in the form it was published in.

    private static let bertText: @Sendable () throws -> Tokenizer = {
        try folder(["vocab.txt": "tok-bert/bert-vocab.txt"], contents: config(#"{"tokenizer_class":"BertTokenizer"}"#))
    }
    private static let miniLM: @Sendable () throws -> Tokenizer = {
        try folder(["tokenizer.json": "tok-bert/minilm-tokenizer.json", "tokenizer_config.json": "tok-bert/minilm-tokenizer_config.json"])
    }
    private static let gpt2JSON: @Sendable () throws -> Tokenizer = { try folder(["tokenizer.json": "tok-gpt2/gpt2_tokenizer.json"]) }
    private static let gpt2Merges: @Sendable () throws -> Tokenizer = {
        try folder(
            ["vocab.json": "tok-gpt2/gpt2_bpe_encoder.json", "merges.txt": "tok-gpt2/gpt2_bpe_vocab.bpe"],
            contents: config(#"{"tokenizer_class":"GPT2Tokenizer","eos_token":"<|endoftext|>"}"#))
    }
    private static let gpt2Ranks: @Sendable () throws -> Tokenizer = { try ranks("tok-gpt2/gpt2.tiktoken") }
    private static let whisper: @Sendable () throws -> Tokenizer = { try ranks("tok-gpt2/multilingual.tiktoken") }
    private static let qwenMerges: @Sendable () throws -> Tokenizer = {
        try folder([
            "vocab.json": "tok-qwen2/vocab.json", "merges.txt": "tok-qwen2/merges.txt",
            "tokenizer_config.json": "tok-qwen2/tokenizer_config.json",
        ])
    }
    private static let qwenRanks: @Sendable () throws -> Tokenizer = { try ranks("tok-qwen2/qwen.tiktoken") }
    private static let t5: @Sendable () throws -> Tokenizer = {
        let text = #"{"tokenizer_class":"T5Tokenizer","eos_token":"</s>","pad_token":"<pad>","unk_token":"<unk>"}"#
        return try folder(["spiece.model": "tok-sentencepiece/t5_tokenizer_base.model"], contents: config(text))
    }
    private static let llama: @Sendable () throws -> Tokenizer = {
        let model = try GGUFVocabulary(data("tok-llamacpp-vectors/ggml-vocab-llama-spm.gguf")).sentencePieceModel
        let text = #"{"tokenizer_class":"LlamaTokenizer","bos_token":"<s>","eos_token":"</s>","unk_token":"<unk>"}"#
        return try folder([:], contents: config(text).merging(["tokenizer.model": model]) { first, _ in first })
    }

    /// A file of tiktoken ranks or a SentencePiece model by itself.
    static func ranks(_ path: String) throws -> Tokenizer { try ranks(SharedData.file(path)) }

    static func ranks(_ file: URL) throws -> Tokenizer {
        let content = try Data(contentsOf: file)
        if file.pathExtension == "model" { return try folder([:], contents: ["spiece.model": content]) }
        let type = file.path.contains("qwen") ? "qwen2" : "gpt2"
        return try folder([:], contents: ["ranks.tiktoken": content, "config.json": Data(#"{"model_type":"\#(type)"}"#.utf8)])
    }

    // The vectors.

    private static var llamaCpp: [VectorSet] {
        func set(_ name: String, _ form: String, _ tokenizer: @escaping @Sendable () throws -> Tokenizer, decodes: Bool = true) -> VectorSet
        {
            VectorSet(testDescription: "llama.cpp's \(name) with \(form)", tokenizer: tokenizer) {
                let file = "tok-llamacpp-vectors/ggml-vocab-\(name).gguf"
                let texts = String(decoding: try data(file + ".inp"), as: UTF8.self).components(separatedBy: "\n__ggml_vocab_test__\n")
                let lines = String(decoding: try data(file + ".out"), as: UTF8.self).components(separatedBy: "\n")
                guard texts.count > 30, lines.count >= texts.count else { return [] }
                return zip(texts, lines).map { text, line in
                    Case(text: text, ids: line.split(separator: " ").compactMap { Int32($0) }, decoded: decodes ? text : nil)
                }
            }
        }
        return [
            set("bert-bge", "tokenizer.json", miniLM, decodes: false), set("bert-bge", "vocab.txt", bertText, decodes: false),
            set("gpt-2", "tokenizer.json", gpt2JSON), set("gpt-2", "merges", gpt2Merges), set("gpt-2", "ranks", gpt2Ranks),
            set("qwen2", "merges", qwenMerges), set("qwen2", "ranks", qwenRanks), set("llama-spm", "the pieces of its gguf", llama),
        ]
    }

    /// Most decoded texts there have spaces before punctuation cleaned away, which Hone leaves alone.
    private static var transformers: [VectorSet] {
        struct Encoded: Decodable { var input_ids: [Int32] }
        struct Row: Decodable { var input: String, encoded: Encoded, decoded_without_special: String }
        func set(
            _ name: String, _ form: String, _ tokenizer: @escaping @Sendable () throws -> Tokenizer, decodes: Bool = false,
            frame: (before: Int, after: Int) = (0, 0)
        ) -> VectorSet {
            var result = VectorSet(testDescription: "\(name) with \(form)", tokenizer: tokenizer) {
                try (JSONDecoder().decode([String: [Row]].self, from: data("tok-bert/tokenizer_tests.json"))[name] ?? []).map {
                    Case(text: $0.input, ids: $0.encoded.input_ids, decoded: decodes ? $0.decoded_without_special : nil)
                }
            }
            (result.addsSpecialTokens, result.frame) = (frame == (0, 0), frame)
            return result
        }
        var sets: [VectorSet] = []
        for name in ["bert-base-uncased", "google-bert/bert-base-uncased"] {
            sets.append(set(name, "tokenizer.json", miniLM))
            sets.append(set(name, "vocab.txt", bertText))
        }
        return sets + [
            set("distilgpt2", "tokenizer.json", gpt2JSON), set("distilgpt2", "merges", gpt2Merges), set("distilgpt2", "ranks", gpt2Ranks),
            set("openai/whisper-tiny.en", "ranks", gpt2Ranks, frame: (2, 1)),
            set("openai/whisper-large-v2", "ranks", whisper, frame: (2, 1)), set("t5-base", "its model", t5),
            set("coreml-projects/Llama-2-7b-chat-coreml", "the pieces of a gguf", llama, decodes: true),
        ]
    }

    private static var questions: [VectorSet] {
        struct Question: Decodable { var original: String }
        let cases: @Sendable () throws -> [Case] = {
            let texts = try JSONDecoder().decode([Question].self, from: data("tok-bert/question_tokens.json"))
            let ids = try JSONDecoder().decode([[Int32]].self, from: data("tok-bert/tokenized_questions.json"))
            return texts.count == ids.count ? zip(texts, ids).map { Case(text: $0.original, ids: $1) } : []
        }
        return [
            VectorSet(testDescription: "SQuAD questions with tokenizer.json", tokenizer: miniLM, cases: cases),
            VectorSet(testDescription: "SQuAD questions with vocab.txt", tokenizer: bertText, cases: cases),
        ]
    }
}

/// The pieces of a vocabulary in llama.cpp's format.
struct GGUFVocabulary {
    private let bytes: [UInt8]
    private var place = 0
    private var tokens: [String] = [], scores: [Float] = [], types: [Int32] = []

    init(_ data: Data) throws {
        bytes = [UInt8](data)
        place = 4 + 4 + 8
        let count: UInt64 = read()
        for _ in 0..<count {
            let key = text()
            let type: UInt32 = read()
            let element: UInt32 = type == 9 ? read() : type
            let length: UInt64 = type == 9 ? read() : 1
            for _ in 0..<length { try value(key, element) }
        }
    }

    private mutating func read<T: BitwiseCopyable>() -> T {
        defer { place += MemoryLayout<T>.size }
        return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: T.self) }
    }

    private mutating func text() -> String {
        let count = Int(read() as UInt64)
        defer { place += count }
        return String(decoding: bytes[place..<place + count], as: UTF8.self)
    }

    private mutating func value(_ key: String, _ type: UInt32) throws {
        switch (type, key) {
        case (8, "tokenizer.ggml.tokens"): tokens.append(text())
        case (6, "tokenizer.ggml.scores"): scores.append(read())
        case (5, "tokenizer.ggml.token_type"): types.append(read())
        case (8, _): _ = text()
        default: place += try #require([0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8][type])
        }
    }

    /// The same as a SentencePiece model: BPE that falls back to bytes, with a space before the text and none removed.
    var sentencePieceModel: Data {
        func varint(_ value: Int) -> [UInt8] { value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + varint(value >> 7) }
        func field(_ number: Int, _ content: [UInt8]) -> [UInt8] { varint(number << 3 | 2) + varint(content.count) + content }
        func field(_ number: Int, _ value: Int) -> [UInt8] { varint(number << 3) + varint(value) }
        var result: [UInt8] = []
        for index in tokens.indices {
            let score = withUnsafeBytes(of: scores[index].bitPattern.littleEndian) { [UInt8]($0) }
            result += field(1, field(1, Array(tokens[index].utf8)) + [2 << 3 | 5] + score + field(3, Int(types[index])))
        }
        return Data(result + field(2, field(3, 2) + field(35, 1)) + field(3, field(3, 1) + field(4, 0) + field(5, 1)))
    }
}
