// Tested by RunTests.swift.
internal import Foundation
internal import HoneAdapters
internal import HoneData
internal import HoneLayers
internal import HoneModels
internal import HoneTensors
internal import HoneText
internal import HoneTraining

/// One target per row: classes, labels that may hold together, numbers.
final class ClassificationWork: TaskWork {
    private let plan: Plan
    private let dataSet: DataSet
    private let folder: ModelFolder
    private let classifier: any SequenceClassifier
    let load: LoadReport
    let scoring: Scoring

    init(_ plan: Plan, _ dataSet: DataSet, _ folder: ModelFolder, kind: TaskKind) throws {
        (self.plan, self.dataSet, self.folder) = (plan, dataSet, folder)
        let recipe = plan.recipe
        let labels = dataSet.labels?.names ?? []
        let (model, load) = try folder.classifier(
            labels: kind == .regression ? 1 : labels.count, head: recipe.model.head.loading, seed: recipe.training.seed)
        (classifier, self.load) = (model, load)
        let headIsNew = load.new.contains { key in model.headPaths.contains { key.hasPrefix($0) } }
        if recipe.model.head == .checkpoint, kind != .regression, !headIsNew, folder.labelNames != labels {
            throw HoneError.headLabels(checkpoint: folder.labelNames, data: labels)
        }
        scoring = Scoring(task: kind, labels: labels)
    }

    var model: any TextModel { classifier }

    private var predictor: Predictor {
        Predictor(
            forward: classifier.forward, compute: plan.facts.precision.dtype, device: plan.device, budget: PlanFacts.evaluationBudget,
            paddingID: plan.facts.padID)
    }

    func trainingTask() throws -> TrainingTask {
        TrainingTask(
            forward: classifier.forward, objective: plan.recipe.objective(scoring.task, labels: dataSet.labels, train: dataSet.train))
    }

    func validate() throws -> [String: Double] {
        try scoring.metrics(predictor.logits(of: plan.validation), plan.validation.map(\.target))
    }

    func evaluateTest() throws -> EvaluationResult? {
        guard !plan.test.isEmpty else { return nil }
        return try result(predictor.logits(of: plan.test), plan.test, dataSet.test)
    }

    /// The frozen encoder with the nearest class centroid, on the test split.
    func baseline() throws -> EvaluationResult? {
        guard !plan.test.isEmpty, scoring.task == .classification else { return nil }
        let scores = try CentroidBaseline.scores(
            classifier, train: plan.train, rows: plan.test, classes: scoring.labels.count, compute: plan.facts.precision.dtype,
            device: plan.device, budget: PlanFacts.evaluationBudget, paddingID: plan.facts.padID)
        return try result(scores, plan.test, dataSet.test)
    }

    private func result(_ logits: [[Float]], _ rows: [EncodedRow], _ texts: [TextRow]) throws -> EvaluationResult {
        try EvaluationResult(
            scoring, logits: logits, rows: rows, texts: texts, settings: plan.recipe.evaluation, seed: plan.recipe.training.seed)
    }

    func writeWeights(to url: URL) throws {
        let head = HeadFacts(
            labels: scoring.labels, problem: scoring.task.problem, padID: try Tokenizer(folder: folder.url).padID)
        try folder.write(classifier, head: head, to: url)
    }

    func finishModel(_ url: URL, facts: ArtifactFacts) throws {
        var facts = facts
        facts.labels = scoring.labels
        try facts.write(to: url)
        let loaded = try LoadedClassifier(Artifact(url), compute: .float32, isChecked: false, isBrief: true)
        let texts = Array(plan.train.prefix(Probe.rowCount)).map { dataSet.train[$0.source] }
            .filter { loaded.loaded.tokenizer.encodeIDs($0.text, pair: $0.pair).count <= plan.facts.maximumTokens }
        let logits = try loaded.exactLogits(texts)
        try Probe(
            rows: zip(texts, logits).map {
                .init(text: $0.text, pair: $0.pair, ids: loaded.loaded.tokenizer.encodeIDs($0.text, pair: $0.pair), logits: $1)
            }
        ).write(to: url)
    }
}
