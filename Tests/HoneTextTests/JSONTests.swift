import Foundation
import Testing

@testable import HoneText

@Suite("JSON")
struct JSONTests {
    private func parse(_ text: String) throws(TokenizerError) -> JSONValue { try JSONParser.parse(Array(text.utf8), file: "f").value }

    @Test("reads every kind of value")
    func values() throws {
        #expect(try parse(" null ") == .null)
        #expect(try parse("true") == .bool(true))
        #expect(try parse("-12") == .integer(-12))
        #expect(try parse("0") == .integer(0))
        #expect(try parse("1.5e2") == .number(150))
        #expect(try parse("99999999999999999999") == .number(1e20))
        #expect(try parse(#""a\n\"\\\/\u00e9\ud83d\ude00""#) == .string("a\n\"\\/é😀"))
        #expect(try parse("[1,[ ]]") == .array([JSONNode(value: .integer(1), line: 1), JSONNode(value: .array([]), line: 1)]))
        #expect(try parse("{\n\"a\":1}") == .object([JSONMember(key: "a", node: JSONNode(value: .integer(1), line: 2))]))
    }

    @Test(
        "refuses what is not JSON, with line and column",
        arguments: [
            "", "{", "[1,]", "[1 2]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01", "-", "1.", "1e", "+1", "tru", "nul", "\"a", "\"\\x\"",
            "\"\\u12\"",
            "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\u{1}\"", "1 2", "1e999", "[", "NaN", "\"\\u00g0\"", "// x",
        ])
    func malformed(_ text: String) {
        #expect {
            try parse(text)
        } throws: { error in
            guard case .malformed? = error as? TokenizerError else { return false }
            return true
        }
    }

    @Test("bytes that are not UTF-8 and bottomless nesting are refused")
    func hostile() {
        #expect(throws: TokenizerError.self) { try JSONParser.parse([0x22, 0xFF, 0x22], file: "f") }
        #expect(throws: TokenizerError.self) { try parse(String(repeating: "[", count: 1_000_000)) }
    }

    @Test("the place of an error is counted from 1")
    func place() {
        let expected = TokenizerError.malformed(file: "f", line: 2, column: 3, problem: "expected a value")
        #expect(throws: expected) { try parse("[1,\n  x]") }
    }

    @Test("agrees with Foundation on which damaged texts are JSON")
    func agreesWithFoundation() {
        let original = Array(#"{"a":[1,-2.5e3,true,null,"x\u00e9\n"],"b":{"c":"d"},"e":[]}"#.utf8)
        for seed in 0..<500 {
            var random = TestRandom(state: UInt64(seed))
            var bytes = original
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 32..<127, using: &random)
            let ours: Bool
            do {
                _ = try JSONParser.parse(bytes, file: "f")
                ours = true
            } catch {
                if case .duplicateKey = error { continue }  // Foundation keeps one of the two
                ours = false
            }
            let theirs = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
            #expect(ours == theirs, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test("fields say where they are")
    func fields() throws {
        let node = try JSONParser.parse(Array("{\"a\":[\n{\"b\":true}]}".utf8), file: "f")
        let item = try JSONField(node: node, path: "", file: "f").required("a").items()[0]
        #expect(try item.required("b").bool())
        #expect(try item.optional("c") == nil)
        let expected = TokenizerError.wrongValue(file: "f", line: 2, path: "a[0].b", found: "true", expected: "a text")
        #expect(throws: expected) { try item.required("b").string() }
    }
}
