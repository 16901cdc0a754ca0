import Foundation
import HoneData
import HoneLayers
import HoneObjectives
import HoneOptimizers
import HoneTensors
import HoneTestSupport
import HoneTraining
import Testing

/// A selection with made-up scores, and where it must stop.
struct PatienceCase: Sendable, CustomTestStringConvertible {
    let name: String
    let scores: [Double]
    let higherIsBetter: Bool
    var patience: Int? = 3
    var minimum = 0.0
    let steps: Int
    let best: Int?
    var testDescription: String { name }

    static let all = [
        PatienceCase(name: "higher is better", scores: [1, 3, 2, 2, 3, 9, 9, 9], higherIsBetter: true, steps: 5, best: 2),
        PatienceCase(name: "lower is better", scores: [5, 4, 6, 3, 7, 8, 9, 1], higherIsBetter: false, steps: 7, best: 4),
        PatienceCase(name: "no patience", scores: [5, 4, 6, 3, 7, 8, 9, 8], higherIsBetter: false, patience: nil, steps: 8, best: 4),
        PatienceCase(name: "small gains do not count", scores: [1, 1.05, 1.09, 1], higherIsBetter: true, minimum: 0.1, steps: 4, best: 1),
        PatienceCase(name: "NaN is never better", scores: [.nan, 2, .nan, .infinity, 1], higherIsBetter: true, steps: 5, best: 2),
        PatienceCase(name: "only NaN", scores: [.nan, .nan, .nan, 1], higherIsBetter: true, steps: 3, best: nil),
        PatienceCase(name: "still improving", scores: [1, 2, 3, 4, 5, 6, 7, 8], higherIsBetter: true, patience: 1, steps: 8, best: 8),
    ]
}

@Suite("Trainer")
struct TrainerTests {
    @Test("learns what can be learned, under every method", arguments: ResumeCase.all)
    func learns(_ subject: ResumeCase) throws {
        try exclusively {
            var bench = subject.bench
            (bench.dropout, bench.rowCount, bench.plan.totalSteps, bench.plan.saves) = (0, 12, 80, .never)
            bench.plan.schedule = Schedule(shape: .constant, warmupSteps: 0, totalSteps: 80)
            bench.plan.peakRate = 5e-2
            let folder = try TemporaryFolder()
            let recorder = EventRecorder()
            _ = try bench.trainer(bench.model(), in: folder.url, observe: recorder.callAsFunction).run()
            let (first, last) = (recorder.losses.prefix(3).reduce(0, +), recorder.losses.suffix(3).reduce(0, +))
            #expect(last < 0.5 * first, "\(first) → \(last)")
        }
    }

    @Test("two runs are the same bit for bit, and another seed gives another run")
    func repeatable() throws {
        try exclusively {
            let folder = try TemporaryFolder()
            func run(_ bench: TrainingBench) throws -> [String: [UInt32]] {
                let model = try bench.model()
                _ = try bench.trainer(model, in: folder.url).run()
                return try model.trainedBits()
            }
            var bench = ResumeCase.all[2].bench
            bench.plan.saves = .never
            let first = try run(bench)
            #expect(try run(bench) == first)
            bench.plan.seed = 18
            #expect(try run(bench) != first)
        }
    }

    @Test("counts steps, tokens, rows and epochs as the plan has them", arguments: [1, 2, 4], Batching.allCases)
    func counters(accumulation: Int, batching: Batching) throws {
        try exclusively {
            var bench = TrainingBench(batching: batching)
            bench.plan.accumulation = accumulation
            let perEpoch = (6 + accumulation - 1) / accumulation
            bench.plan.totalSteps = 2 * perEpoch + 1
            let folder = try TemporaryFolder()
            let recorder = EventRecorder()
            let trainer = try bench.trainer(bench.model(), in: folder.url, observe: recorder.callAsFunction)
            #expect(try trainer.run() == .budgetSpent)

            let plan = try bench.batches()
            let lengths = bench.rows.map(\.ids.count)
            let steps = (0..<3).flatMap { epoch in
                let list = plan.batches(epoch: epoch)
                return stride(from: 0, to: list.count, by: accumulation).map { start in
                    let end = min(start + accumulation, list.count)
                    return (rows: list[start..<end].flatMap(\.self), epoch: Double(epoch) + Double(end) / Double(list.count))
                }
            }.prefix(bench.plan.totalSteps)
            #expect(recorder.rows == steps.map(\.rows.count))
            #expect(recorder.tokens == steps.map { $0.rows.reduce(0) { $0 + lengths[$1] } })
            #expect(recorder.epochs == steps.map(\.epoch))
            #expect(recorder.epochs[perEpoch - 1] == 1 && recorder.epochs[2 * perEpoch - 1] == 2)
            #expect(trainer.state.step == bench.plan.totalSteps)
            #expect(trainer.state.rowsSeen == recorder.rows.reduce(0, +))
            #expect(trainer.state.tokensSeen == recorder.tokens.reduce(0, +))
            #expect(trainer.state.epoch == 2 && trainer.state.batch == min(accumulation, 6))
        }
    }

    @Test("the learning rate follows the schedule")
    func rates() throws {
        try exclusively {
            var bench = TrainingBench()
            bench.plan.schedule = Schedule(shape: .linear, warmupSteps: 2, totalSteps: 6)
            let folder = try TemporaryFolder()
            let recorder = EventRecorder()
            _ = try bench.trainer(bench.model(), in: folder.url, observe: recorder.callAsFunction).run()
            try requireClose(recorder.rates, [0, 0.005, 0.01, 0.0075, 0.005, 0.0025], .float64Sum, "rates")
        }
    }

    @Test(
        "evaluates when it is due, once a step, and at the end",
        arguments: [(Interval.epoch, [6, 12, 15]), (.steps(4), [4, 8, 12, 15]), (.steps(5), [5, 10, 15]), (.never, [])])
    func evaluationSchedule(interval: Interval, expected: [Int]) throws {
        try exclusively {
            var bench = TrainingBench()
            (bench.plan.totalSteps, bench.plan.evaluates) = (15, interval)
            let folder = try TemporaryFolder()
            let recorder = EventRecorder()
            _ = try bench.trainer(bench.model(), in: folder.url, evaluate: { ["score": 1] }, observe: recorder.callAsFunction).run()
            #expect(recorder.evaluations == expected)
            #expect(recorder.checkpoints.isEmpty)
            #expect(names(in: folder.url).isEmpty)
        }
    }

    @Test(
        "saves when it is due, once a step, and at the end unless never",
        arguments: [(Interval.epoch, [6, 12, 15]), (.steps(4), [4, 8, 12, 15]), (.steps(5), [5, 10, 15]), (.never, [])])
    func saveSchedule(interval: Interval, expected: [Int]) throws {
        try exclusively {
            var bench = TrainingBench()
            (bench.plan.totalSteps, bench.plan.saves, bench.plan.keeps) = (15, interval, 2)
            let folder = try TemporaryFolder()
            let recorder = EventRecorder()
            _ = try bench.trainer(bench.model(), in: folder.url, observe: recorder.callAsFunction).run()
            #expect(recorder.checkpoints == expected)
            #expect(names(in: folder.url) == expected.suffix(2).map { "step-\($0)" }.sorted())
        }
    }

    @Test("patience ends the training and the best weights come back", arguments: PatienceCase.all)
    func patience(_ subject: PatienceCase) throws {
        try exclusively {
            var bench = TrainingBench()
            bench.plan.evaluates = .steps(1)
            bench.plan.totalSteps = subject.scores.count
            bench.plan.selection = Selection(
                metric: "score", higherIsBetter: subject.higherIsBetter, patience: subject.patience, minimumImprovement: subject.minimum)
            let folder = try TemporaryFolder()
            let model = try bench.model()
            var scores = subject.scores.makeIterator()
            var weights: [[String: [Float]]] = []
            let trainer = try bench.trainer(model, in: folder.url) {
                weights.append(try model.computedBits())
                return ["score": scores.next() ?? 0, "other": 7]
            }
            let reason = try trainer.run()
            let ended = subject.patience.map { trainer.state.evaluationsSinceBest == $0 } ?? false
            #expect(reason == (ended ? .earlyStopping(metric: "score", evaluations: subject.patience ?? 0) : .budgetSpent))
            #expect(trainer.state.step == subject.steps)
            #expect(try trainer.restoreBest() == subject.best)
            #expect(try model.computedBits() == weights[(subject.best ?? subject.steps) - 1])
        }
    }

    @Test("the best checkpoint and the newest are kept, and nothing else", arguments: [1, 2])
    func keeps(_ count: Int) throws {
        try exclusively {
            var bench = TrainingBench()
            (bench.plan.totalSteps, bench.plan.evaluates, bench.plan.saves, bench.plan.keeps) = (8, .steps(1), .steps(1), count)
            bench.plan.selection = Selection(metric: "score", higherIsBetter: true, patience: nil, minimumImprovement: 0)
            let folder = try TemporaryFolder()
            var scores = [1.0, 2, 9, 3, 4, 5, 6, 7].makeIterator()
            let recorder = EventRecorder()
            _ = try bench.trainer(
                bench.model(), in: folder.url, evaluate: { ["score": scores.next() ?? 0] }, observe: recorder.callAsFunction
            ).run()
            #expect(names(in: folder.url) == (count == 1 ? ["step-3", "step-8"] : ["step-3", "step-7", "step-8"]))
            #expect(recorder.bests == [1, 2, 3])
            #expect(recorder.checkpoints == Array(1...8))
        }
    }

    @Test("the best is kept even if nothing else is saved")
    func bestWithoutSaving() throws {
        try exclusively {
            var bench = TrainingBench()
            bench.plan.evaluates = .steps(2)
            bench.plan.selection = Selection(metric: "score", higherIsBetter: false, patience: nil, minimumImprovement: 0)
            let folder = try TemporaryFolder()
            var scores = [3.0, 1, 2].makeIterator()
            let trainer = try bench.trainer(bench.model(), in: folder.url) { ["score": scores.next() ?? 0] }
            _ = try trainer.run()
            #expect(names(in: folder.url) == ["step-4"])
            #expect(try trainer.restoreBest() == 4)
        }
    }

    @Test("a metric that was not measured is an error, not a best that never comes")
    func metricMissing() throws {
        try exclusively {
            var bench = TrainingBench()
            bench.plan.evaluates = .epoch
            bench.plan.selection = Selection(metric: "macroF1", higherIsBetter: true, patience: 2, minimumImprovement: 0)
            let folder = try TemporaryFolder()
            let trainer = try bench.trainer(bench.model(), in: folder.url) { ["loss": 1, "accuracy": 0.5] }
            #expect(throws: TrainingError.metricMissing(metric: "macroF1", found: ["accuracy", "loss"])) { try trainer.run() }
        }
    }

    @Test("a loss or gradient that is not finite stops before the weights change", arguments: [Double.infinity, .nan, 1e38])
    func nonFinite(_ gain: Double) throws {
        try exclusively {
            var bench = TrainingBench(objective: .regression(MeanSquaredError()))
            bench.plan.saves = .steps(2)
            let folder = try TemporaryFolder()
            let model = try bench.model()
            var before: [String: [UInt32]] = [:]
            let recorder = EventRecorder { event in
                guard case .step(3, _, _, _, _, _, _) = event else { return false }
                model.gain = gain
                before = (try? model.trainedBits()) ?? [:]
                return false
            }
            let trainer = try bench.trainer(model, in: folder.url, observe: recorder.callAsFunction)
            #expect {
                try trainer.run()
            } throws: { error in
                guard case TrainingError.nonFinite(let step, let loss, let norm, let rate) = error else { return false }
                return step == 4 && !(loss.isFinite && norm.isFinite) && rate == 1e-2 && "\(error)".contains("at step 4")
            }
            #expect(try model.trainedBits() == before)
            #expect(trainer.state.step == 3)
            #expect(names(in: folder.url) == ["step-2"])
        }
    }

    @Test("weights that an update made infinite are not saved")
    func nonFiniteWeights() throws {
        try exclusively {
            var bench = TrainingBench()
            bench.optimizer = .sgd(.init(momentum: 0, nesterov: false, decay: 0))
            (bench.plan.saves, bench.plan.peakRate) = (.steps(1), 1e38)
            bench.plan.clipping.maximumNorm = nil
            let folder = try TemporaryFolder()
            let model = try bench.model()
            model.gain = 1000
            let trainer = try bench.trainer(model, in: folder.url)
            #expect {
                try trainer.run()
            } throws: { error in
                guard case TrainingError.nonFiniteWeights(let step, let keys) = error else { return false }
                return step == 1 && keys.contains("head.weight")
            }
            #expect(names(in: folder.url).isEmpty)
        }
    }

    @Test("targets without weight are an error that names the step")
    func noTargets() throws {
        try exclusively {
            let objective = ObjectiveSpec.classification(CrossEntropy(smoothing: 0, classWeights: [0, 0, 0]))
            let bench = TrainingBench(objective: objective)
            let folder = try TemporaryFolder()
            let trainer = try bench.trainer(bench.model(), in: folder.url)
            #expect(throws: TrainingError.noTargets(step: 1)) { try trainer.run() }
        }
    }

    @Test("no rows, or a model of which nothing trains, is an error")
    func nothing() throws {
        try exclusively {
            var bench = TrainingBench()
            let folder = try TemporaryFolder()
            let model = try bench.model()
            for named in model.namedParameters() { try named.parameter.prepare(trainable: false, compute: .float32) }
            #expect(throws: TrainingError.nothingTrains) { try bench.trainer(model, in: folder.url) }
            bench.rowCount = 0
            #expect(throws: TrainingError.noTargets(step: 1)) { try bench.trainer(bench.model(), in: folder.url).run() }
        }
    }

    @Test("the first answer to stop counts, whichever event gets it, and what is due is done first")
    func stops() throws {
        try exclusively {
            var bench = TrainingBench()
            bench.plan.evaluates = .steps(2)
            let folder = try TemporaryFolder()
            var answers = 0
            let trainer = try bench.trainer(bench.model(), in: folder.url, evaluate: { ["score": 1] }) { event in
                guard case .step(2, _, _, _, _, _, _) = event else {
                    if case .evaluation = event { return .stop(reason: "late") }
                    return .proceed
                }
                answers += 1
                return .stop(reason: "early")
            }
            #expect(try trainer.run() == .interrupted(reason: "early"))
            #expect(trainer.state.step == 2 && answers == 1)
            #expect(names(in: folder.url) == ["step-2"])
        }
    }

    // MARK: Rehearsal

    /// A trainer whose memory is enough for so many slots at once, and for half as many where activations are kept.
    private func shortOfMemory(_ bench: TrainingBench, slots: Int, in folder: URL) throws -> Trainer {
        let model = try bench.model()
        var task = TrainingTask(forward: { try model.logits($0, $1) }, objective: bench.objective)
        let whole = task.loss
        task.loss = { tensors, batch, context in
            guard batch.slotCount <= (context.checkpointsBlocks ? slots : slots / 2) else {
                throw TensorError(kind: .outOfMemory, operation: "test", shapes: "", message: "out of memory")
            }
            return try whole(tensors, batch, context)
        }
        return try Trainer(
            model: model, task: task, optimizer: bench.optimizer, rows: bench.rows, batches: bench.batches(), plan: bench.plan,
            folder: folder, evaluate: nil, observe: { _ in .proceed })
    }

    @Test(
        "a batch that does not fit is computed again, then split, and the training learns the same",
        arguments: [(1000, false), (20, true)])
    func rehearsal(_ slots: Int, _ isSmaller: Bool) throws {
        try exclusively {
            var bench = TrainingBench()
            bench.batchSize = 8
            let folder = try TemporaryFolder()
            let trainer = try shortOfMemory(bench, slots: slots, in: folder.url)
            #expect(try trainer.rehearse() == isSmaller)
            #expect(trainer.plan.checkpointsBlocks == isSmaller && (trainer.plan.slotsAtOnce != nil) == isSmaller)
            #expect(trainer.plan.slotsAtOnce ?? 0 <= 20)
            #expect(try trainer.run() == .budgetSpent)
            // The same rows, the same sums: only the last bits may differ from a machine with enough memory.
            let recorder = EventRecorder(), whole = EventRecorder()
            _ = try shortOfMemory(bench, slots: slots, in: folder.url.appending(path: "again")).rehearse()
            var small = bench
            (small.plan.slotsAtOnce, small.plan.checkpointsBlocks) = (trainer.plan.slotsAtOnce, trainer.plan.checkpointsBlocks)
            _ = try small.trainer(small.model(), in: folder.url.appending(path: "parts"), observe: recorder.callAsFunction).run()
            _ = try bench.trainer(bench.model(), in: folder.url.appending(path: "whole"), observe: whole.callAsFunction).run()
            try requireClose(recorder.losses, whole.losses, .float32Sum, "losses")
        }
    }

    @Test("where not even one row fits, the lack of memory is the error")
    func hopeless() throws {
        try exclusively {
            let folder = try TemporaryFolder()
            let trainer = try shortOfMemory(TrainingBench(), slots: 2, in: folder.url)
            let error = try #require(throws: TensorError.self) { _ = try trainer.rehearse() }
            #expect(error.kind == .outOfMemory)
        }
    }
}
