import HoneData
import Testing

@Suite("RawJSON")
struct RawJSONTests {
    @Test("keeps keys, order and digits")
    func keeps() throws {
        let text = #"{"b":1.50,"a":[null,true,{"c":"x\n\"é\u0001"}],"é":-0e+1}"#
        let value = try #require(RawJSON.parse(text))
        #expect(value.text == text)
        #expect(value["b"] == .number("1.50") && value["zz"] == nil)
        #expect(value.strings == ["x\n\"é\u{01}"])
        #expect(value["a"]?.items?.count == 3 && value.members?.map(\.key) == ["b", "a", "é"])
    }

    @Test(
        "refuses what is not one JSON value",
        arguments: ["", "{", "{} x", #"{"a":1,"a":2}"#, "[1,]", "nul", String(repeating: "[", count: 300)])
    func refuses(text: String) {
        #expect(RawJSON.parse(text) == nil)
    }

    @Test("random values come back from their text")
    func roundTrip() {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let value = Self.value(&generator, depth: 4)
            #expect(RawJSON.parse(value.text) == value, "seed \(seed)")
        }
    }

    private static func value(_ generator: inout SplitMix64, depth: Int) -> RawJSON {
        let pieces = ["a", "\"", "\\", "\n", "\u{0}", "é", "日本", "🙂", "/", "\u{7F}"]
        switch generator.index(below: depth == 0 ? 4 : 6) {
        case 0: return .null
        case 1: return .bool(generator.index(below: 2) == 0)
        case 2: return .number("\(generator.index(below: 1000)).\(generator.index(below: 10))")
        case 3: return .string(generator.text(5, from: pieces))
        case 4: return .array((0..<generator.index(below: 4)).map { _ in value(&generator, depth: depth - 1) })
        default:
            return .object((0..<generator.index(below: 4)).map { RawJSON.Member("\($0)", value(&generator, depth: depth - 1)) })
        }
    }
}
