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

    /// What a published template is like: how an answer ends, and which conversations it takes.
    struct Published: Sendable {
        var name: String
        /// What follows the text of an answer and is learned; the last token of it stops generation.
        var end: String
        /// What is learned before the text of an answer.
        var start = ""
        var needsTools = false
        var takesSystem = true
        var takesTools = true
        /// Whether a call ends in a stop token; some templates forget it.
        var endsCalls = true
        /// Whether the descriptions of tools are written; else they count as left out.
        var writesTools = true
        /// What the template reads besides.
        var variables: [RawJSON.Member] = []
    }

    static let published = [
        Published(name: "CohereForAI-c4ai-command-r-plus-tool_use", end: "<|END_OF_TURN_TOKEN|>", needsTools: true, endsCalls: false),
        Published(
            name: "CohereForAI-c4ai-command-r7b-12-2024-tool_use", end: "<|END_RESPONSE|><|END_OF_TURN_TOKEN|>", start: "<|START_RESPONSE|>"
        ),
        Published(name: "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use", end: "<|im_end|>", needsTools: true),
        Published(name: "NousResearch-Hermes-3-Llama-3.1-8B-tool_use", end: "<|im_end|>", needsTools: true),
        Published(name: "Qwen-Qwen2.5-7B-Instruct", end: "<|im_end|>"),
        Published(name: "deepseek-ai-DeepSeek-R1-Distill-Llama-8B", end: "<｜end▁of▁sentence｜>", endsCalls: false, writesTools: false),
        Published(name: "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B", end: "<｜end▁of▁sentence｜>", endsCalls: false, writesTools: false),
        Published(
            name: "fireworks-ai-llama-3-firefunction-v2", end: "<|eot_id|>", takesTools: false,
            variables: [.init("functions", .string("get_weather")), .init("datetime", .string("today"))]),
        Published(name: "google-gemma-2-2b-it", end: "<end_of_turn>", takesSystem: false, takesTools: false),
        Published(name: "llama-cpp-deepseek-r1", end: "<｜end▁of▁sentence｜>", takesTools: false),
        Published(name: "meetkai-functionary-medium-v3.1", end: "<|eot_id|>"),
        Published(name: "meetkai-functionary-medium-v3.2", end: "<|eot_id|>", start: "all\n"),
        Published(name: "meta-llama-Llama-3.1-8B-Instruct", end: "<|eot_id|>"),
        Published(name: "meta-llama-Llama-3.2-3B-Instruct", end: "<|eot_id|>"),
        Published(name: "meta-llama-Llama-3.3-70B-Instruct", end: "<|eot_id|>"),
        Published(name: "microsoft-Phi-3.5-mini-instruct", end: "<|end|>", takesTools: false),
        // Writes a system message only where a question comes last.
        Published(name: "mistralai-Mistral-Nemo-Instruct-2407", end: "</s>", takesSystem: false),
    ]

    private static func encode(_ subject: Published, _ talk: Conversation) throws -> MarkedTokens {
        let file = folder.appending(path: subject.name + ".jinja")
        var template = try ChatTemplate(String(contentsOf: file, encoding: .utf8), name: subject.name)
        template.variables["bos_token"] = "<s>"
        template.variables["eos_token"] = subject.name.contains("Phi") ? "<|endoftext|>" : "</s>"
        let special = [
            "<|END_OF_TURN_TOKEN|>", "<|END_RESPONSE|>", "<|START_RESPONSE|>", "<｜end▁of▁sentence｜>", "<|eot_id|>", "<end_of_turn>",
            "<|end|>",
            "<|endoftext|>", "<|eom_id|>",
        ]
        let tokenizer = CharacterTokens(more: special)
        let stops = ["</s>", "<|im_end|>"] + special.filter { !$0.contains("RESPONSE") }
        var talk = talk
        talk.variables += subject.variables
        if subject.needsTools, talk.tools == nil { talk.tools = [try tool] }
        return try ConversationEncoder(
            renderer: ChatTemplateRenderer(template, now: TemplateDate(year: 2026, month: 11, day: 23)), tokenizer: tokenizer,
            tokens: EndTokens(stops: Set(stops.map(tokenizer.id)), begin: 1)
        ).encode(talk, at: somewhere)
    }

    private static var tool: RawJSON {
        get throws {
            try #require(
                RawJSON.parse(
                    #"{"type": "function", "function": {"name": "get_weather", "description": "Weather.", "parameters": {"type": "object", "#
                        + #""properties": {"city": {"type": "string", "description": "A city."}}, "required": ["city"]}}}"#))
        }
    }

    @Test(
        "all published templates are known to the tests",
        .enabled(if: !names.isEmpty, "../shared/data/chat-templates is absent beside the checkout"))
    func complete() { #expect(Set(Self.names) == Set(Self.published.map { $0.name + ".jinja" })) }

    @Test(
        "in published templates exactly the answers are learned, each with one stop token, whatever stands around them",
        .enabled(if: !names.isEmpty, "../shared/data/chat-templates is absent beside the checkout"), arguments: published.map(\.name))
    func answers(name: String) throws {
        let subject = try #require(Self.published.first { $0.name == name })
        func learned(_ answers: [String]) -> String { answers.map { subject.start + $0 + subject.end }.joined() }
        let turns = [
            ("u", "question1"), ("a", "answer1"), ("u", "question2"), ("a", "an answer\n\nin parts"), ("u", "question3"), ("a", "last"),
        ]
        let answers = ["answer1", "an answer\n\nin parts", "last"]
        for hasSystem in subject.takesSystem ? [false, true] : [false] {
            var talk = conversation((hasSystem ? [("s", "be kind")] : []) + turns)
            let marked = try Self.encode(subject, talk)
            #expect(marked.learnedText == learned(answers).filter { $0 != " " }, "system \(hasSystem)")
            #expect(marked.turns.count == 3 && marked.turns.allSatisfy { $0.endsInStop }, "system \(hasSystem)")
            #expect(marked.straddling == 0 && marked.dropped.isEmpty && marked.beginTokens <= 1, "system \(hasSystem): \(marked.dropped)")
            // OpenAI's weight 0 takes the middle answer out, and nothing else changes.
            let middle = (hasSystem ? 1 : 0) + 3
            talk.messages[middle].learned = false
            let weighted = try Self.encode(subject, talk)
            #expect(weighted.ids == marked.ids)
            #expect(weighted.learnedText == learned([answers[0], answers[2]]).filter { $0 != " " }, "system \(hasSystem)")
        }
    }

    @Test(
        "in published templates calls of tools are learned with their stop token, and the tools' results are not",
        .enabled(if: !names.isEmpty, "../shared/data/chat-templates is absent beside the checkout"),
        arguments: published.filter(\.takesTools).map(\.name))
    func calls(name: String) throws {
        let subject = try #require(Self.published.first { $0.name == name })
        let system = subject.takesSystem ? #"{"role": "system", "content": "be kind"}, "# : ""
        let row =
            #"{"messages": [\#(system){"role": "user", "content": "question1"}, {"role": "assistant", "#
            + #""content": null, "tool_calls": [{"id": "abcdefghi", "type": "function", "function": {"name": "get_weather", "#
            + #""arguments": "{\"city\": \"Bonn\"}"}}]}, {"role": "tool", "name": "get_weather", "tool_call_id": "abcdefghi", "#
            + #""content": "sunshine"}, {"role": "assistant", "content": "answer1"}], "tools": [\#(try Self.tool.text)]}"#
        guard case .conversation(let talk, _) = try readExamples(row).examples[0] else { return }
        let marked = try Self.encode(subject, talk)
        let learned = marked.learnedText
        #expect(marked.turns.map(\.message) == (subject.takesSystem ? [2, 4] : [1, 3]), "\(learned)")
        for part in ["get_weather", "Bonn"] { #expect(learned.contains(part), "\(learned)") }
        for part in ["question1", "sunshine", "bekind", "None", "null"] { #expect(!learned.contains(part), "\(part): \(learned)") }
        #expect(learned.hasSuffix((subject.start + "answer1" + subject.end).filter { $0 != " " }), "\(learned)")
        #expect(marked.dropped.map(\.field) == (subject.writesTools ? [] : ["tools[0]"]), "\(marked.dropped)")
        #expect(marked.turns.map(\.endsInStop) == [subject.endsCalls, true], "\(learned)")
    }

    @Test(
        "a system message that a template leaves out is found",
        .enabled(if: !names.isEmpty, "../shared/data/chat-templates is absent beside the checkout"))
    func dropped() throws {
        let mistral = try #require(Self.published.last)
        let marked = try Self.encode(mistral, conversation([("s", "be kind"), ("u", "question1"), ("a", "answer1")]))
        #expect(marked.dropped.map(\.text) == ["be kind"] && marked.learnedText == "answer1</s>")
        let gemma = try #require(Self.published.first { $0.name.contains("gemma") })
        #expect(throws: MaskError.self) { try Self.encode(gemma, conversation([("s", "be kind"), ("u", "q"), ("a", "a")])) }
    }
}
