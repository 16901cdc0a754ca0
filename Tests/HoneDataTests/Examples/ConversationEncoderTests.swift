import Foundation
import HoneData
import HoneText
import Testing

@Suite("ConversationEncoder")
struct ConversationEncoderTests {
    static func mark(
        _ turns: [(String, String)], _ style: ChatML.Style = .chatml, learns: LearnedTurns = .all, tokens: EndTokens = chatTokens,
        tokenizer: CharacterTokens = CharacterTokens()
    ) throws -> MarkedTokens {
        try ConversationEncoder(renderer: ChatML(style: style), tokenizer: tokenizer, tokens: tokens, learns: learns)
            .encode(conversation(turns), at: somewhere)
    }

    @Test("learns the assistant's words and the stop token, and nothing else")
    func learns() throws {
        let marked = try Self.mark([("s", "be"), ("u", "hi"), ("a", "hello"), ("u", "so"), ("a", "bye")])
        #expect(marked.learnedText == "hello<|im_end|>bye<|im_end|>")
        #expect(marked.turns.map(\.message) == [2, 4])
        #expect(marked.turns.allSatisfy { $0.endsInStop })
        #expect((marked.searched, marked.straddling, marked.dropped.count) == (0, 0, 0))
    }

    @Test("learns the last turn, or everything but what nothing predicts")
    func choices() throws {
        let turns = [("u", "hi"), ("a", "hello"), ("u", "so"), ("a", "bye")]
        #expect(try Self.mark(turns, learns: .last).learnedText == "bye<|im_end|>")
        let everything = try Self.mark(turns, learns: .everything)
        #expect(everything.isLearned == [false] + [Bool](repeating: true, count: everything.ids.count - 1))
        #expect(everything.turns.count == 2)
    }

    @Test("weight 0 is not learned")
    func weights() throws {
        var talk = conversation([("u", "hi"), ("a", "hello"), ("u", "so"), ("a", "bye")])
        talk.messages[1].learned = false
        let encoder = ConversationEncoder(renderer: ChatML(), tokenizer: CharacterTokens(), tokens: chatTokens)
        #expect(try encoder.encode(talk, at: somewhere).learnedText == "bye<|im_end|>")
        talk.messages[3].learned = false
        let none = try encoder.encode(talk, at: somewhere)
        #expect(none.turns.isEmpty)
        #expect(none.causalRow(source: 0).target.targetCount == 0)
    }

    @Test("position i predicts token i + 1")
    func shifted() throws {
        let marked = try Self.mark([("u", "hi"), ("a", "yes")])
        let row = marked.causalRow(source: 4)
        guard case .perToken(let targets) = row.target else {
            Issue.record("the target is \(row.target)")
            return
        }
        #expect(targets.count == row.ids.count && targets.last == TokenTarget.ignored)
        for index in row.ids.indices.dropLast() {
            #expect(targets[index] == (marked.isLearned[index + 1] ? row.ids[index + 1] : TokenTarget.ignored))
        }
        #expect(row.target.targetCount == 4 && row.source == 4)
    }

    @Test("finds turns that the template writes differently once more follows")
    func strippedThinking() throws {
        let marked = try Self.mark([("u", "hi"), ("a", "<think>hm</think>yes"), ("u", "so"), ("a", "<think>x</think>no")], .thinking)
        #expect(marked.learnedText == "yes<|im_end|><think>x</think>no<|im_end|>")
        #expect(marked.searched == 1)
        #expect(marked.turns.allSatisfy { $0.endsInStop })
        let text = "<think>hm</think>yes"
        #expect(marked.dropped == [DroppedText(place: somewhere, message: 1, field: "content", text: text)])
    }

    @Test("finds turns though the generation prompt or a short beginning is not what the whole has")
    func otherPrompts() throws {
        let turns = [("u", "hi"), ("a", "<yes"), ("u", "so"), ("a", "no")]
        let opened = try Self.mark(turns, .opensThought)
        #expect(opened.learnedText == "<yes<|im_end|>no<|im_end|>" && opened.searched == 2)
        let strict = try Self.mark([("u", "hi"), ("a", "yes")], .strict)
        #expect(strict.learnedText == "yes<|im_end|>" && strict.searched == 0)
        let begin = try Self.mark([("u", "hi"), ("a", " yes ")], .begin)
        #expect(begin.learnedText == "yes</s>" && begin.beginTokens == 1)
    }

    @Test("what the template refuses is an error with its place")
    func refused() {
        #expect(throws: MaskError.self) { try Self.mark([("a", "hi")], .strict) }
    }

    @Test("counts what the template leaves out: messages, tool calls, tools")
    func dropped() throws {
        let marked = try Self.mark([("s", "be kind"), ("u", "hi"), ("a", "yes")], .withoutSystem)
        #expect(marked.dropped == [DroppedText(place: somewhere, message: 0, field: "content", text: "be kind")])
        let row =
            #"{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "#
            + #""type": "function", "function": {"name": "add", "arguments": "{\"a\": \"q\\nr\"}"}}]}], "tools": [{"type": "function", "#
            + #""function": {"name": "add"}}]}"#
        guard case .conversation(let talk, _) = try readExamples(row).examples[0] else { return }
        let written = try ConversationEncoder(renderer: ChatML(), tokenizer: CharacterTokens(), tokens: chatTokens)
            .encode(talk, at: somewhere)
        #expect(written.dropped.isEmpty)
        #expect(written.learnedText.contains(#""arguments":{"a":"q\nr"}"#))
        let lost = try ConversationEncoder(renderer: ChatML(style: .begin), tokenizer: CharacterTokens(), tokens: chatTokens)
            .encode(Conversation(messages: talk.messages, tools: [.object([.init("name", .string("other"))])]), at: somewhere)
        #expect(lost.dropped.isEmpty)
    }

    @Test("one begin token: the template's, or one that is put in")
    func begin() throws {
        var tokens = chatTokens
        tokens.addsBegin = true
        let put = try Self.mark([("u", "hi"), ("a", "yes")], tokens: tokens)
        #expect(put.beginTokens == 1 && put.ids.first == 1 && put.learnedText == "yes<|im_end|>")
        #expect(try Self.mark([("u", "hi"), ("a", "yes")], .begin, tokens: tokens).beginTokens == 1)
        #expect(try Self.mark([("u", "hi"), ("a", "yes")]).beginTokens == 0)
    }

    @Test("a token over the edge belongs to the turn it starts in, and is counted")
    func straddling() throws {
        // “y” is one token with what follows it, and the line break before the turn with its first character.
        let marked = try Self.mark([("u", "hi"), ("a", "yes")], tokenizer: CharacterTokens(joins: ["\n"]))
        #expect(marked.straddling == 1)
        #expect(marked.learnedText == "es<|im_end|>")
    }

    @Test("random conversations: what is learned is what the assistant says, whatever the template's habits")
    func property() throws {
        for seed in seeds {
            var generator = SplitMix64(state: seed)
            let pieces = ["a", "b ", "\n", "<think>", "</think>", "é", "👋🏽", "x y", "<", "assistant\n"]
            let turns = (0..<1 + generator.index(below: 7)).map { index in
                (index % 2 == 0 ? "u" : "a", "w" + generator.text(6, from: pieces) + "v")
            }
            for style in [ChatML.Style.chatml, .thinking, .opensThought, .strict] {
                let marked = try Self.mark(turns, style)
                var wanted = ""
                for (index, turn) in turns.enumerated() where turn.0 == "a" {
                    let isStripped = style == .thinking && index < turns.count - 1
                    wanted += (isStripped ? turn.1.components(separatedBy: "</think>").last ?? "" : turn.1) + "<|im_end|>"
                }
                #expect(marked.learnedText == wanted.filter { $0 != " " }, "seed \(seed), \(style)")
                #expect(marked.turns.allSatisfy { $0.endsInStop }, "seed \(seed)")
                #expect(marked.ids.count == marked.isLearned.count && marked.ids.count == marked.offsets.count, "seed \(seed)")
            }
        }
    }
}

/// The tokens that Transformers finds by tags in the template are found without them.
@Suite("Chat masks")
struct ChatMaskReferenceTests {
    struct Fixture: Decodable {
        struct Turn: Decodable { var role, content: String }
        struct Case: Decodable {
            var template: String
            var messages: [Turn]
            var text: String
            var ids: [Int32]
            var mask: [Int]
        }
        var tokenizer: String
        var cases: [Case]
    }

    @Test("masks equal those of Transformers' generation tags")
    func reference() throws {
        let file = try fixture("chat_masks.json", as: Fixture.self)
        let tokenizer = try Tokenizer(json: Data(file.tokenizer.utf8), file: "tokenizer.json")
        let stops = Set(["<|im_end|>", "</s>"].compactMap(tokenizer.id))
        #expect(file.cases.count == 24 && stops.count == 2)
        for (index, row) in file.cases.enumerated() {
            let style = try #require(ChatML.Style(rawValue: row.template))
            let talk = Conversation(messages: row.messages.map { Message(role: $0.role, content: $0.content) })
            let marked = try ConversationEncoder(
                renderer: ChatML(style: style), tokenizer: tokenizer, tokens: EndTokens(stops: stops, begin: tokenizer.id(of: "<s>"))
            ).encode(talk, at: somewhere)
            #expect(marked.text == row.text, "case \(index)")
            #expect(marked.ids == row.ids, "case \(index)")
            #expect(marked.isLearned.map { $0 ? 1 : 0 } == row.mask, "case \(index): \(marked.learnedText)")
        }
    }
}
