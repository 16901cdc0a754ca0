public import Foundation
public import HoneData
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
    /// What was loaded.
    public nonisolated let artifact: Artifact

    /// Loads a model folder, and checks its probe where it has one.
    ///
    /// - Parameters:
    ///   - url: the run's `model` folder, a copy of it, or a Hugging Face folder of a classifier.
    ///   - base: where the base model of an adapter is now; nil for where it was.
    ///   - precision: the type in which products run.
    ///   - threads: CPU threads; nil for all.
    /// - Throws: ``HoneError``, `ModelError`, `WeightError`, `AdapterError` or `TokenizerError` naming what does not fit.
    public init(_ url: URL, base: URL? = nil, precision: Recipe.Precision = .auto, threads: Int? = nil) async throws {
        try await self.init(Artifact(url, base: base), precision: precision, threads: threads)
    }

    /// Loads a model, as ``init(_:base:precision:threads:)`` does.
    public init(_ artifact: Artifact, precision: Recipe.Precision = .auto, threads: Int? = nil) async throws {
        self.artifact = artifact
        try load(precision, threads)
    }

    private func load(_ precision: Recipe.Precision, _ threads: Int?) throws {
        Library.threads = threads ?? Host.cores
        let compute = try PrecisionChoice.resolve(precision, device: .cpu).dtype
        loaded = try LoadedClassifier(artifact, compute: compute, isChecked: true)
    }

    deinit { thread.close() }

    /// The largest difference between the recorded and the found probe logits; nil if the folder has no probe.
    public var probeDrift: Double? { get throws { try model.drift } }

    private var model: LoadedClassifier {
        get throws {
            guard let loaded else { throw HoneError.notAModel(folder: artifact.url.path) }
            return loaded
        }
    }

    /// Answers single texts.
    public func predict(_ texts: [String]) throws -> [ClassifierAnswer] {
        try predict(texts.enumerated().map { TextRow(file: "input", line: $0 + 1, text: $1, pair: nil, target: .none) })
    }

    /// Answers the rows of a file; the column of the text is found by name unless mapped.
    public func predict(file: URL, columns: ColumnMapping = ColumnMapping()) throws -> [ClassifierAnswer] {
        try predict(RowReader(columns: columns, task: nil).read(file).rows)
    }

    /// Answers rows.
    public func predict(_ rows: [TextRow]) throws -> [ClassifierAnswer] {
        let model = try model
        let scoring = model.scoring
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

    /// Measures the classifier.
    ///
    /// - Throws: ``HoneError/noTest(run:)`` if a run has no test rows, ``HoneError/dataChanged(path:run:)`` if they cannot be found again.
    public func evaluate(_ rows: EvaluationRows) throws -> EvaluationResult {
        let model = try model
        let kind = model.scoring.task
        let texts = try rows.textRows(kind)
        let encoded = try model.encode(texts, labels: kind == .regression ? nil : LabelSet(model.scoring.labels))
        var result = try EvaluationResult(
            model.scoring, logits: model.predictor.logits(of: encoded), rows: encoded, texts: texts, settings: rows.recipe.evaluation,
            seed: rows.recipe.training.seed)
        result.notes += try rows.change().map { [$0] } ?? []
        return result
    }
}
