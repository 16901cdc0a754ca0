// Tested by QuestionRunTests.swift.
public import Foundation
public import HoneData
internal import HoneLayers
internal import HoneModels
public import HoneRuns
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
    /// The model folder that was loaded.
    public let url: URL
    /// Questions that are encoded and scored together.
    private static let groupSize = 64

    /// Loads a model folder and checks its probe, if it has one.
    ///
    /// - Parameters:
    ///   - url: the run's `model` folder, a copy of it, or a Hugging Face folder.
    ///   - base: where the base model of an adapter is now; nil for where it was.
    ///   - mayHaveNoAnswer: whether a context may have no answer; nil for what the folder says, which is no for a folder of others.
    ///   - precision: the type in which products run.
    ///   - threads: CPU threads; nil for all.
    /// - Throws: ``HoneError``, `ModelError`, `WeightError`, `AdapterError` or `TokenizerError` naming what does not fit.
    public init(
        _ url: URL, base: URL? = nil, mayHaveNoAnswer: Bool? = nil, precision: Recipe.Precision = .auto, threads: Int? = nil
    ) async throws {
        self.url = url
        try load(base, mayHaveNoAnswer, precision, threads)
    }

    private func load(_ base: URL?, _ mayHaveNoAnswer: Bool?, _ precision: Recipe.Precision, _ threads: Int?) throws {
        Library.threads = threads ?? Host.cores
        let compute = try PrecisionChoice.resolve(precision, device: .cpu).dtype
        let isOurs = FileManager.default.fileExists(atPath: url.appending(path: ArtifactFacts.file).path)
        let facts = isOurs ? nil : try ArtifactFacts(foreignAnswerer: url)
        let found = try LoadedAnswerer(url, base: base, compute: compute, isChecked: isOurs, facts: facts)
        if let mayHaveNoAnswer { found.questions.mayHaveNoAnswer = mayHaveNoAnswer }
        loaded = found
    }

    deinit { thread.close() }

    /// What the folder says about itself.
    public var facts: ArtifactFacts { get throws { try model.loaded.facts } }

    /// The largest difference between the recorded and the found probe logits; nil if the folder has no probe.
    public var probeDrift: Double? { get throws { try model.drift } }

    private var model: LoadedAnswerer {
        get throws {
            guard let loaded else { throw HoneError.notAModel(folder: url.path) }
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

    /// Answers the questions of a file, SQuAD's JSON or rows with a context and a question.
    ///
    /// - Parameter onAnswer: hears each answer as it is done; returns whether to go on.
    public func answer(
        file: URL, data: Recipe.DataSpec, threshold: Double = 0, onAnswer: @Sendable (QuestionAnswer) -> Bool = { _ in true }
    ) throws -> [QuestionAnswer] {
        try found(data.questions(in: file), threshold: threshold, onAnswer: onAnswer)
    }

    /// Measures the answers to the questions of a file that says what is right.
    public func evaluate(
        file: URL, data: Recipe.DataSpec, threshold: Double = 0, settings: Recipe.EvaluationSpec = .init(), seed: UInt64 = 17
    ) throws -> EvaluationResult {
        try evaluate(data.questions(in: file), threshold, settings, seed)
    }

    /// Measures the answers to the test questions of a run: those of its test file, or those that its recipe split off.
    ///
    /// - Throws: ``HoneError/noTest(run:)`` if it has none, ``HoneError/dataChanged(path:run:)`` if the split cannot be found again.
    public func evaluate(testRowsOf record: RunRecord, threshold: Double = 0) throws -> EvaluationResult {
        let recipe = try RecipeDocument(record).resolved
        return try evaluate(recipe.testExamples(of: record), threshold, recipe.evaluation, recipe.training.seed)
    }

    private func evaluate(
        _ examples: [TaskExample], _ threshold: Double, _ settings: Recipe.EvaluationSpec, _ seed: UInt64
    ) throws -> EvaluationResult {
        let (model, predictor) = (try model, try model.predictor(threshold: threshold))
        let windows = try model.encoder.encode(examples, learns: true).windows
        let questions = examples.questions, scores = try predictor.scores(of: windows)
        return try QuestionMeasures(questions, predictor.answers(to: questions, scores), scores: scores).result(settings, seed: seed)
    }

    private func found(
        _ examples: [TaskExample], threshold: Double, onAnswer: (QuestionAnswer) -> Bool = { _ in true }
    ) throws -> [QuestionAnswer] {
        let (model, predictor) = (try model, try model.predictor(threshold: threshold))
        var answers: [QuestionAnswer] = []
        for start in stride(from: 0, to: examples.count, by: Self.groupSize) {
            let group = Array(examples[start..<min(start + Self.groupSize, examples.count)])
            let scores = try predictor.scores(of: model.encoder.encode(group, learns: false).windows)
            let found = predictor.answers(to: group.questions, scores)
            for ((question, found), example) in zip(zip(group.questions, found), group) {
                answers.append(QuestionAnswer(question, found, example.place))
                if !onAnswer(answers[answers.count - 1]) { return answers }
            }
        }
        return answers
    }

    /// Writes a plain checkpoint with any adapter folded in; Transformers loads it.
    ///
    /// - Returns: the largest difference of a probe logit between the merged and the adapted model, float32.
    public func merge(into folder: URL) throws -> Double {
        let model = try LoadedAnswerer(url, base: nil, compute: .float32, isChecked: true)
        try model.loaded.folder.write(answerer: model.loaded.model, to: folder, merged: model.loaded.model.mergedWeights())
        var facts = model.loaded.facts
        (facts.method, facts.basePath, facts.baseHash) = ("full", "", "")
        try facts.write(to: folder)
        try Probe.read(url)?.write(to: folder)
        return try LoadedAnswerer(folder, base: nil, compute: .float32, isChecked: true).drift ?? 0
    }
}

extension QuestionAnswer {
    init(_ question: ContextQuestion, _ found: FoundAnswer, _ place: RowPlace) {
        self.init(
            id: question.id, question: question.question, text: found.text(in: question.context), start: found.range?.lowerBound,
            end: found.range?.upperBound, score: found.score, probability: found.probability, place: place, expected: question.references)
    }
}

extension Recipe.DataSpec {
    /// The questions of a file.
    func questions(in file: URL) throws -> [TaskExample] {
        try ExampleReader(format: format, columns: columnsOfExamples, options: exampleOptions).read(file).examples
    }
}

extension ArtifactFacts {
    /// What a Hugging Face folder with a head that finds answers is taken for: windows as Transformers' example cuts them.
    init(foreignAnswerer url: URL) throws {
        let folder = try ModelFolder(url)
        guard folder.tasks.contains(.questionAnswering) else {
            throw ModelError.noTask(.questionAnswering, family: folder.modelType, supported: folder.tasks, file: url.path)
        }
        let positions = try folder.answerer(head: .checkpoint, seed: 0)
        guard positions.report.new.isEmpty else { throw ModelError.missingKeys(positions.report.new, source: url.path) }
        self.init(
            task: .questionAnswering, labels: [], method: "full",
            maximumTokens: min(QuestionFacts.usualMaximum, positions.model.sizes.maximumPositions), basePath: "", baseHash: "", padID: 0)
        questions = QuestionFacts(
            stride: Recipe.DataSpec(train: "").stride, maximumAnswerTokens: Recipe.EvaluationSpec().maximumAnswerTokens,
            mayHaveNoAnswer: false)
    }
}
