// Tested by SequenceRunTests.swift.
internal import Foundation
internal import HoneData
internal import HoneLayers
internal import HoneModels
internal import HoneObjectives
internal import HoneTensors
internal import HoneText
internal import HoneTraining

/// Learns to write one text after reading another.
final class SequenceWork: TaskWork {
    private let plan: Plan
    private let examples: ExampleSet
    private let folder: ModelFolder
    private let sequence: any SequenceToSequenceModel
    private let measures: SequenceMeasures
    let load: LoadReport

    init(_ plan: Plan, _ examples: ExampleSet, _ folder: ModelFolder) throws {
        (self.plan, self.examples, self.folder) = (plan, examples, folder)
        if plan.isFromNothing {
            sequence = try folder.randomSequenceToSequence(seed: plan.recipe.training.seed)
            load = LoadReport()
        } else {
            (sequence, load) = try folder.sequenceToSequence()
        }
        let tokenizer = try Tokenizer(folder: folder.url)
        measures = SequenceMeasures(
            model: sequence, tokenizer: tokenizer, endID: try folder.sequenceEnd(tokenizer), measuring: plan.measuring)
    }

    var model: any TextModel { sequence }

    func trainingTask() throws -> TrainingTask {
        let (sequence, smoothing) = (sequence, plan.recipe.training.labelSmoothing)
        return .tokens(decoderStart: sequence.decoderStart) { tensors, _, context in
            let (states, targets) = try sequence.targetStates(tensors, context)
            let terms = try sequence.vocabularyHead.crossEntropy(states, targets.ids, smoothing: smoothing)
            return LossTerms(sum: terms.sum, weight: Double(targets.count), correct: terms.correct)
        }
    }

    func validate() throws -> [String: Double] {
        var sums = try measures.tokens(plan.validation).sums()
        if plan.recipe.evaluation.generatesInTraining { sums += try measures.answers(plan.validation, examples[.validation]).sums() }
        return sums.values
    }

    func evaluateTest() throws -> EvaluationResult? {
        plan.test.isEmpty ? nil : try measures.result(plan.test, examples[.test])
    }

    // MARK: The deliverable

    func writeWeights(to url: URL) throws {
        try folder.write(sequence, .sequenceToSequence, dtype: plan.isFromNothing ? .float32 : folder.storedType(), to: url)
    }

    func finishModel(_ url: URL, facts: ArtifactFacts) throws {
        var facts = facts
        facts.prefix = plan.recipe.data.prefix
        try facts.write(to: url)
        let loaded = try LoadedWriter(Artifact(url), compute: .float32, isChecked: false, isBrief: true)
        try Probe(rows: plan.train.prefix(Probe.rowCount).map { try loaded.probe(Array($0.ids.prefix(48))) }).write(to: url)
    }
}
