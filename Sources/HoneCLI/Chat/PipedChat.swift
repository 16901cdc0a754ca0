import Foundation
import Hone
import HoneRuns

/// A chat without a terminal: the lines of standard input are the turns of one conversation, answers go to standard output.
struct PipedChat {
    let console: Console
    var models: ChatModels
    var session: ChatSession
    private var answers = 0

    init(_ console: Console, _ models: ChatModels, _ session: ChatSession) {
        (self.console, self.models, self.session) = (console, models, session)
    }

    /// Answers every line.
    ///
    /// - Throws: `CommandError.chat` for a command that does not work here, and what the models throw.
    mutating func run() async throws {
        var lines = InputLines()
        let isTyped = isatty(STDIN_FILENO) == 1
        while true {
            if isTyped { console.whisper("> ") }
            guard let line = try lines.next(), try await take(line, number: lines.number) else { break }
        }
        lines.noteBlankLines(console)
        console.emit(["type": "result", "answers": .integer(Int64(answers)), "model": .string(models.first.artifact.url.path)])
    }

    private mutating func take(_ line: String, number: Int) async throws -> Bool {
        switch session.take(line) {
        case nil: break
        case .quit?: return false
        case .say(let lines)?: for line in lines { console.complain(line) }
        case .complain(let text)?: throw CommandError.chat(line: number, text)
        case .startComparing?:
            try await models.prepareSecond()
            session.startComparing()
        case .showPrompt?:
            for voice in session.speakers {
                let prompt = try await models.writer(voice).prompt(of: session.messages(for: voice))
                for line in ChatText.prompt(prompt, Console(isJSON: true)) { console.complain(line) }
            }
        case .save(let path)?: console.complain(try ChatTranscript.append(session.transcript, to: path))
        case .answer?: for voice in session.speakers { try await answer(voice) }
        }
        return true
    }

    private mutating func answer(_ voice: ChatSession.Voice) async throws {
        let answer = try await models.answer(
            session, by: voice, onDrop: { [console] in console.complain("note: " + ChatText.dropped($0)) }, onText: { _ in true })
        session.record(answer.answer.text, by: voice)
        answers += 1
        let text = answer.answer.text.trimmingCharacters(in: .whitespacesAndNewlines)
        if session.speakers.count > 1 { console.say("\(models.name(voice)):") }
        console.say(text)
        if let end = ChatText.ending(answer.answer) { console.complain("note: \(end).") }
        if session.showsStats { console.complain(ChatText.stats(answer.answer)) }
        try console.emit(
            "answer", answer.answer,
            [
                "turn": .integer(Int64(session.turns.count)), "voice": .string(models.name(voice)),
                "message": .string(session.turns.last?.message ?? ""), "text": .string(text), "dropped": .integer(Int64(answer.dropped)),
            ])
    }
}
