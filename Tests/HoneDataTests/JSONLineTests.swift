import Foundation
import Testing

@testable import HoneData

@Suite("JSONLine")
struct JSONLineTests {
    static func parse(_ bytes: [UInt8]) throws(JSONFault) -> (members: [(key: String, value: JSONValue)]?, kind: JSONValue) {
        let result = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(JSONFault) in
                var line = JSONLine(buffer)
                return try line.members()
            }
        }
        return try result.get()
    }

    static func value(_ text: String) throws -> JSONValue {
        let members = try parse(Array("{\"v\": \(text)}".utf8)).members
        return try #require(members?.first?.value)
    }

    @Test(
        "reads every kind of value",
        arguments: [
            ("null", JSONValue.null), ("true", .bool(true)), ("false", .bool(false)), ("-0.5e+10", .number("-0.5e+10")),
            ("0", .number("0")),
            ("\"\"", .string("")), ("\"a\\n\\\"\\u00e9\\/\"", .string("a\n\"é/")), ("\"\\ud83d\\ude42!\"", .string("🙂!")),
            ("\"e\\u0301\"", .string("e\u{301}")), ("[]", .array([])), ("[1, [\"a\"]]", .array([.number("1"), .array([.string("a")])])),
            ("{\"x\": {}}", .object), ("\"日本\"", .string("日本")),
        ])
    func values(text: String, expected: JSONValue) throws {
        #expect(try Self.value(text) == expected)
    }

    @Test("keeps the order of keys")
    func order() throws {
        let members = try Self.parse(Array(" {\"b\":1 , \"a\" : 2}\r".utf8)).members
        #expect(members?.map(\.key) == ["b", "a"])
    }

    @Test(
        "says where and why a line is not JSON",
        arguments: [
            ("{\"a\": 1", 8, "line ends"), ("{\"a\" 1}", 6, "“:”"), ("{\"a\": 1 \"b\"}", 9, "“,” or “}”"),
            ("{a: 1}", 2, "key in double quotes"),
            ("{\"a\": 1,}", 9, "key in double quotes"), ("{\"a\": nul}", 7, "a value"), ("{\"a\": 01}", 8, "needless 0"),
            ("{\"a\": \"x}", 7, "not closed"), ("{\"a\": \"\t\"}", 8, "control"), ("{\"a\": \"\\x\"}", 8, "escape"),
            ("{\"a\": \"\\ud800\"}", 8, "surrogate"), ("{\"a\": 1} x", 10, "more after"), ("{\"a\": 1, \"a\": 2}", 10, "twice"),
            ("{\"a\": 1.}", 9, "digit"), ("{\"a\": [1 2]}", 10, "“]”"), ("{\"a\": NaN}", 7, "a value"), ("{'a': 1}", 2, "key"),
        ])
    func faults(text: String, column: Int, reason: String) throws {
        do {
            _ = try Self.parse(Array(text.utf8))
            Issue.record("\(text) was accepted")
        } catch {
            #expect(error.column == column)
            #expect(error.reason.contains(reason), "\(error.reason)")
        }
    }

    @Test("refuses nesting without end instead of running out of stack")
    func depth() {
        #expect(throws: JSONFault.self) { try Self.parse([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)) }
        #expect(throws: JSONFault.self) { try Self.parse(Array(String(repeating: "{\"a\":", count: 100_000).utf8)) }
    }

    @Test("gives back every text that a JSON writer wrote")
    func roundTrip() throws {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let pieces = ["a", "\"", "\\", "\n", "\u{1}", "é", "e\u{301}", "🙂", "\u{2028}", "/", "\u{7F}", " ", "{", "\u{FFFF}"]
            let text = generator.text(20, from: pieces)
            let line = try JSONEncoder().encode(["v": text])
            let members = try Self.parse(Array(line)).members
            guard case .string(let read)? = members?.first?.value else {
                Issue.record("seed \(seed): no string")
                continue
            }
            #expect(Array(read.utf8) == Array(text.utf8), "seed \(seed)")
        }
    }

    @Test("accepts nothing that Foundation refuses, and never crashes")
    func fuzz() {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let sample = Array(#"{"text": "a\u00e9\n", "n": -1.5e3, "l": ["x", null, true], "o": {"k": []}}"#.utf8)
            for _ in 0..<20 {
                var bytes = sample
                for _ in 0..<1 + generator.index(below: 3) {
                    let place = generator.index(below: bytes.count)
                    switch generator.index(below: 3) {
                    case 0: bytes[place] = UInt8(generator.index(below: 128))
                    case 1: bytes.remove(at: place)
                    default: bytes.insert(sample[generator.index(below: sample.count)], at: place)
                    }
                }
                guard (try? Self.parse(bytes)) != nil else { continue }
                let known = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
                #expect(known, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
            }
        }
    }
}
