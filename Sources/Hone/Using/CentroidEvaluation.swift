// Tested by EvaluatorTests.swift.
internal import HoneAdapters
internal import HoneData
internal import HoneModels
internal import HoneTensors
internal import HoneText
internal import HoneTraining

/// Measures what a classifier was tuned from, which as a rule has no output layer yet: the frozen encoder with the nearest class centroid.
actor CentroidEvaluation {
    private let thread = TorchThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    deinit { thread.close() }

    /// - Throws: as ``EvaluationRows/textRows(_:)``; the training rows come from the recipe's file.
    func evaluate(_ artifact: Artifact, _ rows: EvaluationRows, _ precision: Recipe.Precision, _ threads: Int?) throws -> EvaluationResult {
        Library.threads = threads ?? Host.cores
        let compute = try PrecisionChoice.resolve(precision, device: .cpu).dtype
        let labels = try LabelSet(artifact.facts.labels)
        let folder = try ModelFolder(artifact.weights)
        let (model, _) = try folder.classifier(labels: labels.count, head: .new, seed: 0)
        let nothing = PartialConfig(lastLayers: 0, patterns: [], freezesEmbeddings: true)
        _ = try Tuning.partial(nothing).apply(to: model.tuningTarget(new: []), compute: compute)
        let tokenizer = try Tokenizer(folder: artifact.companions)
        let encoder = RowEncoder(
            labels: labels, maximum: min(artifact.facts.maximumTokens, model.sizes.maximumPositions), tooLong: rows.recipe.data.tooLong)
        let (texts, train) = (try rows.textRows(.classification), try rows.trainingRows())
        let encoded = try encoder.encode(texts, split: .test, with: tokenizer).rows
        let scores = try CentroidBaseline.scores(
            model, train: encoder.encode(train, split: .train, with: tokenizer).rows, rows: encoded, classes: labels.count,
            compute: compute,
            device: .cpu, budget: PlanFacts.evaluationBudget, paddingID: artifact.facts.padID)
        var result = try EvaluationResult(
            Scoring(task: .classification, labels: labels.names), logits: scores, rows: encoded, texts: texts,
            settings: rows.recipe.evaluation, seed: rows.recipe.training.seed)
        result.notes.append("The base has no output layer: each row has the class whose training texts are nearest on average.")
        return result
    }
}
