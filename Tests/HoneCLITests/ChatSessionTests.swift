import Foundation
import Hone
import Testing

@testable import HoneCLI

@Suite("Chat sessions")
struct ChatSessionTests {
    private func session(_ change: (inout ChatSession.Abilities) -> Void = { _ in }, temperature: Double = 1) -> ChatSession {
        var abilities = ChatSession.Abilities()
        change(&abilities)
        var settings = SamplingSettings()
        settings.temperature = temperature
        return ChatSession(abilities, settings: settings)
    }

    /// Takes a message and answers it with one text by every speaker.
    private func talk(_ session: inout ChatSession, _ message: String, _ answer: String) {
        #expect(session.take(message) == .answer)
        for voice in session.speakers { session.record("\(answer) by \(voice)", by: voice) }
    }

    private func contents(_ session: ChatSession, _ voice: ChatSession.Voice = .first) -> [String] {
        session.messages(for: voice).map(\.content)
    }

    @Test("a conversation grows by messages and answers, and ends with the message to be answered")
    func conversation() {
        var session = session()
        session.system = "Be brief."
        talk(&session, "One?", "1")
        #expect(session.take("  Two?  ") == .answer)
        #expect(session.messages(for: .first).map(\.role) == ["system", "user", "assistant", "user"])
        #expect(contents(session) == ["Be brief.", "One?", "1 by first", "Two?"])
        session.takeBack()
        #expect(session.turns.count == 1)
    }

    @Test("an empty line asks for nothing, and two slashes are one")
    func lines() {
        var session = session()
        #expect(session.take("   ") == nil)
        #expect(session.take("//etc/hosts?") == .answer)
        #expect(contents(session) == ["/etc/hosts?"])
        #expect(session.take("/qiut") == .complain("There is no command /qiut. Did you mean /quit?"))
        #expect(session.turns.count == 1)
    }

    @Test("undo takes back a turn, clear all of them; the system message stays")
    func undo() {
        var session = session()
        #expect(session.take("/undo") == .complain("There is nothing to take back."))
        #expect(session.take("/system Be kind.") == .say(["The system message holds from the next answer on."]))
        talk(&session, "One?", "1")
        talk(&session, "Two?", "2")
        #expect(session.take("/undo") == .say(["Took back “Two?”."]))
        #expect(session.turns.map(\.message) == ["One?"])
        _ = session.take("/clear")
        #expect(session.turns.isEmpty && session.system == "Be kind.")
        _ = session.take("/system off")
        #expect(session.system == nil)
    }

    @Test("trying again draws with another seed; where nothing is drawn that is said")
    func retry() {
        var session = session()
        #expect(session.take("/retry") == .complain("There is nothing to answer again."))
        talk(&session, "One?", "1")
        #expect(session.take("/retry") == .answer)
        #expect(session.currentSettings.seed == session.settings.seed + 1 && contents(session) == ["One?"])
        #expect(session.take("/retry") == .answer && session.currentSettings.seed == session.settings.seed + 2)
        talk(&session, "Two?", "2")
        #expect(session.currentSettings.seed == session.settings.seed)
        var greedy = self.session(temperature: 0)
        talk(&greedy, "One?", "1")
        guard case .complain? = greedy.take("/retry") else {
            Issue.record("the likeliest tokens again")
            return
        }
        #expect(greedy.turns[0].answers.count == 1)
    }

    @Test("settings change by their names in any spelling, and keep their bounds")
    func settings() {
        var session = session()
        for (line, said) in [
            ("/set temperature 0.5", "temperature is 0.5."), ("/set top_p 0.9", "top-p is 0.9."), ("/set topK=7", "top-k is 7."),
            ("/set min-p 0.1", "min-p is 0.1."), ("/set REPETITION-PENALTY 1.5", "repetition-penalty is 1.5."),
            ("/set presencePenalty -1", "presence-penalty is -1."), ("/set frequency_penalty 2", "frequency-penalty is 2."),
            ("/set max-tokens 12", "max-tokens is 12."), ("/set seed 9", "seed is 9."), ("/set stats on", "stats is on."),
            ("/set stop \\n\\n | END", "stop is \\n\\n | END."),
        ] { #expect(session.take(line) == .say([said]), "\(line)") }
        let found = session.settings
        #expect(found.temperature == 0.5 && found.topP == 0.9 && found.topK == 7 && found.minP == 0.1 && found.maximumTokens == 12)
        #expect(found.repetitionPenalty == 1.5 && found.presencePenalty == -1 && found.frequencyPenalty == 2 && found.seed == 9)
        #expect(found.stop == ["\n\n", "END"] && session.showsStats)
        for line in ["/set top-p 2", "/set temperature hot", "/set warmth 3", "/set max-tokens 0", "/set stats maybe"] {
            guard case .complain? = session.take(line) else {
                Issue.record("\(line) was taken")
                continue
            }
        }
        #expect(session.settings == found)
        _ = session.take("/set stop none")
        #expect(session.settings.stop.isEmpty)
        guard case .say(let list)? = session.take("/set") else {
            Issue.record("no list")
            return
        }
        #expect(list.count == ChatSetting.allCases.count)
        _ = session.take("/set temperature 0")
        #expect(session.take("/set top-k 3") == .say(["top-k is 3. It counts where tokens are drawn, at a temperature above 0."]))
    }

    @Test("the adapter switches who answers; both have one conversation")
    func adapter() {
        var session = session { $0.hasAdapter = true }
        talk(&session, "One?", "1")
        #expect(session.take("/adapter off") == .say(["The base model answers."]))
        #expect(session.speakers == [.second])
        talk(&session, "Two?", "2")
        #expect(session.take("Three?") == .answer)
        #expect(contents(session, .second) == ["One?", "1 by first", "Two?", "2 by second", "Three?"])
        #expect(session.take("/adapter") == .say(["The adapter is off."]))
        var plain = self.session()
        #expect(plain.take("/adapter off") == .complain("This model has no adapter that could be switched off."))
    }

    @Test("comparing lets both answer, each with its own earlier answers")
    func comparing() {
        var session = session()
        talk(&session, "One?", "1")
        #expect(session.take("/compare on") == .startComparing && !session.isComparing)
        session.startComparing()
        #expect(session.speakers == [.second, .first])
        talk(&session, "Two?", "2")
        _ = session.take("Three?")
        #expect(contents(session, .first) == ["One?", "1 by first", "Two?", "2 by first", "Three?"])
        #expect(contents(session, .second) == ["One?", "1 by first", "Two?", "2 by second", "Three?"])
        #expect(session.take("/compare on") == .say(["Both answer already."]))
        _ = session.take("/compare off")
        #expect(session.speakers == [.first])
        var alone = self.session { $0.cannotCompare = "nothing to compare with" }
        #expect(alone.take("/compare on") == .complain("nothing to compare with"))
    }

    @Test("a model that reads one text at a time takes no system message")
    func system() {
        var session = session { $0.input = .source }
        guard case .complain? = session.take("/system Be brief.") else {
            Issue.record("taken")
            return
        }
        #expect(session.system == nil)
    }

    @Test("raw and save need something to show")
    func empty() {
        var session = session()
        #expect(session.take("/raw") == .complain("Nothing was asked yet."))
        #expect(session.take("/save x.jsonl") == .complain("There is no answer to save yet."))
        talk(&session, "One?", " 1 ")
        #expect(session.take("/raw") == .showPrompt && session.take("/save a b.jsonl") == .save("a b.jsonl"))
        guard case .complain? = session.take("/save") else {
            Issue.record("a file without a name")
            return
        }
        #expect(session.transcript.map(\.content) == ["One?", "1  by first"])
        for line in ["/quit", "/exit", "/q"] { #expect(session.take(line) == .quit) }
    }

    @Test("every command is in the list, and the list says what to type")
    func help() {
        let list = ChatVerb.list.joined(separator: "\n")
        for verb in ChatVerb.allCases { #expect(list.contains("/\(verb.rawValue)\(verb.argument)") && list.contains(verb.meaning)) }
        var session = session()
        #expect(session.take("/help") == .say(ChatVerb.list))
    }

    @Test("a saved conversation is a row that can be trained on, one more each time")
    func transcript() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "chat-\(UUID().uuidString).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        try "{\"messages\": []}".write(to: file, atomically: true, encoding: .utf8)  // a last line without its end
        let messages = [ChatMessage(role: "user", content: "Wie?\n\"So\""), ChatMessage(role: "assistant", content: "Ja.")]
        for _ in 0..<2 { #expect(try ChatTranscript.append(messages, to: file.path).contains("2 messages")) }
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 3)
        try lines.dropFirst().joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
        let examples = try ExampleReader().read(file).examples
        #expect(examples.count == 2)
        guard case .conversation(let conversation, _) = examples[0] else {
            Issue.record("no conversation")
            return
        }
        #expect(conversation.messages.map(\.content) == ["Wie?\n\"So\"", "Ja."])
        #expect(throws: CommandError.notJSONLines("x.txt")) { try ChatTranscript.append(messages, to: "x.txt") }
        #expect(throws: CommandError.self) { try ChatTranscript.append(messages, to: "/nowhere/at/all/x.jsonl") }
    }
}
