import Testing

@testable import HoneRuns

@Suite("Lifecycle")
struct RunLifecycleTests {
    static let inputs: [RunLifecycle.Input] = [.start, .interrupt, .saved, .vanished, .resume, .done, .crash(reason: "NaN")]

    @Test("goes from the queue to its end")
    func straight() throws {
        var life = RunLifecycle()
        #expect(try life.handle(.start) == .launch)
        #expect(try life.handle(.done) == .record)
        #expect(life.status == .finished)
    }

    @Test("saves before it stops, once, and can go on")
    func interruption() throws {
        var life = RunLifecycle()
        _ = try life.handle(.start)
        #expect(try life.handle(.interrupt) == .saveThenStop)
        #expect(life.status == .running)
        #expect(try life.handle(.interrupt) == .none)
        #expect(try life.handle(.saved) == .record)
        #expect(life.status == .interrupted)
        #expect(try life.handle(.resume) == .launch)
        #expect(life.status == .running)
    }

    @Test("no sequence of inputs reaches running from finished, 500 sequences")
    func finishedIsFinal() {
        var generator = Seeded(29)
        for sequence in 0..<500 {
            var life = RunLifecycle()
            var wasFinished = false
            for _ in 0..<24 {
                guard let input = Self.inputs.randomElement(using: &generator) else { continue }
                let before = life
                do {
                    _ = try life.handle(input)
                } catch {
                    #expect(life == before, "a refused move changed the state, sequence \(sequence)")
                }
                wasFinished = wasFinished || life.status == .finished
                #expect(!wasFinished || life.status == .finished, "sequence \(sequence)")
            }
        }
    }

    @Test("a finished run refuses every input with advice", arguments: inputs)
    func refusal(_ input: RunLifecycle.Input) throws {
        var life = RunLifecycle(status: .finished)
        let error = try #require(throws: RunsError.self) { _ = try life.handle(input) }
        #expect(error.description.contains("Start a new run"), "\(error)")
    }

    @Test("comes back from the status of a record", arguments: RunStatus.allCases)
    func status(_ status: RunStatus) { #expect(RunLifecycle(status: status, reason: "why").status == status) }
}
