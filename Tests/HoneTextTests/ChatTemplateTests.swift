import Foundation
import Testing

@testable import HoneText

@Suite("Chat templates")
struct ChatTemplateTests {
    private static let reason: Comment = "../shared/data/chat-templates is absent beside the checkout"
    private static let qwen = "chat-templates/Qwen-Qwen2.5-7B-Instruct.jinja"

    @Test("templates of our own render as Transformers renders them")
    func own() throws {
        let result = try JinjaFixture.compare("own.json") {
            try String(contentsOf: JinjaFixture.folder.appending(path: "templates/\($0)"), encoding: .utf8)
        }
        check(result, templates: 4)
    }

    @Test("published templates render as Transformers renders them", .enabled(if: SharedData.has(qwen), reason), arguments: 1...3)
    func shared(_ part: Int) throws {
        let result = try JinjaFixture.compare("shared-\(part).json") {
            try String(contentsOf: SharedData.file("chat-templates/\($0)"), encoding: .utf8)
        }
        check(result, templates: part == 3 ? 5 : 6)
    }

    /// Equal, and hundreds of conversations for each template that it accepts: comparing failures alone would prove little.
    private func check(_ result: JinjaFixture.Result, templates: Int) {
        #expect(result.differences.prefix(20) == [])
        #expect(result.counts.count == templates)
        for (name, count) in result.counts {
            #expect(count.all >= 1000 && Double(count.rendered) >= 0.6 * Double(count.all), "\(name): \(count)")
        }
    }

    @Test("the built-in ChatML template marks turns and the prompt")
    func chatML() throws {
        let messages: [TemplateValue] = [["role": "user", "content": "Hi"], ["role": "assistant", "content": "Yes"]]
        let template = try ChatTemplate.builtIn("chatml")
        let text = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYes<|im_end|>\n"
        #expect(try template.render(messages: messages, addGenerationPrompt: false) == text)
        #expect(try template.render(messages: messages, addGenerationPrompt: true) == text + "<|im_start|>assistant\n")
        let open = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYes"
        #expect(try template.render(messages: messages, addGenerationPrompt: false, continueFinalMessage: true) == open)
        #expect(
            try ChatTemplate.builtIn("plain").render(messages: messages, addGenerationPrompt: true)
                == "User: Hi\nAssistant: Yes\nAssistant:")
        #expect(throws: TemplateError.self) { try ChatTemplate.builtIn("nosuch") }
    }

    @Test("a refusal is told apart from a failure, with its line")
    func refusal() throws {
        let template = try ChatTemplate("a\n{{ raise_exception('no ' ~ messages[0].role) }}", name: "t")
        #expect(throws: TemplateError.raised(template: "t", line: 2, message: "no user")) {
            try template.render(messages: [["role": "user"]], addGenerationPrompt: false)
        }
        let date = try ChatTemplate("{{ strftime_now('%d %b %Y') }}", name: "t")
        #expect(throws: TemplateError.self) { try date.render(messages: [], addGenerationPrompt: false) }
        #expect(try date.render(messages: [], addGenerationPrompt: false, now: JinjaFixture.now) == "03 Nov 2026")
    }

    @Test(
        "rendering without end is stopped",
        arguments: [
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
            "{% set ns = namespace(x=[]) %}{% for i in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}",
            "{% set ns = namespace(x=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
            "{{ 'a' * 999999999999 }}", "{{ '%999999999d' % 1 }}", "{{ 'x'.center(99999999999) }}", "{{ [0] * 99999999999 }}",
            "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}", "{% for i in range(99999) %}{{ 'a' * 9999 }}{% endfor %}",
            "{% set ns = namespace(x=[1]) %}{% for i in range(99999) %}{% set ns.x = ns.x|map('string') %}{% endfor %}{{ ns.x|list }}",
            "{% macro m(f) %}{{ f(f) }}{% endmacro %}{{ m(m) }}", "{{ ('a' * 60000000).replace('', 'b' * 60000000) }}",
        ])
    func bounded(_ source: String) throws {
        let template = try ChatTemplate(source, name: "endless")
        #expect(throws: TemplateError.self) { try template.render(messages: [], addGenerationPrompt: false) }
    }

    @Test("a folder gives its template, its tool template and its special tokens")
    func folder() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hone-chat-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try ChatTemplate(folder: folder) == nil)
        let config = #"""
            {"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>", "chat_template":
            [{"name": "tool_use", "template": "T{{ bos_token }}"}, {"name": "default", "template": "D{{ eos_token }}{{ pad_token }}"}]}
            """#
        try Data(config.utf8).write(to: folder.appending(path: "tokenizer_config.json"))
        let both = try #require(try ChatTemplate(folder: folder))
        #expect(try both.render(messages: [], addGenerationPrompt: false) == "D</s>")
        #expect(try both.render(messages: [], tools: [["name": "f"]], addGenerationPrompt: false) == "T<s>")
        #expect(try both.render(messages: [], addGenerationPrompt: false, variables: ["eos_token": "!"]) == "D!")
        try Data("J{{ bos_token }}\n".utf8).write(to: folder.appending(path: "chat_template.jinja"))
        let file = try #require(try ChatTemplate(folder: folder))
        #expect(try file.render(messages: [], addGenerationPrompt: false) == "J<s>")
        #expect(file.source == "J{{ bos_token }}\n" && file.fingerprint != both.fingerprint && file.fingerprint.count == 16)
        try Data([0xFF]).write(to: folder.appending(path: "chat_template.jinja"))
        #expect(throws: TemplateError.self) { try ChatTemplate(folder: folder) }
    }

    @Test("a thousand renderings of a conversation take little time", .enabled(if: SharedData.has(qwen), reason))
    func speed() throws {
        let template = try ChatTemplate(String(contentsOf: SharedData.file(Self.qwen), encoding: .utf8), name: "qwen")
        let messages = (0..<20).map {
            TemplateValue.object(["role": $0 % 2 == 0 ? "user" : "assistant", "content": "What is the weather?"])
        }
        var bytes = 0
        let time = try ContinuousClock().measure {
            for _ in 0..<1000 { bytes += try template.render(messages: messages, addGenerationPrompt: true).utf8.count }
        }
        #expect(bytes > 1_000_000)
        print("Qwen 2.5 template, 20 messages: \(Int(1000 / (time / .seconds(1)))) renderings per second")
    }
}
