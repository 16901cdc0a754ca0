import Foundation
import HoneText
import Testing

@testable import HoneText

@Suite("BPE")
struct BPETests {
    static let kinds = [
        "gpt2", "roberta", "roberta-prefix", "modernbert", "llama3", "qwen2", "tekken", "o200k", "llama2", "phi3", "llama2-metaspace",
        "mistral-across", "gemma", "metaspace", "affixes", "affixes-fused",
    ]

    @Test("ids, offsets, masks and decoded text equal the library's", arguments: kinds)
    func fixtures(kind: String) throws {
        let fixture = try TokenizerFixture(kind, kind: "bpe")
        let tokenizer = try fixture.tokenizer()
        #expect(fixture.cases.count > 60)
        for row in fixture.cases {
            let found = tokenizer.encode(row.text, pair: row.pair, addSpecialTokens: row.addSpecialTokens)
            #expect(found == row.expected, "\(row.text.debugDescription)")
            if row.addSpecialTokens { #expect(tokenizer.encodeIDs(row.text, pair: row.pair) == row.expected.ids) }
            #expect(tokenizer.decode(row.expected.ids) == row.decoded)
            #expect(tokenizer.decode(row.expected.ids, skipSpecialTokens: false) == row.decodedWithSpecials)
        }
    }

    @Test("many threads give what one gives, whatever was encoded before", arguments: ["gpt2", "llama2"])
    func batches(kind: String) throws {
        let fixture = try TokenizerFixture(kind, kind: "bpe")
        let texts = Array(repeatElement(fixture.cases.map(\.text), count: 8).joined())
        let expected = texts.map { (try? fixture.tokenizer())?.encodeIDs($0) }.prefix(fixture.cases.count)
        let found = try fixture.tokenizer().encodeBatch(texts, threads: 4)
        for (index, ids) in found.enumerated() { #expect(ids == expected[index % expected.count]) }
    }

    private func model(_ settings: String = "", vocab: String, merges: String) -> Data {
        tokenizerJSON(preTokenizer: "null", model: #"{"type":"BPE","vocab":\#(vocab),"merges":\#(merges)\#(settings)}"#)
    }

    @Test("the earliest merge goes first, and of equal ones the leftmost, in short and long words")
    func order() throws {
        let vocab = #"{"a":0,"b":1,"aa":2,"ab":3,"aab":4}"#
        for merges in [#"["a b","a a","aa b"]"#, #"[["a","b"],["a","a"],["aa","b"]]"#] {
            let tokenizer = try Tokenizer(json: model(vocab: vocab, merges: merges), file: "t")
            #expect(tokenizer.encodeIDs("aaab") == [2, 3])
            #expect(tokenizer.encodeIDs("aaaaa") == [2, 2, 0])
            let long = String(repeating: "aaab", count: 200)
            #expect(tokenizer.encodeIDs(long) == Array(repeatElement([2, 3], count: 200).joined()))
        }
    }

    @Test("long words merge as short ones do")
    func longWords() {
        var random = TestRandom(state: 5)
        var merges: [(left: Int32, right: Int32, merged: Int32)] = []
        for merged in Int32(4)..<60 {
            merges.append((Int32.random(in: 0..<merged, using: &random), Int32.random(in: 0..<4, using: &random), merged))
            merges.append((Int32.random(in: 0..<4, using: &random), Int32.random(in: 0..<merged, using: &random), merged))
        }
        let table = BPEMerges(merges)
        for _ in 0..<200 {
            var word = BPESymbols()
            for _ in 0..<Int.random(in: 65...120, using: &random) { word.add(Int32.random(in: 0..<4, using: &random), length: 1) }
            var expected = word.ids
            while true {
                var best: (rank: Int, place: Int)?
                for place in 0..<expected.count - 1 {
                    let rank = merges.lastIndex { $0.left == expected[place] && $0.right == expected[place + 1] }
                    if let rank, rank < best?.rank ?? .max { best = (rank, place) }
                }
                guard let best else { break }
                expected.replaceSubrange(best.place...best.place + 1, with: [merges[best.rank].merged])
                if expected.count < 2 { break }
            }
            table.apply(&word)
            #expect(word.ids == expected)
        }
    }

    @Test(
        "what cannot be is refused, with its place",
        arguments: [
            ("model.merges[0]", "", #"["ab"]"#), ("model.merges[0]", "", #"["a c"]"#), ("model.merges[1]", "", #"["a b",["b","b"]]"#),
            ("model.merges[0]", "", #"[["a","b","c"]]"#), ("model.merges", "", "3"), ("model.dropout", #","dropout":0.1"#, "[]"),
            ("model.unk_token", #","unk_token":"?""#, "[]"),
            ("model.byte_fallback", #","byte_fallback":true,"end_of_word_suffix":"x""#, "[]"),
        ])
    func refused(path: String, settings: String, merges: String) {
        let json = model(settings, vocab: #"{"a":0,"b":1,"ab":2}"#, merges: merges)
        #expect {
            try Tokenizer(json: json, file: "t")
        } throws: { error in
            guard case .wrongValue(_, _, let place, _, _) = error as? TokenizerError else { return false }
            return place == path
        }
    }

    @Test("a word is kept with all its tokens, and found again")
    func cache() {
        var cache = BPEWordCache()
        let bytes = Array("the quick brown fox jumps over the lazy dog, again and again".utf8)
        var symbols = BPESymbols()
        for id in 0..<6 { symbols.add(Int32(id * 100_000), length: 2) }
        for word in [4..<20, 40..<60] {
            let key = BPEWordCache.key(bytes, word)
            var ids: [Int32] = [], ends: [Int]? = []
            #expect(!cache.find(key, word.lowerBound, into: &ids, ends: &ends))
            cache.keep(key, symbols)
            #expect(cache.find(key, word.lowerBound, into: &ids, ends: &ends))
            #expect(ids == symbols.ids && ends == symbols.ends.map { $0 + word.lowerBound })
        }
        symbols.add(1, length: 1)
        cache.keep(BPEWordCache.key(bytes, 0..<9), symbols)
        var ids: [Int32] = [], ends: [Int]?
        #expect(!cache.find(BPEWordCache.key(bytes, 0..<9), 0, into: &ids, ends: &ends))
    }

    @Test("every byte has a character of its own and back")
    func alphabet() {
        #expect(Set(ByteAlphabet.scalars).count == 256)
        for (byte, scalar) in ByteAlphabet.scalars.enumerated() { #expect(ByteAlphabet.byte(of: scalar) == UInt8(byte)) }
        #expect(ByteAlphabet.bytes(of: "Ġthe") == Array(" the".utf8))
        #expect(ByteAlphabet.bytes(of: "▁the") == nil)
    }
}
