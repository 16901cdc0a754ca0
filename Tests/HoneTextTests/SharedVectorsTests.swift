import Foundation
import HoneText
import Testing

/// Real vocabularies against vectors other projects publish, and against what their own libraries make of real texts.
@Suite("Shared vectors")
struct SharedVectorsTests {
    private static let tokenizerFile = "tok-bert/minilm-tokenizer.json"
    private static let botchan = "tok-sentencepiece/botchan.txt"
    private static let questions = "tok-bert/question_tokens.json"
    private static let hard = "tok-llamacpp-vectors/ggml-vocab-gpt-2.gguf.inp"
    private static let reason: Comment = "../shared/data/tok-* is absent beside the checkout"
    private static let isThere = SharedData.has(tokenizerFile, botchan, questions, hard, "tok-gpt2/gpt2.tiktoken", "tok-qwen2/merges.txt")

    @Test("published ids and texts", .enabled(if: isThere, reason), arguments: VectorSet.all)
    func published(_ set: VectorSet) throws {
        let tokenizer = try set.tokenizer(), cases = try set.cases()
        #expect(cases.count > 15)
        for row in cases {
            let expected = Array(row.ids.dropFirst(set.frame.before).dropLast(set.frame.after))
            let found = tokenizer.encode(row.text, addSpecialTokens: set.addsSpecialTokens)
            #expect(found.ids == expected, "\(row.text.debugDescription)")
            #expect(!set.addsSpecialTokens || tokenizer.encodeIDs(row.text) == expected, "\(row.text.debugDescription)")
            guard let text = row.decoded else { continue }
            #expect(Array(tokenizer.decode(expected).utf8) == Array(text.utf8), "\(row.text.debugDescription)")
        }
    }

    private struct Model: Decodable {
        var file: String, lines: Int, ids: Int, hashes: String
    }

    private struct Record: Decodable {
        var block: Int
        var models: [Model]
    }

    private static func record() throws -> Record {
        try JSONDecoder().decode(Record.self, from: Data(contentsOf: UnigramFixture.file("shared-vectors.json")))
    }

    private static func lines() throws -> [String] {
        struct Question: Decodable { var original: String }
        func read(_ path: String) throws -> Data { try Data(contentsOf: SharedData.file(path)) }
        let asked = try JSONDecoder().decode([Question].self, from: read(questions)).prefix(1500).map(\.original)
        let novel = try read(botchan).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return novel.map { String(decoding: $0, as: UTF8.self) } + asked
            + String(decoding: try read(hard), as: UTF8.self).components(separatedBy: "\n__ggml_vocab_test__\n")
    }

    @Test("SentencePiece models and ranks of tiktoken give what their libraries give", .enabled(if: isThere, reason), arguments: 0..<9)
    func libraries(_ index: Int) throws {
        let record = try Self.record(), lines = try Self.lines()
        #expect(record.models.count == 9)
        let model = record.models[index]
        let tokenizer = try VectorSet.ranks(model.file)
        #expect(lines.count == model.lines)
        var ids = 0
        for (block, hash) in model.hashes.split(separator: " ").enumerated() {
            let first = block * record.block, last = min(first + record.block, lines.count)
            var text = ""
            for line in lines[first..<last] {
                let found = tokenizer.encode(line, addSpecialTokens: false).ids
                ids += found.count
                text += found.map(String.init).joined(separator: " ") + "\n" + tokenizer.decode(found) + "\n"
            }
            #expect(JinjaFixture.fnv(text) == hash, "\(model.file), lines \(first)..<\(last)")
        }
        #expect(ids == model.ids, "\(model.file)")
    }

    @Test("the real tokenizer.json declares what Hone does not apply", .enabled(if: SharedData.has(tokenizerFile), reason))
    func declared() throws {
        let tokenizer = try Tokenizer(json: Data(contentsOf: SharedData.file(Self.tokenizerFile)), file: Self.tokenizerFile)
        #expect(tokenizer.declaredMaximumLength == 512)
        #expect(tokenizer.vocabularySize == 30522)
        #expect(tokenizer.padID == 0)
        #expect(tokenizer.encodeIDs(String(repeating: "a ", count: 600)).count == 602)
    }
}
