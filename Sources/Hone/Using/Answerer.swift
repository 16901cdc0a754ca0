// Tested by QuestionRunTests.swift.
public import Foundation
public import HoneData
internal import HoneLayers
internal import HoneModels
internal import HoneTensors

/// What an ``Answerer`` found.
public struct QuestionAnswer: Sendable, Equatable, Codable {
    /// The data's name for the question; nil if it has none.
    public var id: String?
    /// What was asked.
    public var question: String
    /// The answer as it stands in the context; empty if the context has none.
    public var text: String
    /// Where it begins, in Unicode scalars of the context from 0; nil if there is none.
    public var start: Int?
    /// Where it ends, one more than its last scalar.
    public var end: Int?
    /// The sum of the logits of its first and last token; of “none” if that was chosen.
    public var score: Double
    /// Its share of all answers that were looked at, `0 ... 1`.
    public var probability: Double
    /// Where the question stands in a file; nil if it came from none.
    public var place: RowPlace?
    /// What the file says, the empty text for none; empty where it says nothing.
    public var expected: [String]
}

/// A model that finds the answer to a question in a text.
///
/// ```swift
/// let answerer = try await Answerer(run.folder.model)
/// let answers = try await answerer.answers(to: [("Who lives in Oslo?", "Ann lives in Rome, and Bob lives in Oslo.")])
/// print(answers[0].text, answers[0].probability)
/// ```
/// An actor on a thread of its own: values in, values out. Loads what Hone wrote, and any Hugging Face folder of a family it knows whose
/// head finds answers.
public actor Answerer {
    private let thread = TorchThread()
    /// The thread that all tensor work of this answerer runs on.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    private var loaded: LoadedAnswerer?
    /// What was loaded.
    public nonisolated let artifact: Artifact
    /// Questions that are encoded and scored together.
    private static let groupSize = 64

    /// Loads a model folder and checks its probe, if it has one.
    ///
    /// - Parameters:
    ///   - url: the run's `model` folder, a copy of it, a Hugging Face folder or an adapter's.
    ///   - base: where the base model of an adapter is now; nil for where it was.
    ///   - mayHaveNoAnswer: whether a context may have no answer; nil for what the folder says, which is no for a folder of others.
    ///   - precision: the type in which products run.
    ///   - threads: CPU threads; nil for all.
    /// - Throws: ``HoneError``, `ModelError`, `WeightError`, `AdapterError` or `TokenizerError` naming what does not fit.
    public init(
        _ url: URL, base: URL? = nil, mayHaveNoAnswer: Bool? = nil, precision: Recipe.Precision = .auto, threads: Int? = nil
    ) async throws {
        try await self.init(
            Artifact(url, base: base), mayHaveNoAnswer: mayHaveNoAnswer, precision: precision, threads: threads)
    }

    /// Loads a model, as ``init(_:base:mayHaveNoAnswer:precision:threads:)`` does.
    public init(
        _ artifact: Artifact, mayHaveNoAnswer: Bool? = nil, precision: Recipe.Precision = .auto, threads: Int? = nil
    ) async throws {
        self.artifact = artifact
        try load(mayHaveNoAnswer, precision, threads)
    }

    private func load(_ mayHaveNoAnswer: Bool?, _ precision: Recipe.Precision, _ threads: Int?) throws {
        Library.threads = threads ?? Host.cores
        let found = try LoadedAnswerer(
            artifact, compute: PrecisionChoice.resolve(precision, device: .cpu).dtype, isChecked: true)
        if let mayHaveNoAnswer { found.questions.mayHaveNoAnswer = mayHaveNoAnswer }
        loaded = found
    }

    deinit { thread.close() }

    /// The largest difference between the recorded and the found probe logits; nil if the folder has no probe.
    public var probeDrift: Double? { get throws { try model.drift } }

    private var model: LoadedAnswerer {
        get throws {
            guard let loaded else { throw HoneError.notAModel(folder: artifact.url.path) }
            return loaded
        }
    }

    /// Finds the answer to each question in the context beside it.
    ///
    /// - Parameter threshold: by how much “no answer” must score higher than the best answer, for models that may give none.
    public func answers(
        to questions: [(question: String, context: String)], threshold: Double = 0
    ) throws -> [QuestionAnswer] {
        try found(
            questions.enumerated().map { index, asked in
                .question(
                    ContextQuestion(question: asked.question, context: asked.context), RowPlace(file: "input", line: index + 1))
            }, threshold: threshold
        ).map { answer in
            var answer = answer
            answer.place = nil
            return answer
        }
    }

    /// Answers the questions of examples, such as those that a reader found in SQuAD's JSON or in rows with a context and a question.
    ///
    /// - Throws: `MaskError.wrongKind` for examples that are no questions.
    public func answers(to examples: [TaskExample], threshold: Double = 0) throws -> [QuestionAnswer] {
        try found(examples, threshold: threshold)
    }

    /// Measures the model: exact match and F1 of words, as SQuAD's script has them.
    ///
    /// - Throws: ``HoneError/noTest(run:)`` if a run has no test rows, ``HoneError/dataChanged(path:run:)`` if they cannot be found again.
    public func evaluate(_ rows: EvaluationRows, threshold: Double = 0) throws -> EvaluationResult {
        let (model, predictor) = (try model, try model.predictor(threshold: threshold))
        guard rows.recipe.task.kind == .questionAnswering else {
            throw HoneError.wrongTask(
                found: "a model that finds answers", needed: rows.recipe.task.kind.rawValue, what: "Measuring these rows")
        }
        let examples = try rows.examples()
        let windows = try model.encoder.encode(examples, learns: true).windows
        let questions = examples.questions, scores = try predictor.scores(of: windows)
        let measuring = Measuring(
            compute: model.compute, device: .cpu, padID: model.loaded.facts.padID, evaluation: rows.recipe.evaluation,
            seed: rows.recipe.training.seed)
        var result = try QuestionMeasures(questions, predictor.answers(to: questions, scores), scores: scores).result(measuring)
        result.notes += try rows.change().map { [$0] } ?? []
        return result
    }

    private func found(_ examples: [TaskExample], threshold: Double) throws -> [QuestionAnswer] {
        let (model, predictor) = (try model, try model.predictor(threshold: threshold))
        var answers: [QuestionAnswer] = []
        for start in stride(from: 0, to: examples.count, by: Self.groupSize) {
            let group = Array(examples[start..<min(start + Self.groupSize, examples.count)])
            let scores = try predictor.scores(of: model.encoder.encode(group, learns: false).windows)
            let found = predictor.answers(to: group.questions, scores)
            for ((question, found), example) in zip(zip(group.questions, found), group) {
                answers.append(QuestionAnswer(question, found, example.place))
            }
        }
        return answers
    }
}

extension QuestionAnswer {
    init(_ question: ContextQuestion, _ found: FoundAnswer, _ place: RowPlace) {
        self.init(
            id: question.id, question: question.question, text: found.text(in: question.context), start: found.range?.lowerBound,
            end: found.range?.upperBound, score: found.score, probability: found.probability, place: place, expected: question.references)
    }
}
