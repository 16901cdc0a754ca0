import Testing

@testable import HoneData

@Suite("NearestName")
struct NearestNameTests {
    @Test(
        "finds what was meant, or nothing",
        arguments: [
            ("lable", "label"), ("Label", "label"), ("card_arival", "card_arrival"), ("txet", "text"), ("zzz", nil), ("a", nil),
            ("", nil),
        ] as [(String, String?)])
    func finds(name: String, expected: String?) {
        #expect(NearestName.find(name, in: ["text", "label", "card_arrival", "b"]) == expected)
    }

    @Test("does not suggest the name itself")
    func notItself() {
        #expect(NearestName.find("text", in: ["text"]) == nil)
    }
}
