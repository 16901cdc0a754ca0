// Tested by CostModelTests.swift.
internal import HoneData
internal import HoneModels
internal import HoneTensors

/// What the memory of a run is needed for, in bytes.
public struct MemoryEstimate: Sendable, Equatable, Codable {
    /// The program itself: code, libraries, tables.
    public var program: Int
    /// The weights in the types in which they are kept and computed with.
    public var weights: Int
    /// Gradients and the optimizer's state.
    public var training: Int
    /// What the blocks keep of the heaviest batch, and what is there for a moment besides.
    public var activations: Int
    /// The rows of the data.
    public var data: Int

    /// All of it.
    public var total: Int { program + weights + training + activations + data }
}

/// What a plan's batches ask of the memory.
struct PlannedLoad {
    /// The slots of the heaviest batch, and of the longest row.
    var slots = 0, longestRow = 0
    /// The same of the decoder's side, where there is one.
    var decoderSlots = 0, longestTarget = 0
    /// The most places with a target in a batch.
    var targets = 0
    /// Micro-batches of a step.
    var accumulation = 1
    var rows = 0, tokens = 0

    /// - Parameter epochs: how many are planned, begun ones included.
    init(_ train: [EncodedRow], _ others: [EncodedRow], batches: BatchPlan, epochs: Int, _ recipe: Recipe) {
        let sides = train.map(\.decoderCount)
        longestRow = train.reduce(0) { max($0, $1.ids.count) }
        longestTarget = sides.max() ?? 0
        var most = (slots: 0, decoderSlots: 0, targets: 0)
        batches.forEachBatch(epochs: epochs) { batch in
            most.slots = max(most.slots, batches.slots(of: batch))
            most.decoderSlots = max(most.decoderSlots, batch.reduce(0) { $0 + sides[$1] })
            most.targets = max(most.targets, batch.reduce(0) { $0 + train[$1].target.targetCount })
        }
        (slots, decoderSlots, targets) = most
        accumulation = recipe.training.accumulation
        rows = train.count + others.count
        tokens = (train + others).reduce(0) { $0 + $1.ids.count * 2 }
    }

    /// The heaviest part when batches go in parts of at most so many slots.
    func inParts(of limit: Int) -> PlannedLoad {
        var part = self
        let share = Double(max(limit, longestRow)) / Double(max(1, slots))
        part.slots = min(slots, max(limit, longestRow))
        part.decoderSlots = min(decoderSlots, max(longestTarget, Int(Double(decoderSlots) * share)))
        part.targets = min(targets, Int(Double(targets) * share) + 1)
        part.accumulation = max(2, accumulation)
        return part
    }
}

/// Predicts memory and time from shapes.
///
/// Memory follows from what the nodes of `CTorch` keep (`ModelSizes.keptPerToken`); its constants were measured
/// (Benchmarks/README.md). FLOPs per token as in arXiv:2001.08361, section 2.1; efficiency measured on MiniLM.
struct CostModel {
    let shape: ModelShape
    let compute: DType
    let state: Int

    /// Code and tables of the program and of libtorch that a run touches.
    private static let program = 190_000_000
    /// The slots of one part never go below this: products of few rows are slow.
    private static let fewestSlots = 128

    // MARK: Memory

    /// How a run is laid out so that it fits.
    struct Choice {
        var memory: MemoryEstimate
        var slotsAtOnce: Int?
        var checkpointsBlocks = false
    }

    /// Keeps everything if that fits; otherwise computes blocks again, and then splits batches into parts; both change no result.
    ///
    /// If nothing fits the estimate is above what is available.
    func choice(_ load: PlannedLoad, _ training: Recipe.TrainingSpec, available: Int) -> Choice {
        let wish = training.activationCheckpointing
        let load = training.slotsAtOnce.map { load.inParts(of: $0) } ?? load
        for checkpoints in wish == .always ? [true] : wish == .never ? [false] : [false, true] {
            let memory = memory(load, checkpointsBlocks: checkpoints)
            if memory.total <= available {
                return Choice(memory: memory, slotsAtOnce: training.slotsAtOnce, checkpointsBlocks: checkpoints)
            }
        }
        let checkpoints = wish != .never
        var limit = max(load.slots, 1)
        var memory = memory(load, checkpointsBlocks: checkpoints)
        while training.slotsAtOnce == nil, memory.total > available, limit > max(load.longestRow, Self.fewestSlots) {
            limit = max(limit / 2, load.longestRow, Self.fewestSlots)
            memory = self.memory(load.inParts(of: limit), checkpointsBlocks: checkpoints)
        }
        let parts = training.slotsAtOnce ?? (limit < load.slots ? limit : nil)
        return Choice(memory: memory, slotsAtOnce: parts, checkpointsBlocks: checkpoints)
    }

    func memory(_ load: PlannedLoad, checkpointsBlocks: Bool) -> MemoryEstimate {
        let E = compute.byteSize
        let dense = shape.trainable - shape.trainableInTables
        // A quarter of a table's rows is a generous guess at how many ever occur; only those take optimizer memory.
        let tables = shape.trainableInTables
        let frozen = shape.total - shape.trainable
        // Frozen weights are mapped where the file has them as they are needed, and copied where not: one copy either way.
        let weights = (frozen - shape.frozenFloat32) * E + shape.frozenFloat32 * 4 + (dense + tables) * 4 + (E < 4 ? dense * E : 0)
        let sums = load.accumulation > 1 ? dense * 4 : 0
        let training = dense * (E + state) + sums + tables / 4 * (state + 4)
        return MemoryEstimate(
            program: Self.program, weights: weights, training: training,
            activations: max(activations(load, checkpointsBlocks: checkpointsBlocks), evaluation),
            data: load.rows * 400 + load.tokens * 4)
    }

    private func activations(_ load: PlannedLoad, checkpointsBlocks: Bool) -> Int {
        let (s, E) = (shape.sizes, compute.byteSize)
        let trainedBlocks = max(0, s.layers - shape.frozenBlocks)
        let slots = load.decoderSlots > 0 ? load.decoderSlots : load.slots
        var kept = trainedBlocks * slots * (checkpointsBlocks ? s.width : s.keptPerToken)
        if s.encoderLayers > 0, shape.frozenBlocks == 0 {
            kept += s.encoderLayers * load.slots * (checkpointsBlocks ? s.width : s.keptPerToken)
        }
        // The low-rank products of adapters are kept too; their number follows from the parameters: r (in + out) each.
        if shape.isAdapter { kept += trainedBlocks * slots * shape.adapterRank }
        // One block's own gradients, and what is computed again; a block that kept nothing has all of it back for a moment.
        let moment = max(load.slots, slots) * (4 * s.inner + 6 * s.width + (checkpointsBlocks ? s.keptPerToken : 0))
        // Logits are made in parts of 32 MB; a trained output matrix has its gradient beside them.
        let logits = min(32 << 20, load.targets * s.vocabulary * E) * 3 / 2
        let head = load.targets > load.rows || load.decoderSlots > 0 ? logits + load.targets * s.width * E * 3 : 0
        return (kept + moment + 4 * slots * s.width) * E + head
    }

    /// Evaluation keeps nothing from one block to the next.
    private var evaluation: Int {
        let s = shape.sizes
        return PlanFacts.evaluationBudget * (8 * s.width + 3 * s.inner) * compute.byteSize
    }

    // MARK: Time

    /// Weights in matrix products of the blocks.
    private var blockWeights: Double {
        let s = shape.sizes
        let attention = 2 * s.width * s.queryWidth + 2 * s.width * s.keyValueWidth
        return Double((s.layers + s.encoderLayers) * (attention + (s.isGated ? 3 : 2) * s.width * s.inner))
    }

    func seconds(slots: Double, steps: Int, evaluatedTokens: Int, checkpointsBlocks: Bool) -> Double {
        let rate = Self.measuredRate(compute)
        let trainedShare = Double(shape.sizes.layers - shape.frozenBlocks) / Double(max(1, shape.sizes.layers))
        let isFull = shape.trainable * 2 > shape.total
        let passes = 1 + trainedShare * ((isFull ? 2 : 1.05) + (checkpointsBlocks ? 1 : 0))
        let perToken = 2 * (blockWeights + headWeights) * passes
        let update = Double(shape.trainable - shape.trainableInTables) * 30 / 12e9
        let evaluation = Double(evaluatedTokens) * 2 * (blockWeights + headWeights)
        return (slots * perToken + evaluation) / (rate * 0.6) + Double(steps) * (update + 0.006)
    }

    /// Weights of the output matrix where the vocabulary is the target.
    private var headWeights: Double { shape.learnsTokens ? Double(shape.sizes.vocabulary * shape.sizes.width) : 0 }

    /// Floating-point operations per second of a product of typical shape, measured once per process and type.
    static func measuredRate(_ dtype: DType) -> Double { (try? GEMMProbe.rate(dtype)) ?? 5e10 }
}
