import Foundation
import HoneData
import HoneText
import Testing

/// Real data sets, read whole.
@Suite("Shared examples")
struct SharedExamplesTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared/data").standardizedFileURL

    static func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: folder.appending(path: path).path) }

    static let files: [(String, ExampleFormat, Int)] = [
        ("instruct-self-instruct/seed_tasks.jsonl", .selfInstruct, 175),
        ("instruct-self-instruct/user_oriented_instructions.jsonl", .selfInstruct, 252),
        ("math-gsm8k/train.jsonl", .promptCompletion, 7473), ("math-gsm8k/test.jsonl", .promptCompletion, 1319),
        ("ner-wnut17/wnut17train.conll", .conll, 3394), ("ner-wnut17/emerging.dev.conll", .conll, 1009),
        ("ner-wnut17/emerging.test.annotated", .conll, 1287), ("summ-scitldr/train.jsonl", .pair, 1992),
        ("summ-scitldr/dev.jsonl", .pair, 619), ("summ-scitldr/test.jsonl", .pair, 618),
        ("lm-text-tinyshakespeare/input.txt", .plainText, 1), ("lm-text-wikitext2/valid.txt", .plainText, 1),
    ]

    @Test(
        "every file is read with its format found",
        .enabled(if: has("math-gsm8k/train.jsonl"), "../shared/data is absent beside the checkout"),
        arguments: files)
    func reads(path: String, format: ExampleFormat, count: Int) throws {
        let read = try ExampleReader().read(Self.folder.appending(path: path), name: path)
        #expect(read.report.format == format && read.examples.count == count)
    }

    @Test(
        "WNUT 17 becomes rows with a real tokenizer: every word has its tag",
        .enabled(if: has("ner-wnut17/wnut17train.conll") && has("tok-bert/minilm-tokenizer.json"), "../shared/data is absent"))
    func tagged() throws {
        let examples = try ExampleReader().read(Self.folder.appending(path: "ner-wnut17/wnut17train.conll")).examples
        let file = Self.folder.appending(path: "tok-bert/minilm-tokenizer.json")
        let tokenizer = try Tokenizer(json: Data(contentsOf: file), file: "tokenizer.json")
        let tags = try TaggedEncoder.tags(of: examples)
        #expect(tags.count == 13)
        let encoder = TaggedEncoder(tokenizer: tokenizer, tags: tags, maximum: 512)
        let result = try encoder.encode(examples, split: .train)
        let words = examples.reduce(0) { total, example in
            if case .tagged(let sentence, _) = example { total + sentence.words.count } else { total }
        }
        #expect(words == 62730)
        #expect(result.rows.reduce(0) { $0 + $1.row.target.targetCount } == words - result.wordsWithoutToken)
    }

    @Test(
        "GSM8K becomes chats whose answers are learned",
        .enabled(if: has("math-gsm8k/test.jsonl") && has("tok-bert/minilm-tokenizer.json"), "../shared/data is absent"))
    func chats() throws {
        let examples = try ExampleReader().read(Self.folder.appending(path: "math-gsm8k/test.jsonl")).examples
        let file = Self.folder.appending(path: "tok-bert/minilm-tokenizer.json")
        let tokenizer = try Tokenizer(json: Data(contentsOf: file), file: "tokenizer.json")
        let stop = try #require(tokenizer.id(of: "[SEP]"))
        struct Plain: ChatRendering {
            func render(messages: [RawJSON], tools: [RawJSON]?, variables: [RawJSON.Member], addGenerationPrompt: Bool) throws -> String {
                messages.map { "\($0["role"]?.string ?? ""): \($0["content"]?.string ?? "")[SEP]" }.joined()
                    + (addGenerationPrompt ? "assistant: " : "")
            }
        }
        let encoder = CausalEncoder(
            renderer: Plain(), tokenizer: tokenizer, tokens: EndTokens(stops: [stop]), promptsAreChats: true, maximum: 1024)
        let result = try encoder.encode(examples, split: .test)
        try result.certificate.check()
        #expect(result.certificate.turns == 1319 && result.certificate.searchedTurns == 0)
        print("GSM8K test: \(result.certificate.tokens) tokens, \(result.certificate.learnedTokens) learned")
    }
}
