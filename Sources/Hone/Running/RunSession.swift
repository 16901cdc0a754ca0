// Tested by RunTests.swift.
internal import Foundation
internal import HoneAdapters
internal import HoneData
internal import HoneLayers
internal import HoneModels
internal import HoneTensors
internal import HoneText
internal import HoneTraining

/// The parts of one run in memory: model, method, loop.
///
/// Lives on the torch thread.
final class RunSession {
    let plan: Plan
    let folder: ModelFolder
    let model: any SequenceClassifier
    let target: TuningTarget
    let tuning: Tuning
    let report: TuningReport
    let load: LoadReport
    let scoring: Scoring
    let trainer: Trainer
    let predictor: Predictor

    init(_ plan: Plan, checkpoints: URL, observe: @escaping Observer) throws {
        self.plan = plan
        let recipe = plan.recipe
        Library.threads = recipe.training.threads ?? Host.cores
        folder = try ModelFolder(URL(filePath: recipe.model.path))
        let labels = plan.dataSet.labels?.names ?? []
        let outputs = recipe.task.kind == .regression ? 1 : labels.count
        let declared = folder.labelNames
        let (model, load) = try folder.classifier(labels: outputs, head: recipe.model.head.loading, seed: recipe.training.seed)
        (self.model, self.load) = (model, load)
        let headIsNew = load.new.contains { key in model.headPaths.contains { key.hasPrefix($0) } }
        if recipe.model.head == .checkpoint, recipe.task.kind != .regression, !headIsNew, declared != labels {
            throw HoneError.headLabels(checkpoint: declared, data: labels)
        }
        target = model.tuningTarget(new: load.new)
        tuning = try recipe.tuningMethod(defaultTargets: model.defaultLoRATargets)
        report = try tuning.apply(to: target, compute: plan.facts.precision.dtype, device: plan.device)
        if let adapter = recipe.initialAdapter { try PEFTFolder.load(adapter, into: target) }
        if let dropout = recipe.training.dropout { model.setDropout(dropout) }
        let scoring = Scoring(task: recipe.task.kind, labels: labels)
        self.scoring = scoring
        let predictor = Predictor(
            forward: model.forward, compute: plan.facts.precision.dtype, device: plan.device, budget: PlanFacts.evaluationBudget,
            paddingID: plan.facts.padID)
        self.predictor = predictor
        let validation = plan.validation
        trainer = try Trainer(
            model: model, forward: model.forward, objective: recipe.objective(labels: plan.dataSet.labels, train: plan.dataSet.train),
            optimizer: recipe.optimizer, rows: plan.train, batches: plan.batches, plan: plan.trainingPlan, folder: checkpoints,
            evaluate: validation.isEmpty ? nil : { try scoring.metrics(predictor.logits(of: validation), validation.map(\.target)) },
            observe: observe)
    }

    /// Measures the rows of the test split; nil if there are none.
    func evaluateTest() throws -> EvaluationResult? {
        guard !plan.test.isEmpty else { return nil }
        return try result(predictor.logits(of: plan.test), plan.test, plan.dataSet.test)
    }

    /// The frozen encoder with the nearest class centroid, on the test split.
    func baseline() throws -> EvaluationResult? {
        guard !plan.test.isEmpty, plan.recipe.task.kind == .classification else { return nil }
        let scores = try CentroidBaseline.scores(
            model, train: plan.train, rows: plan.test, classes: scoring.labels.count, compute: plan.facts.precision.dtype,
            device: plan.device, budget: PlanFacts.evaluationBudget, paddingID: plan.facts.padID)
        return try result(scores, plan.test, plan.dataSet.test)
    }

    private func result(_ logits: [[Float]], _ rows: [EncodedRow], _ texts: [TextRow]) throws -> EvaluationResult {
        try EvaluationResult(
            scoring, logits: logits, rows: rows, texts: texts, settings: plan.recipe.evaluation, seed: plan.recipe.training.seed)
    }

    /// Writes the deliverable and its proof, then loads it back and records what it answers.
    func writeModel(to final: URL, baseHash: String) throws {
        let url = final.deletingLastPathComponent().appending(path: ".draft-model", directoryHint: .isDirectory)
        try? FileManager.default.removeItem(at: url)  // left by a crash; absence is the normal answer
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        if case .lora(let config) = tuning {
            try PEFTFolder.write(config, of: target, baseModel: plan.recipe.model.path, to: url)
            try folder.copyCompanions(to: url)
        } else {
            try folder.write(model, head: HeadFacts(labels: scoring.labels, problem: scoring.task.problem), to: url)
        }
        let facts = ArtifactFacts(
            task: scoring.task, labels: scoring.labels, method: tuning.name, maximumTokens: plan.facts.maximumTokens,
            basePath: plan.recipe.model.path, baseHash: baseHash, padID: plan.facts.padID)
        try facts.write(to: url)
        let loaded = try LoadedClassifier(url, base: nil, compute: .float32, isChecked: false)
        let texts = Array(plan.train.prefix(Probe.rowCount)).map { plan.dataSet.train[$0.source] }
            .filter { loaded.tokenizer.encodeIDs($0.text, pair: $0.pair).count <= plan.facts.maximumTokens }
        let logits = try loaded.exactLogits(texts)
        try Probe(
            rows: zip(texts, logits).map {
                .init(text: $0.text, pair: $0.pair, ids: loaded.tokenizer.encodeIDs($0.text, pair: $0.pair), logits: $1)
            }
        ).write(to: url)
        try? FileManager.default.removeItem(at: final)  // of an earlier attempt to finish this run
        try FileManager.default.moveItem(at: url, to: final)
    }
}
