import Foundation
import HoneRuns
import Synchronization
import Testing

@testable import Hone

@Suite("Writers", .alone)
struct WriterTests {
    private func greedy(_ writer: Writer, tokens: Int) async throws -> SamplingSettings {
        var settings = try await writer.sampling
        (settings.temperature, settings.maximumTokens) = (0, tokens)
        return settings
    }

    private func user(_ text: String) -> ChatMessage { ChatMessage(role: "user", content: text) }

    @Test("an answer comes in whole characters, and its pieces are the answer", arguments: [UInt64(1), 2, 3])
    func streaming(seed: UInt64) async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let writer = try await Writer(tiny.llama, precision: .float32)
        var settings = try await writer.sampling
        (settings.temperature, settings.maximumTokens, settings.seed) = (1.5, 60, seed)
        let pieces = Mutex<[String]>([])
        let answer = try await writer.chat([user("Grüße 🐶")], settings: settings) { piece in
            pieces.withLock { $0.append(piece) }
            return true
        }
        let found = pieces.withLock { $0 }
        #expect(found.joined() == answer.text)
        #expect(found.count == answer.tokens || answer.finish == .stop)
        #expect(answer.seconds >= answer.readSeconds && answer.promptTokens > 10)
    }

    @Test(
        "answers are written and scored at every evaluation in training where a recipe asks for it",
        arguments: [TaskName.instruction, .sequenceToSequence], [true, false])
    func scoredInTraining(_ kind: TaskName, _ isAsked: Bool) async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(kind, lora: false, steps: 4) {
            ($0.evaluation.generatesInTraining, $0.training.evaluateEvery) = (isAsked, .steps(2))
        }
        let found = try EventLog.read(run.folder).events.compactMap { timed -> (step: Int, metrics: [String: Double])? in
            guard case .evaluation(let step, "validation", let metrics, _) = timed.event else { return nil }
            return (step, metrics)
        }
        #expect(found.map(\.step) == [2, 4])
        for (step, metrics) in found {
            #expect(metrics["loss"] != nil && metrics["perplexity"] != nil && metrics["tokenAccuracy"] != nil)
            for name in ["exactMatch", "bleu", "chrF", "rouge1", "rougeL"] {
                #expect((metrics[name] != nil) == isAsked, "\(name) at step \(step): \(metrics.keys.sorted())")
            }
            #expect(metrics["chrF"].map { (0...100).contains($0) } ?? true)
        }
    }

    @Test("a callback that says no ends the answer at once, whatever the token was")
    func stops() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let writer = try await Writer(tiny.llama, precision: .float32)
        let calls = Mutex(0)
        let answer = try await writer.chat([user("Hello")]) { _ in
            calls.withLock {
                $0 += 1
                return $0 < 3
            }
        }
        #expect(answer.finish == .cancelled && answer.tokens == 3 && calls.withLock { $0 } == 3)
    }

    @Test("texts continued side by side are continued as each alone")
    func batch() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let writer = try await Writer(tiny.llama, precision: .float32)
        let settings = try await greedy(writer, tokens: 12)
        let texts = ["One", "A somewhat longer text", "x"]
        let together = try await writer.complete(texts, settings: settings)
        for (text, answer) in zip(texts, together) {
            #expect(try await writer.complete([text], settings: settings)[0].text == answer.text, "\(text)")
        }
    }

    @Test("what was read is not read again: a conversation that goes on answers as one that is read anew")
    func reuse() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let writer = try await Writer(tiny.llama, precision: .float32)
        let settings = try await greedy(writer, tokens: 10)
        let first = try await writer.chat([user("Hello")], settings: settings)
        #expect(first.reusedTokens == 0)
        let conversation = [user("Hello"), ChatMessage(role: "assistant", content: first.text), user("And then?")]
        let second = try await writer.chat(conversation, settings: settings)
        #expect(second.reusedTokens >= first.promptTokens && second.reusedTokens < second.promptTokens)
        let fresh = try await Writer(tiny.llama, precision: .float32)
        let again = try await fresh.chat(conversation, settings: settings)
        #expect(again.reusedTokens == 0 && again.text == second.text)
        // Another beginning: only what both begin with is kept, and the same prompt again keeps all but its last token.
        let other = try await writer.chat([user("Goodbye")], settings: settings)
        #expect(other.reusedTokens < first.promptTokens)
        #expect(try await fresh.chat([user("Goodbye")], settings: settings).text == other.text)
        let same = try await writer.chat([user("Goodbye")], settings: settings)
        #expect(same.reusedTokens == same.promptTokens - 1 && same.text == other.text)
    }

    @Test("the adapter can be switched off and on, and each way remembers what it has read")
    func adapter() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(.instruction, steps: 20)
        let writer = try await Writer(run.model, precision: .float32)
        #expect(try await writer.hasAdapter)
        let settings = try await greedy(writer, tokens: 8)
        let question = [user("Pet 3?")]
        let tuned = try await writer.chat(question, settings: settings)
        try await writer.setAdapter(false)
        let base = try await writer.chat(question, settings: settings)
        #expect(base.reusedTokens == 0 && tuned.text != base.text)
        let bare = try await Writer(Artifact(run.model).untuned(), precision: .float32)
        #expect(try await bare.chat(question, settings: settings).text == base.text)
        try await writer.setAdapter(true)
        let again = try await writer.chat(question, settings: settings)
        #expect(again.reusedTokens == again.promptTokens - 1 && again.text == tuned.text)
    }

    @Test("a conversation that is too long loses its oldest turns, keeps its system message, and says how many went")
    func fitting() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let writer = try await Writer(tiny.llama, precision: .float32)
        #expect(try await writer.contextLength == TinyWriter.positions)
        var conversation = [ChatMessage(role: "system", content: "Be brief.")]
        for turn in 0..<6 { conversation += [user("Question \(turn)"), ChatMessage(role: "assistant", content: "Answer \(turn)")] }
        conversation.append(user("The last one"))
        let fitted = try await writer.fitting(conversation, answer: 20)
        #expect(fitted.dropped > 0 && fitted.dropped % 2 == 0)
        #expect(fitted.messages.count + fitted.dropped == conversation.count)
        #expect(
            fitted.messages.first == conversation.first && fitted.messages[1].role == "user" && fitted.messages.last == conversation.last)
        #expect(try await writer.prompt(of: fitted.messages).tokens.count <= TinyWriter.positions - 20)
        let short = try await writer.fitting([user("Hi")], answer: 20)
        #expect(short.dropped == 0 && short.messages == [user("Hi")])
        // A last message that does not fit by itself stays, and is an error when it is to be answered.
        let long = [user(String(repeating: "long ", count: 60))]
        #expect(try await writer.fitting(long, answer: 20).messages == long)
        await #expect(throws: GenerationError.self) { try await writer.chat(long) }
    }

    @Test("a prompt is shown as the model sees it")
    func prompt() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let writer = try await Writer(tiny.llama, precision: .float32)
        let prompt = try await writer.prompt(of: [user("Hi")])
        #expect(prompt.text == "User: Hi\nAssistant:")
        #expect(prompt.tokens.first == WriterPrompt.Token(id: 2, text: "<s>", isSpecial: true))
        #expect(prompt.tokens.dropFirst().allSatisfy { !$0.isSpecial })
        #expect(prompt.tokens.dropFirst().map(\.text).joined() == prompt.text)
        #expect(
            prompt.tokens.dropFirst().map(\.id)
                == prompt.text.utf8.map { byte in prompt.tokens.first { $0.text.utf8.elementsEqual([byte]) }?.id })
        let answer = try await writer.chat([user("Hi")])
        #expect(answer.promptTokens == prompt.tokens.count)
        // A character of two tokens is shown by the first; the second goes by its name.
        let accent = try await writer.prompt(of: [user("é")]).tokens
        #expect(accent.contains { $0.text == "é" } && accent.count { $0.text == "é" } == 1 && accent.count == prompt.tokens.count)
    }

    @Test("examples of a file become questions with what is right; those that leave no room are found before")
    func questions() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let writer = try await Writer(tiny.llama, precision: .float32)
        let rows = [
            #"{"messages":[{"role":"user","content":"Pet?"},{"role":"assistant","content":"A dog."}]}"#,
            #"{"messages":[{"role":"user","content":"\#(String(repeating: "long ", count: 60))"}]}"#,
        ]
        let examples = try ExampleReader().read(tiny.file("q.jsonl", rows)).examples
        let questions = try await writer.questions(examples)
        #expect(questions.map(\.expected) == [["A dog."], []] && questions[0].text == "Pet?" && questions[0].place.line == 1)
        #expect(try await writer.tooLong(questions) == [1])
        let settings = try await greedy(writer, tokens: 5)
        let answers = try await writer.answer([questions[0]], settings: settings)
        let chat = try await writer.chat([user("Pet?")], settings: settings)
        #expect(answers[0].answer == chat.text.trimmingCharacters(in: .whitespacesAndNewlines) && answers[0].tokens == 5)
        await #expect(throws: GenerationError.self) { try await writer.answer(questions, settings: settings) }
        let scores = try writer.score(answers)
        #expect(scores.rows == 1 && scores["chrF"] != nil && scores["exactMatch"]?.value == 0)
    }

    @Test("a bare prompt goes through the template only where the model has one")
    func templates() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let bare = try await Writer(tiny.llama, precision: .float32)
        #expect(bare.artifact.facts.task == .text && bare.artifact.assumption != nil)
        let text = try await bare.questions(["Hello"])
        #expect(text[0].promptTokens == 1 + 5)
        #expect(try await bare.foreignTemplate == "plain")
        try "{{ messages[0].content }}!".write(to: tiny.llama.appending(path: "chat_template.jinja"), atomically: true, encoding: .utf8)
        let chatty = try await Writer(tiny.llama, precision: .float32)
        #expect(chatty.artifact.facts.task == .instruction)
        #expect(try await chatty.questions(["Hello"])[0].promptTokens == 1 + 6)
        #expect(try await chatty.questions(["Hello"], promptsAreChats: false)[0].promptTokens == 1 + 5)
        #expect(try await chatty.foreignTemplate == nil)
    }

    @Test("a model that learned from bare prompts is asked with bare prompts")
    func barePrompts() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let data = try tiny.file("p.jsonl", (0..<40).map { #"{"prompt":"pet \#($0): ","completion":"dog"}"# })
        let run = try await tiny.run(.instruction) { $0.data.train = data.path }
        let writer = try await Writer(run.model, precision: .float32)
        #expect(writer.artifact.facts.promptsAreChats == false)
        #expect(try await writer.input == .prompt)
        #expect(!FileManager.default.fileExists(atPath: run.model.appending(path: "chat_template.jinja").path))
        let prompt = try await writer.prompt(of: [user("earlier"), user("pet 9: ")])
        #expect(prompt.text == "pet 9: ")
        #expect(try await writer.questions(["pet 9: "])[0].promptTokens == prompt.tokens.count)
    }

    @Test("a T5 reads one text, with the prefix it was trained with, and follows beams")
    func sequence() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let run = try await tiny.run(.sequenceToSequence) { $0.data.prefix = "name: " }
        let writer = try await Writer(run.model, precision: .float32)
        #expect(try await writer.input == .source)
        #expect(try await writer.contextLength == nil)
        let prompt = try await writer.prompt(of: [user("ignored"), user("my dog")])
        #expect(prompt.text == "name: my dog" && prompt.tokens.last?.text == "</s>")
        let questions = try await writer.questions(["my dog 1", "my cat 2"])
        let settings = try await greedy(writer, tokens: 6)
        let plain = try await writer.answer(questions, settings: settings)
        #expect(try await writer.answer(questions, settings: settings, beams: 1).map(\.answer) == plain.map(\.answer))
        var telling = settings
        telling.logprobs = 2
        let told = try await writer.answer(questions, settings: telling)
        #expect(told.map(\.answer) == plain.map(\.answer) && plain.allSatisfy { $0.logprobs.isEmpty })
        #expect(told.allSatisfy { $0.logprobs.count == $0.tokens && $0.logprobs.allSatisfy { $0.logprob <= 0 && $0.top.count == 2 } })
        #expect(try await writer.tokenNames([told[0].logprobs[0].token]).count == 1)
        let beams = try await writer.answer(questions, settings: settings, beams: 3)
        #expect(beams.count == 2 && beams.allSatisfy { $0.tokens <= 6 })
        let chat = try await writer.chat([user("my dog 1")], settings: settings)
        #expect(chat.text.trimmingCharacters(in: .whitespacesAndNewlines) == plain[0].answer)
    }

    @Test("wishes of generation_config.json are followed, and those that are not are named")
    func wishes() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let wishes = #"{"do_sample": true, "temperature": 0.7, "top_p": 0.9, "max_length": 20, "typical_p": 0.5, "eos_token_id": [1, 5]}"#
        try wishes.write(to: tiny.llama.appending(path: "generation_config.json"), atomically: true, encoding: .utf8)
        let writer = try await Writer(tiny.llama, precision: .float32)
        let sampling = try await writer.sampling
        #expect(sampling.temperature == 0.7 && sampling.topP == 0.9 && sampling.stopIDs == [1, 5])
        #expect(try await writer.ignoredWishes == ["typical_p", "max_length"])
    }

    @Test("a template that writes the date is trained and measured with the recipe's, and asked with today's")
    func dates() async throws {
        let tiny = try TinyWriter()
        defer { tiny.remove() }
        let template =
            "{{ strftime_now('%Y') }}{% for m in messages %} {{ m.role }}: {{ m.content }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}"
            + "{% endfor %}{% if add_generation_prompt %} assistant: {% endif %}"
        try template.write(to: tiny.llama.appending(path: "chat_template.jinja"), atomically: true, encoding: .utf8)
        let run = try await tiny.run(.instruction, steps: 2) { $0.task.date = "1999-07-26" }
        let writer = try await Writer(run.model, precision: .float32)
        let year = Calendar(identifier: .gregorian).component(.year, from: Date())
        #expect(try await writer.prompt(of: [user("Hi")]).text.hasSuffix("\(year) user: Hi assistant: "))
        let again = try await writer.evaluate(EvaluationRows(testRowsOf: run.record))
        #expect(abs(try #require(again["loss"]).value - #require(run.after?["loss"]).value) < 1e-4)
    }
}
