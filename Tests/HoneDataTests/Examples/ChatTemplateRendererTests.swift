import Foundation
import HoneData
import HoneText
import Testing

@Suite("ChatTemplateRenderer")
struct ChatTemplateRendererTests {
    @Test("values reach the template as they are")
    func values() throws {
        let value = try #require(RawJSON.parse(#"{"b":[1,-2.5,true,null,"é"],"a":{}}"#))
        #expect(value.templateValue.json == #"{"b": [1, -2.5, true, null, "é"], "a": {}}"#)
        let template = try ChatTemplate("{{ messages[0].content }} {{ extra }} {{ documents[0].x }} {{ tools[0].n }}", name: "t")
        let text = try ChatTemplateRenderer(template).render(
            messages: [.object([.init("role", .string("user")), .init("content", .string("hi"))])],
            tools: [.object([.init("n", .number("7"))])],
            variables: [.init("extra", .bool(false)), .init("documents", .array([.object([.init("x", .string("d"))])]))],
            addGenerationPrompt: false)
        #expect(text == "hi False d 7")
    }

    static let folder = SharedExamplesTests.folder.appending(path: "chat-templates")
    static let names: [String] = {
        // Where the folder is absent there is nothing to test.
        let found = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return found.filter { $0.hasSuffix(".jinja") }.sorted()
    }()

    @Test(
        "in published templates the answers are learned and the questions are not",
        .enabled(if: !names.isEmpty, "../shared/data/chat-templates is absent beside the checkout"), arguments: names)
    func published(name: String) throws {
        let source = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
        var template = try ChatTemplate(source, name: name)
        template.variables["bos_token"] = "<s>"
        template.variables["eos_token"] = "</s>"
        let renderer = ChatTemplateRenderer(template, now: TemplateDate(year: 2026, month: 11, day: 23))
        var talk = conversation([("u", "question1"), ("a", "answer1"), ("u", "question2"), ("a", "answer2")])
        // Some templates are for conversations with tools only.
        if name.contains("tool_use") || name.contains("firefunction") {
            let tool =
                #"{"type": "function", "function": {"name": "add_up", "description": "adds", "parameters": {"type": "object", "#
                + #""properties": {"n": {"type": "number", "description": "n"}}, "required": ["n"]}}}"#
            talk.tools = [try #require(RawJSON.parse(tool))]
            talk.variables = [.init("functions", .string("add_up")), .init("datetime", .string("today"))]
        }
        let marked = try ConversationEncoder(renderer: renderer, tokenizer: CharacterTokens(), tokens: EndTokens(stops: []))
            .encode(talk, at: somewhere)
        let learned = marked.learnedText
        #expect(learned.contains("answer1") && learned.contains("answer2") && !learned.contains("question"), "\(learned)")
        #expect(marked.turns.count == 2 && marked.dropped.isEmpty && marked.straddling == 0)
    }
}
