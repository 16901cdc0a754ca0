// Tested by ClassifierTests.swift.
internal import Foundation

/// What a model folder written by Hone says about itself, beside the ecosystem's own files: `hone.json`.
public struct ArtifactFacts: Sendable, Equatable, Codable {
    static let file = "hone.json"

    /// The version of this file's keys.
    public var schema = 1
    /// The version of Hone that wrote the folder.
    public var hone = Host.version
    /// The kind of task that the model was trained for.
    public var task: TaskName
    /// The label names in the order of the outputs; empty for regression.
    public var labels: [String]
    /// How it was tuned: `full`, `partial` or `lora`; a `lora` folder holds an adapter only.
    public var method: String
    /// Longest input in tokens.
    public var maximumTokens: Int
    /// Where the base model was at training; only adapters need it again.
    public var basePath: String
    /// The SHA-256 over the base model's weight files, as hexadecimal digits.
    public var baseHash: String
    /// The token id that fills padded batches.
    public var padID: Int32
    /// What the model reads before each source (sequence to sequence); nil for nothing.
    public var prefix: String?
    /// How answers are found in contexts; nil for other tasks.
    public var questions: QuestionFacts?

    var isAdapter: Bool { method == "lora" }

    static func read(_ folder: URL) throws(HoneError) -> ArtifactFacts {
        guard let data = try? Data(contentsOf: folder.appending(path: file)),
            let facts = try? JSONDecoder().decode(ArtifactFacts.self, from: data)
        else { throw .notAModel(folder: folder.path) }
        return facts
    }

    func write(to folder: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: folder.appending(path: Self.file), options: .atomic)
    }
}

/// How a model that finds answers in contexts was trained to read them.
public struct QuestionFacts: Sendable, Equatable, Codable {
    /// Rows have at most this many tokens unless a recipe says otherwise.
    static let usualMaximum = 384

    /// How many tokens two windows of a long context share.
    public var stride: Int
    /// The longest answer that is looked for, in tokens.
    public var maximumAnswerTokens: Int
    /// Whether it saw questions without an answer, and may give none.
    public var mayHaveNoAnswer: Bool
}

/// Inputs with their token ids and float32 logits, written with a model and checked whenever it is loaded: `probe.json`.
public struct Probe: Sendable, Equatable, Codable {
    static let file = "probe.json"
    /// How many training rows become probes.
    static let rowCount = 8
    /// Largest difference of a logit that loading may show: float32 products in another order on another machine.
    static let limit = 1e-3

    /// One input with what the model made of it.
    public struct Row: Sendable, Equatable, Codable {
        /// The text, as it stood in the training rows.
        public var text: String
        /// The second text; nil if rows have one text.
        public var pair: String?
        /// The token ids, special ones included.
        public var ids: [Int32]
        /// The model's outputs in float32: one per label, those of ``columns``, or start and end of the first and the last token.
        public var logits: [Float]
        /// Which outputs of the last token are recorded, where there is one per token of the vocabulary; nil for all.
        public var columns: [Int]?
    }

    /// The recorded inputs, taken from the first training rows.
    public var rows: [Row]

    static func read(_ folder: URL) throws -> Probe? {
        let url = folder.appending(path: file)
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        return try JSONDecoder().decode(Probe.self, from: Data(contentsOf: url))
    }

    func write(to folder: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: folder.appending(path: Self.file), options: .atomic)
    }

    /// The largest difference between the recorded logits and `found`.
    func drift(_ found: [[Float]]) -> Double {
        var worst = 0.0
        for (row, logits) in zip(rows, found) { for (a, b) in zip(row.logits, logits) { worst = max(worst, Double(abs(a - b))) } }
        return worst
    }
}
