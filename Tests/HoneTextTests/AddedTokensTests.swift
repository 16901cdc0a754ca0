import Foundation
import HoneText
import Testing

@Suite("AddedTokens")
struct AddedTokensTests {
    private func ids(_ added: [String], _ text: String, normalizer: String = "null") throws -> [Int32] {
        let list = added.joined(separator: ",")
        return try Tokenizer(json: tokenizerJSON(normalizer: normalizer, added: "[\(list)]"), file: "t").encodeIDs(text)
    }

    @Test("the leftmost token wins, then the longest")
    func longest() throws {
        let tokens = [addedToken(5, "<x"), addedToken(6, "<x>"), addedToken(7, "x><")]
        #expect(try ids(tokens, "<x><x a") == [6, 5, 1])
    }

    @Test("a single-word token is left alone inside a word")
    func singleWord() throws {
        #expect(try ids([addedToken(1, "a", singleWord: true)], "a a-a") == [1, 1, 0, 1])
        #expect(try ids([addedToken(5, "zz", singleWord: true)], "zz azz zz_ (zz)") == [5, 0, 0, 0, 0, 5, 0])
    }

    @Test("a normalised token is found in the normalised text only")
    func normalized() throws {
        let lower = #"{"type":"Lowercase"}"#
        #expect(try ids([addedToken(5, "ZZ", normalized: true)], "zz ZZ Zz", normalizer: lower) == [5, 5, 5])
        #expect(try ids([addedToken(5, "ZZ")], "zz ZZ Zz", normalizer: lower) == [0, 5, 0])
    }

    @Test("a token of the vocabulary may be marked as special")
    func special() throws {
        let json = tokenizerJSON(added: "[\(addedToken(1, "a", special: true))]")
        let tokenizer = try Tokenizer(json: json, file: "t")
        #expect(tokenizer.decode([1, 3]) == "ab")
        #expect(tokenizer.decode([1, 3], skipSpecialTokens: false) == "a ab")
        #expect(tokenizer.encode("a").isSpecial == [false])
    }
}
