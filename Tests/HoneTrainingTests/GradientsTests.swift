import Foundation
import HoneData
import HoneLayers
import HoneObjectives
import HoneOptimizers
import HoneTensors
import HoneTestSupport
import HoneTraining
import Testing

/// A loss, and tuning methods, to run the same property on.
struct LossCase: Sendable, CustomTestStringConvertible {
    let name: String
    let objective: ObjectiveSpec
    var testDescription: String { name }

    static let all = [
        LossCase(name: "classification", objective: .classification(CrossEntropy(smoothing: 0, classWeights: nil))),
        LossCase(name: "weighted and smoothed", objective: .classification(CrossEntropy(smoothing: 0.1, classWeights: [0.5, 2, 3.5]))),
        LossCase(name: "multi-label", objective: .multiLabel(BinaryCrossEntropy(positiveWeights: [1, 3, 0.5]))),
        LossCase(name: "regression", objective: .regression(MeanSquaredError())),
    ]
}

@Suite("Gradients of a step")
struct GradientsTests {
    /// One step over 12 rows with plain gradient descent, so that the change of a weight is its gradient.
    private func oneStep(
        _ loss: LossCase, size: Int, accumulation: Int, batching: Batching = .packed
    ) throws -> (TinyModel, EventRecorder) {
        var bench = TrainingBench(objective: loss.objective)
        bench.optimizer = .sgd(.init(momentum: 0, nesterov: false, decay: 0))
        bench.rowCount = 12
        (bench.batchSize, bench.batching, bench.shuffle) = (size, batching, false)
        (bench.plan.totalSteps, bench.plan.accumulation, bench.plan.peakRate) = (1, accumulation, 1)
        bench.plan.clipping.maximumNorm = nil
        let folder = try TemporaryFolder()
        let recorder = EventRecorder()
        let model = try bench.model()
        _ = try bench.trainer(model, in: folder.url, observe: recorder.callAsFunction).run()
        return (model, recorder)
    }

    private func requireSame(_ found: (TinyModel, EventRecorder), _ expected: (TinyModel, EventRecorder), _ what: String) throws {
        try requireClose(found.1.losses, expected.1.losses, .float32Sum, "\(what): loss")
        for (a, b) in zip(found.0.trainableParameters(), expected.0.trainableParameters()) {
            try requireClose(a.parameter.stored, b.parameter.stored, .float32Sum, "\(what): \(a.key)")
        }
    }

    @Test("accumulating 1, 2, 4 or 12 micro-batches gives the same loss and gradient", arguments: LossCase.all)
    func accumulation(_ loss: LossCase) throws {
        try exclusively {
            let whole = try oneStep(loss, size: 12, accumulation: 1)
            for parts in [2, 4, 12] {
                try requireSame(oneStep(loss, size: 12 / parts, accumulation: parts), whole, "\(parts) micro-batches")
            }
            // 5 + 5 + 2 rows: means of means would differ.
            try requireSame(oneStep(loss, size: 5, accumulation: 3), whole, "unequal micro-batches")
        }
    }

    @Test("packed, bucketed and padded rows give the same loss and gradient", arguments: LossCase.all)
    func layouts(_ loss: LossCase) throws {
        try exclusively {
            let packed = try oneStep(loss, size: 12, accumulation: 1)
            for batching in [Batching.bucketed, .padded] {
                try requireSame(oneStep(loss, size: 12, accumulation: 1, batching: batching), packed, "\(batching)")
                try requireSame(oneStep(loss, size: 4, accumulation: 3, batching: batching), packed, "\(batching), 3 micro-batches")
            }
        }
    }

    @Test("a step moves plain gradient descent by the mean gradient of PyTorch's definition")
    func meanOverTargets() throws {
        // With all logits' inputs fixed, d(mean cross-entropy)/d(bias) = mean over rows of (softmax − one-hot): sums to 0 over classes.
        try exclusively {
            let (model, _) = try oneStep(LossCase.all[0], size: 12, accumulation: 1)
            let start = try TrainingBench().model()
            let (bias, before) = try (bits(model, "head.bias"), bits(start, "head.bias"))
            let change = zip(bias, before).map { Double($0) - Double($1) }
            try requireClose(change.reduce(0, +), 0, .float32Sum, "the gradient of the biases sums to")
            #expect(change.contains { abs($0) > 1e-3 })
        }
    }

    private func bits(_ model: TinyModel, _ key: String) throws -> [Float] {
        try #require(model.trainableParameters().first { $0.key == key }).parameter.stored.detached().floats()
    }

    @Test("bfloat16 gradients of micro-batches are summed in float32")
    func bfloat16() throws {
        try exclusively {
            var bench = TrainingBench()
            (bench.plan.compute, bench.plan.accumulation, bench.plan.totalSteps) = (.bfloat16, 3, 4)
            let folder = try TemporaryFolder()
            let recorder = EventRecorder()
            let model = try bench.model()
            _ = try bench.trainer(model, in: folder.url, observe: recorder.callAsFunction).run()
            bench.plan.compute = .float32
            let exact = EventRecorder()
            _ = try bench.trainer(bench.model(), in: folder.url, observe: exact.callAsFunction).run()
            try requireClose(recorder.losses, exact.losses, .bfloat16Model, "losses")
        }
    }

    @Test("frozen weights collect no gradient and no optimizer state under LoRA")
    func frozen() throws {
        try exclusively {
            var bench = TrainingBench(tuning: TrainingBench.lora)
            bench.plan.saves = .epoch
            let folder = try TemporaryFolder()
            let model = try bench.model()
            _ = try bench.trainer(model, in: folder.url).run()
            let trained = model.trainableParameters().map(\.key).sorted()
            let adapters = ["query", "value"].flatMap { ["\($0).lora_A.weight", "\($0).lora_B.weight"] }
            #expect(trained == ["head.bias", "head.weight"] + adapters)
            for named in model.namedParameters() where !named.parameter.isTrainable {
                #expect(try named.parameter.value.gradient() == nil, "\(named.key)")
                #expect(!named.parameter.value.requiresGradient, "\(named.key)")
            }
            let untouched = try TinyModel(outputs: 3, dropout: 0)
            for (found, start) in zip(model.namedParameters(), untouched.namedParameters()) where !found.parameter.isTrainable {
                try requireClose(found.parameter.stored, start.parameter.stored, .exact, found.key)
            }
        }
    }

    @Test("no gradient is left on a weight after a step")
    func released() throws {
        try exclusively {
            let (model, _) = try oneStep(LossCase.all[0], size: 4, accumulation: 3)
            for named in model.trainableParameters() { #expect(try named.parameter.value.gradient() == nil, "\(named.key)") }
        }
    }
}
