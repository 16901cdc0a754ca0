public import Foundation
internal import HoneAdapters
public import HoneData
public import HoneLayers
internal import HoneObjectives
public import HoneOptimizers
internal import HoneTensors

/// Runs the one training loop; everything that differs between runs is a value given to it.
///
/// The loss is summed over targets and divided once per optimizer step, so any split into micro-batches gives the same gradient. Random
/// numbers of a step follow from the seed and the step's number, so a run that is killed and resumed is bit-identical on the CPU with the
/// same number of threads. Not Sendable: stays on the torch thread.
public final class Trainer {
    /// What was asked for; ``rehearse()`` may lay batches out smaller.
    public private(set) var plan: TrainingPlan
    /// How far the training is.
    public private(set) var state = TrainingState()

    private let model: any Module
    private let parameters: [NamedParameter]
    private let task: TrainingTask
    private let optimizer: any Optimizer
    private let rows: [EncodedRow]
    private let batches: BatchPlan
    private let folder: URL
    private let evaluate: (() throws -> [String: Double])?
    private let observe: Observer
    private var epochBatches: (epoch: Int, list: [[Int]]) = (-1, [])
    private var firstSteps: FirstSteps?
    private var stopReason: String?

    /// Makes the optimizer's state and takes no step.
    /// - Parameters:
    ///   - model: prepared by a tuning method; what trains is known.
    ///   - task: what is learned from a batch.
    ///   - rows: what `batches` was planned over.
    ///   - folder: where checkpoints go; made when the first is written.
    ///   - evaluate: measures the validation rows; nil if there are none.
    /// - Throws: ``TrainingError/nothingTrains``; `TensorError` if the optimizer's state cannot be made.
    public init(
        model: any Module, task: TrainingTask, optimizer: OptimizerSpec, rows: [EncodedRow],
        batches: BatchPlan, plan: TrainingPlan, folder: URL, evaluate: (() throws -> [String: Double])?, observe: @escaping Observer
    ) throws {
        (self.model, self.task, self.rows) = (model, task, rows)
        (self.batches, self.plan, self.folder, self.evaluate, self.observe) = (batches, plan, folder, evaluate, observe)
        parameters = model.trainableParameters()
        guard !parameters.isEmpty else { throw TrainingError.nothingTrains }
        self.optimizer = try optimizer.make(
            for: parameters.map {
                OptimizedTensor(
                    key: $0.key, master: $0.parameter.stored, leaf: $0.parameter.value, shadow: $0.parameter.shadow,
                    decays: $0.parameter.decays)
            })
    }

    /// Goes on from the newest whole checkpoint in the folder; call it before ``run()``.
    /// - Throws: ``TrainingError/checkpointMissing(folder:)``, and what ``TrainingCheckpoint/restore(_:_:_:)`` throws.
    public func resume() throws {
        guard let newest = TrainingCheckpoint.newest(in: folder) else { throw TrainingError.checkpointMissing(folder: folder.path) }
        state = try TrainingCheckpoint.restore(newest, parameters, optimizer)
        tell(.resumed(step: state.step))
    }

    /// Trains until the budget is spent, patience ends, an observer says stop, or a guard throws.
    ///
    /// May be called again after an interruption. Waits for the device once per step.
    /// - Throws: ``TrainingError``; what the model, the evaluation or writing a checkpoint throws. Checkpoints written before stay.
    public func run() throws -> FinishReason {
        firstSteps = state.step == 0 ? try FirstSteps(parameters) : nil
        while !isFinished {
            try Library.seed(mixed(plan.seed, state.step))
            let micro = try nextMicroBatches()
            let (loss, gradients) = try backward(micro)
            let norm = try plan.clipping.norm(of: gradients)
            let factor = plan.schedule.factor(at: state.step)
            try guardAgainst(loss, norm, plan.peakRate * factor)
            try firstSteps?.check(gradients, norm: norm, factor: factor)
            try optimizer.step(gradients: consume gradients, rate: plan.peakRate * factor, gradientScale: plan.clipping.factor(norm: norm))
            let endsEpoch = advance(past: micro)
            tell(step(loss, norm, plan.peakRate * factor, micro))
            try endFirstSteps()
            let isBest = try measure(endsEpoch)
            if isBest || isSaveDue(endsEpoch) { try save(isBest: isBest) }
            if let reason = stopReason.take() { return .interrupted(reason: reason) }
        }
        return state.finish ?? .budgetSpent
    }

    /// Puts the weights of the best checkpoint in place, if there is one; call it after ``run()``.
    /// - Returns: its step; nil if nothing was selected, and the last weights stay.
    /// - Throws: `WeightError` if the checkpoint is damaged.
    public func restoreBest() throws -> Int? {
        guard let best = state.bestStep, best != state.step else { return state.bestStep }
        try TrainingCheckpoint.restoreWeights(folder.appending(path: "step-\(best)"), into: parameters)
        return best
    }

    private var isFinished: Bool { state.step >= plan.totalSteps || state.finish != nil }

    // MARK: One step

    private func nextMicroBatches() throws -> [[Int]] {
        if epochBatches.epoch != state.epoch { epochBatches = (state.epoch, batches.batches(epoch: state.epoch)) }
        let list = epochBatches.list
        guard state.batch < list.count || state.step == 0 else {
            throw TrainingError.checkpointBroken(
                folder: folder.appending(path: "step-\(state.step)").path,
                reason: "it goes on at batch \(state.batch + 1), and the epoch has \(list.count); the rows or batch settings have changed")
        }
        return Array(list[state.batch..<min(state.batch + plan.accumulation, list.count)])
    }

    private func backward(_ micro: [[Int]]) throws -> (loss: Double, gradients: [Tensor?]) {
        let parts = micro.flatMap { batches.parts(of: $0, slots: plan.slotsAtOnce) }
        let drawn = parts.map { indices in indices.map { task.row?(rows[$0], $0, state.epoch) ?? rows[$0] } }
        let total = drawn.reduce(0.0) { $0 + task.weight($1.map(\.target)) }
        guard total > 0 else { throw TrainingError.noTargets(step: state.step + 1) }
        var gradients = Gradients(parameters)
        var sum = 0.0
        for (place, list) in drawn.enumerated() {
            sum += try backward(list, seed: mixed(plan.seed &+ UInt64(place), state.step), scale: 1 / total)
            try gradients.take(isOnly: parts.count == 1)
        }
        return (sum / total, try gradients.finished())
    }

    /// Runs rows forward and backward; the leaves hold the gradients of the summed loss times `scale` then.
    ///
    /// - Returns: the summed loss.
    private func backward(_ list: [EncodedRow], seed: UInt64, scale: Double) throws -> Double {
        let batch = TokenBatch(
            Array(list.indices), of: list, layout: batches.batching, paddingID: plan.paddingID, decoderStart: task.decoderStart)
        let tensors = try BatchTensors(batch, device: plan.device)
        let context = Context(documents: tensors.documents, isTraining: true, compute: plan.compute, seed: seed)
        context.checkpointsBlocks = plan.checkpointsBlocks
        // Backward too: blocks that kept nothing are computed again, as they were.
        return try withAdapters(of: model, training: true, seed: ~seed) {
            let terms = try task.loss(tensors, batch, context)
            try (terms.sum * scale).backward()
            return try terms.sum.item()
        }
    }

    /// Runs the heaviest batch of the first epoch forward and backward and forgets the gradients: a lack of memory shows at once.
    ///
    /// If there is one, blocks are computed again instead of kept, and then batches go in smaller parts, until it fits: ``plan`` says how.
    /// What is learned stays the same but for the last bits of sums, and for which elements dropout draws.
    ///
    /// - Returns: whether the plan was changed.
    /// - Throws: `TensorError` of kind out-of-memory if even the longest row alone does not fit; what the model throws.
    public func rehearse() throws -> Bool {
        let perEpoch = max(1, batches.batchCount(epoch: 0))
        let whole = batches.heaviestBatch(epochs: (plan.totalSteps * plan.accumulation + perEpoch - 1) / perEpoch) {
            rows[$0].decoderCount
        }
        guard !whole.isEmpty else { return false }
        var isChanged = false
        while true {
            do {
                let parts = batches.parts(of: whole, slots: plan.slotsAtOnce)
                let list = parts.max { batches.slots(of: $0) < batches.slots(of: $1) } ?? whole
                try Library.seed(plan.seed)
                defer { for named in parameters { try? named.parameter.value.setGradient(nil) } }  // a leaf without a gradient stays so
                _ = try backward(list.map { task.row?(rows[$0], $0, 0) ?? rows[$0] }, seed: plan.seed, scale: 1)
                return isChanged
            } catch let error as TensorError where error.kind == .outOfMemory {
                guard makeSmaller(whole) else { throw error }
                Library.releaseCachedMemory()
                isChanged = true
            }
        }
    }

    /// Lays the plan out for less memory; false if there is nothing smaller.
    private func makeSmaller(_ batch: [Int]) -> Bool {
        guard plan.checkpointsBlocks else {
            plan.checkpointsBlocks = true
            return true
        }
        let longest = batch.reduce(0) { max($0, rows[$1].ids.count) }
        let slots = min(plan.slotsAtOnce ?? .max, batches.slots(of: batch))
        guard slots > longest else { return false }
        plan.slotsAtOnce = max(slots / 2, longest)
        return true
    }

    private func guardAgainst(_ loss: Double, _ norm: Double, _ rate: Double) throws {
        guard loss.isFinite, norm.isFinite else { throw TrainingError.nonFinite(step: state.step + 1, loss: loss, norm: norm, rate: rate) }
    }

    /// Moves the data cursor.
    /// - Returns: whether the epoch ended.
    private func advance(past micro: [[Int]]) -> Bool {
        state.step += 1
        state.batch += micro.count
        state.tokensSeen += tokens(of: micro)
        state.rowsSeen += micro.reduce(0) { $0 + $1.count }
        guard state.batch >= epochBatches.list.count else { return false }
        (state.epoch, state.batch) = (state.epoch + 1, 0)
        return true
    }

    private func step(_ loss: Double, _ norm: Double, _ rate: Double, _ micro: [[Int]]) -> TrainingEvent {
        // Right after an epoch `batch` is 0, and the list is still the old epoch's.
        let inEpoch = Double(state.batch) / Double(max(1, epochBatches.list.count))
        return .step(
            index: state.step, epoch: Double(state.epoch) + inEpoch, loss: loss, norm: norm, rate: rate,
            tokens: tokens(of: micro), rows: micro.reduce(0) { $0 + $1.count })
    }

    private func tokens(of micro: [[Int]]) -> Int { micro.joined().reduce(0) { $0 + rows[$1].ids.count } }

    private func endFirstSteps() throws {
        guard let watch = firstSteps, watch.fullSteps >= FirstSteps.watched || isFinished else { return }
        let silent = try watch.verdict()
        if !silent.isEmpty {
            tell(.warning(code: "zeroGradient", message: "The gradient of \(silent.joined(separator: ", ")) was zero in all first steps."))
        }
        firstSteps = nil
    }

    // MARK: Around the step

    /// Evaluates if it is time to.
    /// - Returns: whether this is the best so far.
    private func measure(_ endsEpoch: Bool) throws -> Bool {
        let isLast = isFinished && plan.evaluates != .never
        guard let evaluate, isLast || plan.evaluates.isDue(step: state.step, endsEpoch: endsEpoch) else { return false }
        let clock = ContinuousClock(), start = clock.now
        let metrics = try evaluate()
        tell(.evaluation(step: state.step, metrics: metrics, seconds: start.duration(to: clock.now) / .seconds(1)))
        guard let selection = plan.selection else { return false }
        guard let value = metrics[selection.metric] else {
            throw TrainingError.metricMissing(metric: selection.metric, found: metrics.keys.sorted())
        }
        if selection.isBetter(value, than: state.bestValue) {
            (state.bestValue, state.bestStep, state.evaluationsSinceBest) = (value, state.step, 0)
            return true
        }
        state.evaluationsSinceBest += 1
        if let patience = selection.patience, state.evaluationsSinceBest >= patience {
            state.finish = .earlyStopping(metric: selection.metric, evaluations: state.evaluationsSinceBest)
        }
        return false
    }

    private func isSaveDue(_ endsEpoch: Bool) -> Bool {
        let isLast = isFinished && plan.saves != .never
        return isLast || stopReason != nil || plan.saves.isDue(step: state.step, endsEpoch: endsEpoch)
    }

    private func save(isBest: Bool) throws {
        let broken = try parameters.filter { try !$0.parameter.stored.detached().sumOfSquares().isFinite }.map(\.key)
        guard broken.isEmpty else { throw TrainingError.nonFiniteWeights(step: state.step, keys: broken) }
        let url = try TrainingCheckpoint.write(state, parameters, optimizer, in: folder)
        try TrainingCheckpoint.prune(folder, keep: plan.keeps, best: state.bestStep)
        tell(.checkpoint(step: state.step, folder: url, isBest: isBest))
    }

    private func tell(_ event: TrainingEvent) {
        if case .stop(let reason) = observe(event) { stopReason = stopReason ?? reason }
    }
}

/// A well-mixed seed for one step.
///
/// Source: SplitMix64's finaliser.
private func mixed(_ seed: UInt64, _ step: Int) -> UInt64 {
    var z = seed &+ UInt64(step &+ 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
}
