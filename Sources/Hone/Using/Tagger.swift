public import Foundation
public import HoneData
internal import HoneEvaluation
internal import HoneLayers
internal import HoneModels
internal import HoneTensors

/// A text whose words were tagged.
public struct TaggedText: Sendable, Equatable, Codable {
    /// A word and its tag.
    public struct Word: Sendable, Equatable, Codable {
        /// The word.
        public var text: String
        /// The tag.
        public var tag: String
        /// How probable the model holds the tag; nil for a word that makes no token, which has the tag of nothing.
        public var probability: Double?
    }

    /// Words that belong together.
    public struct Entity: Sendable, Equatable, Codable {
        /// The type, such as `person`.
        public var type: String
        /// The words, as they stand in the text.
        public var text: String
        /// The first of its words, counted from 0.
        public var firstWord: Int
        /// The last of its words.
        public var lastWord: Int
        /// The place of its first character in the text, in Unicode scalars; nil where words were given, not a text.
        public var start: Int?
        /// The place after its last character.
        public var end: Int?
    }

    /// Where the text stands.
    public var place: RowPlace
    /// The text; nil where words were given.
    public var text: String?
    /// Every word with its tag.
    public var words: [Word]
    /// The entities; empty where tags mark none.
    public var entities: [Entity]
    /// Whether the text was longer than the model reads and was tagged in parts, cut between words.
    public var isInParts: Bool
}

/// What a tagger is given: a text, or its words.
public struct TaggerInput: Sendable, Equatable {
    /// Where it stands.
    public var place: RowPlace
    let words: [String]
    let text: String?
    let ranges: [Range<Int>]

    /// A text, which a splitter cuts into words.
    public init(_ text: String, at place: RowPlace, splitter: WordSplitter = WordSplitter()) {
        let found = splitter.words(text)
        (self.place, self.text, words, ranges) = (place, text, found.map(\.text), found.map(\.range))
    }

    /// Words that are split already.
    public init(words: [String], at place: RowPlace) { (self.place, self.words, text, ranges) = (place, words, nil, []) }
}

/// A trained tagger that tags.
///
/// ```swift
/// let tagger = try await Tagger(run.model)
/// print(try await tagger.tag(["Ada Lovelace lived in London."])[0].entities.map(\.text))
/// ```
/// An actor on a thread of its own: values in, values out.
public actor Tagger {
    private let thread = TorchThread()
    /// The thread that all tensor work of this tagger runs on.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    private var loaded: LoadedTagger?
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
        loaded = try LoadedTagger(artifact, compute: PrecisionChoice.resolve(precision, device: .cpu).dtype, isChecked: true)
    }

    deinit { thread.close() }

    /// The largest difference between the recorded and the found probe logits; nil if the folder has no probe.
    public var probeDrift: Double? { get throws { try model.drift } }

    private var model: LoadedTagger {
        get throws {
            guard let loaded else { throw HoneError.notAModel(folder: artifact.url.path) }
            return loaded
        }
    }

    /// Tags texts; ``WordSplitter`` says what a word is.
    public func tag(_ texts: [String]) throws -> [TaggedText] {
        try tag(texts.enumerated().map { TaggerInput($1, at: RowPlace(file: "input", line: $0 + 1)) })
    }

    /// Reads the sentences of a file: tagged words, of which only the words count, or running text on each row.
    public nonisolated func inputs(_ examples: [TaskExample]) throws -> [TaggerInput] {
        try examples.map { example in
            switch example {
            case .tagged(let sentence, let place): return TaggerInput(words: sentence.words, at: place)
            case .text(let text, let place): return TaggerInput(text, at: place)
            case .conversation, .promptCompletion, .pair, .preference, .question:
                throw MaskError.wrongKind(at: example.place, expected: "words, or a text")
            }
        }
    }

    /// Tags texts and words.
    public func tag(_ inputs: [TaggerInput]) throws -> [TaggedText] {
        let model = try model
        let labels = try LabelSet(model.loaded.facts.labels)
        let none = labels.names.contains("O") ? "O" : labels.names[0]
        let examples = inputs.map { TaskExample.tagged(TaggedWords(words: $0.words, tags: $0.words.map { _ in none }), $0.place) }
        // Texts without a word have nothing to tag.
        let filled = examples.indices.filter { !inputs[$0].words.isEmpty }
        let encoder = TaggedEncoder(model.loaded.tokenizer, labels, maximum: model.loaded.maximumTokens, tooLong: .split)
        let rows = filled.isEmpty ? [] : try encoder.encode(filled.map { examples[$0] }, split: .test).rows
        var result = inputs.map { input in
            TaggedText(
                place: input.place, text: input.text, words: input.words.map { TaggedText.Word(text: $0, tag: none, probability: nil) },
                entities: [], isInParts: false)
        }
        for (row, probabilities) in zip(rows, try self.probabilities(rows.map(\.row), model)) {
            let index = filled[row.row.source]
            if row.words.first(where: { $0 >= 0 }) != 0 { result[index].isInParts = true }
            for (place, word) in row.words.enumerated() where word >= 0 {
                guard let best = probabilities[place].indices.max(by: { probabilities[place][$0] < probabilities[place][$1] }) else {
                    continue
                }
                (result[index].words[Int(word)].tag, result[index].words[Int(word)].probability) = (
                    labels.names[best], Double(probabilities[place][best])
                )
            }
        }
        if TagMeasures.marksEntities(labels.names) {
            for index in result.indices { result[index].entities = try entities(result[index], inputs[index], row: index) }
        }
        return result
    }

    private func entities(_ tagged: TaggedText, _ input: TaggerInput, row: Int) throws -> [TaggedText.Entity] {
        let scalars = input.text.map { Array($0.unicodeScalars) }
        return try EntityScores.entities(tagged.words.map(\.tag), row: row).map { entity in
            var text = input.words[entity.first...entity.last].joined(separator: " ")
            var range: Range<Int>?
            if let scalars {
                let found = input.ranges[entity.first].lowerBound..<input.ranges[entity.last].upperBound
                var view = String.UnicodeScalarView()
                view.append(contentsOf: scalars[found])
                (text, range) = (String(view), found)
            }
            return TaggedText.Entity(
                type: entity.type, text: text, firstWord: entity.first, lastWord: entity.last, start: range?.lowerBound,
                end: range?.upperBound)
        }
    }

    /// The probabilities of the tags at every token of the rows.
    private func probabilities(_ rows: [EncodedRow], _ model: LoadedTagger) throws -> [[[Float]]] {
        let scoring = Scoring(task: .classification, labels: model.loaded.facts.labels)
        var result = [[[Float]]](repeating: [], count: rows.count)
        for batch in rows.isEmpty ? [] : try TokenMeasures.batches(rows) {
            let flat = try FlatTokens(batch.map { rows[$0].ids })
            let context = Context(documents: flat.documents, isTraining: false, compute: model.compute)
            let values = try withGradients(false) {
                try model.loaded.model.logits(flat.input, context, keeping: nil).to(.float32).floats()
            }
            let width = model.loaded.facts.labels.count
            var place = 0
            for row in batch {
                result[row] = rows[row].ids.indices.map {
                    scoring.probabilities(Array(values[(place + $0) * width..<(place + $0 + 1) * width]))
                }
                place += rows[row].ids.count
            }
        }
        return result
    }

    /// Measures the tagger: precision, recall and F1 of whole entities.
    ///
    /// - Throws: ``HoneError/noTest(run:)`` if a run has no test rows, ``HoneError/dataChanged(path:run:)`` if they cannot be found again.
    public func evaluate(_ rows: EvaluationRows) throws -> EvaluationResult {
        let model = try model
        guard rows.recipe.task.kind == .tagging else {
            throw HoneError.wrongTask(found: "a tagger", needed: rows.recipe.task.kind.rawValue, what: "Measuring these rows")
        }
        let tags = try LabelSet(model.loaded.facts.labels)
        let examples = try rows.examples()
        let encoding = ExampleEncoding(
            recipe: rows.recipe, tokenizer: model.loaded.tokenizer,
            maximum: rows.recipe.maximumTokens(positions: model.loaded.text.sizes.maximumPositions), tags: tags)
        let encoded = try encoding.encode(examples, .test)
        let measuring = Measuring(
            compute: model.compute, device: .cpu, padID: model.loaded.facts.padID, evaluation: rows.recipe.evaluation,
            seed: rows.recipe.training.seed)
        return try TagMeasures(model: model.loaded.model, tags: tags, measuring: measuring).result(encoded.rows, examples)
            .noting(encoded, rows)
    }
}
