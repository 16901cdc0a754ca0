internal import Foundation
internal import HoneAdapters
public import HoneData
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
    /// What was found in the data.
    public let data: DataReport
    let dataSet: DataSet
    let train: [EncodedRow], validation: [EncodedRow], test: [EncodedRow]
    let batches: BatchPlan
    let device: Device

    /// Reads and checks everything that the recipe names.
    ///
    /// - Throws: `RecipeError`, `DataError`, `TokenizerError`, `ModelError`, `WeightError`, `AdapterError` or ``HoneError``,
    ///   the first fault found.
    public init(_ document: RecipeDocument) throws {
        let recipe = document.resolved
        Library.threads = recipe.training.threads ?? Host.cores
        let device = Device.cpu
        let precision = try PrecisionChoice.resolve(recipe.training.precision, device: device)
        let folder = try ModelFolder(URL(filePath: recipe.model.path))
        let tokenizer = try Tokenizer(folder: folder.url)
        let dataSet = try recipe.dataLoader.load()
        if recipe.training.earlyStopping != nil, dataSet.validation.isEmpty { throw HoneError.noValidation(key: "training.earlyStopping") }
        let shape = try ModelShape(recipe, folder, labels: dataSet.labels?.names)
        guard tokenizer.vocabularySize <= shape.sizes.vocabulary else {
            throw HoneError.vocabulary(tokenizer: tokenizer.vocabularySize, model: shape.sizes.vocabulary, folder: folder.url.path)
        }
        let maximum = min(recipe.data.maximumTokens ?? .max, shape.sizes.maximumPositions)
        let encoder = RowEncoder(labels: dataSet.labels, maximum: maximum, tooLong: recipe.data.tooLong)
        var report = dataSet.report
        func encode(_ split: SplitName) throws -> [EncodedRow] {
            let (rows, lengths) = try encoder.encode(dataSet[split], split: split, with: tokenizer)
            if !dataSet[split].isEmpty { report.lengths[split] = lengths }
            return rows
        }
        (train, validation, test) = (try encode(.train), try encode(.validation), try encode(.test))
        batches = try BatchPlan(
            lengths: train.map(\.ids.count), batching: recipe.training.batching, batchSize: recipe.training.batchSize,
            tokenBudget: recipe.training.tokenBudget, shuffle: recipe.training.shuffle, seed: recipe.training.seed)
        (self.document, self.recipe, self.dataSet, self.device, data) = (document, recipe, dataSet, device, report)
        let steps =
            switch recipe.training.budget {
            case .steps(let count): count
            case .epochs(let epochs): stepCount(epochs: epochs, batches: batches, accumulation: recipe.training.accumulation)
            }
        facts = PlanFacts(
            recipe: recipe, shape: shape, precision: precision, train: train, validation: validation, test: test, batches: batches,
            steps: steps,
            maximumTokens: maximum, padID: tokenizer.padID ?? 0)
        guard facts.predictedBytes <= Host.memory else {
            throw HoneError.tooLittleMemory(needed: facts.predictedBytes, available: Host.memory)
        }
    }

    var trainingPlan: TrainingPlan {
        TrainingPlan(
            totalSteps: facts.steps, accumulation: recipe.training.accumulation, schedule: recipe.schedule(totalSteps: facts.steps),
            peakRate: recipe.training.learningRate, clipping: Clipping(maximumNorm: recipe.training.maximumGradientNorm),
            seed: recipe.training.seed, evaluates: validation.isEmpty ? .never : recipe.training.evaluateEvery.interval,
            saves: recipe.training.saveEvery.interval, selection: validation.isEmpty ? nil : recipe.selection,
            keeps: recipe.training.keepCheckpoints, compute: facts.precision.dtype, device: device,
            evaluationBudget: PlanFacts.evaluationBudget,
            paddingID: facts.padID)
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

    init(_ recipe: Recipe, _ folder: ModelFolder, labels: [String]?) throws {
        let (model, report) = try folder.classifier(labels: labels?.count ?? 1, head: recipe.model.head.loading, seed: recipe.training.seed)
        let target = model.tuningTarget(new: report.new)
        let tuning = try recipe.tuningMethod(defaultTargets: model.defaultLoRATargets)
        let counted = try tuning.count(target)
        (sizes, family) = (model.sizes, folder.modelType)
        (trainable, total, trainableInTables) = (counted.trainable, counted.total, counted.trainableInTables)
        frozenBlocks = counted.lowestBlock ?? model.sizes.layers
    }
}
