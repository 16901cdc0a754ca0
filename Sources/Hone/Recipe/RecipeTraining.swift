// Tested by RecipeTests.swift.

public import HoneData
public import HoneEvaluation

extension Recipe {
    /// Says how the weights change: how long, how fast, in what batches, and what is watched meanwhile.
    public struct TrainingSpec: Sendable, Equatable {
        /// How long training lasts at most.
        public var budget = Budget.epochs(3)
        /// Rows in one micro-batch.
        public var batchSize = 32
        /// Micro-batches in one optimizer step.
        public var accumulation = 1
        /// The peak learning rate, above 0 and below 10.
        public var learningRate = 1e-4
        /// The optimizer and its own settings.
        public var optimizer = OptimizerSpec.adamW(.init())
        /// The course of the learning rate after warm-up.
        public var schedule = ScheduleName.linear
        /// The share of the peak that a falling learning rate ends at, `0 ..< 1`.
        public var learningRateFloor = 0.0
        /// How long the learning rate rises from 0 to its peak.
        public var warmup = Warmup.fraction(0.06)
        /// Decoupled weight decay, applied to weight matrices only.
        public var weightDecay = 0.01
        /// The largest global norm of the gradient; nil never clips.
        public var maximumGradientNorm: Double? = 1
        /// The probability mass spread over the other classes, `0 ..< 1`.
        public var labelSmoothing = 0.0
        /// What each class counts in the loss.
        public var classWeights = ClassWeights.none
        /// The dropout probability of the model's own layers, `0 ..< 1`; nil keeps what the checkpoint's configuration says.
        public var dropout: Double?
        /// The floating type of the forward and backward pass.
        public var precision = Precision.auto
        /// How rows are laid out in a micro-batch.
        public var batching = Batching.packed
        /// The most token slots in one micro-batch, which may then hold fewer rows than `batchSize`; nil for no such limit.
        public var tokenBudget: Int?
        /// Whether activations are kept or computed again.
        public var activationCheckpointing = ActivationCheckpointing.auto
        /// The most token slots that go forward and backward at once: a batch with more goes in parts, whose gradients add up to the same;
        /// nil for whole batches, or parts where the memory is not enough otherwise.
        public var slotsAtOnce: Int?
        /// True if rows are drawn in a new order each epoch.
        public var shuffle = true
        /// The seed of the split, the order, the new weights and dropout; at most `Int.max`.
        public var seed: UInt64 = 17
        /// When the validation rows are measured.
        public var evaluateEvery = Cadence.epoch
        /// When a checkpoint is written.
        public var saveEvery = Cadence.epoch
        /// When to stop before the budget is spent; nil for never.
        public var earlyStopping: EarlyStopping?
        /// How many of the newest checkpoints stay; the best one always does as well.
        public var keepCheckpoints = 1
        /// CPU threads; nil for all.
        public var threads: Int?

        /// Makes the section from its most used settings; what is left out takes its default.
        public init(
            budget: Budget? = nil, batchSize: Int? = nil, learningRate: Double? = nil, optimizer: OptimizerSpec? = nil,
            schedule: ScheduleName? = nil, warmup: Warmup? = nil, precision: Precision? = nil, batching: Batching? = nil,
            seed: UInt64? = nil, earlyStopping: EarlyStopping? = nil
        ) {
            if let budget { self.budget = budget }
            if let batchSize { self.batchSize = batchSize }
            if let learningRate { self.learningRate = learningRate }
            if let optimizer { self.optimizer = optimizer }
            if let schedule { self.schedule = schedule }
            if let warmup { self.warmup = warmup }
            if let precision { self.precision = precision }
            if let batching { self.batching = batching }
            if let seed { self.seed = seed }
            self.earlyStopping = earlyStopping
        }
    }

    /// Says when to stop before the budget is spent.
    public struct EarlyStopping: Sendable, Equatable {
        /// The metric that must improve; nil takes the task's own, `Recipe.selectionMetric`.
        public var metric: MetricName?
        /// Evaluations in a row without improvement that end training.
        public var patience = 3
        /// How much better than the best so far counts as improvement.
        public var minimumImprovement = 0.0

        /// Makes the section; what is left out takes its default.
        public init(metric: MetricName? = nil, patience: Int? = nil, minimumImprovement: Double? = nil) {
            self.metric = metric
            if let patience { self.patience = patience }
            if let minimumImprovement { self.minimumImprovement = minimumImprovement }
        }
    }
}

extension Recipe.TrainingSpec: RecipeSection {
    static var blank: Self { Self() }
    static let traits = RecipeSchema.Traits(exclusive: [
        RecipeExclusive(keys: ["epochs", "steps"]), RecipeExclusive(keys: ["warmupFraction", "warmupSteps"]),
    ])
    static let fields: [RecipeField<Self>] = length + rate + batches + watch

    private static let length: [RecipeField<Self>] = [
        .init("epochs", \.budget.epochs, .optional(.number(.above(0))), "Passes over the training rows; 0.5 is half of them."),
        .init("steps", \.budget.steps, .optional(.integer(.atLeast(1))), "Optimizer steps, instead of epochs."),
        .init("batchSize", \.batchSize, .integer(.atLeast(1)), "Rows in one micro-batch."),
        .init("accumulation", \.accumulation, .integer(.atLeast(1)), "Micro-batches in one optimizer step."),
    ]

    private static let rate: [RecipeField<Self>] = [
        .init("learningRate", \.learningRate, .number(.above(0, below: 10)), "The peak learning rate."),
        .init("optimizer", \.optimizer, .optimizer, "The optimizer and its own settings."),
        .init("schedule", \.schedule, .choice, "The course of the learning rate after warm-up."),
        .init(
            "learningRateFloor", \.learningRateFloor, .number(.atLeast(0, below: 1)),
            "The share of the peak that a falling learning rate ends at."),
        .init("warmupFraction", \.warmup.fraction, .fraction, "The share of all steps in which the learning rate rises from 0."),
        .init("warmupSteps", \.warmup.steps, .optional(.integer(.atLeast(0))), "Optimizer steps of warm-up, instead of a share."),
        .init("weightDecay", \.weightDecay, .number(.atLeast(0)), "Decoupled weight decay, applied to weight matrices only."),
        .init(
            "maximumGradientNorm", \.maximumGradientNorm, .optional(.number(.above(0))),
            "The largest global norm of the gradient; null never clips."),
        .init("labelSmoothing", \.labelSmoothing, .number(.atLeast(0, below: 1)), "The probability mass spread over the other classes."),
        .init("classWeights", \.classWeights, .classWeights, "What each class counts in the loss."),
        .init(
            "dropout", \.dropout, .optional(.number(.atLeast(0, below: 1))),
            "The dropout probability of the model's own layers; null keeps the checkpoint's."),
    ]

    private static let batches: [RecipeField<Self>] = [
        .init("precision", \.precision, .choice, "The floating type of the forward and backward pass; auto asks the hardware."),
        .init("batching", \.batching, .choice, "How rows are laid out in a micro-batch: without padding, by length, or padded."),
        .init(
            "tokenBudget", \.tokenBudget, .optional(.integer(.atLeast(1))),
            "The most token slots in one micro-batch, beside batchSize; null for no limit."),
        .init(
            "activationCheckpointing", \.activationCheckpointing, .choice,
            "Whether blocks keep only their input and compute the rest again: slower, less memory; auto where it is needed."),
        .init(
            "slotsAtOnce", \.slotsAtOnce, .optional(.integer(.atLeast(1))),
            "The most token slots that go forward and backward at once, in parts that add up; null for whole batches if they fit."),
        .init("shuffle", \.shuffle, .flag, "Whether rows are drawn in a new order each epoch."),
        .init("seed", \.seed, .seed, "The seed of the split, the order, the new weights and dropout."),
    ]

    private static let watch: [RecipeField<Self>] = [
        .init("evaluateEvery", \.evaluateEvery, .cadence, "When the validation rows are measured."),
        .init("saveEvery", \.saveEvery, .cadence, "When a checkpoint is written; one is always written at the end."),
        .init(
            "earlyStopping", \.earlyStopping, .optional(.section(Recipe.EarlyStopping.self)),
            "When to stop before the budget is spent; null for never."),
        .init(
            "keepCheckpoints", \.keepCheckpoints, .integer(.atLeast(1)), "How many of the newest checkpoints stay; the best always does."),
        .init("threads", \.threads, .optional(.integer(.atLeast(1))), "CPU threads; null for all."),
    ]

    func check(_ site: RecipeSite) throws(RecipeError) {
        if earlyStopping != nil, evaluateEvery == .never {
            throw site.conflict("earlyStopping", "needs evaluations, but \(site.path("evaluateEvery")) is never; set it to epoch")
        }
        if learningRateFloor > 0, schedule == .constant {
            throw site.conflict("learningRateFloor", "a constant rate does not fall; remove it, or set \(site.path("schedule")): cosine")
        }
        if case .steps(let steps) = budget, case .steps(let warmup) = warmup, warmup > steps {
            throw site.conflict("warmupSteps", "\(warmup) steps of warm-up do not fit into \(steps) steps of training; give fewer")
        }
    }
}

extension Recipe.EarlyStopping: RecipeSection {
    static var blank: Self { Self() }
    static let fields: [RecipeField<Self>] = [
        .init("metric", \.metric, .optional(.choice), "The metric that must improve; null takes the task's own."),
        .init("patience", \.patience, .integer(.atLeast(1)), "Evaluations in a row without improvement that end training."),
        .init(
            "minimumImprovement", \.minimumImprovement, .number(.atLeast(0)), "How much better than the best so far counts as improvement."),
    ]
}
