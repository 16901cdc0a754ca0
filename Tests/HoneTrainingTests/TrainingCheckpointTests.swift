import Foundation
import HoneData
import HoneLayers
import HoneOptimizers
import HoneTensors
import HoneTestSupport
import HoneWeights
import Testing

@testable import HoneTraining

/// State that cannot be written: one name twice.
private final class UnwritableOptimizer: Optimizer {
    let steps = 0
    func step(gradients: [Tensor?], rate: Double, gradientScale: Double) throws(TensorError) {}
    func state() -> [(name: String, tensor: Tensor)] { (try? Tensor.zeros([2])).map { [("twice", $0), ("twice", $0)] } ?? [] }
    func restore(_ state: [String: Tensor], steps: Int) throws(OptimizerError) {}
}

@Suite("Checkpoints of a training")
struct TrainingCheckpointTests {
    private typealias Parts = (model: TinyModel, parameters: [NamedParameter], optimizer: any Optimizer)

    private func parts(_ bench: TrainingBench = TrainingBench()) throws -> Parts {
        let model = try bench.model()
        let parameters = model.trainableParameters()
        let optimizer = try bench.optimizer.make(
            for: parameters.map {
                OptimizedTensor(
                    key: $0.key, master: $0.parameter.stored, leaf: $0.parameter.value, shadow: $0.parameter.shadow, decays: true)
            })
        return (model, parameters, optimizer)
    }

    private func state(_ step: Int) -> TrainingState {
        var state = TrainingState()
        (state.step, state.epoch, state.batch, state.tokensSeen, state.rowsSeen) = (step, 2, 3, 5, 7)
        (state.bestValue, state.bestStep, state.evaluationsSinceBest) = (0.1 + 0.2, 4, 1)
        state.finish = .earlyStopping(metric: "macroF1", evaluations: 3)
        return state
    }

    @Test("holds three files, and gives back every counter exactly")
    func roundTrip() throws {
        try exclusively {
            let folder = try TemporaryFolder()
            let (_, parameters, optimizer) = try parts()
            let url = try TrainingCheckpoint.write(state(12), parameters, optimizer, in: folder("run"))
            #expect(url.lastPathComponent == "step-12")
            #expect(names(in: folder("run")) == ["step-12"])
            #expect(names(in: url) == ["optimizer.safetensors", "state.json", "weights.safetensors"])
            let other = try parts()
            #expect(try TrainingCheckpoint.restore(url, other.parameters, other.optimizer) == state(12))
        }
    }

    @Test("what crashes leave behind is no checkpoint, and is removed by the next one")
    func torn() throws {
        try exclusively {
            var bench = TrainingBench()
            (bench.plan.saves, bench.plan.keeps) = (.steps(2), 3)
            let folder = try TemporaryFolder()
            let model = try bench.model()
            _ = try bench.trainer(model, in: folder.url).run()
            // Killed while writing step 6, and while removing step 2; a copy of step 5 that lacks a file.
            try FileManager.default.moveItem(at: folder("step-6"), to: folder(".draft-6"))
            try FileManager.default.removeItem(at: folder(".draft-6/optimizer.safetensors"))
            try FileManager.default.moveItem(at: folder("step-2"), to: folder(".discard-step-2"))
            try FileManager.default.copyItem(at: folder("step-4"), to: folder("step-5"))
            try FileManager.default.removeItem(at: folder("step-5/weights.safetensors"))
            try Data().write(to: folder("step-x"))
            #expect(TrainingCheckpoint.all(in: folder.url).map(\.step) == [4])

            let recorder = EventRecorder()
            let again = try bench.model()
            let trainer = try bench.trainer(again, in: folder.url, observe: recorder.callAsFunction)
            try trainer.resume()
            #expect(recorder.events == [.resumed(step: 4)])
            _ = try trainer.run()
            #expect(names(in: folder.url) == ["step-4", "step-5", "step-6", "step-x"])
            #expect(try again.trainedBits() == model.trainedBits())
        }
    }

    @Test("a folder that cannot be made is an error that names it")
    func unwritable() throws {
        try exclusively {
            let folder = try TemporaryFolder()
            try Data("a file".utf8).write(to: folder("run"))
            let (_, parameters, optimizer) = try parts()
            #expect {
                try TrainingCheckpoint.write(state(3), parameters, optimizer, in: folder("run"))
            } throws: { error in
                guard case TrainingError.checkpointUnwritable(let path, let reason) = error else { return false }
                return path == folder("run/step-3").path && !reason.isEmpty && !"\(error)".contains("..")
            }
        }
    }

    @Test("a failure half-way removes the draft and leaves older checkpoints as they were")
    func failure() throws {
        try exclusively {
            let folder = try TemporaryFolder()
            let (model, parameters, optimizer) = try parts()
            let older = try TrainingCheckpoint.write(state(2), parameters, optimizer, in: folder.url)
            let before = try Data(contentsOf: older.appending(path: "weights.safetensors"))
            try parameters[0].parameter.stored.detached().fill(7)
            for step in [2, 3] {
                #expect(throws: WeightError.self) {
                    try TrainingCheckpoint.write(state(step), parameters, UnwritableOptimizer(), in: folder.url)
                }
                #expect(names(in: folder.url) == ["step-2"], "failing at step \(step)")
            }
            #expect(try Data(contentsOf: older.appending(path: "weights.safetensors")) == before)
            #expect(try TrainingCheckpoint.restore(older, parameters, optimizer) == state(2))
            #expect(try model.trainedBits() == parts().model.trainedBits())
        }
    }

    @Test("a training whose checkpoint cannot be written stops with that error")
    func trainerFails() throws {
        try exclusively {
            var bench = TrainingBench()
            bench.plan.saves = .steps(2)
            let folder = try TemporaryFolder()
            let observe: Observer = { event in
                if case .checkpoint = event {  // from here on the folder is a file
                    try? FileManager.default.moveItem(at: folder("run"), to: folder("moved"))
                    try? Data().write(to: folder("run"))
                }
                return .proceed
            }
            let trainer = try bench.trainer(bench.model(), in: folder("run"), observe: observe)
            #expect {
                try trainer.run()
            } throws: { error in
                guard case TrainingError.checkpointUnwritable = error else { return false }
                return true
            }
            #expect(names(in: folder("moved")) == ["step-2"])
            #expect(TrainingCheckpoint.newest(in: folder("moved"))?.lastPathComponent == "step-2")
        }
    }

    @Test("writing a step that is there replaces it")
    func replaces() throws {
        try exclusively {
            let folder = try TemporaryFolder()
            let (_, parameters, optimizer) = try parts()
            for tokens in [1, 2] {
                var state = state(4)
                state.tokensSeen = tokens
                _ = try TrainingCheckpoint.write(state, parameters, optimizer, in: folder.url)
            }
            #expect(try TrainingCheckpoint.restore(folder("step-4"), parameters, optimizer).tokensSeen == 2)
            #expect(names(in: folder.url) == ["step-4"])
        }
    }

    @Test("steps are ordered as numbers, and pruning keeps the newest and the best", arguments: [(0, 100), (1, 100), (2, 9), (9, 5)])
    func prune(keep: Int, best: Int) throws {
        try exclusively {
            let folder = try TemporaryFolder()
            let (_, parameters, optimizer) = try parts()
            for step in [100, 9, 10, 5] { _ = try TrainingCheckpoint.write(state(step), parameters, optimizer, in: folder.url) }
            #expect(TrainingCheckpoint.newest(in: folder.url)?.lastPathComponent == "step-100")
            try TrainingCheckpoint.prune(folder.url, keep: keep, best: best)
            let expected = Set([5, 9, 10, 100].suffix(max(1, keep)) + [best]).sorted()
            #expect(TrainingCheckpoint.all(in: folder.url).map(\.step) == expected)
        }
    }

    @Test("no folder holds no checkpoint, and resuming from it is an error")
    func missing() throws {
        try exclusively {
            let folder = try TemporaryFolder()
            #expect(TrainingCheckpoint.newest(in: folder("none")) == nil)
            try TrainingCheckpoint.prune(folder("none"), keep: 1, best: nil)
            let trainer = try TrainingBench().trainer(TrainingBench().model(), in: folder("none"))
            #expect(throws: TrainingError.checkpointMissing(folder: folder("none").path)) { try trainer.resume() }
        }
    }

    @Test(
        "damage is an error that names the folder",
        arguments: ["{", "{\"version\":1}", "{\"version\":2,\"optimizerSteps\":0,\"state\":STATE}"])
    func damaged(_ text: String) throws {
        try exclusively {
            let folder = try TemporaryFolder()
            let (_, parameters, optimizer) = try parts()
            let url = try TrainingCheckpoint.write(state(1), parameters, optimizer, in: folder.url)
            let plain = String(decoding: try JSONEncoder().encode(state(1)), as: UTF8.self)
            try Data(text.replacing("STATE", with: plain).utf8).write(to: url.appending(path: "state.json"))
            #expect {
                try TrainingCheckpoint.restore(url, parameters, optimizer)
            } throws: { error in
                guard case TrainingError.checkpointBroken(let path, let reason) = error else { return false }
                return path == url.path && reason.hasPrefix("state.json")
            }
        }
    }

    @Test("a checkpoint of another optimizer, method or model is refused")
    func others() throws {
        try exclusively {
            let folder = try TemporaryFolder()
            let (_, parameters, optimizer) = try parts()
            let url = try TrainingCheckpoint.write(state(1), parameters, optimizer, in: folder.url)

            var plain = TrainingBench()
            plain.optimizer = .sgd(.init(momentum: 0, nesterov: false, decay: 0))
            let sgd = try parts(plain)
            #expect {
                try TrainingCheckpoint.restore(url, sgd.parameters, sgd.optimizer)
            } throws: { error in
                guard case TrainingError.checkpointBroken(_, let reason) = error else { return false }
                return reason.contains("exp_avg")
            }
            plain.optimizer = .sgd(.init(momentum: 0.9, nesterov: false, decay: 0))
            let momentum = try parts(plain)
            #expect(throws: OptimizerError.self) { try TrainingCheckpoint.restore(url, momentum.parameters, momentum.optimizer) }

            let lora = try parts(TrainingBench(tuning: TrainingBench.lora))
            let before = try lora.model.trainedBits()
            #expect(throws: WeightError.self) { try TrainingCheckpoint.restore(url, lora.parameters, lora.optimizer) }
            #expect(try lora.model.trainedBits() == before)
        }
    }

    @Test("restored bfloat16 weights compute with the rounded master")
    func shadow() throws {
        try exclusively {
            var bench = TrainingBench()
            bench.plan.compute = .bfloat16
            let folder = try TemporaryFolder()
            let (model, parameters, optimizer) = try parts(bench)
            let url = try TrainingCheckpoint.write(state(1), parameters, optimizer, in: folder.url)
            let expected = try (model.trainedBits(), model.computedBits())
            for named in parameters { try named.parameter.restore(.full(named.parameter.shape, 3)) }
            #expect(try model.computedBits() != expected.1)
            try TrainingCheckpoint.restoreWeights(url, into: parameters)
            #expect(try model.trainedBits() == expected.0)
            #expect(try model.computedBits() == expected.1)
        }
    }
}
