import Foundation
import Testing

@testable import HoneText

/// The lines of a file of Fixtures/make/tokenizer_unigram.py, each a JSON value, by section.
enum UnigramFixture {
    static func file(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
    }

    /// The items of the list called `section`, parsed without dictionaries.
    static func rows(_ name: String, _ section: String) throws -> [JSONField] {
        let bytes = try [UInt8](Data(contentsOf: file(name)))
        let root = JSONField(node: try JSONParser.parse(bytes, file: name), path: "", file: name)
        return try root.required(section).items()
    }

    static func integers(_ field: JSONField) throws -> [Int] { try field.items().map { try $0.integer(in: -1...1_000_000) } }
}

@Suite("Unigram")
struct UnigramTests {
    private func model(_ pieces: [(String, Double)], bytes: [Int32] = [], flavor: Unigram.Flavor = .tokenizers) -> Unigram {
        let list = pieces.enumerated().map { (bytes: Array($1.0.utf8), id: Int32($0), score: $1.1) }
        return Unigram(
            pieces: list, unknown: 0, lowest: pieces.map(\.1).min() ?? 0, byteIDs: bytes, flavor: flavor)
    }

    private func encode(_ model: Unigram, _ text: String) -> (ids: [Int32], ends: [Int]) {
        var ids: [Int32] = [], ends: [Int]? = []
        model.encode(Array(text.utf8), 0..<text.utf8.count, into: &ids, ends: &ends)
        return (ids, ends ?? [])
    }

    @Test("the cut with the highest sum wins, the earlier start where sums are equal")
    func best() {
        let pieces = [("<unk>", 0.0), ("a", -2.0), ("b", -2.0), ("ab", -3.0), ("bc", -1.0), ("c", -5.0), ("abc", -3.5)]
        #expect(encode(model(pieces), "abc").ids == [1, 4])
        #expect(encode(model(pieces), "ab").ids == [3])
        #expect(encode(model(pieces), "abc").ends == [1, 3])
        #expect(encode(model([("<unk>", 0), ("a", -1), ("aa", -2)]), "aa").ids == [2])
    }

    @Test("unknown characters join, and fall back to bytes where the model has them")
    func unknown() {
        let plain = encode(model([("<unk>", 0), ("a", -1)]), "aéxa")
        #expect(plain.ids == [1, 0, 1])
        #expect(plain.ends == [1, 4, 5])
        let bytes = encode(model([("<unk>", 0), ("a", -1)], bytes: (100..<356).map(Int32.init)), "aéa")
        #expect(bytes.ids == [1, 100 + 0xC3, 100 + 0xA9, 1])
        #expect(bytes.ends == [1, 3, ~3, 4])
        #expect(encode(model([("<unk>", 0)]), "").ids.isEmpty)
    }

    @Test("a piece of the user is always taken")
    func userDefined() {
        let pieces = [("<unk>", 0.0), ("a", -0.5), ("b", -0.5), ("ab", -30.0)]
        #expect(encode(model(pieces), "ab").ids == [1, 2])
        #expect(encode(model(pieces, flavor: .sentencePiece(userDefined: [3])), "ab").ids == [3])
    }

    @Test("sums that differ only beyond single precision are equal for SentencePiece, and differ for tokenizers")
    func ties() {
        let pieces = [("<unk>", 0.0), ("a", -0.1), ("b", -9.0), ("c", -0.0999999999), ("ab", -8.0), ("bc", -8.0)]
        #expect(encode(model(pieces), "abc").ids == [4, 3])
        #expect(encode(model(pieces, flavor: .sentencePiece(userDefined: [])), "abc").ids == [1, 5])
    }

    @Test("a trie finds every prefix, and the last of two equal pieces")
    func trie() {
        let trie = PieceTrie([("a", 1), ("ab", 2), ("b", 3), ("abcd", 4), ("a", 5), ("", 6)].map { (Array($0.0.utf8), Int32($0.1)) })
        var found: [[Int]] = []
        Array("abcde".utf8).withUnsafeBufferPointer { text in trie.prefixes(text, 0) { found.append([$0, Int($1)]) } }
        #expect(found == [[1, 5], [2, 2], [4, 4]])
        #expect(trie.id(of: Array("abc".utf8)[...]) == nil)
        #expect(trie.id(of: Array("b".utf8)[...]) == 3)
        #expect(PieceTrie([]).id(of: [65]) == nil)
    }

    @Test("settings that are missing or wrong are named")
    func settings() throws {
        func read(_ text: String) throws -> Unigram {
            let field = JSONField(node: try JSONParser.parse(Array(text.utf8), file: "t.json"), path: "model", file: "t.json")
            return try Unigram(field, vocabulary: Vocabulary(field.required("vocab")))
        }
        _ = try read(#"{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0]],"byte_fallback":false}"#)
        #expect(throws: TokenizerError.self) { try read(#"{"unk_id":1,"vocab":[["<unk>",0]]}"#) }
        #expect(throws: TokenizerError.self) { try read(#"{"unk_id":0,"vocab":[["<unk>","0"]]}"#) }
        #expect(throws: TokenizerError.self) { try read(#"{"unk_id":0,"vocab":[["<unk>",0]],"alpha":0.1}"#) }
    }
}

@Suite("Unigram tokenizers")
struct UnigramTokenizerTests {
    @Test("ids, offsets and text equal the library's", arguments: ["t5", "bytes", "xlmr"])
    func reference(_ name: String) throws {
        let fixture = try TokenizerFixture(name, file: UnigramFixture.file("unigram-\(name).json"))
        let tokenizer = try fixture.tokenizer()
        #expect(fixture.cases.count > 80)
        for row in fixture.cases {
            let found = tokenizer.encode(row.text, pair: row.pair, addSpecialTokens: row.addSpecialTokens)
            #expect(found == row.expected, "\(name): \(row.text.debugDescription)")
            #expect(tokenizer.encodeIDs(row.text, pair: row.pair) == row.expected.ids, "\(name): \(row.text.debugDescription)")
            #expect(Array(tokenizer.decode(row.expected.ids).utf8) == Array(row.decoded.utf8), "\(name): \(row.text.debugDescription)")
            let all = tokenizer.decode(row.expected.ids, skipSpecialTokens: false)
            #expect(Array(all.utf8) == Array(row.decodedWithSpecials.utf8), "\(name): \(row.text.debugDescription)")
            var stream = StreamingDecoder(tokenizer), pieces = ""
            for id in row.expected.ids { pieces += stream.push(id) }
            #expect(pieces + stream.finish() == row.decoded, "\(name): \(row.text.debugDescription)")
        }
    }
}
