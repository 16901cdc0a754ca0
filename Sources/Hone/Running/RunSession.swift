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
    let work: any TaskWork
    let target: TuningTarget
    let tuning: Tuning
    let report: TuningReport
    let trainer: Trainer

    /// - Parameter onSample: hears a text that the model wrote at an evaluation, and the step.
    init(
        _ plan: Plan, checkpoints: URL, onSample: @escaping (_ step: Int, _ sample: WrittenSample) -> Void, observe: @escaping Observer
    ) throws {
        self.plan = plan
        let recipe = plan.recipe
        Library.threads = recipe.training.threads ?? Host.cores
        folder = try ModelFolder(plan.start.url)
        // New weights follow from the seed: nobody else may draw between the first and the last of them.
        (work, target, tuning, report) = try Library.exclusively { [folder] in
            let work = try plan.work(folder)
            let target = work.model.tuningTarget(new: work.load.new)
            let tuning = try recipe.tuningMethod(defaultTargets: work.model.defaultLoRATargets)
            return (work, target, tuning, try tuning.apply(to: target, compute: plan.facts.precision.dtype, device: plan.device))
        }
        let work = work
        if let adapter = recipe.initialAdapter { try PEFTFolder.load(adapter, into: target) }
        if let dropout = recipe.training.dropout { work.model.setDropout(dropout) }
        trainer = try Trainer(
            model: work.model, task: work.trainingTask(), optimizer: recipe.optimizer, rows: plan.train, batches: plan.batches,
            plan: plan.trainingPlan, folder: checkpoints, evaluate: plan.validation.isEmpty ? nil : { try work.validate() }
        ) { event in
            let decision = observe(event)
            if case .evaluation(let step, _, _) = event { for sample in work.takeSamples() { onSample(step, sample) } }
            return decision
        }
    }

    /// What happened while the checkpoint was read.
    var load: LoadReport { work.load }

    /// Measures the rows of the test split; nil if there are none.
    func evaluateTest() throws -> EvaluationResult? { try work.evaluateTest() }

    /// What the recipe names as "before", on the test split; nil if it names nothing, or there are no test rows.
    func before(_ baseline: Recipe.EvaluationSpec.Baseline) throws -> EvaluationResult? {
        switch baseline {
        case .none: nil
        case .centroid: try work.baseline()
        case .untuned: try work.evaluateTest()
        }
    }

    /// Writes the deliverable and its proof, then loads it back and records what it answers.
    func writeModel(to final: URL, baseHash: String) throws {
        let url = final.deletingLastPathComponent().appending(path: ".draft-model", directoryHint: .isDirectory)
        try? FileManager.default.removeItem(at: url)  // left by a crash; absence is the normal answer
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        if case .lora(let config) = tuning {
            try PEFTFolder.write(config, of: target, task: plan.recipe.task.kind.adapterTask, baseModel: plan.start.url.path, to: url)
            try folder.copyCompanions(to: url)
        } else {
            try work.writeWeights(to: url)
        }
        let facts = ArtifactFacts(
            task: plan.recipe.task.kind, labels: [], method: tuning.name, maximumTokens: plan.facts.maximumTokens,
            basePath: plan.start.url.path, baseHash: baseHash, padID: plan.facts.padID)
        try work.finishModel(url, facts: facts)
        try? FileManager.default.removeItem(at: final)  // of an earlier attempt to finish this run
        try FileManager.default.moveItem(at: url, to: final)
    }
}

extension TaskName {
    /// What PEFT calls the task; nil where it has no name for it.
    fileprivate var adapterTask: PEFTFolder.Task? {
        switch self {
        case .classification, .multiLabel, .regression: .sequenceClassification
        case .tagging: .tokenClassification
        case .questionAnswering: .questionAnswering
        case .instruction, .text: .causalLanguageModelling
        case .sequenceToSequence: .sequenceToSequence
        case .maskedText: nil
        }
    }
}
