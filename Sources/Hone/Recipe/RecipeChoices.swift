// Tested by RecipeTests.swift.

extension Recipe {
    /// How long training lasts at most.
    public enum Budget: Sendable, Equatable {
        /// Passes over the training rows, above 0; 0.5 is half of them.
        case epochs(Double)
        /// Optimizer steps, at least 1.
        case steps(Int)
    }

    /// How long the learning rate rises from 0 to its peak.
    public enum Warmup: Sendable, Equatable {
        /// A share of all optimizer steps, `0 ..< 1`; 0 for no warm-up.
        case fraction(Double)
        /// Optimizer steps, at least 0.
        case steps(Int)
    }

    /// When something recurring happens.
    public enum Cadence: Sendable, Equatable {
        /// After each epoch.
        case epoch
        /// After each so many optimizer steps, at least 1.
        case steps(Int)
        /// Not before the end.
        case never
    }

    /// The course of the learning rate after warm-up.
    public enum ScheduleName: String, Sendable, CaseIterable {
        /// Falls on a straight line to 0.
        case linear
        /// Falls on half a cosine to 0.
        case cosine
        /// Stays at its peak.
        case constant
    }

    /// The floating type of the forward and backward pass; weights and moments stay float32.
    public enum Precision: String, Sendable, CaseIterable {
        /// Takes bfloat16 where the hardware computes in it, else float32, and says which.
        case auto
        /// 32-bit floats.
        case float32
        /// 16-bit brain floats.
        case bfloat16
    }

    /// Whether blocks keep only their input and compute the rest again for the gradient (activation checkpointing, arXiv:1604.06174).
    public enum ActivationCheckpointing: String, Sendable, CaseIterable {
        /// Only where the memory is not enough otherwise; the plan says so.
        case auto
        /// In every block.
        case always
        /// In none.
        case never
    }

    /// What each class counts in the loss.
    public enum ClassWeights: Sendable, Equatable {
        /// Every row counts the same.
        case none
        /// Every class counts the same: weights inverse to how often a class occurs.
        case balanced
        /// Weights by label, each above 0; a label that is not named counts 1.
        case weights([String: Double])
    }

    /// The optimizer and its own settings.
    public enum OptimizerSpec: Sendable, Equatable {
        /// Adam with decoupled weight decay.
        case adamW(AdamWSpec)
        /// Stochastic gradient descent.
        case sgd(SGDSpec)

        /// The name of the optimizer, as `training.optimizer.kind` writes it.
        public var kind: String {
            switch self {
            case .adamW: "adamW"
            case .sgd: "sgd"
            }
        }
    }

    /// Settings of AdamW (arXiv:1711.05101).
    public struct AdamWSpec: Sendable, Equatable {
        /// β₁, the decay of the mean of gradients, `0 ..< 1`.
        public var beta1 = 0.9
        /// β₂, the decay of the mean of squared gradients, `0 ..< 1`.
        public var beta2 = 0.999
        /// ε, added to the denominator, above 0.
        public var epsilon = 1e-8

        /// Makes the settings; what is left out takes its default.
        public init(beta1: Double? = nil, beta2: Double? = nil, epsilon: Double? = nil) {
            if let beta1 { self.beta1 = beta1 }
            if let beta2 { self.beta2 = beta2 }
            if let epsilon { self.epsilon = epsilon }
        }
    }

    /// Settings of stochastic gradient descent, as in PyTorch's `torch.optim.SGD`.
    public struct SGDSpec: Sendable, Equatable {
        /// The share of the last step kept in the next, `0 ..< 1`.
        public var momentum = 0.9
        /// True for Nesterov's look-ahead, which needs momentum.
        public var nesterov = false

        /// Makes the settings; what is left out takes its default.
        public init(momentum: Double? = nil, nesterov: Bool? = nil) {
            if let momentum { self.momentum = momentum }
            if let nesterov { self.nesterov = nesterov }
        }
    }
}

// A budget and a warm-up are written as two keys each; nil is "written the other way", and setting nil changes nothing.
extension Recipe.Budget {
    var epochs: Double? {
        get { if case .epochs(let epochs) = self { epochs } else { nil } }
        set { if let newValue { self = .epochs(newValue) } }
    }
    var steps: Int? {
        get { if case .steps(let steps) = self { steps } else { nil } }
        set { if let newValue { self = .steps(newValue) } }
    }
}

extension Recipe.Warmup {
    var fraction: Double? {
        get { if case .fraction(let share) = self { share } else { nil } }
        set { if let newValue { self = .fraction(newValue) } }
    }
    var steps: Int? {
        get { if case .steps(let steps) = self { steps } else { nil } }
        set { if let newValue { self = .steps(newValue) } }
    }
}

extension Recipe.AdamWSpec: RecipeSection {
    static var blank: Self { Self() }
    static let fields: [RecipeField<Self>] = [
        .init("beta1", \.beta1, .number(.atLeast(0, below: 1)), "The decay of the mean of gradients."),
        .init("beta2", \.beta2, .number(.atLeast(0, below: 1)), "The decay of the mean of squared gradients."),
        .init("epsilon", \.epsilon, .number(.above(0)), "Added to the denominator of each update."),
    ]
}

extension Recipe.SGDSpec: RecipeSection {
    static var blank: Self { Self() }
    static let fields: [RecipeField<Self>] = [
        .init("momentum", \.momentum, .number(.atLeast(0, below: 1)), "The share of the last step kept in the next."),
        .init("nesterov", \.nesterov, .flag, "Whether the gradient is taken one momentum step ahead."),
    ]

    func check(_ site: RecipeSite) throws(RecipeError) {
        if nesterov, momentum == 0 {
            throw site.conflict("nesterov", "needs momentum, but \(site.path("momentum")) is 0; set it to 0.9 or so")
        }
    }
}

extension RecipeShape where Value == Recipe.OptimizerSpec {
    static var optimizer: Self {
        .union(
            tag: "kind", meaning: "The optimizer.", default: Recipe.TrainingSpec.blank.optimizer,
            [
                .init("adamW", { .adamW($0) }, { if case .adamW(let adamW) = $0 { adamW } else { nil } }),
                .init("sgd", { .sgd($0) }, { if case .sgd(let sgd) = $0 { sgd } else { nil } }),
            ])
    }
}

extension RecipeShape where Value == Recipe.Cadence {
    static var cadence: Self {
        let steps = RecipeShape<Int>.integer(.atLeast(1))
        let expected = "epoch, never, or a number of optimizer steps, at least 1"
        return Self(
            expected: expected,
            read: { (tree, key) throws(RecipeError) in
                switch tree.content {
                case .text("epoch"): return .epoch
                case .text("never"): return .never
                case .text(let text):
                    let nearest = RecipeSuggestion.nearest(to: text, among: ["epoch", "never"])
                    throw .notAllowed(
                        tree.place.location(key), found: tree.written, allowed: ["epoch", "never", "a number of steps"], nearest: nearest)
                case .integer: return .steps(try steps.read(tree, key))
                default: throw .wrongType(tree.place.location(key), found: tree.described, expected: expected, advice: nil)
                }
            },
            write: { cadence in
                switch cadence {
                case .epoch: RecipeTree(.text("epoch"))
                case .never: RecipeTree(.text("never"))
                case .steps(let count): steps.write(count)
                }
            })
    }
}

extension RecipeShape where Value == Recipe.ClassWeights {
    static var classWeights: Self {
        let weight = RecipeShape<Double>.number(.above(0))
        let expected = "none, balanced, or a mapping from label to a number above 0"
        return Self(
            expected: expected,
            read: { (tree, key) throws(RecipeError) in
                switch tree.content {
                case .text("none"): return .none
                case .text("balanced"): return .balanced
                case .text(let text):
                    let nearest = RecipeSuggestion.nearest(to: text, among: ["none", "balanced"])
                    throw .notAllowed(
                        tree.place.location(key), found: tree.written, allowed: ["none", "balanced", "a mapping of weights"],
                        nearest: nearest)
                case .mapping(let entries):
                    var weights: [String: Double] = [:]
                    for entry in entries { weights[entry.key] = try weight.read(entry.value, "\(key).\(entry.key)") }
                    guard !weights.isEmpty else {
                        throw .outOfRange(tree.place.location(key), found: "an empty mapping", expected: expected)
                    }
                    return .weights(weights)
                default: throw .wrongType(tree.place.location(key), found: tree.described, expected: expected, advice: nil)
                }
            },
            write: { weights in
                switch weights {
                case .none: RecipeTree(.text("none"))
                case .balanced: RecipeTree(.text("balanced"))
                case .weights(let table): RecipeTree(table.sorted { $0.key < $1.key }.map { ($0.key, weight.write($0.value)) })
                }
            },
            traits: .init(isOpen: true))
    }
}
