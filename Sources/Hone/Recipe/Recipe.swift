internal import HoneData
public import HoneEvaluation

/// Holds everything one fine-tuning run needs, as a value.
///
/// A recipe is written in YAML, in JSON or in Swift. Keys that are not given take the defaults below; keys that do not exist, values of
/// the wrong type or out of bounds, and settings that contradict each other are a `RecipeError` that says where and what to write.
///
/// ```swift
/// var recipe = Recipe(model: "minilm", train: "train.csv", tuning: .lora(.init(rank: 16)))
/// recipe.training.budget = .epochs(2)
/// try recipe.validate()
/// ```
/// A value, safe anywhere. Paths are kept as written; `resolved(relativeTo:)` makes them absolute.
public struct Recipe: Sendable, Equatable {
    /// The version of the recipe's keys that this library reads and writes.
    public static let version = 1

    /// The model that training starts from.
    public var model: ModelSpec
    /// What the model is to learn.
    public var task = TaskSpec()
    /// The rows, and how they are checked and split.
    public var data: DataSpec
    /// Which weights change.
    public var tuning = TuningSpec.full
    /// How the weights change.
    public var training = TrainingSpec()
    /// How the result is measured.
    public var evaluation = EvaluationSpec()
    /// Where the run folder goes.
    public var output = OutputSpec()

    /// Makes a recipe from its sections; a section that is left out takes its defaults.
    public init(
        model: ModelSpec, task: TaskSpec? = nil, data: DataSpec, tuning: TuningSpec? = nil, training: TrainingSpec? = nil,
        evaluation: EvaluationSpec? = nil, output: OutputSpec? = nil
    ) {
        self.model = model
        self.data = data
        if let task { self.task = task }
        if let tuning { self.tuning = tuning }
        if let training { self.training = training }
        if let evaluation { self.evaluation = evaluation }
        if let output { self.output = output }
    }

    /// Makes a recipe from a model folder and a file of training rows.
    public init(
        model: String, train: String, task: TaskName? = nil, tuning: TuningSpec? = nil, training: TrainingSpec? = nil,
        output: OutputSpec? = nil
    ) {
        self.init(
            model: ModelSpec(path: model), task: task.map { TaskSpec(kind: $0) }, data: DataSpec(train: train), tuning: tuning,
            training: training, output: output)
    }
}

extension Recipe {
    /// The metric that decides which checkpoint is best: the one early stopping watches, else the most telling one of the task.
    public var selectionMetric: MetricName { training.earlyStopping?.metric ?? task.kind.metrics.first ?? .loss }

    /// Checks every bound and every contradiction, as reading the recipe from a file would.
    ///
    /// Needed only for a recipe made or changed in code.
    /// - Throws: `RecipeError`, without file and line.
    public func validate() throws(RecipeError) { _ = try Self.read(written(), "") }
}

extension Recipe: RecipeSection {
    static var blank: Self { Self(model: .blank, data: .blank) }

    static let fields: [RecipeField<Self>] = [
        .init("version", \.writtenVersion, .version, "The version of the recipe's keys."),
        .init("model", \.model, .section(ModelSpec.self), isRequired: true, "The model that training starts from."),
        .init("task", \.task, .section(TaskSpec.self), "What the model is to learn."),
        .init("data", \.data, .section(DataSpec.self), isRequired: true, "The rows, and how they are checked and split."),
        .init("tuning", \.tuning, .tuning, "Which weights change."),
        .init("training", \.training, .section(TrainingSpec.self), "How the weights change."),
        .init("evaluation", \.evaluation, .section(EvaluationSpec.self), "How the result is measured."),
        .init("output", \.output, .section(OutputSpec.self), "Where the run folder goes."),
    ]

    private var writtenVersion: Int {
        get { Self.version }
        set {}  // the shape lets no other version through
    }

    func check(_ site: RecipeSite) throws(RecipeError) {
        if task.kind == .regression, training.classWeights != .none {
            throw site.conflict("training.classWeights", "regression has no classes to weigh; remove it, or set it to none")
        }
        if task.kind != .classification, training.labelSmoothing > 0 {
            throw site.conflict(
                "training.labelSmoothing", "works with task.kind classification only, not \(task.kind.rawValue); set it to 0")
        }
        if model.weights == .random {
            guard [.text, .maskedText, .sequenceToSequence].contains(task.kind) else {
                throw site.conflict(
                    "model.weights",
                    "random weights know nothing yet; use task.kind text, maskedText or sequenceToSequence, then tune the result")
            }
            guard tuning == .full else { throw site.conflict("model.weights", "random weights must all train; set tuning to full") }
            if case .size = model.source, task.kind != .text {
                throw site.conflict("model.size", "names models that go on with text; give model.config for \(task.kind.rawValue)")
            }
        }
        if evaluation.samples > 0, task.kind != .text {
            throw site.conflict(
                "evaluation.samples", "are for task.kind text, not \(task.kind.rawValue); set generatesInTraining for answers")
        }
        if task.kind.rows == nil, training.classWeights != .none {
            throw site.conflict("training.classWeights", "\(task.kind.rawValue) has no classes to weigh; remove it, or set it to none")
        }
        try checkBaseline(site)
        if evaluation.beams > 1, task.kind != .sequenceToSequence {
            throw site.conflict("evaluation.beams", "beam search is for sequenceToSequence; remove it for \(task.kind.rawValue)")
        }
        let metrics = task.kind.metrics
        if let metric = training.earlyStopping?.metric, !metrics.contains(metric) {
            let names = metrics.map(\.rawValue).joined(separator: ", ")
            throw site.conflict(
                "training.earlyStopping.metric", "\(metric.rawValue) is not measured for \(task.kind.rawValue); choose one of \(names)")
        }
    }
}

extension Recipe {
    /// "Before" is measured with what can do the task before it is taught.
    private func checkBaseline(_ site: RecipeSite) throws(RecipeError) {
        switch evaluation.baseline {
        case .none: break
        case .centroid:
            guard task.kind == .classification else {
                throw site.conflict("evaluation.baseline", "the centroid is a classifier; remove it for \(task.kind.rawValue)")
            }
        case .untuned:
            guard task.kind.hasHead, model.head == .new else { break }
            let advice = task.kind == .classification ? "use centroid" : "remove it"
            throw site.conflict(
                "evaluation.baseline", "untuned measures the model as it was, and a new head knows nothing; \(advice), or set model.head")
        }
    }
}

extension TaskName {
    /// Whether the task needs an output layer that a language model lacks.
    fileprivate var hasHead: Bool {
        switch self {
        case .classification, .multiLabel, .regression, .tagging, .questionAnswering: true
        case .instruction, .text, .maskedText, .sequenceToSequence: false
        }
    }
}

extension RecipeShape where Value == Int {
    fileprivate static var version: Self {
        let whole = RecipeShape.integer(.atLeast(1))
        let expected = "\(Recipe.version), the version this Hone reads"
        return Self(
            expected: expected,
            read: { (tree, key) throws(RecipeError) in
                let version = try whole.read(tree, key)
                guard version == Recipe.version else {
                    throw .outOfRange(tree.place.location(key), found: tree.written, expected: expected)
                }
                return version
            }, write: whole.write)
    }
}
