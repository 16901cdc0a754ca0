import Foundation
import HoneAdapters
import HoneLayers
import HoneObjectives
import HoneOptimizers
import HoneTensors
import HoneTestSupport
import Testing

@testable import HoneTraining

@Suite("First steps")
struct FirstStepsTests {
    private func run(_ bench: TrainingBench, _ change: (TinyModel) throws -> Void = { _ in }) throws -> EventRecorder {
        try exclusively {
            let folder = try TemporaryFolder()
            let model = try bench.model()
            try change(model)
            let recorder = EventRecorder()
            _ = try bench.trainer(model, in: folder.url, observe: recorder.callAsFunction).run()
            return recorder
        }
    }

    @Test("a trainable tensor that the loss does not reach is an error that names it")
    func noGradient() throws {
        let bench = TrainingBench()
        #expect(throws: TrainingError.noGradient(keys: ["stray.weight", "stray.bias"])) {
            try run(bench) { model in
                model.stray = Slot("stray", try Linear(3, 5))
                try bench.prepare(model)
            }
        }
    }

    @Test("a gradient that is zero in all first steps is a warning, once")
    func zeroGradient() throws {
        let recorder = try run(TrainingBench()) { model in
            try model.head.layer.parameters[0].restore(.zeros([TrainingBench.classes, TinyModel.width]))
            model.gain = 1e-45  // multiplies the gradient to zero
        }
        #expect(recorder.warnings == ["zeroGradient"])
        #expect(recorder.losses.count == 6)
    }

    @Test("LoRA, whose A has no gradient at first, gives no warning", arguments: [0, 3])
    func lora(_ warmup: Int) throws {
        var bench = TrainingBench(tuning: TrainingBench.lora)
        bench.plan.schedule.warmupSteps = warmup
        #expect(try run(bench).warnings.isEmpty)
        bench.plan.totalSteps = 1
        #expect(try run(bench).warnings.isEmpty)
    }

    @Test("a learning rate too small to move anything is an error", arguments: [0, 1])
    func notMoving(_ index: Int) throws {
        var bench = TrainingBench()
        bench.tuning = [.full, TrainingBench.lora][index]
        bench.plan.peakRate = 1e-30
        #expect {
            try run(bench)
        } throws: { error in
            guard case TrainingError.notMoving(let keys, let steps) = error else { return false }
            return keys.contains("head.weight") && steps == 3
        }
    }

    @Test("rates far below the last bit of a weight during a long warm-up are no error")
    func longWarmup() throws {
        var bench = TrainingBench()
        bench.plan.schedule = Schedule(shape: .linear, warmupSteps: 1_000_000, totalSteps: 2_000_000)
        bench.plan.peakRate = 1e-6
        let recorder = try run(bench)
        #expect(recorder.losses.count == 6 && recorder.warnings.isEmpty)
    }

    @Test("a key bias, whose gradient is rounding noise, need not move under plain gradient descent")
    func noise() throws {
        var bench = TrainingBench()
        bench.optimizer = .sgd(.init(momentum: 0, nesterov: false, decay: 0))
        bench.plan.peakRate = 1e-4
        #expect(try run(bench).losses.count == 6)
    }

    @Test("a rate of zero throughout is judged by nobody")
    func zeroRate() throws {
        var bench = TrainingBench()
        bench.plan.schedule = Schedule(shape: .linear, warmupSteps: 6, totalSteps: 6)
        bench.plan.totalSteps = 1
        #expect(try run(bench).rates == [0])
    }
}
