public import Foundation
internal import HoneData
internal import HoneModels
internal import HoneTensors
internal import HoneText

/// A text whose hidden words were filled in.
public struct FilledText: Sendable, Equatable, Codable {
    /// A token that fits a hidden place.
    public struct Candidate: Sendable, Equatable, Codable {
        /// The token's text.
        public var text: String
        /// The token's id.
        public var id: Int32
        /// How probable the model holds it, `0 ... 1`.
        public var probability: Double
    }

    /// The text as it was given.
    public var text: String
    /// The text with the most probable token in each place.
    public var filled: String
    /// The most probable tokens of each hidden place, the most probable first.
    public var places: [[Candidate]]
}

/// A masked language model that fills in hidden words: `[MASK]` or `<mask>`, one token each.
///
/// ```swift
/// let filler = try await MaskFiller(run.model)
/// print(try await filler.fill(["Where is my [MASK]?"])[0].filled)
/// ```
/// An actor on a thread of its own: values in, values out.
public actor MaskFiller {
    private let thread = TorchThread()
    /// The thread that all tensor work of this model runs on.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    private var loaded: LoadedMasker?
    /// What was loaded.
    public nonisolated let artifact: Artifact

    /// Loads a model folder, and checks its probe where it has one.
    ///
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
        loaded = try LoadedMasker(artifact, compute: PrecisionChoice.resolve(precision, device: .cpu).dtype, isChecked: true)
    }

    deinit { thread.close() }

    /// The largest difference between the recorded and the found probe logits; nil if the folder has no probe.
    public var probeDrift: Double? { get throws { try model.drift } }

    private var model: LoadedMasker {
        get throws {
            guard let loaded else { throw HoneError.notAModel(folder: artifact.url.path) }
            return loaded
        }
    }

    /// Fills in texts; both `[MASK]` and `<mask>` stand for the tokenizer's own token.
    ///
    /// - Parameter top: how many tokens to give for each place.
    /// - Throws: ``HoneError/nothingHidden(text:mask:)`` for a text without a hidden place; `DataError.tooLong` for a text that is longer
    ///   than the model reads.
    public func fill(_ texts: [String], top: Int = 5) throws -> [FilledText] {
        let model = try model
        let tokenizer = model.loaded.tokenizer
        guard let mask = tokenizer.maskToken else { throw HoneError.noMaskToken(folder: artifact.url.path) }
        return try texts.enumerated().map { index, text in
            let spelt = Tokenizer.maskSpellings.reduce(text) { $0.replacingOccurrences(of: $1, with: mask.text) }
            let ids = tokenizer.encodeIDs(spelt, pair: nil)
            let places = ids.indices.filter { ids[$0] == mask.id }
            guard !places.isEmpty else { throw HoneError.nothingHidden(text: text, mask: mask.text) }
            guard ids.count <= model.loaded.maximumTokens else {
                throw DataError.tooLong(
                    split: .test, rows: 1, of: texts.count, longest: ids.count, maximum: model.loaded.maximumTokens,
                    examples: [RowPlace(file: "input", line: index + 1)])
            }
            let candidates = try model.logits(ids, at: places, model.compute).map { Self.best(top, of: $0, tokenizer) }
            return FilledText(text: text, filled: Self.filled(spelt, mask.text, candidates), places: candidates)
        }
    }

    private static func best(_ count: Int, of logits: [Float], _ tokenizer: Tokenizer) -> [FilledText.Candidate] {
        // Rows beyond the vocabulary fill up the matrix; no token stands for them.
        let logits = Array(logits.prefix(tokenizer.vocabularySize))
        let probabilities = Scoring(task: .classification, labels: []).probabilities(logits)
        let order = logits.indices.sorted { logits[$0] > logits[$1] || (logits[$0] == logits[$1] && $0 < $1) }
        return order.prefix(count).map { id in
            let text = tokenizer.decode([Int32(id)], skipSpecialTokens: false)
            return FilledText.Candidate(text: text, id: Int32(id), probability: Double(probabilities[id]))
        }
    }

    /// The text with the best token in each place; a continuation of a word (`##ing`) joins the word before it.
    private static func filled(_ text: String, _ mask: String, _ places: [[FilledText.Candidate]]) -> String {
        var result = ""
        var rest = text[...]
        for candidates in places {
            guard let range = rest.range(of: mask) else { break }
            result += rest[..<range.lowerBound]
            rest = rest[range.upperBound...]
            var word = candidates.first?.text ?? ""
            if word.hasPrefix("##") {
                word.removeFirst(2)
                while result.last == " " { result.removeLast() }
            } else if word.first == " ", result.isEmpty || result.last?.isWhitespace == true {
                word.removeFirst()
            }
            result += word
        }
        return result + rest
    }

    /// Measures the model: the loss of hidden tokens, the same ones in every evaluation with the same seed.
    ///
    /// - Throws: ``HoneError/noTest(run:)`` if a run has no test rows, ``HoneError/dataChanged(path:run:)`` if they cannot be found again.
    public func evaluate(_ rows: EvaluationRows) throws -> EvaluationResult {
        let model = try model
        guard rows.recipe.task.kind == .maskedText else {
            throw HoneError.wrongTask(
                found: "a masked language model", needed: rows.recipe.task.kind.rawValue, what: "Measuring these rows")
        }
        let tokenizer = model.loaded.tokenizer
        let examples = try rows.examples()
        let encoding = ExampleEncoding(
            recipe: rows.recipe, tokenizer: tokenizer,
            maximum: rows.recipe.maximumTokens(positions: model.loaded.text.sizes.maximumPositions))
        let encoded = try encoding.encode(examples, .test)
        let measuring = Measuring(
            compute: model.compute, device: .cpu, padID: model.loaded.facts.padID, evaluation: rows.recipe.evaluation,
            seed: rows.recipe.training.seed)
        let masking = try MaskedLanguageModelling(tokenizer, folder: artifact.url.path, seed: measuring.seed)
        return try LanguageMeasures(model: model.loaded.model, measuring: measuring, masking: masking).result(encoded.rows, examples)
            .noting(encoded, rows)
    }
}
