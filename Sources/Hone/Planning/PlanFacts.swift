// Tested by PlanTests.swift.
internal import HoneData
internal import HoneModels
internal import HoneOptimizers
internal import HoneTensors

/// What a plan says before training; part of the record.
public struct PlanFacts: Sendable, Equatable, Codable {
    /// Slots per evaluation batch: large enough for fast products, small enough for the cache.
    static let evaluationBudget = 2048

    /// The model family, such as `bert`.
    public var family: String
    /// The tuning method as the recipe names it: `full`, `partial` or `lora`.
    public var method: String
    /// Rows by split name: `train`, `validation` and `test`.
    public var rows: [String: Int]
    /// Tokens of one pass over the training rows.
    public var tokensPerEpoch: Int
    /// The longest training row, in tokens.
    public var longestRow: Int
    /// The most tokens a row may have: the recipe's limit or the model's positions, whichever is less.
    public var maximumTokens: Int
    /// Optimizer steps of the whole run.
    public var steps: Int
    /// Batches of the first epoch; a step takes `training.accumulation` of them.
    public var batchesPerEpoch: Int
    /// Numbers that training changes.
    public var trainableParameters: Int
    /// All numbers of the model, an adapter's included.
    public var totalParameters: Int
    /// The type in which products run, and why.
    public var precision: PrecisionChoice
    /// Most memory the process should need, in bytes: what ``memory`` adds up to.
    public var predictedBytes: Int
    /// What the memory is needed for.
    public var memory: MemoryEstimate
    /// Seconds of training and evaluation on this machine.
    public var predictedSeconds: Double
    /// The most slots that go forward and backward at once; a batch with more goes in parts; nil for whole batches.
    public var slotsAtOnce: Int?
    /// Whether blocks keep only their input and compute the rest again for the gradient.
    public var checkpointsBlocks = false
    var padID: Int32

    init(
        recipe: Recipe, shape: ModelShape, precision: PrecisionChoice, train: [EncodedRow], validation: [EncodedRow], test: [EncodedRow],
        batches: BatchPlan, steps: Int, maximumTokens: Int, padID: Int32
    ) {
        let lengths = train.map(\.ids.count)
        family = shape.family
        method = recipe.tuning.method
        rows = ["train": train.count, "validation": validation.count, "test": test.count]
        tokensPerEpoch = lengths.reduce(0, +)
        longestRow = lengths.max() ?? 0
        self.maximumTokens = maximumTokens
        self.steps = steps
        let first = batches.batches(epoch: 0)
        batchesPerEpoch = first.count
        (trainableParameters, totalParameters, self.precision) = (shape.trainable, shape.total, precision)
        self.padID = padID
        let slots = first.map { batches.slots(of: $0) }
        let cost = CostModel(shape: shape, compute: precision.dtype, state: recipe.optimizer.stateBytesPerParameter)
        let epochs = (steps * recipe.training.accumulation + first.count - 1) / max(1, first.count)
        let load = PlannedLoad(train, validation + test, batches: batches, epochs: epochs, recipe)
        let choice = cost.choice(load, recipe.training, available: Host.usableMemory)
        (memory, slotsAtOnce, checkpointsBlocks) = (choice.memory, choice.slotsAtOnce, choice.checkpointsBlocks)
        predictedBytes = memory.total
        let perStep = Double(slots.reduce(0, +)) / Double(max(1, first.count)) * Double(recipe.training.accumulation)
        let evaluations = validation.isEmpty ? 0 : max(1, steps * recipe.training.accumulation / max(1, first.count))
        let evaluated = validation.reduce(0) { $0 + $1.ids.count } * evaluations + test.reduce(0) { $0 + $1.ids.count }
        predictedSeconds = cost.seconds(
            slots: perStep * Double(steps), steps: steps, evaluatedTokens: evaluated, checkpointsBlocks: checkpointsBlocks)
    }
}

/// Measures matrix products on this machine.
public enum GEMMProbe {
    /// Operations per second of `[512, 384] · [384, 1536]` on the CPU's threads; the best of a few tries, about 20 ms.
    static func rate(_ dtype: DType) throws -> Double {
        let (x, w) = try Library.exclusively { (try Tensor.normal([512, 384]).to(dtype), try Tensor.normal([1536, 384]).to(dtype)) }
        var best = Double.infinity
        for _ in 0..<8 {
            let clock = ContinuousClock()
            let time = try clock.measure { _ = try withGradients(false) { try x.linear(w, bias: nil) } }
            best = min(best, Double(time.components.attoseconds) * 1e-18 + Double(time.components.seconds))
        }
        return 2 * 512 * 384 * 1536 / best
    }

    /// Measured GFLOP/s by type name.
    public static func gigaflops() throws -> [String: Double] {
        ["float32": try rate(.float32) / 1e9, "bfloat16": try rate(.bfloat16) / 1e9]
    }
}
