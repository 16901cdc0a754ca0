import Testing

@testable import HoneWeights

@Suite("Strict JSON")
struct StrictJSONTests {
    private func parse(_ text: String) throws -> JSONNode { try parse(Array(text.utf8)) }

    private func parse(_ bytes: [UInt8]) throws -> JSONNode { try bytes.withUnsafeBytes { try StrictJSON.parse($0) } }

    @Test("values of every kind are read as they stand")
    func kinds() throws {
        let node = try parse(#" {"a": [1, -0.5e+3, true, false, null], "b": {}, "c": [], "": "x"} "#)
        let list: JSONNode = .array([.number("1"), .number("-0.5e+3"), .bool(true), .bool(false), .null])
        #expect(node == .object([("a", list), ("b", .object([])), ("c", .array([])), ("", .string("x"))]))
    }

    @Test("escapes and plain text mean what the standard says")
    func escapes() throws {
        #expect(try parse(#""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00é😀""#) == .string("\"\\/\u{8}\u{C}\n\r\tAé😀é😀"))
    }

    @Test(
        "only whole numbers that are not negative and fit are counts",
        arguments: [
            ("0", 0), ("17", 17), ("9223372036854775807", Int.max), ("9223372036854775808", nil), ("-1", nil), ("1.0", nil), ("1e2", nil),
        ] as [(String, Int?)])
    func counts(_ text: String, _ expected: Int?) throws {
        #expect(try parse(text).count == expected)
    }

    @Test(
        "text outside the grammar is refused",
        arguments: [
            "", " ", "{", "[", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "01", "-", "+1", ".5", "1.", "1e", "tru", "nul",
            "True",
            "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "{} {}", "1 2", "'a'", "[1 2]",
            "NaN", "\u{FEFF}{}", "\"\\u00g0\"",
        ])
    func refused(_ text: String) {
        #expect(throws: StrictJSON.Failure.self) { try parse(text) }
    }

    @Test("two equal keys in one object are refused, also when one is written with an escape")
    func duplicates() {
        #expect(throws: StrictJSON.Failure.duplicateKey("a")) { try parse(#"{"a": 1, "\u0061": 2}"#) }
    }

    @Test("equal keys in different objects are fine")
    func separateObjects() throws {
        _ = try parse(#"{"a": {"a": 1}, "b": {"a": 2}}"#)
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] as [[UInt8]])
    func encoding(_ bytes: [UInt8]) {
        #expect(throws: StrictJSON.Failure.notUTF8) { try parse(bytes) }
    }

    @Test("deep nesting is refused instead of exhausting the stack")
    func depth() {
        #expect(throws: StrictJSON.Failure.self) { try parse(String(repeating: "[", count: 1_000_000)) }
    }

    @Test("the place of a mistake is its byte")
    func place() {
        #expect(throws: StrictJSON.Failure.syntax(byte: 6, reason: "no value starts like this")) { try parse(#"{"é":x}"#) }
    }
}
