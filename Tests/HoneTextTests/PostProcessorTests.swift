import HoneText
import Testing

@Suite("PostProcessor")
struct PostProcessorTests {
    private func template(single: String, pair: String, specials: String = #"{"[X]":{"id":"[X]","ids":[3,1],"tokens":["ab","a"]}}"#) throws
        -> Tokenizer
    {
        let part = #"{"type":"TemplateProcessing","single":\#(single),"pair":\#(pair),"special_tokens":\#(specials)}"#
        return try Tokenizer(json: tokenizerJSON(postProcessor: part), file: "t")
    }
    private let a = #"{"Sequence":{"id":"A","type_id":0}}"#
    private let b = #"{"Sequence":{"id":"B","type_id":1}}"#
    private let x = #"{"SpecialToken":{"id":"[X]","type_id":7}}"#

    @Test("a special token may stand for several ids, and templates may change the order")
    func order() throws {
        let tokenizer = try template(single: "[\(a),\(x)]", pair: "[\(b),\(x),\(a)]")
        #expect(tokenizer.encode("a").ids == [1, 3, 1])
        #expect(tokenizer.encode("a").typeIDs == [0, 7, 7])
        #expect(tokenizer.encode("a", pair: "ab").ids == [3, 3, 1, 1])
        #expect(tokenizer.encode("a", pair: "ab").typeIDs == [1, 7, 7, 0])
        #expect(tokenizer.encode("a", pair: "ab", addSpecialTokens: false).ids == [3, 1])
        #expect(tokenizer.encodeIDs("a", pair: "ab") == [3, 3, 1, 1])
    }

    @Test("templates that lose or repeat a text are refused")
    func incomplete() {
        #expect(throws: TokenizerError.self) { try template(single: "[\(x)]", pair: "[\(a),\(b)]") }
        #expect(throws: TokenizerError.self) { try template(single: "[\(a),\(a)]", pair: "[\(a),\(b)]") }
        #expect(throws: TokenizerError.self) { try template(single: "[\(a)]", pair: "[\(a)]") }
        #expect(throws: TokenizerError.self) {
            try template(single: "[\(a)]", pair: "[\(a),\(b)]", specials: #"{"[X]":{"id":"[X]","ids":[99]}}"#)
        }
        #expect(throws: TokenizerError.self) { try template(single: "[\(a),\(x)]", pair: "[\(a),\(b)]", specials: "{}") }
    }
}
