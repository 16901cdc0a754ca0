import Foundation
import Hone

/// A chat on a terminal: prompt, streamed answers, columns, Ctrl-C.
struct TerminalChat {
    let console: Console
    var models: ChatModels
    var session: ChatSession
    private let interrupts: Interrupts

    init(_ console: Console, _ models: ChatModels, _ session: ChatSession) {
        (self.console, self.models, self.session) = (console, models, session)
        interrupts = Interrupts(console, signals: [SIGINT], message: nil)
    }

    /// The columns of the terminal, which a person may change at any time.
    private var width: Int { Console(isJSON: false).width }

    /// Says something about the chat; sentences are broken at blanks, lists stay as they are.
    static func say(_ lines: [String], _ console: Console) {
        let width = Console(isJSON: false).width
        console.say(lines.flatMap { $0.hasPrefix("  ") ? [$0] : $0.wrapped(to: width) }.map { console.dim($0) })
    }

    /// Talks until the person has enough.
    mutating func run() async throws {
        TerminalMode.set(.quiet)
        defer { TerminalMode.restore() }
        let input = TerminalInput(console)
        var isLeaving = false
        while true {
            interrupts.stop.reset()
            switch input.line(prompt: "> ") {
            case .ended: return
            case .interrupted:
                if isLeaving { return }
                isLeaving = true
                Self.say(["Ctrl-C again, or Ctrl-D, ends; /help lists the commands."], console)
            case .text(let line):
                isLeaving = false
                if try await take(line) == false { return }
            }
        }
    }

    /// Does what a line asks for; false ends the chat.
    private mutating func take(_ line: String) async throws -> Bool {
        do {
            switch session.take(line) {
            case nil: break
            case .quit?: return false
            case .say(let lines)?: Self.say(lines, console)
            case .complain(let text)?: complain(text)
            case .startComparing?:
                try await models.prepareSecond()
                session.startComparing()
                Self.say(["\(models.name(.second)) and \(models.name(.first)) answer from now on."], console)
            case .showPrompt?: try await showPrompt()
            case .save(let path)?: Self.say([try ChatTranscript.append(session.transcript, to: path)], console)
            case .answer?: try await answer()
            }
        } catch {
            complain(Outcome(error).message)
        }
        return true
    }

    private func complain(_ text: String) { console.say(("! " + text).wrapped(to: width).map { console.bad($0) }) }

    private mutating func answer() async throws {
        do {
            if session.speakers.count == 1 {
                try await answer(session.speakers[0], .below)
            } else if width < SideBySide.leastWidth {
                for voice in session.speakers where !interrupts.stop.isAsked {
                    console.say(console.bold(models.name(voice)))
                    try await answer(voice, .below)
                }
            } else {
                try await answerInColumns()
            }
        } catch {
            session.takeBack()
            throw error
        }
    }

    @discardableResult private mutating func answer(
        _ voice: ChatSession.Voice, _ place: sending AnswerPrinter.Place
    ) async throws -> ChatAnswer {
        let isBelow = if case .below = place { true } else { false }
        let printer = AnswerPrinter(console, place, stop: interrupts.stop)
        let answer: ChatAnswer
        do {
            answer = try await models.answer(
                session, by: voice, onDrop: { Self.say([ChatText.dropped($0)], console) }, onText: { printer.take($0) })
        } catch {
            printer.finish()
            throw error
        }
        printer.finish()
        session.record(answer.answer.text, by: voice)
        if isBelow { note(answer) }
        return answer
    }

    private mutating func answerInColumns() async throws {
        let (left, right) = (session.speakers[0], session.speakers[1])
        let width = width
        let first = try await answer(left, .hidden(name: models.name(left)))
        console.say(console.bold(SideBySide.header(models.name(left), models.name(right), width: width)))
        let text = first.answer.text.trimmingCharacters(in: .whitespacesAndNewlines).printable
        var columns = SideBySide(left: text, width: width)
        console.control(columns.begin())
        guard !interrupts.stop.isAsked else {
            console.control(columns.finish())
            return note(first)
        }
        let second = try await answer(right, .right(columns))
        note(first)
        note(second)
    }

    private func note(_ answer: ChatAnswer) {
        let name = session.speakers.count > 1 ? models.name(answer.voice) + ": " : ""
        if let end = ChatText.ending(answer.answer) { Self.say(["(\(name)\(end))"], console) }
        if session.showsStats { Self.say(["\(name)\(ChatText.stats(answer.answer))"], console) }
    }

    private func showPrompt() async throws {
        for voice in session.speakers {
            let prompt = try await models.writer(voice).prompt(of: session.messages(for: voice))
            if session.speakers.count > 1 { console.say(console.bold(models.name(voice))) }
            console.say(ChatText.prompt(prompt, console))
        }
    }
}
