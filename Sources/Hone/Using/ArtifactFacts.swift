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
    /// Whether prompts went through the chat template in training (instruction); nil where that was not written down.
    public var promptsAreChats: Bool?

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

    /// What a model of others is taken for: windows as Transformers' example cuts them, and an answer to every question.
    static let usual = QuestionFacts(
        stride: Recipe.DataSpec(train: "").stride, maximumAnswerTokens: Recipe.EvaluationSpec().maximumAnswerTokens, mayHaveNoAnswer: false)
}
