import HoneTestSupport
import Testing

@testable import HoneAdapters

@Suite("PEFT's layer patterns")
struct LayerPatternsTests {
    private let path = "bert.encoder.layer.2.attention.self.value"

    @Test(
        "match as Python's re.match(r\"(.*\\.)?(pattern)$\") does",
        arguments: [
            ("value", true), ("self.value", true), ("bert.encoder.layer.2.attention.self.value", true), (#"layer\.2\..*\.value"#, true),
            (#"layer\.[01]\..*"#, false), ("alue", false), (".*", true), ("query|value", true), ("layer.2", false), ("attention.*", true),
        ])
    func matches(_ pattern: String, _ isMatch: Bool) throws {
        #expect(try LayerPatterns([pattern: 5], key: "rank_pattern").value(at: path) == (isMatch ? 5 : nil))
    }

    @Test("patterns that agree are fine; those that do not, and no expressions, are errors")
    func errors() throws {
        #expect(try LayerPatterns(["value": 3, "self.value": 3], key: "rank_pattern").value(at: path) == 3)
        let error = try #require(throws: AdapterError.self) {
            try LayerPatterns(["value": 3, "self.value": 4], key: "rank_pattern").value(at: path)
        }
        #expect(error == .ambiguous(key: "rank_pattern", path: path, patterns: ["self.value", "value"]))
        let bad = try #require(throws: AdapterError.self) { try LayerPatterns(["va(lue": 3], key: "alpha_pattern").value(at: path) }
        #expect(bad == .badPattern(key: "alpha_pattern", pattern: "va(lue"))
    }
}
