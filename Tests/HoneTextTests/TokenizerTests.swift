import Foundation
import HoneText
import Testing

@Suite("Tokenizer")
struct TokenizerTests {
    @Test("gives the ids, type ids, offsets and decoded text of the tokenizers library", arguments: TokenizerFixture.names)
    func reference(_ name: String) throws {
        let fixture = try TokenizerFixture(name)
        let tokenizer = try fixture.tokenizer()
        #expect(!fixture.cases.isEmpty)
        for row in fixture.cases {
            let found = tokenizer.encode(row.text, pair: row.pair, addSpecialTokens: row.addSpecialTokens)
            #expect(found == row.expected, "\(name): \(row.text.debugDescription)")
            #expect(Array(tokenizer.decode(found.ids).utf8) == Array(row.decoded.utf8), "\(name): \(row.text.debugDescription)")
            let all = tokenizer.decode(found.ids, skipSpecialTokens: false)
            #expect(Array(all.utf8) == Array(row.decodedWithSpecials.utf8), "\(name): \(row.text.debugDescription)")
            if row.addSpecialTokens { #expect(tokenizer.encodeIDs(row.text, pair: row.pair) == row.expected.ids) }
        }
    }

    @Test("the fixture check bites: another setting gives other ids")
    func referenceBites() throws {
        let cased = try TokenizerFixture("cased").tokenizer()
        let rows = try TokenizerFixture("uncased").cases
        #expect(rows.contains { cased.encode($0.text, addSpecialTokens: false).ids != Array($0.expected.ids.dropFirst().dropLast()) })
    }

    @Test("a batch gives what single texts give, on any number of threads", arguments: [0, 1, 2, 5])
    func batch(threads: Int) throws {
        let tokenizer = try TokenizerFixture("uncased").tokenizer()
        var random = TestRandom(state: 11)
        let texts = (0..<300).map { _ in random.text(12) }
        #expect(tokenizer.encodeBatch(texts, threads: threads) == texts.map { tokenizer.encodeIDs($0) })
        #expect(tokenizer.encodeBatch([], threads: threads).isEmpty)
    }

    @Test(
        "encoding with and without offsets gives the same ids, and offsets stay inside the text in order", arguments: TokenizerFixture.names
    )
    func offsets(_ name: String) throws {
        let tokenizer = try TokenizerFixture(name).tokenizer()
        for seed in 0..<200 {
            var random = TestRandom(state: UInt64(seed))
            let text = random.text(20)
            let found = tokenizer.encode(text)
            #expect(found.ids == tokenizer.encodeIDs(text), "seed \(seed)")
            #expect([found.typeIDs.count, found.offsets.count, found.isSpecial.count].allSatisfy { $0 == found.ids.count }, "seed \(seed)")
            let ranges = zip(found.offsets, found.isSpecial).filter { !$0.1 }.map(\.0)
            #expect(ranges.allSatisfy { 0 <= $0.lowerBound && $0.upperBound <= text.unicodeScalars.count }, "seed \(seed)")
            #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.lowerBound <= $1.lowerBound }, "seed \(seed)")
        }
    }

    @Test("offsets point at the text that made the token")
    func offsetsPointAtText() throws {
        let tokenizer = try TokenizerFixture("uncased").tokenizer()
        var random = TestRandom(state: 3)
        let words = ["the", "Card", "PAYMENT", "é", "réliable", "中", "!", "a", "Ünbelievable"]
        for _ in 0..<200 {
            let text = (0..<8).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " ")
            let scalars = Array(text.unicodeScalars)
            let found = tokenizer.encode(text)
            for (id, range) in zip(found.ids, found.offsets) where !range.isEmpty {
                var source = String.UnicodeScalarView()
                source.append(contentsOf: scalars[range])
                let token = try #require(tokenizer.token(of: id))
                guard token != "[UNK]" else { continue }
                let plain = String(source).folding(options: [.diacriticInsensitive, .caseInsensitive], locale: nil)
                #expect(plain == (token.hasPrefix("##") ? String(token.dropFirst(2)) : token), "\(text)")
            }
        }
    }

    @Test("encoding what was decoded gives the same ids again")
    func decodeIsStable() throws {
        let tokenizer = try TokenizerFixture("uncased").tokenizer()
        for text in [
            "the customer wrote", "unbelievable results, measured!", "She isn't sure: they're waiting", "日 本 語", "a - b, c. 3/4",
        ] {
            let ids = tokenizer.encodeIDs(text)
            #expect(!ids.contains(1), "\(text) has no unknown token")
            #expect(tokenizer.encodeIDs(tokenizer.decode(ids)) == ids)
        }
    }

    @Test("tokens that differ in bytes only are different tokens")
    func canonicallyEquivalentTokens() throws {
        let tokenizer = try TokenizerFixture("cased").tokenizer()
        let composed = try #require(tokenizer.id(of: "\u{E9}")), decomposed = try #require(tokenizer.id(of: "e\u{301}"))
        #expect(composed != decomposed)
        #expect(tokenizer.encodeIDs("\u{E9} e\u{301}") == [composed, decomposed])
        #expect(tokenizer.token(of: composed).map { Array($0.utf8) } == Array("\u{E9}".utf8))
    }

    @Test("vocabulary questions are answered in both directions")
    func vocabulary() throws {
        let tokenizer = try TokenizerFixture("added").tokenizer()
        for id in 0..<Int32(tokenizer.vocabularySize) { #expect(tokenizer.token(of: id).flatMap(tokenizer.id(of:)) == id) }
        #expect(tokenizer.token(of: Int32(tokenizer.vocabularySize)) == nil)
        #expect(tokenizer.token(of: -1) == nil)
        #expect(tokenizer.id(of: "no such token") == nil)
        #expect(tokenizer.padID == tokenizer.id(of: "[PAD]"))
    }

    @Test("an id outside the vocabulary is shown, not dropped")
    func unknownID() throws {
        let tokenizer = try TokenizerFixture("uncased").tokenizer()
        let id = try #require(tokenizer.id(of: "the"))
        #expect(tokenizer.decode([id, 99_999, -5]) == "the \u{FFFD} \u{FFFD}")
        #expect(tokenizer.decode([]) == "")
    }

    @Test("a folder without tokenizer.json is refused with what is there")
    func folders() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hone-text-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(throws: TokenizerError.noTokenizerFile(folder: folder.path, found: [])) { try Tokenizer(folder: folder) }
        try Data("{}".utf8).write(to: folder.appending(path: "vocab.json"))
        #expect(throws: TokenizerError.noTokenizerFile(folder: folder.path, found: ["vocab.json"])) { try Tokenizer(folder: folder) }
        try tokenizerJSON().write(to: folder.appending(path: "tokenizer.json"))
        #expect(try Tokenizer(folder: folder).encodeIDs("ab abc") == [3, 3, 4])
    }
}
