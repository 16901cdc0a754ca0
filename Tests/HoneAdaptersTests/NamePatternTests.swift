import HoneTestSupport
import Testing

@testable import HoneAdapters

@Suite("Layer names and patterns")
struct NamePatternTests {
    static let path = "bert.encoder.layer.10.attention.self.query"

    @Test(
        "a name matches a whole path, its end or its beginning, at the dots",
        arguments: [
            ("query", true), ("self.query", true), ("bert.encoder.layer.10", true), (path, true), ("bert", true), ("uery", false),
            ("layer.1", false), ("bert.encoder.layer.1", false), ("attention", false), ("QUERY", false), ("", false),
        ])
    func names(_ text: String, _ matches: Bool) {
        #expect(NamePattern(text).matches(Self.path) == matches)
    }

    @Test(
        "a pattern with * matches the whole path",
        arguments: [
            ("*", true), ("*.query", true), ("bert.*.self.*", true), ("*layer.1*", true), ("bert.encoder.layer.1.*", false),
            ("*.layer.*.self.key", false), ("*query*", true), ("**", true), ("q*", false),
        ])
    func stars(_ text: String, _ matches: Bool) {
        #expect(NamePattern(text).matches(Self.path) == matches)
    }

    @Test("a weight is matched by its key or by its layer's path")
    func weights() {
        #expect(NamePattern("query").matchesWeight(Self.path + ".bias") && NamePattern("query.bias").matchesWeight(Self.path + ".bias"))
        #expect(!NamePattern("query.bias").matchesWeight(Self.path + ".weight") && !NamePattern("key").matchesWeight(Self.path + ".weight"))
        #expect(NamePattern("*.self.*").matchesWeight(Self.path + ".weight"))
    }
}
