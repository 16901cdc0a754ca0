import Foundation
import HoneAdapters
import HoneData
import HoneOptimizers
import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneTraining

/// A kind of training that must resume bit for bit.
struct ResumeCase: Sendable, CustomTestStringConvertible {
    let name: String
    var bench = TrainingBench()
    var testDescription: String { name }

    init(_ name: String, _ change: (inout TrainingBench) -> Void) {
        self.name = name
        bench.dropout = 0.2
        bench.plan.totalSteps = 20
        bench.plan.schedule = Schedule(shape: .cosine, warmupSteps: 3, totalSteps: 20)
        bench.plan.saves = .steps(10)
        bench.plan.keeps = 2
        change(&bench)
    }

    /// 23 rows in batches of 4 are 6 steps an epoch, so step 10 lies in the second of four.
    static let all = [
        ResumeCase("full, float32") { _ in },
        ResumeCase("full, bfloat16") { $0.plan.compute = .bfloat16 },
        ResumeCase("LoRA, float32") { $0.tuning = TrainingBench.lora },
        ResumeCase("LoRA, bfloat16") { ($0.tuning, $0.plan.compute) = (TrainingBench.lora, .bfloat16) },
        ResumeCase("SGD with momentum, padded") {
            $0.optimizer = .sgd(.init(momentum: 0.9, nesterov: true, decay: 0.01))
            $0.batching = .padded
        },
        ResumeCase("two micro-batches, bucketed, no decay") {
            $0.optimizer = .adamW(.init(beta1: 0.9, beta2: 0.98, epsilon: 1e-6, decay: 0))
            ($0.batching, $0.batchSize, $0.plan.accumulation) = (.bucketed, 3, 2)
        },
    ]
}

@Suite("Resuming")
struct ResumeTests {
    /// What is left after a training: exact weights, state, losses.
    struct Outcome: Equatable {
        var trained: [String: [UInt32]]
        var computed: [String: [Float]]
        var state: TrainingState
        var losses: [Double]
    }

    private func outcome(_ model: TinyModel, _ trainer: Trainer, _ recorder: EventRecorder) throws -> Outcome {
        Outcome(trained: try model.trainedBits(), computed: try model.computedBits(), state: trainer.state, losses: recorder.losses)
    }

    private func uninterrupted(_ bench: TrainingBench, in folder: URL) throws -> Outcome {
        let (model, recorder) = (try bench.model(), EventRecorder())
        let trainer = try bench.trainer(model, in: folder, observe: recorder.callAsFunction)
        #expect(try trainer.run() == .budgetSpent)
        return try outcome(model, trainer, recorder)
    }

    @Test("20 steps are 10, resume and 10, bit for bit", arguments: ResumeCase.all)
    func halves(_ subject: ResumeCase) throws {
        try exclusively {
            let folder = try TemporaryFolder()
            let expected = try uninterrupted(subject.bench, in: folder("whole"))
            #expect(names(in: folder("whole")) == ["step-10", "step-20"])
            try FileManager.default.copyItem(at: folder("whole"), to: folder("half"))
            try FileManager.default.removeItem(at: folder("half/step-20"))

            let (model, recorder) = (try subject.bench.model(), EventRecorder())
            let trainer = try subject.bench.trainer(model, in: folder("half"), observe: recorder.callAsFunction)
            try trainer.resume()
            #expect(recorder.events == [.resumed(step: 10)])
            #expect(try trainer.run() == .budgetSpent)
            var found = try outcome(model, trainer, recorder)
            #expect(found.losses == Array(expected.losses.dropFirst(10)))
            found.losses = expected.losses
            #expect(found == expected)
        }
    }

    @Test("a run that is stopped at any step and resumed equals one that is not", arguments: ResumeCase.all)
    func interrupted(_ subject: ResumeCase) throws {
        try exclusively {
            let folder = try TemporaryFolder()
            let expected = try uninterrupted(subject.bench, in: folder("whole"))
            try checkCases(3, seed: 23) { generator in
                let stop = generator.integer(1...19)
                let place = folder("stopped-\(stop)")
                var bench = subject.bench
                bench.plan.saves = generator.integer(0...1) == 0 ? .never : .steps(7)
                let first = EventRecorder.stopping(afterStep: stop)
                let stopped = try bench.trainer(bench.model(), in: place, observe: first.callAsFunction)
                try require(try stopped.run() == .interrupted(reason: "asked to"), "stop at \(stop)")
                try require(first.losses.count == stop && first.checkpoints.last == stop, "stop at \(stop): \(first.checkpoints)")
                try require(Set(first.checkpoints).count == first.checkpoints.count, "one checkpoint per step")

                let (model, second) = (try bench.model(), EventRecorder())
                let trainer = try bench.trainer(model, in: place, observe: second.callAsFunction)
                try trainer.resume()
                _ = try trainer.run()
                var found = try outcome(model, trainer, second)
                found.losses = first.losses + second.losses
                try require(found == expected, "stopped at \(stop) and resumed differs")
            }
        }
    }

    @Test("evaluations between steps change nothing of what follows")
    func evaluationIsInvisible() throws {
        try exclusively {
            var bench = ResumeCase.all[2].bench
            let folder = try TemporaryFolder()
            let expected = try uninterrupted(bench, in: folder("a"))
            bench.plan.evaluates = .steps(3)
            let (model, recorder) = (try bench.model(), EventRecorder())
            let predictor = bench.predictor(model)
            let rows = bench.rows
            let evaluate = { ["first": Double(try predictor.logits(of: rows)[0][0])] }
            let trainer = try bench.trainer(model, in: folder("b"), evaluate: evaluate, observe: recorder.callAsFunction)
            _ = try trainer.run()
            #expect(recorder.evaluations == [3, 6, 9, 12, 15, 18, 20])
            #expect(try outcome(model, trainer, recorder) == expected)
        }
    }

    @Test("patience and the best value go on across a resumption")
    func patience() throws {
        try exclusively {
            var bench = TrainingBench()
            bench.plan.evaluates = .steps(1)
            bench.plan.totalSteps = 30
            bench.plan.selection = Selection(metric: "score", higherIsBetter: true, patience: 4, minimumImprovement: 0)
            let folder = try TemporaryFolder()
            var scores = [0.1, 0.7, 0.2].makeIterator()
            let first = EventRecorder.stopping(afterStep: 3)
            let evaluate = { ["score": scores.next() ?? 0] }
            let stopped = try bench.trainer(bench.model(), in: folder.url, evaluate: evaluate, observe: first.callAsFunction)
            #expect(try stopped.run() == .interrupted(reason: "asked to"))
            let trainer = try bench.trainer(bench.model(), in: folder.url, evaluate: { ["score": 0.6] })
            try trainer.resume()
            #expect(try trainer.run() == .earlyStopping(metric: "score", evaluations: 4))
            #expect(trainer.state.step == 6)
            #expect(try trainer.restoreBest() == 2)
        }
    }

    @Test("run goes on in the same process after an interruption")
    func again() throws {
        try exclusively {
            let bench = ResumeCase.all[0].bench
            let folder = try TemporaryFolder()
            let expected = try uninterrupted(bench, in: folder("a"))
            let (model, recorder) = (try bench.model(), EventRecorder.stopping(afterStep: 8))
            let trainer = try bench.trainer(model, in: folder("b"), observe: recorder.callAsFunction)
            #expect(try trainer.run() == .interrupted(reason: "asked to"))
            #expect(try trainer.run() == .budgetSpent)
            #expect(try outcome(model, trainer, recorder) == expected)
        }
    }

    @Test("a finished run that is resumed finishes at once")
    func finished() throws {
        try exclusively {
            var bench = TrainingBench()
            bench.plan.saves = .epoch
            let folder = try TemporaryFolder()
            let expected = try uninterrupted(bench, in: folder.url)
            let (model, recorder) = (try bench.model(), EventRecorder())
            let trainer = try bench.trainer(model, in: folder.url, observe: recorder.callAsFunction)
            try trainer.resume()
            #expect(try trainer.run() == .budgetSpent)
            #expect(recorder.events == [.resumed(step: 6)])
            #expect(try model.trainedBits() == expected.trained)
        }
    }

    @Test("resuming with fewer rows is refused")
    func otherRows() throws {
        try exclusively {
            var bench = TrainingBench()
            bench.plan.saves = .steps(1)
            let folder = try TemporaryFolder()
            _ = try bench.trainer(bench.model(), in: folder.url, observe: EventRecorder.stopping(afterStep: 4).callAsFunction).run()
            bench.rowCount = 9
            let trainer = try bench.trainer(bench.model(), in: folder.url)
            try trainer.resume()
            #expect {
                try trainer.run()
            } throws: { error in
                guard case TrainingError.checkpointBroken(_, let reason) = error else { return false }
                return reason.contains("batch 5") && reason.contains("the epoch has 3")
            }
        }
    }
}
