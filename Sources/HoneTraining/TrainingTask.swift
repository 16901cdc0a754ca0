// Tested by TrainerTests.swift.
public import Foundation
public import HoneData
public import HoneLayers
public import HoneObjectives
public import HoneOptimizers

/// Computes the summed loss of a batch; how the loop reaches a model and a loss without importing models.
public typealias BatchLoss = (BatchTensors, TokenBatch, Context) throws -> LossTerms

/// What is learned from a batch, and what a batch counts.
public struct TrainingTask {
    /// The summed loss of a batch.
    public var loss: BatchLoss
    /// The divisor that targets bring, known before any forward pass.
    public var weight: ([EncodedTarget]) -> Double
    /// What a row is in an epoch, where it differs from one to the next (masking); nil where it does not.
    public var row: ((_ row: EncodedRow, _ index: Int, _ epoch: Int) -> EncodedRow)?
    /// The token that a decoder reads first; nil where there is none.
    public var decoderStart: Int32?

    /// Puts a task together.
    public init(
        loss: @escaping BatchLoss, weight: @escaping ([EncodedTarget]) -> Double,
        row: ((_ row: EncodedRow, _ index: Int, _ epoch: Int) -> EncodedRow)? = nil, decoderStart: Int32? = nil
    ) {
        (self.loss, self.weight, self.row, self.decoderStart) = (loss, weight, row, decoderStart)
    }

    /// Learns one target per row from logits `[B, C]`.
    public init(forward: @escaping Forward, objective: ObjectiveSpec) {
        self.init(
            loss: { tensors, batch, context in try objective(forward(tensors, context), batch.targets) },
            weight: { objective.weight(of: $0) })
    }

    /// Learns a token at each place that has a target; the divisor is the number of those places.
    public static func tokens(
        row: ((_ row: EncodedRow, _ index: Int, _ epoch: Int) -> EncodedRow)? = nil, decoderStart: Int32? = nil, loss: @escaping BatchLoss
    ) -> TrainingTask {
        TrainingTask(
            loss: loss, weight: { Double($0.reduce(0) { $0 + $1.targetCount }) }, row: row, decoderStart: decoderStart)
    }
}

extension Trainer {
    /// Makes a trainer that learns one target per row from logits `[B, C]`.
    public convenience init(
        model: any Module, forward: @escaping Forward, objective: ObjectiveSpec, optimizer: OptimizerSpec, rows: [EncodedRow],
        batches: BatchPlan, plan: TrainingPlan, folder: URL, evaluate: (() throws -> [String: Double])?, observe: @escaping Observer
    ) throws {
        try self.init(
            model: model, task: TrainingTask(forward: forward, objective: objective), optimizer: optimizer, rows: rows, batches: batches,
            plan: plan, folder: folder, evaluate: evaluate, observe: observe)
    }
}
