// Tested by TaggerTests.swift.
internal import Foundation
internal import HoneData
internal import HoneModels
internal import HoneObjectives
internal import HoneTensors
internal import HoneTraining

/// Learns a tag for each word; measured by whole entities.
final class TaggingWork: TaskWork {
    private let plan: Plan
    private let examples: ExampleSet
    private let measures: TagMeasures
    private let folder: ModelFolder
    private let tagger: any TokenClassifier
    let load: LoadReport

    init(_ plan: Plan, _ examples: ExampleSet, _ folder: ModelFolder) throws {
        guard let tags = examples.tags else { preconditionFailure("a tagging plan has tags") }
        (self.plan, self.examples, self.folder) = (plan, examples, folder)
        (tagger, load) = try folder.tagger(
            labels: tags.count, head: plan.recipe.model.head.loading, seed: plan.recipe.training.seed)
        measures = TagMeasures(model: tagger, tags: tags, measuring: plan.measuring)
    }

    var model: any TextModel { tagger }

    func trainingTask() throws -> TrainingTask {
        let tagger = tagger
        return .tokens { tensors, _, context in
            guard let targets = tensors.targets else { throw HoneError.noTokenTargets }
            let logits = try tagger.logits(tensors.input, context, keeping: targets.rows)
            return LossTerms(sum: try logits.crossEntropy(targets.ids), weight: Double(targets.count))
        }
    }

    func validate() throws -> [String: Double] {
        let (rows, tokens) = try measures.measure(plan.validation)
        return try measures.sums(rows, tokens).values
    }

    func evaluateTest() throws -> EvaluationResult? {
        plan.test.isEmpty ? nil : try measures.result(plan.test, examples[.test])
    }

    // MARK: The deliverable

    func writeWeights(to url: URL) throws { try folder.write(tagger, labels: measures.tags.names, to: url) }

    func finishModel(_ url: URL, facts: ArtifactFacts) throws {
        var facts = facts
        facts.labels = measures.tags.names
        try facts.write(to: url)
        let loaded = try LoadedTagger(Artifact(url), compute: .float32, isChecked: false, isBrief: true)
        try Probe(rows: plan.train.prefix(Probe.rowCount).map { try loaded.probe(Array($0.ids.prefix(48))) }).write(to: url)
    }
}
