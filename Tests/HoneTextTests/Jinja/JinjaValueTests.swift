import Foundation
import Testing

@testable import HoneText

@Suite("Template values")
struct JinjaValueTests {
    @Test("JSON keeps its order, its integers and its floats")
    func json() throws {
        let text = #"{"b": [1, 1.0, 1e+16, -0.0, 1e-07, true, null], "a": "é\n\"\u0001😀"}"#
        let value = try TemplateValue(json: text)
        #expect(value.json == text)
        #expect(value.object?.keys == ["b", "a"])
        #expect(value.json(ensureASCII: true).hasSuffix(#""\u00e9\n\"\u0001\ud83d\ude00"}"#))
        #expect(throws: TemplateError.self) { try TemplateValue(json: "{\"a\": }") }
    }

    @Test("texts are compared by their bytes")
    func bytes() {
        #expect(TemplateValue.string("e\u{301}") != .string("é"))
        var object: TemplateObject = ["é": 1, "e\u{301}": 2]
        #expect(object.count == 2 && object["é"] == 1)
        object["é"] = nil
        #expect(object.keys == ["e\u{301}"])
        #expect(TemplateObject([("a", 1), ("b", 2)]) == TemplateObject([("b", 2), ("a", 1)]))
        #expect(TemplateValue.int(1) != .double(1))
    }

    @Test("a dictionary of many keys finds each of them")
    func many() throws {
        let object = TemplateObject((0..<100).map { ("k\($0)", .int($0)) })
        let template = try ChatTemplate("{{ o.k0 }} {{ o['k99'] }} {{ o.k100 is defined }} {{ 'k50' in o }}", name: "many")
        #expect(try template.render(variables: ["o": .object(object)]) == "0 99 False True")
    }
}
