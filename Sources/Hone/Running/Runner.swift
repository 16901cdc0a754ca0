// Tested by RunTests.swift.
public import Foundation
internal import HoneAdapters
internal import HoneData
internal import HoneModels
public import HoneRuns
internal import HoneTensors
internal import HoneTraining
internal import HoneWeights

/// What an observer of a run answers to each event.
public enum RunDecision: Sendable, Equatable {
    /// Go on.
    case proceed
    /// End after this step; everything is saved first and the run can be resumed.
    case stop(reason: String)
}

/// Hears every event of a run, on the run's own thread, and may stop it.
public typealias RunObserver = @Sendable (TimedEvent) -> RunDecision

/// What a run came to.
public struct RunResult: Sendable {
    /// Everything the run wrote.
    public let folder: RunFolder
    /// What the run is and measured, as `record.json` says it.
    public let record: RunRecord
    /// The test rows before training; nil if there are none or no baseline was asked for.
    public let before: EvaluationResult?
    /// The test rows after training; nil if there are none, or the run was interrupted.
    public let after: EvaluationResult?

    /// The folder of the trained model.
    public var model: URL { folder.model }
    /// Whether the run came to its end; false if it was interrupted.
    public var isFinished: Bool { record.status == .finished }
}

/// Starts and resumes runs: `Recipe → Plan → Runner`.
///
/// ```swift
/// let plan = try Plan(RecipeDocument(contentsOf: URL(filePath: "recipe.yaml")))
/// let run = try await Runner.start(plan) { event in .proceed }
/// print(run.after?["accuracy"]?.value ?? .nan)
/// ```
public enum Runner {
    /// Trains by a plan in a new run folder.
    ///
    /// - Throws: what stopped it; the run's record and index then say `failed` and why.
    public static func start(_ plan: Plan, observe: @escaping RunObserver = { _ in .proceed }) async throws -> RunResult {
        let now = Date()
        // Only the words of the run's name are drawn from this; a name that exists is drawn again.
        var random = SplitMix64(state: now.timeIntervalSince1970.bitPattern ^ UInt64(ProcessInfo.processInfo.processIdentifier))
        let folder = try RunFolder.create(in: URL(filePath: plan.recipe.output.folder), at: now, using: &random)
        let lock = try RunLock.acquire(folder)
        try folder.writeRecipe(plan.document.text)
        var plan = plan
        if plan.start.isMade { plan.start = try plan.start.keeping(in: folder.start) }
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(plan.recipe.json().utf8))
        let record = RunRecord(id: folder.id, name: plan.recipe.output.name, created: now, recipe: value)
        return try await RunHost(plan, folder, record, lock: lock).run(isResuming: false, observe)
    }

    /// Goes on with an interrupted or failed run from its newest checkpoint.
    ///
    /// - Throws: `RunsError.locked` while another process works on it; ``HoneError/notResumable(run:status:)`` if it has finished.
    public static func resume(_ folder: RunFolder, observe: @escaping RunObserver = { _ in .proceed }) async throws -> RunResult {
        let lock = try RunLock.acquire(folder)
        let record = try folder.readRecord()
        guard record.status != .finished else { throw HoneError.notResumable(run: folder.id.description, status: "finished") }
        let json = try JSONEncoder().encode(record.recipe)
        let document = try RecipeDocument(text: String(decoding: json, as: UTF8.self), format: .json, name: folder.record.path)
        return try await RunHost(try Plan(document, start: folder.start), folder, record, lock: lock).run(isResuming: true, observe)
    }
}

/// Holds one run on a torch thread of its own.
actor RunHost {
    private let thread = TorchThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    private let plan: Plan
    private let folder: RunFolder
    private var record: RunRecord
    private let lock: RunLock
    private let index: RunIndex
    private let log: EventLog
    private var lifecycle: RunLifecycle
    private var observe: RunObserver = { _ in .proceed }
    private var step = 0

    init(_ plan: Plan, _ folder: RunFolder, _ record: RunRecord, lock: RunLock) throws {
        (self.plan, self.folder, self.record, self.lock) = (plan, folder, record, lock)
        index = try RunIndex(folder.runs)
        log = try EventLog(folder)
        // A record that says `running` while its lock was free belongs to a process that is gone.
        let status = record.status == .running ? RunStatus.interrupted : record.status
        lifecycle = RunLifecycle(status: status, reason: record.reason)
    }

    deinit { thread.close() }

    func run(isResuming: Bool, _ observe: @escaping RunObserver) throws -> RunResult {
        self.observe = observe
        defer { withExtendedLifetime(lock) {} }
        do {
            return try work(isResuming)
        } catch {
            // The first error is the one that counts; recording it must not hide it.
            try? end(with: error)
            throw error
        }
    }

    private func work(_ isResuming: Bool) throws -> RunResult {
        let start = ContinuousClock().now
        try move(isResuming ? .resume : .start)
        try tell(.started(run: folder.id, pid: ProcessInfo.processInfo.processIdentifier))
        let hashes = HashWork(plan)
        let session = try RunSession(plan, checkpoints: folder.checkpoints) { [self] step, sample in
            assumeIsolated { $0.hear(sample, step) }
        } observe: { [self] event in
            assumeIsolated { $0.hear(event) }
        }
        try describe(session)
        try tell(
            .plan(
                rows: plan.train.count, tokens: plan.facts.tokensPerEpoch, steps: plan.facts.steps,
                trainableParameters: session.report.trainableParameters, totalParameters: session.report.totalParameters,
                predictedBytes: plan.facts.predictedBytes, predictedSeconds: plan.facts.predictedSeconds))
        try warn(session)
        var before: EvaluationResult?
        if !isResuming {
            before = try session.before(plan.recipe.evaluation.baseline)
            if let before { try measured(before, .before) }
        }
        if isResuming, TrainingCheckpoint.newest(in: folder.checkpoints) != nil { try session.trainer.resume() }
        try rehearse(session)
        let finish = try session.trainer.run()
        try note(hashes.result())
        if case .interrupted(let reason) = finish {
            try stop(reason, session, since: start)
            return RunResult(folder: folder, record: record, before: before, after: nil)
        }
        let after = try deliver(session, finish, since: start)
        return RunResult(folder: folder, record: record, before: before, after: after)
    }

    /// The share of the usable memory from which on the heaviest batch is tried before the first step.
    private static let rehearsedShare = 0.25

    /// Finds out now whether the heaviest batch fits, if that is in any doubt.
    private func rehearse(_ session: RunSession) throws {
        guard plan.device != .cpu || Double(plan.facts.predictedBytes) > Self.rehearsedShare * Double(Host.usableMemory) else { return }
        guard try session.trainer.rehearse() else { return }
        let fitted = session.trainer.plan
        var recipe = plan.recipe
        recipe.training.activationCheckpointing = fitted.checkpointsBlocks ? .always : .never
        recipe.training.slotsAtOnce = fitted.slotsAtOnce
        record.recipe = try JSONDecoder().decode(JSONValue.self, from: Data(recipe.json().utf8))
        try index.save(record)
        let parts = fitted.slotsAtOnce.map { ", and batches go in parts of at most \($0) token slots" } ?? ""
        try warn(code: "memory", "The heaviest batch did not fit: activations are computed again\(parts).")
    }

    // MARK: Ends

    private func deliver(_ session: RunSession, _ finish: HoneTraining.FinishReason, since start: ContinuousClock.Instant) throws
        -> EvaluationResult?
    {
        Library.releaseCachedMemory()
        record.bestStep = try session.trainer.restoreBest()
        try session.writeModel(to: folder.model, baseHash: record.base?.sha256 ?? "")
        try tell(.checkpoint(step: record.bestStep ?? session.trainer.state.step, folder: "model", isBest: true))
        let after = try session.evaluateTest()
        if let after { try measured(after, .after) }
        count(session, since: start)
        try move(.done)
        try RunReport.write(record, after, recipe: plan.document.text, folder: folder)
        try tell(.finished(step: session.trainer.state.step, reason: finish.words))
        return after
    }

    private func stop(_ reason: String, _ session: RunSession, since start: ContinuousClock.Instant) throws {
        count(session, since: start)
        try move(.interrupt)
        try move(.saved)
        try tell(.interrupted(step: session.trainer.state.step, reason: reason))
    }

    private func end(with error: any Error) throws {
        if Fault(error).kind == .diverged {
            try tell(.guardTripped(name: "nonFinite", step: step, message: "\(error)"))
        }
        record.cost.measuredBytes = Library.peakResidentBytes()
        try move(.crash(reason: "\(error)"))
        try tell(.failed(step: step, message: "\(error)"))
    }

    // MARK: Record and events

    private func move(_ input: RunLifecycle.Input) throws {
        _ = try lifecycle.handle(input)
        record.status = lifecycle.status
        if case .crash(let reason) = input { record.reason = reason }
        switch record.status {
        case .finished, .failed: record.finished = Date()
        case .queued, .running, .interrupted: record.finished = nil
        }
        try index.save(record)
    }

    private func tell(_ event: RunEvent) throws {
        let timed = TimedEvent(time: Date(), event: event)
        try log.append(event, at: timed.time)
        if case .stop(let reason) = observe(timed) { stopReason = stopReason ?? reason }
    }

    private var stopReason: String?
    private var failure: (any Error)?

    private func hear(_ event: TrainingEvent) -> Decision {
        do {
            if case .step(let index, _, _, _, _, _, _) = event { step = index }
            try tell(RunEvent(event, run: folder))
        } catch {
            // A log that cannot be written (full disk) ends the run at this step, saved if it can be.
            return .stop(reason: "\(error)")
        }
        return stopReason.map { .stop(reason: $0) } ?? .proceed
    }

    private func hear(_ sample: WrittenSample, _ step: Int) {
        do {
            try tell(.sample(step: step, prompt: sample.prompt, text: sample.text))
        } catch {
            // As for any event: the log is what ends the run.
            stopReason = stopReason ?? "\(error)"
        }
    }

    private func describe(_ session: RunSession) throws {
        record.warnings = []
        record.method = session.report.method
        record.dataReport = try plan.data.map { try JSONValue($0) } ?? plan.exampleFacts.map { try JSONValue($0) }
        record.versions = Host.versions
        record.hardware = Host.hardware(device: plan.device.description)
        record.seed = plan.recipe.training.seed
        (record.precision, record.precisionReason) = (plan.facts.precision.name, plan.facts.precision.reason)
        record.counts = .init(
            rows: plan.train.count, tokens: 0, steps: 0, trainableParameters: session.report.trainableParameters,
            totalParameters: session.report.totalParameters)
        record.cost = .init(predictedBytes: plan.facts.predictedBytes, predictedSeconds: plan.facts.predictedSeconds)
        record.adapter = session.report.adapted.isEmpty ? nil : try JSONValue(["layers": session.report.adapted])
        try index.save(record)
    }

    private func warn(_ session: RunSession) throws {
        for warning in plan.warnings { try warn(code: "data", warning) }
        for note in plan.lengthNotes { try warn(code: "length", note) }
        if !session.load.new.isEmpty {
            try warn(code: "newWeights", "New weights with random values: \(session.load.new.joined(separator: ", ")).")
        }
        if !session.load.unused.isEmpty {
            try warn(
                code: "unusedWeights",
                "Weights of the checkpoint that this task does not use: \(session.load.unused.joined(separator: ", ")).")
        }
    }

    private func warn(code: String, _ message: String) throws {
        record.warnings.append(.init(code: code, message: message))
        try tell(.warning(code: code, message: message, counts: [:]))
    }

    private func measured(_ result: EvaluationResult, _ phase: RunRecord.Metric.Phase) throws {
        record.metrics.removeAll { $0.phase == phase }
        // The centroid's scores are cosines, which have no loss to compare.
        let isComparable = phase == .after || plan.recipe.evaluation.baseline == .untuned
        for metric in result.metrics where isComparable || metric.name != "loss" {
            record.metrics.append(
                .init(
                    phase: phase, split: "test", name: metric.name, value: metric.value, low: metric.low, high: metric.high,
                    confidence: result.confidence))
        }
        let values = Dictionary(uniqueKeysWithValues: result.metrics.map { ($0.name, $0.value) })
        try tell(
            .evaluation(step: phase == .before ? 0 : step, split: phase == .before ? "test-before" : "test", metrics: values, seconds: 0))
    }

    private func count(_ session: RunSession, since start: ContinuousClock.Instant) {
        let state = session.trainer.state
        (record.counts.tokens, record.counts.steps) = (state.tokensSeen, state.step)
        record.cost.measuredBytes = Library.peakResidentBytes()
        record.cost.measuredSeconds = start.duration(to: ContinuousClock().now).seconds
    }

    private func note(_ hashes: HashWork.Result) {
        record.data = hashes.data
        record.base = hashes.base
        record.tokenizerHash = hashes.tokenizer
    }
}

extension RunEvent {
    init(_ event: TrainingEvent, run: RunFolder) {
        switch event {
        case .step(let index, let epoch, let loss, let norm, let rate, let tokens, let rows):
            self = .step(
                index: index, epoch: epoch, loss: loss, gradientNorm: norm, learningRate: rate, tokens: tokens, rows: rows,
                seconds: Host.secondsSinceStart())
        case .evaluation(let step, let metrics, let seconds):
            self = .evaluation(step: step, split: "validation", metrics: metrics, seconds: seconds)
        case .checkpoint(let step, let folder, let isBest):
            self = .checkpoint(step: step, folder: "checkpoints/\(folder.lastPathComponent)", isBest: isBest)
        case .warning(let code, let message): self = .warning(code: code, message: message, counts: [:])
        case .resumed(let step): self = .resumed(step: step)
        }
    }
}

extension HoneTraining.FinishReason {
    var words: String {
        switch self {
        case .budgetSpent: "the planned steps are done"
        case .earlyStopping(let metric, let evaluations): "\(metric) did not improve in \(evaluations) evaluations"
        case .interrupted(let reason): reason
        }
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
