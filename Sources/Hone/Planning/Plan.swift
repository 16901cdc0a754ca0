internal import Foundation
internal import HoneAdapters
public import HoneData
internal import HoneLayers
internal import HoneModels
internal import HoneObjectives
internal import HoneOptimizers
internal import HoneTensors
internal import HoneText
internal import HoneTraining

/// Everything that is known before training: the data read, checked and tokenised, the steps counted, the cost predicted.
///
/// Making a plan runs every check that needs no training. A value; safe anywhere.
public struct Plan: Sendable {
    /// The recipe as given, with its text.
    public let document: RecipeDocument
    /// The recipe with absolute paths and every default written out.
    public let recipe: Recipe
    /// Facts and counts for a person, and for the run's record.
    public let facts: PlanFacts
    /// What was found in the data of a task with one target per row; nil for other tasks.
    public let data: DataReport?
    /// What was found in the examples of other tasks, and what of them is learned; nil for tasks with one target per row.
    public let exampleFacts: ExampleFacts?
    /// The model folder that training starts from.
    var start: StartFolder
    let source: PlanSource
    let promptsAreChats: Bool
    let train: [EncodedRow], validation: [EncodedRow], test: [EncodedRow]
    let batches: BatchPlan
    let device: Device

    /// Reads and checks everything that the recipe names; for random weights a tokenizer may be learned from the training rows.
    ///
    /// - Throws: `RecipeError`, `DataError`, `TokenizerError`, `ModelError`, `WeightError`, `AdapterError` or ``HoneError``,
    ///   the first fault found.
    public init(_ document: RecipeDocument) throws { try self.init(document, start: nil) }

    /// - Parameter kept: the start folder that a run has kept.
    init(_ document: RecipeDocument, start kept: URL?) throws {
        // libtorch must have its threads before the first tensor.
        Library.threads = document.recipe.training.threads ?? Host.cores
        try self.init(document, try PreparedData(document.resolved, start: kept))
    }

    /// Plans over data that is read already.
    init(_ document: RecipeDocument, _ prepared: PreparedData) throws {
        var recipe = prepared.recipe
        let device = Device.cpu
        let precision = try PrecisionChoice.resolve(recipe.training.precision, device: device)
        try prepared.refuse()
        let (rows, shape) = (prepared.rows, prepared.shape)
        (data, exampleFacts, source) = (prepared.data, prepared.exampleFacts, prepared.source)
        (promptsAreChats, start) = (prepared.promptsAreChats, prepared.start)
        if recipe.training.earlyStopping != nil, rows[.validation, default: []].isEmpty {
            throw HoneError.noValidation(key: "training.earlyStopping")
        }
        (train, validation, test) = (rows[.train] ?? [], rows[.validation] ?? [], rows[.test] ?? [])
        batches = try BatchPlan(
            lengths: train.map(\.ids.count), batching: recipe.training.batching, batchSize: recipe.training.batchSize,
            tokenBudget: recipe.training.tokenBudget, shuffle: recipe.training.shuffle, seed: recipe.training.seed)
        (self.document, self.device) = (document, device)
        let steps =
            switch recipe.training.budget {
            case .steps(let count): count
            case .epochs(let epochs): stepCount(epochs: epochs, batches: batches, accumulation: recipe.training.accumulation)
            }
        facts = PlanFacts(
            recipe: recipe, shape: shape, precision: precision, train: train, validation: validation, test: test, batches: batches,
            steps: steps,
            maximumTokens: prepared.maximum, padID: prepared.tokenizer.padID ?? 0)
        // What was chosen for this machine goes into the record: a run that is resumed, or made again, adds in the same order.
        recipe.training.activationCheckpointing = facts.checkpointsBlocks ? .always : .never
        recipe.training.slotsAtOnce = facts.slotsAtOnce
        self.recipe = recipe
        guard facts.predictedBytes <= Host.usableMemory else {
            throw HoneError.tooLittleMemory(needed: facts.predictedBytes, available: Host.usableMemory)
        }
    }

    /// What the model is called, for people: the shape that was given, or the folder.
    public var modelName: String { start.name ?? start.url.path(percentEncoded: false) }

    /// Whether training starts from random weights.
    public var isFromNothing: Bool { recipe.model.weights == .random }

    /// The work of this plan's task.
    func work(_ folder: ModelFolder) throws -> any TaskWork {
        switch (source, recipe.task.kind) {
        case (.rows(let dataSet), let kind): try ClassificationWork(self, dataSet, folder, kind: kind.rows ?? .classification)
        case (.examples(let examples), .tagging): try TaggingWork(self, examples, folder)
        case (.examples(let examples), .sequenceToSequence): try SequenceWork(self, examples, folder)
        case (.examples(let examples), .questionAnswering): try QuestionWork(self, examples, folder)
        case (.examples(let examples), _): try LanguageWork(self, examples, folder)
        }
    }

    /// The length reports by split, whatever the task.
    public var lengths: [SplitName: LengthReport] { data?.lengths ?? exampleFacts?.lengths ?? [:] }

    /// Findings in the data, in sentences.
    public var warnings: [String] { data?.warnings.map(\.description) ?? exampleFacts?.warnings ?? [] }

    /// What the length policy took away, a sentence for each split.
    public var lengthNotes: [String] { SplitName.allCases.compactMap { lengths[$0]?.loss(in: $0.rawValue) } }

    /// The tags of a tagging task in the order of the outputs; empty for other tasks.
    public var tags: [String] {
        guard case .examples(let examples) = source else { return [] }
        return examples.tags?.names ?? []
    }

    /// How the model of this plan is measured.
    var measuring: Measuring {
        Measuring(
            compute: facts.precision.dtype, device: device, padID: facts.padID, evaluation: recipe.evaluation, seed: recipe.training.seed)
    }

    /// What decides which checkpoint is best.
    private var selection: Selection {
        // Tags that mark no entities have no F1 of entities.
        guard case .examples(let examples) = source, let tags = examples.tags, recipe.training.earlyStopping?.metric == nil,
            !TagMeasures.marksEntities(tags.names)
        else { return recipe.selection(by: recipe.selectionMetric) }
        return recipe.selection(by: .tokenAccuracy)
    }

    var trainingPlan: TrainingPlan {
        var plan = TrainingPlan(
            totalSteps: facts.steps, accumulation: recipe.training.accumulation, schedule: recipe.schedule(totalSteps: facts.steps),
            peakRate: recipe.training.learningRate, clipping: Clipping(maximumNorm: recipe.training.maximumGradientNorm),
            seed: recipe.training.seed, evaluates: validation.isEmpty ? .never : recipe.training.evaluateEvery.interval,
            saves: recipe.training.saveEvery.interval, selection: validation.isEmpty ? nil : selection,
            keeps: recipe.training.keepCheckpoints, compute: facts.precision.dtype, device: device,
            evaluationBudget: PlanFacts.evaluationBudget,
            paddingID: facts.padID)
        plan.slotsAtOnce = facts.slotsAtOnce
        plan.checkpointsBlocks = facts.checkpointsBlocks
        return plan
    }
}

/// Sizes of the model under the recipe's tuning method, found without reading weights.
struct ModelShape {
    let sizes: ModelSizes
    let family: String
    let trainable: Int
    let total: Int
    /// Trainable parameters in tables whose gradient is collected as rows.
    let trainableInTables: Int
    /// Blocks below the lowest trainable parameter, whose activations are not kept.
    let frozenBlocks: Int
    /// Frozen parameters that stay float32 whatever the compute type is.
    let frozenFloat32: Int
    /// Whether an adapter trains beside frozen weights, and the sum of the ranks in one block.
    let isAdapter: Bool, adapterRank: Int
    /// Whether the targets are tokens of the vocabulary.
    let learnsTokens: Bool

    init(_ recipe: Recipe, _ folder: ModelFolder, labels: [String]?) throws {
        // An adapter begins with random numbers, and who makes another model must not miss any.
        let (model, tuning, counted) = try Library.exclusively {
            let (model, report) = try Self.model(recipe, folder, labels: labels)
            let tuning = try recipe.tuningMethod(defaultTargets: model.defaultLoRATargets)
            return (model, tuning, try tuning.count(model.tuningTarget(new: report.new)))
        }
        (sizes, family) = (model.sizes, folder.modelType)
        (trainable, total, trainableInTables) = (counted.trainable, counted.total, counted.trainableInTables)
        frozenFloat32 = counted.frozenFloat32
        if case .lora(let config) = tuning {
            let adapted = model.slotsByPath().filter { $0.slot.layer is any WrapperLayer }.count
            (isAdapter, adapterRank) = (true, config.rank * adapted / max(1, model.sizes.layers + model.sizes.encoderLayers))
        } else {
            (isAdapter, adapterRank) = (false, 0)
        }
        learnsTokens = recipe.task.kind.rows == nil && recipe.task.kind != .tagging
        frozenBlocks = counted.lowestBlock ?? model.sizes.layers
    }

    private static func model(_ recipe: Recipe, _ folder: ModelFolder, labels: [String]?) throws -> (any TextModel, LoadReport) {
        let (head, seed) = (recipe.model.head.loading, recipe.training.seed)
        switch recipe.task.kind {
        case .classification, .multiLabel, .regression: return try folder.classifier(labels: labels?.count ?? 1, head: head, seed: seed)
        case .tagging: return try folder.tagger(labels: labels?.count ?? 1, head: head, seed: seed)
        case .sequenceToSequence:
            return recipe.model.weights == .random
                ? (try folder.emptySequenceToSequence(), LoadReport()) : try folder.sequenceToSequence()
        case .questionAnswering: return try folder.answerer(head: head, seed: seed)
        case .instruction, .text, .maskedText:
            let (model, report): (any LanguageModel, LoadReport) =
                recipe.model.weights == .random
                ? (try folder.emptyLanguageModel(), LoadReport()) : try folder.languageModel(seed: seed)
            guard model.isCausal != (recipe.task.kind == .maskedText) else {
                throw HoneError.wrongTask(
                    found: recipe.task.kind.rawValue, needed: model.isCausal ? "instruction or text" : "maskedText",
                    what: "A “\(folder.modelType)” model")
            }
            return (model, report)
        }
    }
}
