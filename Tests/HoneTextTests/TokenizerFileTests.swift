import Foundation
import HoneText
import Testing

@Suite("TokenizerFile")
struct TokenizerFileTests {
    private func error(_ json: Data) -> TokenizerError? {
        do {
            _ = try Tokenizer(json: json, file: "t.json")
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "a component that Hone does not know is named, with those it knows",
        arguments: [
            ("normalizer", tokenizerJSON(normalizer: #"{"type":"NFX"}"#), "NFX", "BertNormalizer"),
            (
                "normalizer.normalizers[0].type", tokenizerJSON(normalizer: #"{"type":"Sequence","normalizers":[{"type":"NFX"}]}"#),
                "NFX", "NFD"
            ),
            ("pre_tokenizer.type", tokenizerJSON(preTokenizer: #"{"type":"UnicodeScripts"}"#), "UnicodeScripts", "ByteLevel"),
            (
                "post_processor.type", tokenizerJSON(postProcessor: #"{"type":"OtherProcessing"}"#), "OtherProcessing",
                "TemplateProcessing"
            ),
            ("decoder.type", tokenizerJSON(decoder: #"{"type":"CTC"}"#), "CTC", "WordPiece"),
            ("model.type", tokenizerJSON(model: #"{"type":"Other","vocab":{},"merges":[]}"#), "Other", "WordPiece"),
            ("pre_tokenizer.extra", tokenizerJSON(preTokenizer: #"{"type":"BertPreTokenizer","extra":1}"#), "extra", "type"),
        ])
    func unsupported(path: String, json: Data, name: String, known: String) throws {
        let found = try #require(error(json))
        guard case .unsupported(let file, _, let place, let what, let supported) = found else {
            Issue.record("\(found)")
            return
        }
        #expect(file == "t.json" && place.hasPrefix(path) && what == name && supported.contains(known))
        for fact in ["t.json", name, known] { #expect(found.description.contains(fact)) }
    }

    @Test("missing keys are named with their path and line")
    func missing() {
        #expect(error(Data("{}".utf8)) == .missingKey(file: "t.json", line: 1, path: "model"))
        #expect(error(tokenizerJSON(normalizer: "{}")) == .missingKey(file: "t.json", line: 2, path: "normalizer.type"))
        let model = ###"{"type":"WordPiece","continuing_subword_prefix":"##","max_input_chars_per_word":4,"vocab":{"a":0}}"###
        #expect(error(tokenizerJSON(model: model)) == .missingKey(file: "t.json", line: 6, path: "model.unk_token"))
    }

    @Test(
        "wrong types and impossible values are named with their path",
        arguments: [
            ("", Data("[1]".utf8)), ("version", Data(#"{"version":"2.0"}"#.utf8)), ("model", Data(#"{"model":3}"#.utf8)),
            ("model.vocab", tokenizerJSON(vocab: "[]")), ("model.vocab", tokenizerJSON(vocab: "{}")),
            ("model.vocab.a", tokenizerJSON(vocab: #"{"[UNK]":0,"a":"1"}"#)),
            ("model.vocab.a", tokenizerJSON(vocab: #"{"[UNK]":0,"a":-1}"#)),
            ("model.vocab.a", tokenizerJSON(vocab: #"{"[UNK]":0,"a":3000000000}"#)),
            ("model.vocab.a", tokenizerJSON(vocab: #"{"[UNK]":0,"a":1.5}"#)),
            ("model.unk_token", tokenizerJSON(vocab: #"{"a":0}"#)),
            ("normalizer.lowercase", tokenizerJSON(normalizer: #"{"type":"BertNormalizer","lowercase":1}"#)),
            ("added_tokens", tokenizerJSON(added: "3")), ("added_tokens[0].content", tokenizerJSON(added: "[\(addedToken(5, ""))]")),
            ("added_tokens[0].id", tokenizerJSON(added: "[\(addedToken(7, "new"))]")),
            ("added_tokens[0].id", tokenizerJSON(added: "[\(addedToken(2, "a"))]")),
            (
                "added_tokens",
                tokenizerJSON(normalizer: #"{"type":"StripAccents"}"#, added: "[\(addedToken(5, "\u{301}", normalized: true))]")
            ),
            ("truncation.max_length", tokenizerJSON(truncation: #"{"max_length":null,"strategy":"x","stride":"y"}"#)),
            (
                "padding.pad_id",
                tokenizerJSON(padding: #"{"strategy":"BatchLongest","direction":"Right","pad_id":1,"pad_type_id":0,"pad_token":"x"}"#)
            ),
            ("post_processor.sep", tokenizerJSON(postProcessor: #"{"type":"BertProcessing","sep":["a"],"cls":["a",1]}"#)),
            ("post_processor.cls[1]", tokenizerJSON(postProcessor: #"{"type":"BertProcessing","sep":["a",1],"cls":["a",2]}"#)),
        ])
    func wrongValues(path: String, json: Data) throws {
        let found = try #require(error(json), "accepted \(path)")
        switch found {
        case .wrongValue(_, _, let place, _, _): #expect(place == path)
        case .missingKey(_, _, let place): #expect(place == path)
        default: Issue.record("\(found)")
        }
    }

    @Test("two tokens with one id, a key given twice and an added token given twice are refused")
    func duplicates() {
        let ids = tokenizerJSON(vocab: #"{"[UNK]":0,"a":1,"b":1}"#)
        #expect(error(ids) == .duplicateID(file: "t.json", id: 1, tokens: ["a", "b"]))
        #expect(error(tokenizerJSON(vocab: #"{"[UNK]":0,"a":1,"a":2}"#)) == .duplicateKey(file: "t.json", line: 6, path: "a"))
        let twice = tokenizerJSON(added: "[\(addedToken(5, "new")),\(addedToken(5, "new"))]")
        #expect(error(twice) == .duplicateKey(file: "t.json", line: 1, path: "added_tokens[1].content “new”"))
    }

    @Test("composed and decomposed spellings are two keys")
    func equivalentKeys() throws {
        let tokenizer = try Tokenizer(json: tokenizerJSON(vocab: "{\"[UNK]\":0,\"\u{E9}\":1,\"e\u{301}\":2}"), file: "t.json")
        #expect(tokenizer.id(of: "\u{E9}") == 1)
        #expect(tokenizer.id(of: "e\u{301}") == 2)
    }

    @Test("truncation and padding are reported and not applied")
    func declared() throws {
        let json = tokenizerJSON(
            truncation: #"{"direction":"Left","max_length":2,"strategy":"LongestFirst","stride":1}"#,
            padding: #"{"strategy":{"Fixed":8},"direction":"Right","pad_to_multiple_of":8,"pad_id":1,"pad_type_id":3,"pad_token":"a"}"#)
        let tokenizer = try Tokenizer(json: json, file: "t.json")
        #expect(tokenizer.declaredMaximumLength == 2)
        #expect(tokenizer.truncation?.strategy == "LongestFirst")
        #expect(tokenizer.truncation?.direction == "Left")
        #expect(tokenizer.truncation?.stride == 1)
        #expect(tokenizer.padding?.fixedLength == 8)
        #expect(tokenizer.padding?.multipleOf == 8)
        #expect(tokenizer.padding?.typeID == 3)
        #expect(tokenizer.padID == 1)
        #expect(tokenizer.encodeIDs("a a a a") == [1, 1, 1, 1])
        #expect(try Tokenizer(json: tokenizerJSON(), file: "t.json").declaredMaximumLength == nil)
    }

    @Test("a WordPiece model without a type, as old files have it, is read")
    func untypedModel() throws {
        let model = ###"{"unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":4,"vocab":{"[UNK]":0,"a":1}}"###
        #expect(try Tokenizer(json: tokenizerJSON(model: model), file: "t.json").encodeIDs("a") == [1])
    }

    @Test("random bytes and damaged files give an error or a working tokenizer, never a crash")
    func fuzz() throws {
        let original = Array(try TokenizerFixture("added").json)
        for seed in 0..<400 {
            var random = TestRandom(state: UInt64(seed))
            var bytes = original
            if seed.isMultiple(of: 4) {
                bytes = (0..<Int.random(in: 0..<60, using: &random)).map { _ in .random(in: 0...255, using: &random) }
            }
            for _ in 0..<Int.random(in: 1..<5, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = .random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(place..<min(place + 9, bytes.count))
                case 2: bytes.insert(contentsOf: bytes[place..<min(place + 30, bytes.count)], at: place)
                default: bytes[place] = Array("0123456789{}[]\",:\\".utf8).randomElement(using: &random) ?? 0
                }
            }
            if let tokenizer = try? Tokenizer(json: Data(bytes), file: "fuzz") {  // a damaged file may still be a right one
                let text = random.text(20)
                #expect(tokenizer.encode(text).ids == tokenizer.encodeIDs(text), "seed \(seed)")
            }
        }
    }
}
