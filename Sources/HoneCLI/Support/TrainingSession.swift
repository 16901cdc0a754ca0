import Foundation
import Hone
import HoneRuns

/// Trains with a live display and Ctrl-C, for the verbs that train.
struct TrainingSession {
    let console: Console
    /// Where the run is put down.
    var runs: URL

    /// Runs `work` under a watcher; a failure names the run that it left.
    func run(_ work: (@escaping RunObserver) async throws -> RunResult) async throws -> (result: RunResult, savedSeconds: Double?) {
        let interrupts = Interrupts(console)
        let watcher = RunWatcher(console, stop: interrupts.stop)
        defer { withExtendedLifetime(interrupts) {} }
        do {
            let result = try await work(watcher.observer)
            return (result, watcher.savedSeconds)
        } catch {
            watcher.clear()
            if let run = watcher.run {
                let name = Program.name(of: RunFolder(id: run, in: runs))
                console.complain("The run \(run) is marked as failed; `\(Program.name) runs show \(name)` says what it did.")
            }
            throw error
        }
    }

    /// The last line of --json.
    func emit(_ result: RunResult, savedSeconds: Double?) throws {
        try console.emit("result", RunLine(result, savedSeconds: savedSeconds))
    }

    /// Says how to go on with an interrupted run, and ends the verb with the code for it.
    func endIfInterrupted(_ result: RunResult) throws {
        guard !result.isFinished else { return }
        let name = Program.name(of: result.folder)
        console.say("Saved after step \(Format.grouped(result.record.counts.steps)). To go on:")
        console.say("  \(Program.name) train --resume \(name)")
        throw ExitReason.interrupted
    }
}

/// The `result` of a training as programs read it.
struct RunLine: Encodable {
    struct Value: Encodable {
        var value: Double
        var low: Double?
        var high: Double?
    }

    var run: String
    var runFolder: String
    var status: RunStatus
    /// The test rows after training, by name; empty without test rows.
    var metrics: [String: Double]
    var intervals: [String: Value]
    /// The test rows before training; nil unless a baseline was asked for.
    var before: [String: Double]?
    var steps: Int
    var bestStep: Int?
    var peakBytes: Int?
    var seconds: Double?
    /// Seconds from the start of the process until the model was saved.
    var savedSeconds: Double?
    var model: String?
    var report: String?
    var versions: RunRecord.Versions

    init(_ result: RunResult, savedSeconds: Double?) {
        self.init(folder: result.folder, record: result.record, before: result.before, after: result.after, savedSeconds: savedSeconds)
    }

    init(folder: RunFolder, record: RunRecord, before: EvaluationResult?, after: EvaluationResult?, savedSeconds: Double?) {
        (run, runFolder, status) = (folder.id.description, folder.url.path, record.status)
        metrics = Self.values(after)
        intervals = Dictionary(
            (after?.metrics ?? []).filter { $0.low != nil }.map { ($0.name, Value(value: $0.value, low: $0.low, high: $0.high)) },
            uniquingKeysWith: { first, _ in first })
        self.before = before.map(Self.values)
        (steps, bestStep, versions) = (record.counts.steps, record.bestStep, record.versions)
        (peakBytes, seconds, self.savedSeconds) = (record.cost.measuredBytes, record.cost.measuredSeconds, savedSeconds)
        let isFinished = record.status == .finished
        model = isFinished ? folder.model.path : nil
        report = isFinished ? folder.report.path : nil
    }

    private static func values(_ result: EvaluationResult?) -> [String: Double] {
        Dictionary((result?.metrics ?? []).map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}
