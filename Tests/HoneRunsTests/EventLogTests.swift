import Foundation
import Testing

@testable import HoneRuns

@Suite("Event log")
struct EventLogTests {
    func step(_ index: Int, loss: Double = 1) -> RunEvent {
        .step(index: index, epoch: 0, loss: loss, gradientNorm: 1, learningRate: 0.1, tokens: 1, rows: 1, seconds: 0)
    }

    @Test("keeps what was appended, over two openings")
    func append() throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        for event in sampleEvents { try EventLog(folder).append(event, at: moment()) }
        let read = try EventLog.read(folder)
        #expect(read.events.map(\.event) == sampleEvents)
        #expect(read.tornLines == 0)
    }

    @Test("is empty where there is no file")
    func absent() throws {
        let scratch = try Scratch()
        #expect(try EventLog.read(makeFolder(scratch.url)).events.isEmpty)
    }

    @Test("a torn last line is moved aside at every possible cut, never fatal")
    func torn() throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        let whole = try EventLog.line(TimedEvent(time: moment(), event: step(1)))
        let next = try EventLog.line(TimedEvent(time: moment(), event: step(2)))
        for cut in 1..<next.count {
            try (whole + next.prefix(cut)).write(to: folder.events)
            #expect(try EventLog.read(folder).tornLines == 1)
            let log = try EventLog(folder)
            #expect(log.tornLines == 1, "cut at \(cut)")
            try log.append(step(3), at: moment())
            let read = try EventLog.read(folder)
            #expect(read.events.map(\.event.step) == [1, 3] && read.tornLines == 0, "cut at \(cut)")
            #expect(try Data(contentsOf: folder.tornEvents) == next.prefix(cut) + Data("\n".utf8))
            try FileManager.default.removeItem(at: folder.tornEvents)
        }
    }

    @Test("a last line of zeros, as a power cut leaves, is torn too")
    func zeros() throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        try (EventLog.line(TimedEvent(time: moment(), event: step(1))) + Data(count: 40) + Data("\n".utf8)).write(to: folder.events)
        #expect(try EventLog(folder).tornLines == 1)
        #expect(try EventLog.read(folder).events.count == 1)
    }

    @Test("a file that is nothing but a torn line becomes empty")
    func onlyTorn() throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        try Data("{\"type\":\"st".utf8).write(to: folder.events)
        #expect(try EventLog(folder).tornLines == 1)
        #expect(try Data(contentsOf: folder.events).isEmpty)
    }

    @Test("a broken line in the middle is an error with its number")
    func broken() throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        let line = try EventLog.line(TimedEvent(time: moment(), event: step(1)))
        try (line + Data("{}\n".utf8) + line).write(to: folder.events)
        let error = try #require(throws: RunsError.self) { try EventLog.read(folder) }
        #expect(error.description.contains("line 2: the key “time” is missing"), "\(error)")
    }

    @Test("resuming cancels later steps and nothing else")
    func effective() {
        let story: [RunEvent] = [
            step(1), step(2), .evaluation(step: 2, split: "validation", metrics: [:], seconds: 0),
            .checkpoint(step: 2, folder: "checkpoints/step-2", isBest: true), step(3), .warning(code: "w", message: "", counts: [:]),
            .resumed(step: 2), step(3), step(4), .interrupted(step: 4, reason: "Ctrl-C"), .resumed(step: 4), step(5),
        ]
        let kept = EventLog.effective(story.map { TimedEvent(time: moment(), event: $0) }).map(\.event)
        #expect(kept == Array(story[0..<4]) + Array(story[5...]))
    }

    @Test("a later resume from an earlier step also cancels what an earlier resume began")
    func nested() {
        let story: [RunEvent] = [step(1), step(2), step(3), .resumed(step: 2), step(3), .resumed(step: 1), step(2)]
        let kept = EventLog.effective(story.map { TimedEvent(time: moment(), event: $0) }).map(\.event)
        #expect(kept == [step(1), .resumed(step: 1), step(2)])
    }

    @Test("the effective steps are each index once, in order, 200 random histories")
    func property() {
        var generator = Seeded(31)
        for history in 0..<200 {
            var (events, at): ([RunEvent], Int) = ([], 0)
            for _ in 0..<40 {
                if at > 0, Int.random(in: 0..<6, using: &generator) == 0 {
                    at = Int.random(in: 0...at, using: &generator)
                    events.append(.resumed(step: at))
                } else {
                    at += 1
                    events.append(step(at, loss: Double(events.count)))
                }
            }
            let kept = EventLog.effective(events.map { TimedEvent(time: moment(), event: $0) }).map(\.event)
            let steps = kept.filter { $0.kind == .step }.compactMap(\.step)
            #expect(steps == Array(1..<(at + 1)), "history \(history)")
        }
    }

    @Test("threads append whole lines")
    func threads() async throws {
        let scratch = try Scratch()
        let folder = try makeFolder(scratch.url)
        let log = try EventLog(folder)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask { for index in 0..<50 { try log.append(self.step(task * 50 + index), at: moment()) } }
            }
            try await group.waitForAll()
        }
        let steps = try EventLog.read(folder).events.compactMap(\.event.step)
        #expect(steps.sorted() == Array(0..<400))
    }
}
