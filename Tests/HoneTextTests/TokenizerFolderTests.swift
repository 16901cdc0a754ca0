import Foundation
import HoneText
import Testing

@Suite("TokenizerFolder")
struct TokenizerFolderTests {
    /// A folder that goes away after `body`.
    private func inFolder(_ files: [String: Data], _ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hone-text-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, data) in files { try data.write(to: folder.appending(path: name)) }
        try body(folder)
    }

    private func data(_ text: String) -> Data { Data(text.utf8) }

    @Test("vocab.txt becomes BERT's tokenizer, with the settings beside it")
    func bert() throws {
        let vocab = data("[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\n##re\nThe\n")
        try inFolder(["vocab.txt": vocab]) { folder in
            let tokenizer = try Tokenizer(folder: folder)
            #expect(tokenizer.encodeIDs("There the [SEP]") == [2, 4, 5, 4, 3, 3])
            #expect(tokenizer.encode("the", pair: "the").typeIDs == [0, 0, 0, 1, 1])
            #expect(tokenizer.padID == 0)
        }
        let config = data(#"{"tokenizer_class":"BertTokenizer","do_lower_case":false,"pad_token":"[PAD]","unk_token":{"content":"[UNK]"}}"#)
        try inFolder(["vocab.txt": vocab, "tokenizer_config.json": config]) { folder in
            let tokenizer = try Tokenizer(folder: folder)
            #expect(tokenizer.encodeIDs("There the") == [2, 6, 5, 4, 3])
            #expect(tokenizer.specialTokens.pad == SpecialTokens.Token(text: "[PAD]", id: 0))
            #expect(tokenizer.specialTokens.unk?.id == 1)
            #expect(tokenizer.specialTokens.bos == nil)
        }
    }

    @Test("vocab.json with merges.txt needs to know its family")
    func merges() throws {
        let letters = ["\"a\":0", "\"b\":1", "\"Ġ\":2", "\"ab\":3", "\"Ġab\":4"]
        let vocab = data("{" + letters.joined(separator: ",") + "}"), list = data("#version: 0.2\na b\nĠ ab\n")
        let files = ["vocab.json": vocab, "merges.txt": list]
        try inFolder(files) { folder in
            do {
                _ = try Tokenizer(folder: folder)
                Issue.record("the family was guessed")
            } catch { #expect("\(error)".contains("tokenizer_class")) }
        }
        let config = data(
            #"{"tokenizer_class":"GPT2Tokenizer","bos_token":"<|end|>","eos_token":"<|end|>","added_tokens_decoder":"#
                + #"{"5":{"content":"<|end|>","lstrip":false,"normalized":false,"rstrip":false,"single_word":false,"special":true}}}"#)
        try inFolder(files.merging(["tokenizer_config.json": config]) { $1 }) { folder in
            let tokenizer = try Tokenizer(folder: folder)
            #expect(tokenizer.encodeIDs("ab ab<|end|>a") == [3, 4, 5, 0])
            #expect(tokenizer.decode([3, 4, 5]) == "ab ab")
            #expect(tokenizer.specialTokens.eos == SpecialTokens.Token(text: "<|end|>", id: 5))
        }
        try inFolder(files.merging(["config.json": data(#"{"model_type":"gpt2"}"#)]) { $1 }) { folder in
            let ids = try Tokenizer(folder: folder).encodeIDs("ab")
            #expect(ids == [3])
        }
        try inFolder(files.merging(["config.json": data(#"{"model_type":"odd"}"#)]) { $1 }) { folder in
            #expect(throws: TokenizerError.self) { _ = try Tokenizer(folder: folder) }
        }
    }

    @Test("ranks of tiktoken become byte-level BPE")
    func ranks() throws {
        let tokens = ["a", "b", " ", "ab", " ab"].enumerated().map { "\(Data($1.utf8).base64EncodedString()) \($0)" }
        let config = data(#"{"model_type":"llama"}"#)
        for name in ["tokenizer.model", "x.tiktoken"] {
            let files = [name: data(tokens.joined(separator: "\n") + "\n"), "config.json": config]
            try inFolder(files) { folder in
                let ids = try Tokenizer(folder: folder).encodeIDs("ab aba")
                #expect(ids == [3, 4, 0])
            }
        }
        try inFolder(["x.tiktoken": data("YQ== 0\nnonsense\n"), "config.json": config]) { folder in
            do {
                _ = try Tokenizer(folder: folder)
                Issue.record("nonsense was read")
            } catch { #expect("\(error)".contains("line 2")) }
        }
    }

    @Test("a SentencePiece model gets the tokens of its family around the text")
    func sentencePiece() throws {
        let model = try Data(contentsOf: UnigramFixture.file("sentencepiece-unigram.model"))
        let plain = try Tokenizer(sentencePiece: model, file: "m").encodeIDs("the card")
        let start = try #require(try Tokenizer(sentencePiece: model, file: "m").id(of: "<s>"))
        let end = try #require(try Tokenizer(sentencePiece: model, file: "m").id(of: "</s>"))
        try inFolder(["tokenizer.model": model]) { folder in
            let ids = try Tokenizer(folder: folder).encodeIDs("the card")
            #expect(ids == plain)
        }
        let llama = data(#"{"tokenizer_class":"LlamaTokenizer","bos_token":"<s>","eos_token":"</s>"}"#)
        try inFolder(["tokenizer.model": model, "tokenizer_config.json": llama]) { folder in
            let tokenizer = try Tokenizer(folder: folder)
            #expect(tokenizer.encodeIDs("the card") == [start] + plain)
            #expect(tokenizer.decode(tokenizer.encodeIDs("the card")) == "the card")
        }
        let t5 = data(#"{"tokenizer_class":"T5Tokenizer","eos_token":"</s>","extra_ids":3}"#)
        try inFolder(["spiece.model": model, "tokenizer_config.json": t5]) { folder in
            let tokenizer = try Tokenizer(folder: folder)
            #expect(tokenizer.encodeIDs("the card") == plain + [end])
            #expect(tokenizer.id(of: "<extra_id_0>") == Int32(tokenizer.vocabularySize - 1))
            #expect(tokenizer.id(of: "<extra_id_2>") == Int32(tokenizer.vocabularySize - 3))
        }
    }

    /// A file of Fixtures/make/tokenizer_folders.py.
    private struct Cases: Decodable {
        struct Row: Decodable {
            var text: String, pair: String?
            var ids: [Int32], typeIDs: [Int32], bounds: [Int]

            init(from decoder: any Decoder) throws {
                var row = try decoder.unkeyedContainer()
                text = try row.decode(String.self)
                pair = try row.decodeNil() ? nil : row.decode(String.self)
                (ids, typeIDs, bounds) = (try row.decode([Int32].self), try row.decode([Int32].self), try row.decode([Int].self))
            }
        }
        var cases: [Row]
    }

    @Test(
        "the folders of encoder families give Transformers' ids, type ids and offsets, for texts and pairs",
        arguments: ["roberta", "roberta-prefix", "roberta-saved", "distilbert", "modernbert", "xlm-roberta", "camembert"])
    func encoders(_ name: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/folders/\(name)")
        let tokenizer = try Tokenizer(folder: folder)
        let cases = try JSONDecoder().decode(Cases.self, from: Data(contentsOf: folder.appending(path: "cases.json"))).cases
        #expect(cases.count == 47 && cases.contains { $0.pair != nil })
        for row in cases {
            let found = tokenizer.encode(row.text, pair: row.pair)
            #expect(found.ids == row.ids, "\(name): \(row.text.debugDescription), \(String(describing: row.pair))")
            #expect(tokenizer.encodeIDs(row.text, pair: row.pair) == row.ids)
            // ModernBERT reads no type ids, so its tokenizer gives none, whatever the file says.
            if name != "modernbert" { #expect(found.typeIDs == row.typeIDs, "\(name): \(row.text.debugDescription)") }
            #expect(found.offsets.flatMap { [$0.lowerBound, $0.upperBound] } == row.bounds, "\(name): \(row.text.debugDescription)")
        }
    }

    @Test("a SentencePiece model whose ids are numbered otherwise is refused, not read wrongly", arguments: ["xlm-roberta", "camembert"])
    func renumbered(_ family: String) throws {
        let model = try Data(contentsOf: UnigramFixture.file("sentencepiece-unigram.model"))
        try inFolder(["sentencepiece.bpe.model": model, "config.json": data(#"{"model_type":"\#(family)"}"#)]) { folder in
            let error = try #require(throws: TokenizerError.self) { _ = try Tokenizer(folder: folder) }
            #expect("\(error)".contains("tokenizer.json"))
        }
    }
}
