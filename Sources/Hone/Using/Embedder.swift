public import Foundation
public import HoneData
internal import HoneModels
internal import HoneTensors

/// What a model that gives each text a vector says about itself.
public struct EmbedderFacts: Sendable, Equatable, Codable {
    /// The numbers in a vector.
    public var dimension: Int
    /// How the states of the tokens become a vector, in the words of sentence-transformers; several ways are joined end to end.
    public var pooling: [String]
    /// Whether vectors have length 1.
    public var isNormalized: Bool
    /// The longest text in tokens, prompt and special tokens included.
    public var maximumTokens: Int
    /// Texts to go before a text, by the name of what it is for.
    public var prompts: [String: String]
    /// The name of the prompt that goes before every text unless another is chosen; nil for none.
    public var defaultPrompt: String?
    /// How vectors are to be compared: `cosine`, `dot`, `euclidean` or `manhattan`.
    public var similarity: String
    /// Whether the folder says how vectors are made; otherwise the usual way of the model's kind was taken.
    public var isDeclared: Bool

    /// What was taken for granted of a folder that does not say how vectors are made, in a sentence; nil for one that does.
    public var assumption: String? {
        isDeclared
            ? nil
            : "The folder does not say how vectors are made (no modules.json): taken for \(pooling.joined(separator: ", ")) over the tokens, "
                + "scaled to length 1."
    }
}

/// What goes before each text.
public enum EmbeddingPrompt: Sendable, Equatable {
    /// The folder's default prompt, where it has one.
    case standard
    /// The folder's prompt of this name.
    case named(String)
    /// This text; the empty text for nothing.
    case text(String)
}

/// The tokens of texts, checked to fit the model.
public struct EncodedTexts: Sendable, Equatable {
    let rows: [EncodedRow]
    let places: [RowPlace]
    /// How long texts are, and which were cut.
    public let lengths: LengthReport

    /// How many texts there are.
    public var count: Int { rows.count }

    /// The texts in consecutive groups of about so many tokens, for work that can be stopped between them; none is empty.
    public func groups(tokens: Int, from first: Int = 0) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var (start, sum) = (first, 0)
        for index in rows.indices.dropFirst(first) {
            sum += rows[index].ids.count
            guard sum >= tokens || index == rows.count - 1 else { continue }
            groups.append(start..<(index + 1))
            (start, sum) = (index + 1, 0)
        }
        return groups
    }
}

/// The vectors of texts.
public struct Embeddings: Sendable, Equatable {
    /// The numbers in a vector.
    public var dimension: Int
    /// One vector for each text, in their order.
    public var vectors: [[Float]]
    /// How long texts were, and which were cut.
    public var lengths: LengthReport
}

/// A model that gives each text a vector, close for texts that mean the same.
///
/// ```swift
/// let embedder = try await Embedder(URL(filePath: "all-MiniLM-L6-v2"))
/// let found = try await embedder.embed(["where is my parcel", "has my package been sent?"])
/// print(try await embedder.similarity(found.vectors[0], found.vectors[1]))
/// ```
/// An actor on a thread of its own: values in, values out. Takes folders of sentence-transformers, which say how vectors are made, and any
/// whole model of an encoder or decoder family that Hone knows, tuned or not; heads are not used.
public actor Embedder {
    private let thread = TorchThread()
    /// The thread that all tensor work of this model runs on.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    private var loaded: LoadedEmbedder?
    /// The model's folder.
    public nonisolated let url: URL

    /// Loads a model folder.
    ///
    /// - Parameters:
    ///   - url: a folder of sentence-transformers, a Hugging Face folder, or a run's `model` folder.
    ///   - precision: the type in which products run; vectors are float32 in any case.
    ///   - threads: CPU threads; nil for all.
    /// - Throws: ``HoneError``, `ModelError`, `WeightError` or `TokenizerError` naming what does not fit.
    public init(_ url: URL, precision: Recipe.Precision = .auto, threads: Int? = nil) async throws {
        self.url = url
        try load(precision, threads)
    }

    private func load(_ precision: Recipe.Precision, _ threads: Int?) throws {
        Library.threads = threads ?? Host.cores
        loaded = try LoadedEmbedder(url, compute: PrecisionChoice.resolve(precision, device: .cpu).dtype)
    }

    deinit { thread.close() }

    private var model: LoadedEmbedder {
        get throws {
            guard let loaded else { throw HoneError.notAModel(folder: url.path) }
            return loaded
        }
    }

    /// What the model says about itself.
    public var facts: EmbedderFacts { get throws { try model.facts } }

    /// Gives each text its vector.
    ///
    /// - Parameters:
    ///   - prompt: what goes before each text.
    ///   - truncates: whether texts that are longer than the model reads are cut and counted; otherwise they are an error.
    /// - Throws: as ``encode(_:prompt:truncates:)`` and ``vectors(of:_:)`` do.
    public func embed(_ texts: [String], prompt: EmbeddingPrompt = .standard, truncates: Bool = false) throws -> Embeddings {
        let texts = texts.enumerated().map { (text: $1, place: RowPlace(file: "input", line: $0 + 1)) }
        let encoded = try encode(texts, prompt: prompt, truncates: truncates)
        return try Embeddings(dimension: model.facts.dimension, vectors: vectors(of: encoded), lengths: encoded.lengths)
    }

    /// Turns texts into tokens, so that one that does not fit is known before the first vector.
    ///
    /// - Parameter texts: with where they stand, for messages.
    /// - Throws: ``HoneError/tooLongToEmbed(texts:of:longest:maximum:first:beginning:)`` unless `truncates`,
    ///   ``HoneError/noPrompt(name:known:folder:)``, ``HoneError/noTokens(place:)``.
    public func encode(
        _ texts: [(text: String, place: RowPlace)], prompt: EmbeddingPrompt = .standard, truncates: Bool = false
    ) throws -> EncodedTexts {
        try model.encode(texts, prompt: text(of: prompt), truncates: truncates)
    }

    /// The vectors of encoded texts, in their order.
    ///
    /// - Parameter range: which of them; nil for all.
    /// - Throws: ``HoneError/notFinite(place:folder:)``; `TensorError` if memory runs out.
    public func vectors(of texts: EncodedTexts, _ range: Range<Int>? = nil) throws -> [[Float]] {
        let range = range ?? texts.rows.indices
        let vectors = try model.vectors(of: texts.rows[range])
        for (index, vector) in zip(range, vectors) where !vector.allSatisfy(\.isFinite) {
            throw HoneError.notFinite(place: "\(texts.places[index])", folder: url.path)
        }
        return vectors
    }

    /// How alike two vectors are by the measure that the folder names; more is more alike, distances are negative.
    public func similarity(_ a: [Float], _ b: [Float]) throws -> Double { try model.similarity(a, b) }

    private func text(of prompt: EmbeddingPrompt) throws -> String {
        let prompts = try model.facts.prompts
        let name: String
        switch prompt {
        case .text(let text): return text
        case .named(let given): name = given
        case .standard:
            guard let standard = try model.facts.defaultPrompt else { return "" }
            name = standard
        }
        guard let text = prompts[name] else { throw HoneError.noPrompt(name: name, known: prompts.keys.sorted(), folder: url.path) }
        return text
    }
}
