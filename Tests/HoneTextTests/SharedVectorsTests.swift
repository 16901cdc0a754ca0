import Foundation
import HoneText
import Testing

/// Real vocabularies against vectors other projects publish.
@Suite("Shared vectors")
struct SharedVectorsTests {
    private static let tokenizerFile = "tok-bert/minilm-tokenizer.json"
    private static let bge = "tok-llamacpp-vectors/ggml-vocab-bert-bge.gguf"
    private static let reason: Comment = "../shared/data/tok-bert or tok-llamacpp-vectors is absent beside the checkout"

    private func tokenizer() throws -> Tokenizer {
        try Tokenizer(json: Data(contentsOf: SharedData.file(Self.tokenizerFile)), file: Self.tokenizerFile)
    }

    private func load<T: Decodable>(_ type: T.Type, _ path: String) throws -> T {
        try JSONDecoder().decode(type, from: Data(contentsOf: SharedData.file(path)))
    }

    @Test(
        "SQuAD questions give the published ids",
        .enabled(if: SharedData.has(tokenizerFile, "tok-bert/question_tokens.json", "tok-bert/tokenized_questions.json"), reason))
    func questions() throws {
        struct Question: Decodable { var original: String }
        let tokenizer = try tokenizer()
        let questions = try load([Question].self, "tok-bert/question_tokens.json")
        let expected = try load([[Int32]].self, "tok-bert/tokenized_questions.json")
        #expect(questions.count == expected.count && questions.count > 1000)
        let found = tokenizer.encodeBatch(questions.map(\.original), threads: 2)
        for (index, row) in expected.enumerated() {
            #expect(Array(found[index].dropFirst().dropLast()) == row, "\(questions[index].original)")
        }
    }

    @Test(
        "bert-base-uncased cases give the published ids",
        .enabled(if: SharedData.has(tokenizerFile, "tok-bert/tokenizer_tests.json"), reason))
    func cases() throws {
        struct Encoded: Decodable { var input_ids: [Int32] }
        struct Case: Decodable { var input: String, encoded: Encoded }
        let tokenizer = try tokenizer()
        let cases = try #require(try load([String: [Case]].self, "tok-bert/tokenizer_tests.json")["bert-base-uncased"])
        for row in cases { #expect(tokenizer.encodeIDs(row.input) == row.encoded.input_ids, "\(row.input)") }
        #expect(!cases.isEmpty)
    }

    @Test(
        "llama.cpp's bert-bge cases give the published ids", .enabled(if: SharedData.has(tokenizerFile, bge + ".inp", bge + ".out"), reason)
    )
    func bertBGE() throws {
        let tokenizer = try tokenizer()
        let texts = try String(contentsOf: SharedData.file(Self.bge + ".inp"), encoding: .utf8).components(
            separatedBy: "\n__ggml_vocab_test__\n")
        let lines = try String(contentsOf: SharedData.file(Self.bge + ".out"), encoding: .utf8).components(separatedBy: "\n")
        #expect(texts.count > 30 && lines.count >= texts.count)
        for (text, line) in zip(texts, lines) {
            let expected = line.split(separator: " ").compactMap { Int32($0) }
            #expect(tokenizer.encode(text, addSpecialTokens: false).ids == expected, "\(text.debugDescription)")
        }
    }

    private static let gpt2 = "tok-llamacpp-vectors/ggml-vocab-gpt-2.gguf"
    private static let qwen2 = "tok-llamacpp-vectors/ggml-vocab-qwen2.gguf"
    private static let gpt2File = "tok-gpt2/gpt2_tokenizer.json"

    /// Compares with llama.cpp's texts and ids, which have no special tokens around them.
    private func compare(_ tokenizer: Tokenizer, _ vectors: String) throws {
        let texts = try String(contentsOf: SharedData.file(vectors + ".inp"), encoding: .utf8).components(
            separatedBy: "\n__ggml_vocab_test__\n")
        let lines = try String(contentsOf: SharedData.file(vectors + ".out"), encoding: .utf8).components(separatedBy: "\n")
        #expect(texts.count > 30 && lines.count >= texts.count)
        for (text, line) in zip(texts, lines) {
            let expected = line.split(separator: " ").compactMap { Int32($0) }
            #expect(tokenizer.encode(text, addSpecialTokens: false).ids == expected, "\(text.debugDescription)")
            #expect(Array(tokenizer.decode(expected).utf8) == Array(text.utf8))
        }
    }

    @Test("llama.cpp's gpt-2 cases give the published ids", .enabled(if: SharedData.has(gpt2File, gpt2 + ".inp", gpt2 + ".out"), reason))
    func gpt2Cases() throws {
        try compare(Tokenizer(json: Data(contentsOf: SharedData.file(Self.gpt2File)), file: Self.gpt2File), Self.gpt2)
    }

    @Test("distilgpt2 cases give the published ids", .enabled(if: SharedData.has(gpt2File, "tok-bert/tokenizer_tests.json"), reason))
    func publishedGPT2() throws {
        struct Encoded: Decodable { var input_ids: [Int32] }
        struct Case: Decodable { var input: String, encoded: Encoded }
        let tokenizer = try Tokenizer(json: Data(contentsOf: SharedData.file(Self.gpt2File)), file: Self.gpt2File)
        let cases = try #require(try load([String: [Case]].self, "tok-bert/tokenizer_tests.json")["distilgpt2"])
        for row in cases { #expect(tokenizer.encodeIDs(row.input) == row.encoded.input_ids, "\(row.input)") }
        #expect(!cases.isEmpty)
    }

    @Test(
        "llama.cpp's qwen2 cases give the published ids",
        .enabled(if: SharedData.has("tok-qwen2/vocab.json", "tok-qwen2/merges.txt", qwen2 + ".inp", qwen2 + ".out"), reason))
    func qwen2Cases() throws {
        let vocabulary = try String(contentsOf: SharedData.file("tok-qwen2/vocab.json"), encoding: .utf8)
        let text = try Data(contentsOf: SharedData.file("tok-qwen2/merges.txt"))
        let merges = text.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        let list = String(decoding: try JSONEncoder().encode(merges), as: UTF8.self)
        let pattern =
            ##"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"##
            + ##"|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"##
        let json = tokenizerJSON(
            normalizer: #"{"type":"NFC"}"#,
            preTokenizer: """
                {"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\(pattern)"},"behavior":"Isolated","invert":false},
                {"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false,"use_regex":false}]}
                """,
            decoder: #"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false,"use_regex":false}"#,
            model: #"{"type":"BPE","vocab":\#(vocabulary),"merges":\#(list)}"#)
        try compare(Tokenizer(json: json, file: "qwen2"), Self.qwen2)
    }

    @Test("the real tokenizer.json declares what Hone does not apply", .enabled(if: SharedData.has(tokenizerFile), reason))
    func declared() throws {
        let tokenizer = try tokenizer()
        #expect(tokenizer.declaredMaximumLength == 512)
        #expect(tokenizer.vocabularySize == 30522)
        #expect(tokenizer.padID == 0)
        #expect(tokenizer.encodeIDs(String(repeating: "a ", count: 600)).count == 602)
    }
}
