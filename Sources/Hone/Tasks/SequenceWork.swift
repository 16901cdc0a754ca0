// Tested by LanguageRunTests.swift.
internal import Foundation
internal import HoneData
internal import HoneEvaluation
internal import HoneGeneration
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
    private let tokenizer: Tokenizer
    private let endID: Int32
    let load: LoadReport

    init(_ plan: Plan, _ examples: ExampleSet, _ folder: ModelFolder) throws {
        (self.plan, self.examples, self.folder) = (plan, examples, folder)
        (sequence, load) = try folder.sequenceToSequence()
        tokenizer = try Tokenizer(folder: folder.url)
        endID = try folder.sequenceEnd(tokenizer)
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
        var metrics = try tokens(plan.validation).metrics
        guard plan.recipe.evaluation.generatesInTraining else { return metrics }
        for metric in try answers(.validation, plan.validation).scores.measured(bootstrap(resamples: 100)) {
            metrics[metric.name] = metric.value
        }
        return metrics
    }

    func evaluateTest() throws -> EvaluationResult? {
        guard !plan.test.isEmpty else { return nil }
        let answers = try answers(.test, plan.test)
        let metrics = try answers.scores.measured(bootstrap()) + tokens(plan.test).measured(bootstrap())
        return EvaluationResult(
            rows: plan.test.count, answered: answers.prompts.count, confidence: plan.recipe.evaluation.confidence, metrics: metrics,
            mistakes: answers.scores.mistakes(answers.prompts))
    }

    private func bootstrap(resamples: Int? = nil) -> Bootstrap {
        var bootstrap = Bootstrap()
        bootstrap.confidence = plan.recipe.evaluation.confidence
        (bootstrap.resamples, bootstrap.seed) = (resamples ?? plan.recipe.evaluation.resamples, plan.recipe.training.seed)
        return bootstrap
    }

    private func tokens(_ rows: [EncodedRow]) throws -> TokenMeasures {
        try TokenMeasures(rows, plan: plan, decoderStart: sequence.decoderStart) { tensors, context in
            let (states, targets) = try sequence.targetStates(tensors, context)
            return try sequence.vocabularyHead.rowMeasures(states, targets.ids)
        }
    }

    private func answers(_ split: SplitName, _ rows: [EncodedRow]) throws -> (prompts: [String], scores: AnswerMeasures) {
        let asked = Array(rows.prefix(plan.recipe.evaluation.generatedRows))
        let writer = SequenceWriter(
            sequence, tokenizer: tokenizer, endID: endID, compute: plan.facts.precision.dtype, beams: plan.recipe.evaluation.beams,
            maximumTokens: plan.recipe.evaluation.maximumNewTokens)
        let answers = try writer.write(asked.map(\.ids))
        var (prompts, references): ([String], [[String]]) = ([], [])
        for row in asked {
            switch examples[split][row.source] {
            case .pair(let pair, _):
                prompts.append(pair.source)
                references.append(pair.references.isEmpty ? [pair.target] : pair.references)
            case .promptCompletion(let prompt, let completion, _):
                prompts.append(prompt)
                references.append([completion])
            case .conversation, .text, .tagged, .preference, .question: preconditionFailure("the encoder takes pairs only")
            }
        }
        return (prompts, AnswerMeasures(answers: answers, references: references))
    }

    // MARK: The deliverable

    func writeWeights(to url: URL) throws { try folder.write(sequence, .sequenceToSequence, dtype: folder.storedType(), to: url) }

    func finishModel(_ url: URL, facts: ArtifactFacts) throws {
        var facts = facts
        facts.prefix = plan.recipe.data.prefix
        try facts.write(to: url)
        let loaded = try LoadedWriter(url, base: nil, compute: .float32, isChecked: false)
        try Probe(rows: plan.train.prefix(Probe.rowCount).map { try loaded.probe(Array($0.ids.prefix(48))) }).write(to: url)
    }
}

extension SequenceToSequenceModel {
    /// The states of the places of a batch that have a target.
    func targetStates(_ tensors: BatchTensors, _ context: Context) throws -> (Tensor, TokenTargets) {
        guard let decoder = tensors.decoder else { throw HoneError.noTokenTargets }
        let states = try encode(tensors.input, context)
        let answers = Context(
            documents: decoder.documents, isTraining: context.isTraining, compute: context.compute, seed: context.nextSeed())
        let input = ModelInput(ids: decoder.ids, typeIDs: decoder.positions, positions: decoder.positions)
        return (try decode(input, states: states, sources: tensors.documents, answers, keeping: decoder.targets.rows), decoder.targets)
    }
}

/// Writes answers of a model that reads one text and writes another.
struct SequenceWriter {
    private let scorer: SequenceScorer
    private let tokenizer: Tokenizer
    private let endID: Int32
    private let beams: Int
    private let maximumTokens: Int
    private let start: Int32

    init(
        _ model: any SequenceToSequenceModel, tokenizer: Tokenizer, endID: Int32, compute: DType, beams: Int, maximumTokens: Int
    ) {
        scorer = SequenceScorer(model, compute: compute)
        (self.tokenizer, self.endID, self.beams, self.maximumTokens) = (tokenizer, endID, beams, maximumTokens)
        start = model.decoderStart
    }

    /// Answers the texts, eight at a time.
    func write(_ sources: [[Int32]]) throws -> [String] {
        var answers: [String] = []
        for first in stride(from: 0, to: sources.count, by: 8) {
            let group = Array(sources[first..<min(first + 8, sources.count)])
            if beams > 1 {
                let settings = BeamSettings(beams: beams, sequences: 1, maximumTokens: maximumTokens, stopIDs: [endID])
                let found = try BeamSearch(scorer, settings: settings).generate(group, starts: group.map { _ in [start] })
                answers += found.map { tokenizer.decode(($0.first?.tokens ?? []).filter { $0 != endID }) }
            } else {
                var settings = SamplingSettings()
                (settings.temperature, settings.maximumTokens, settings.stopIDs) = (0, maximumTokens, [endID])
                answers += try Generator(scorer, settings: settings) { StreamingDecoder(tokenizer) }.generate(group).map(\.text)
            }
        }
        return answers.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
    }
}
