import ArgumentParser
import Foundation
import Hone
import HoneData
import HoneEvaluation
import HoneRuns
import HoneTraining
import HoneWeights
import Testing

@testable import HoneCLI

@Suite("Errors and exit codes")
struct ExitReasonTests {
    struct Unknown: Error, LocalizedError {
        var errorDescription: String? { "nobody knows" }
    }

    static let cases: [(error: any Error, status: ExitReason, code: String)] = [
        (RecipeError.empty(.init()), .input, "recipe"), (DataError.emptyFile(file: "f"), .input, "data"),
        (HoneError.notAModel(folder: "f"), .input, "setup"), (EvaluationError.empty, .input, "evaluation"),
        (WeightError.emptyFile(file: "f"), .input, "weights"), (WeightError.diskFull(file: "f", bytesNeeded: 1), .failure, "weights"),
        (RunsError.locked(run: "r", pid: 1), .input, "runs"), (RunsError.cannotCreate(path: "p", reason: "r"), .input, "runs"),
        (RunsError.cannotWrite(path: "p", reason: "full"), .failure, "runs"),
        (RunsError.index(path: "p", doing: "d", reason: "r"), .failure, "runs"),
        (TrainingError.nonFinite(step: 3, loss: .nan, norm: 1, rate: 1), .diverged, "diverged"),
        (TrainingError.checkpointMissing(folder: "f"), .input, "training"), (TrainingError.noTargets(step: 1), .failure, "training"),
        (CommandError.noText, .input, "usage"), (ValidationError("no"), .input, "usage"), (Unknown(), .failure, "unexpected"),
    ]

    @Test("each kind of error has its exit code and its name for programs", arguments: cases.indices)
    func mapping(index: Int) {
        let (error, status, code) = Self.cases[index]
        let outcome = Outcome(error)
        #expect(outcome.status == status)
        #expect(outcome.code == code)
        #expect(outcome.channel == .complaint)
        #expect(outcome.text.hasPrefix("error: ") && !outcome.message.isEmpty)
        #expect(!outcome.text.contains("\(type(of: error))"), "a dump of a Swift value is no message")
    }

    @Test("a usage error ends with 2 and shows the usage line")
    func usage() throws {
        let error = try #require(throws: (any Error).self) { try HoneCommand.parseAsRoot(["train", "r.yaml", "--nope"]) }
        let outcome = Outcome(error)
        #expect(outcome.status == .input && outcome.code == "usage")
        #expect(outcome.text.hasPrefix("error: Unknown option '--nope'") && outcome.text.contains("Usage: hone train"))
    }

    @Test("help and version are answers, not errors", arguments: ["--help", "--version"])
    func answers(argument: String) throws {
        let error = try #require(throws: (any Error).self) {
            var command = try HoneCommand.parseAsRoot([argument])
            try command.run()
        }
        let outcome = Outcome(error)
        #expect(outcome.status == .success && outcome.channel == .answer && !outcome.message.isEmpty)
    }

    @Test("an interrupted run has said everything already")
    func interrupted() {
        let outcome = Outcome(ExitReason.interrupted)
        #expect(outcome.status.rawValue == 130 && outcome.channel == .silent)
    }

    @Test("an unknown error keeps the system's words")
    func unknown() { #expect(Fault(Unknown()).message == "nobody knows") }

    @Test("a second Ctrl-C is told from the first")
    func stopTwice() {
        let stop = StopRequest()
        #expect(!stop.isAsked)
        #expect(stop.ask() && stop.isAsked)
        #expect(!stop.ask() && stop.isAsked)
    }
}
