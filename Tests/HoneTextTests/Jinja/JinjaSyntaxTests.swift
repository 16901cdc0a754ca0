import Foundation
import Testing

@testable import HoneText

@Suite("Jinja syntax")
struct JinjaSyntaxTests {
    @Test("an error of syntax names the template, the line and the reason")
    func line() {
        let error = #expect(throws: TemplateError.self) { try ChatTemplate("a\n{% if x %}\n{{ 1 + }}{% endif %}", name: "t.jinja") }
        guard case .syntax(let template, let line, let problem)? = error else {
            return #expect(Bool(false), "\(String(describing: error))")
        }
        #expect(template == "t.jinja" && line == 3 && problem.contains("}}"))
    }

    @Test(
        "depth without end is an error",
        arguments: [
            "(", "[", "{1:", "-", "not ", "1 if ", "a.b(", "a[", "1 + ", "a|f(", "{% if a %}", "x is y ", "1 ** ", "a.", "a|upper|",
        ])
    func deep(_ part: String) {
        let repeated = String(repeating: part, count: 50_000)
        #expect(throws: TemplateError.self) { try ChatTemplate("{{ " + repeated, name: "deep") }
        #expect(throws: TemplateError.self) { try ChatTemplate("{{ " + repeated + "1 }}", name: "deep").render(variables: ["a": "x"]) }
    }

    @Test("changed templates never crash", arguments: ["chatml", "strict", "tools", "printing"])
    func fuzz(_ name: String) throws {
        let file = JinjaFixture.folder.appending(path: "templates/\(name).jinja")
        let original = Array(try Data(contentsOf: file))
        let talks = try #require(try JinjaFixture.object("conversations.json")["conversations"]?.array)
        let pieces = [
            "{{", "}}", "{%", "%}", "(", ")", "[", "|", "-", "'", "\n", " in ", " if ", "loop", "{% endfor %}", "{% set x = [x, x] %}",
            "\u{0}", "é", "9",
        ]
        var state: UInt64 = 42
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(max(1, bound)))
        }
        var (rendered, refused) = (0, 0)
        for _ in 0..<1500 {
            var bytes = original
            for _ in 0...next(4) {
                let place = next(bytes.count)
                switch next(4) {
                case 0: bytes[place] = UInt8(next(256))
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + 1 + next(12)))
                case 2: bytes.insert(contentsOf: Array(pieces[next(pieces.count)].utf8), at: place)
                default:
                    let from = next(bytes.count)
                    bytes.insert(contentsOf: Array(bytes[from..<min(bytes.count, from + next(40))]), at: place)
                }
            }
            do {
                var template = try ChatTemplate(String(decoding: bytes, as: UTF8.self), name: "fuzz")
                template.limits = TemplateLimits(steps: 20_000, outputBytes: 1 << 16)
                _ = try template.render(messages: talks[next(talks.count)].object?["messages"]?.array ?? [], addGenerationPrompt: true)
                rendered += 1
            } catch {
                refused += 1
            }
        }
        #expect(rendered > 50 && refused > 50)
    }
}
