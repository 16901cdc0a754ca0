// Tested by QuestionRunTests.swift.
internal import Foundation
internal import HoneData
internal import HoneEvaluation
internal import HoneModels
internal import HoneObjectives
internal import HoneTensors
internal import HoneTraining

/// Finds the answer to a question in a text: the first and the last token of it.
final class QuestionWork: TaskWork {
    private let plan: Plan
    private let examples: ExampleSet
    private let folder: ModelFolder
    private let answerer: any TokenClassifier
    let load: LoadReport

    init(_ plan: Plan, _ examples: ExampleSet, _ folder: ModelFolder) throws {
        (self.plan, self.examples, self.folder) = (plan, examples, folder)
        (answerer, load) = try folder.answerer(head: plan.recipe.model.head.loading, seed: plan.recipe.training.seed)
    }

    var model: any TextModel { answerer }

    func trainingTask() throws -> TrainingTask {
        let (answerer, objective) = (answerer, SpanCrossEntropy())
        return TrainingTask(
            loss: { tensors, batch, context in try objective(answerer.logits(tensors.input, context, keeping: nil), batch) },
            weight: { objective.weight(of: $0) })
    }

    /// How answers are found; whether there may be none follows from the training questions.
    private var facts: QuestionFacts {
        QuestionFacts(
            stride: plan.recipe.data.stride, maximumAnswerTokens: plan.recipe.evaluation.maximumAnswerTokens,
            mayHaveNoAnswer: (plan.exampleFacts?.windows[.train]?.withoutAnswer ?? 0) > 0)
    }

    private func measures(_ split: SplitName) throws -> QuestionMeasures {
        let predictor = SpanPredictor(
            model: answerer, compute: plan.facts.precision.dtype, device: plan.device, paddingID: plan.facts.padID,
            search: AnswerSearch(facts))
        let questions = examples[split].questions
        let scores = try predictor.scores(of: examples.windows[split] ?? [])
        return try QuestionMeasures(questions, predictor.answers(to: questions, scores), scores: scores)
    }

    func validate() throws -> [String: Double] { try measures(.validation).sums.values }

    func evaluateTest() throws -> EvaluationResult? {
        guard !plan.test.isEmpty else { return nil }
        return try measures(.test).result(plan.measuring)
    }

    // MARK: The deliverable

    func writeWeights(to url: URL) throws { try folder.write(answerer: answerer, to: url) }

    func finishModel(_ url: URL, facts: ArtifactFacts) throws {
        var facts = facts
        facts.questions = self.facts
        try facts.write(to: url)
        let loaded = try LoadedAnswerer(Artifact(url), compute: .float32, isChecked: false, isBrief: true)
        let asked = Array(examples[.train].prefix(Probe.rowCount)).questions
        try Probe(rows: asked.map { try loaded.probe($0) }).write(to: url)
    }
}

extension AnswerSearch {
    /// The search that a model was measured with.
    init(_ facts: QuestionFacts, threshold: Double = 0) {
        self.init(maximumTokens: facts.maximumAnswerTokens, mayBeAbsent: facts.mayHaveNoAnswer, threshold: threshold)
    }
}
