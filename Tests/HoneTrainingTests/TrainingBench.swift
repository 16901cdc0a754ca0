import Foundation
import HoneAdapters
import HoneData
import HoneLayers
import HoneObjectives
import HoneOptimizers
import HoneTensors
import HoneTestSupport
import HoneTraining

/// The settings of a small training, and the ways to run it.
struct TrainingBench {
    var rowCount = 23
    var objective = ObjectiveSpec.classification(CrossEntropy(smoothing: 0, classWeights: nil))
    var tuning = Tuning.full
    var optimizer = OptimizerSpec.adamW(.init(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.01))
    var batching = Batching.packed
    var batchSize = 4
    var shuffle = true
    var dropout = 0.0
    var plan = TrainingPlan(
        totalSteps: 6, accumulation: 1, schedule: Schedule(shape: .constant, warmupSteps: 0, totalSteps: 6), peakRate: 1e-2,
        clipping: Clipping(maximumNorm: 1), seed: 17, evaluates: .never, saves: .never, selection: nil, keeps: 1, compute: .float32,
        device: .cpu, evaluationBudget: 30, paddingID: 0)

    static let lora = Tuning.lora(.init(rank: 2, alpha: 4, dropout: 0.2, rankStabilized: false, targets: ["query", "value"]))
    static let classes = 3

    /// Rows of 2 to 7 tokens with targets that fit the objective.
    var rows: [EncodedRow] {
        var generator = SeededGenerator(seed: 3)
        return (0..<rowCount).map { index in
            let ids = (0..<generator.integer(2...7)).map { _ in Int32(generator.integer(1...TinyModel.vocabulary - 1)) }
            let target: EncodedTarget =
                switch objective {
                case .classification: .classIndex(Int32(generator.integer(0...Self.classes - 1)))
                case .multiLabel: .multiHot((0..<Self.classes).map { _ in Float(generator.integer(0...1)) })
                case .regression: .value(Float(generator.normal()))
                }
            return EncodedRow(ids: ids, typeIDs: ids.map { _ in 0 }, target: target, source: index)
        }
    }

    func batches() throws -> BatchPlan {
        try BatchPlan(lengths: rows.map(\.ids.count), batching: batching, batchSize: batchSize, shuffle: shuffle, seed: plan.seed)
    }

    /// A model with the same weights each time, prepared by the tuning method.
    ///
    /// Call inside `exclusively`.
    func model() throws -> TinyModel {
        try Library.seed(11)
        let model = try TinyModel(outputs: objective == .regression(MeanSquaredError()) ? 1 : Self.classes, dropout: dropout)
        try prepare(model)
        return model
    }

    func prepare(_ model: TinyModel) throws {
        let target = TuningTarget(model: model, wholePaths: ["head"], blockPrefix: "block", blockCount: 0, embeddingPrefix: "table")
        _ = try tuning.apply(to: target, compute: plan.compute)
    }

    func trainer(
        _ model: TinyModel, in folder: URL, evaluate: (() throws -> [String: Double])? = nil,
        observe: @escaping Observer = { _ in .proceed }
    ) throws -> Trainer {
        try Trainer(
            model: model, forward: { try model.logits($0, $1) }, objective: objective, optimizer: optimizer, rows: rows, batches: batches(),
            plan: plan, folder: folder, evaluate: evaluate, observe: observe)
    }

    func predictor(_ model: TinyModel) -> Predictor {
        Predictor(
            forward: { try model.logits($0, $1) }, compute: plan.compute, device: .cpu, budget: plan.evaluationBudget,
            paddingID: plan.paddingID)
    }
}

extension TinyModel {
    /// The exact bits of everything that trains, by key.
    func trainedBits() throws -> [String: [UInt32]] {
        try Dictionary(
            uniqueKeysWithValues: trainableParameters().map { ($0.key, try $0.parameter.stored.detached().values(as: UInt32.self)) })
    }

    /// The bits of what layers compute with.
    func computedBits() throws -> [String: [Float]] {
        try Dictionary(uniqueKeysWithValues: trainableParameters().map { ($0.key, try $0.parameter.value.detached().floats()) })
    }
}

/// Collects events, and may ask to stop.
final class EventRecorder {
    private(set) var events: [TrainingEvent] = []
    private let stop: (TrainingEvent) -> Bool

    init(stopWhen stop: @escaping (TrainingEvent) -> Bool = { _ in false }) { self.stop = stop }

    func callAsFunction(_ event: TrainingEvent) -> Decision {
        events.append(event)
        return stop(event) ? .stop(reason: "asked to") : .proceed
    }

    /// Stops after one step.
    static func stopping(afterStep step: Int) -> EventRecorder {
        EventRecorder { if case .step(let index, _, _, _, _, _, _) = $0 { index == step } else { false } }
    }

    var losses: [Double] { events.compactMap { if case .step(_, _, let loss, _, _, _, _) = $0 { loss } else { nil } } }
    var epochs: [Double] { events.compactMap { if case .step(_, let epoch, _, _, _, _, _) = $0 { epoch } else { nil } } }
    var rates: [Double] { events.compactMap { if case .step(_, _, _, _, let rate, _, _) = $0 { rate } else { nil } } }
    var tokens: [Int] { events.compactMap { if case .step(_, _, _, _, _, let tokens, _) = $0 { tokens } else { nil } } }
    var rows: [Int] { events.compactMap { if case .step(_, _, _, _, _, _, let rows) = $0 { rows } else { nil } } }
    var evaluations: [Int] { events.compactMap { if case .evaluation(let step, _, _) = $0 { step } else { nil } } }
    var checkpoints: [Int] { events.compactMap { if case .checkpoint(let step, _, _) = $0 { step } else { nil } } }
    var bests: [Int] { events.compactMap { if case .checkpoint(let step, _, true) = $0 { step } else { nil } } }
    var warnings: [String] { events.compactMap { if case .warning(let code, _) = $0 { code } else { nil } } }
}

/// The names in a folder, hidden ones included, sorted; none if there is no folder.
func names(in folder: URL) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
}
