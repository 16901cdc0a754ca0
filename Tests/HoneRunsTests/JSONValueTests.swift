import Foundation
import Testing

@testable import HoneRuns

@Suite("JSON values")
struct JSONValueTests {
    @Test(
        "survive a round trip",
        arguments: [
            .null, true, false, 0, -7, 9_007_199_254_740_993, 0.1, -1e300, 2.0, "", "NaN", "ünïcode \"quoted\"\n", [],
            [1, [2.5, "x", .null]],
            [:], ["a": ["b": [1, 2]], "empty": [:]],
        ] as [JSONValue])
    func roundTrip(_ value: JSONValue) throws {
        let data = try RunJSON.encoder().encode(value)
        #expect(try RunJSON.decoder().decode(JSONValue.self, from: data) == value, "\(String(decoding: data, as: UTF8.self))")
    }

    @Test("treat an integer and an equal number as one")
    func numbers() {
        #expect(JSONValue.integer(2) == .number(2))
        #expect(Set([JSONValue.integer(2), .number(2), .number(2.5)]).count == 2)
        #expect(JSONValue.bool(true) != .integer(1))
    }

    @Test("write non-finite numbers as strings", arguments: [(Double.nan, "NaN"), (.infinity, "Infinity"), (-.infinity, "-Infinity")])
    func nonFinite(_ number: Double, _ text: String) throws {
        let data = try RunJSON.encoder().encode(["x": JSONValue.number(number)])
        #expect(String(decoding: data, as: UTF8.self) == "{\"x\":\"\(text)\"}")
    }

    @Test("flatten to dotted keys, arrays and empty objects as leaves")
    func flatten() {
        let value: JSONValue = ["training": ["epochs": 3, "earlyStopping": ["metric": "macroF1"]], "labels": ["a", "b"], "none": [:]]
        #expect(
            value.flattened == [
                "training.epochs": 3, "training.earlyStopping.metric": "macroF1", "labels": ["a", "b"], "none": [:],
            ])
    }

    @Test("read as one line of text")
    func text() {
        #expect(JSONValue.array([1, 2.5, "x"]).text == "[1, 2.5, \"x\"]")
        #expect(JSONValue.object(["b": 1, "a": "t"]).text == "{a: \"t\", b: 1}")
        #expect(JSONValue.number(.nan).text == "NaN")
    }

    @Test("hold any encodable value")
    func encodable() throws {
        struct Part: Encodable { var rank = 8, seed = UInt64(17) }
        #expect(try JSONValue(Part()) == ["rank": 8, "seed": 17])
    }
}
