public import Foundation
internal import HoneAdapters
public import HoneData
internal import HoneEvaluation
internal import HoneLayers
internal import HoneModels
public import HoneRuns
internal import HoneTensors
internal import HoneTraining

/// The answer for one text.
public struct ClassifierAnswer: Sendable, Equatable, Codable {
    /// The text that was asked about.
    public var text: String
    /// The second text; nil if there was one only.
    public var pair: String?
    /// The predicted class, the labels joined by `, `, or the number.
    public var answer: String
    /// Every label with its probability, the most probable first; empty for regression.
    public var scores: [LabelScore]
    /// The predicted number; nil unless regression.
    public var value: Double?
}

/// A label and its probability, `0 ... 1`.
public struct LabelScore: Sendable, Equatable, Codable {
    /// The name of the label.
    public var label: String
    /// How probable the model holds it; probabilities of classes that exclude each other add up to 1.
    public var probability: Double
}

/// A trained classifier that answers.
///
/// ```swift
/// let classifier = try await Classifier(run.folder.model)
/// print(try await classifier.predict(["my battery does not charge"])[0].answer)
/// ```
/// An actor on a thread of its own: values in, values out.
public actor Classifier {
    private let thread = TorchThread()
    /// The thread that all tensor work of this classifier runs on.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    private var loaded: LoadedClassifier?
    /// The model folder that was loaded.
    public let url: URL

    /// Loads a model folder that Hone wrote, and checks its probe.
    ///
    /// - Parameters:
    ///   - url: the run's `model` folder, or a copy of it.
    ///   - base: where the base model of an adapter is now; nil for where it was.
    ///   - precision: the type in which products run.
    ///   - threads: CPU threads; nil for all.
    /// - Throws: ``HoneError``, `ModelError`, `WeightError`, `AdapterError` or `TokenizerError` naming what does not fit.
    public init(_ url: URL, base: URL? = nil, precision: Recipe.Precision = .auto, threads: Int? = nil) async throws {
        self.url = url
        try load(base, precision, threads)
    }

    private func load(_ base: URL?, _ precision: Recipe.Precision, _ threads: Int?) throws {
        Library.threads = threads ?? Host.cores
        let compute = try PrecisionChoice.resolve(precision, device: .cpu).dtype
        loaded = try LoadedClassifier(url, base: base, compute: compute, isChecked: true)
    }

    deinit { thread.close() }

    /// What the folder says about itself.
    public var facts: ArtifactFacts { get throws { try model.facts } }

    /// The largest difference between the recorded and the found probe logits; nil if the folder has no probe.
    public var probeDrift: Double? { get throws { try model.drift } }

    private var model: LoadedClassifier {
        get throws {
            guard let loaded else { throw HoneError.notAModel(folder: url.path) }
            return loaded
        }
    }

    /// Answers single texts.
    public func predict(_ texts: [String]) throws -> [ClassifierAnswer] {
        try predict(rows: texts.enumerated().map { TextRow(file: "input", line: $0 + 1, text: $1, pair: nil, target: .none) })
    }

    /// Answers the rows of a file; the column of the text is found by name unless mapped.
    public func predict(file: URL, columns: ColumnMapping = ColumnMapping()) throws -> [ClassifierAnswer] {
        try predict(rows: RowReader(columns: columns, task: nil).read(file).rows)
    }

    private func predict(rows: [TextRow]) throws -> [ClassifierAnswer] {
        let model = try model
        let scoring = Scoring(task: model.kind, labels: model.facts.labels)
        let logits = try model.predictor.logits(of: model.encode(rows, labels: nil))
        return zip(rows, logits).map { row, logits in
            let isRegression = scoring.task == .regression
            let scores =
                isRegression
                ? [] : zip(scoring.labels, scoring.probabilities(logits)).map { LabelScore(label: $0, probability: Double($1)) }
            return ClassifierAnswer(
                text: row.text, pair: row.pair, answer: scoring.answer(logits), scores: scores.sorted { $0.probability > $1.probability },
                value: isRegression ? Double(logits[0]) : nil)
        }
    }

    /// Measures the classifier on the labelled rows of a file.
    public func evaluate(
        file: URL, columns: ColumnMapping = ColumnMapping(), settings: Recipe.EvaluationSpec = .init(), seed: UInt64 = 17
    ) throws -> EvaluationResult {
        try evaluate(rows: RowReader(columns: columns, task: model.kind).read(file).rows, settings, seed)
    }

    /// Measures the classifier on the test rows of a run: those of its test file, or those that its recipe split off.
    ///
    /// - Throws: ``HoneError/noTest(run:)`` if it has none, ``HoneError/dataChanged(path:run:)`` if the split cannot be found again.
    public func evaluate(testRowsOf record: RunRecord) throws -> EvaluationResult {
        let recipe = try RecipeDocument(record).resolved
        return try evaluate(rows: recipe.testRows(of: record), recipe.evaluation, recipe.training.seed)
    }

    private func evaluate(rows: [TextRow], _ settings: Recipe.EvaluationSpec, _ seed: UInt64) throws -> EvaluationResult {
        let model = try model
        let labels = model.kind == .regression ? nil : try LabelSet(model.facts.labels)
        let encoded = try model.encode(rows, labels: labels)
        let logits = try model.predictor.logits(of: encoded)
        return try EvaluationResult(
            Scoring(task: model.kind, labels: model.facts.labels), logits: logits, rows: encoded, texts: rows, settings: settings,
            seed: seed)
    }

    /// Writes a plain checkpoint with any adapter folded in; Transformers loads it.
    ///
    /// - Returns: the largest difference of a probe logit between the merged and the adapted model, float32.
    public func merge(into folder: URL) throws -> Double {
        let model = try LoadedClassifier(url, base: nil, compute: .float32, isChecked: true)
        let outputs = HeadFacts(labels: model.facts.labels, problem: model.kind.problem)
        try model.folder.write(model.model, head: outputs, to: folder, merged: model.model.mergedWeights())
        var facts = model.facts
        (facts.method, facts.basePath, facts.baseHash) = ("full", "", "")
        try facts.write(to: folder)
        let probe = try Probe.read(url)
        try probe?.write(to: folder)
        return try LoadedClassifier(folder, base: nil, compute: .float32, isChecked: true).drift ?? 0
    }
}
