import Foundation
import Hone

/// A commented recipe to begin with, for each kind of task.
struct RecipeStarter {
    let task: TaskName
    let model: String
    /// The file of training rows; nil for a name that fits the task.
    let train: String?

    /// The recipe as YAML.
    func text() throws -> String {
        let lines =
            [
                "# A recipe for `hone train`. Paths are relative to this file. `hone recipe` explains every key.",
                Self.line("model: \(try quoted(model))", "a folder with config.json, tokenizer.json and *.safetensors"),
            ] + taskLines + (try dataLines) + tuningLines + trainingLines + [evaluationLine, "output: {folder: runs}"]
        return lines.joined(separator: "\n")
    }

    /// A file name that says what such a file ends in.
    private var usualFile: String {
        switch task {
        case .classification, .multiLabel, .regression: "train.csv"
        case .instruction, .sequenceToSequence: "train.jsonl"
        case .text, .maskedText: "train.txt"
        case .tagging: "train.conll"
        case .questionAnswering: "train.json"
        }
    }

    private var taskLines: [String] {
        switch task {
        case .classification: [Self.line("task: {kind: classification}", "or multiLabel, or regression; `--task` prints others")]
        case .multiLabel: [Self.line("task: {kind: multiLabel}", "labels that may hold together")]
        case .regression: [Self.line("task: {kind: regression}", "one number per row")]
        case .instruction:
            [
                "task:", Self.line("  kind: instruction", "answers are learned, with the token that ends them"),
                Self.line("  # learns: last", "of each conversation the last answer only"),
                Self.line("  # template: chatml", "or plain, or a file; the model's own unless given"),
            ]
        case .text: [Self.line("task: {kind: text}", "every token is learned")]
        case .maskedText: [Self.line("task: {kind: maskedText}", "15 % of the tokens are hidden, other ones in each epoch")]
        case .sequenceToSequence: [Self.line("task: {kind: sequenceToSequence}", "one text is read, another is written (T5)")]
        case .questionAnswering: [Self.line("task: {kind: questionAnswering}", "the answer to a question is found in a text")]
        case .tagging: [Self.line("task: {kind: tagging}", "one tag per word, such as B-person, I-person and O")]
        }
    }

    private var dataLines: [String] {
        get throws {
            [
                "data:", Self.line("  train: \(try quoted(train ?? usualFile))", rows),
                Self.line("  validationFraction: 0.1", "or validation: <file>"), Self.line("  testFraction: 0.1", "or test: <file>"),
            ] + columns + [tooLong].compactMap(\.self)
        }
    }

    /// What a row looks like.
    private var rows: String {
        switch task {
        case .classification, .multiLabel, .regression: "CSV or JSONL with a text and a label"
        case .instruction: #"{"messages": [{"role": "user", "content": …}, …]}; or prompt/completion, Alpaca, ShareGPT"#
        case .text, .maskedText: #"plain text, or JSONL with {"text": …}"#
        case .sequenceToSequence: #"JSONL or CSV with {"source": …, "target": …}"#
        case .questionAnswering: #"SQuAD's JSON; or JSONL with {"context": …, "question": …, "answers": …}"#
        case .tagging: #"CoNLL: a word and its tag on each line; or JSONL with {"tokens": […], "tags": […]}"#
        }
    }

    private var columns: [String] {
        switch task {
        case .classification, .multiLabel, .regression:
            [Self.line("  # text: text", "columns are found by their names unless given"), "  # label: label"]
        case .instruction:
            [Self.line("  # maximumTokens: 1024", "the longest conversation; the model's own limit unless given")]
        case .text, .maskedText:
            [
                Self.line("  maximumTokens: 512", "text is cut into rows of so many tokens, and none is lost"),
                Self.line("  # documents: blankLines", "what a document is in a text file: whole, blankLines or lines"),
            ]
        case .sequenceToSequence:
            [
                Self.line("  # source: article", "columns are found by their names unless given"), "  # target: summary",
                Self.line(#"  # prefix: "summarize: ""#, "what the model reads before each source"),
                Self.line("  # maximumTargetTokens: 128", "the longest target"),
            ]
        case .questionAnswering:
            [
                Self.line("  maximumTokens: 384", "longer contexts are read in windows of so many tokens"),
                Self.line("  stride: 128", "how many tokens two windows share"),
            ]
        case .tagging: [Self.line("  # tagging: repair", "for tags of the older IOB1 scheme")]
        }
    }

    private var tooLong: String? {
        [.text, .maskedText, .questionAnswering].contains(task)
            ? nil : Self.line("  tooLong: error", "or drop, or truncate: both are counted in the record")
    }

    private var tuningLines: [String] {
        switch task {
        case .classification, .multiLabel, .regression, .tagging, .maskedText, .sequenceToSequence, .questionAnswering:
            [Self.line("tuning: {method: full}", "or {method: lora, rank: 8}, or {method: partial, lastLayers: 2}")]
        case .instruction, .text: [Self.line("tuning: {method: lora, rank: 8}", "or {method: full}, or {method: partial, lastLayers: 2}")]
        }
    }

    private var trainingLines: [String] {
        let (batch, rate, advice, metric) =
            switch task {
            case .classification, .multiLabel, .regression:
                (32, "1.0e-4", "about 1.0e-3 for lora", task == .regression ? "pearson" : "macroF1")
            case .tagging: (32, "1.0e-4", "about 1.0e-3 for lora", "entityF1")
            case .instruction, .text: (16, "2.0e-4", "about 2.0e-5 for full", "loss")
            case .questionAnswering: (16, "5.0e-5", "about 1.0e-3 for lora", "tokenF1")
            case .maskedText: (32, "1.0e-4", "about 1.0e-3 for lora", "loss")
            case .sequenceToSequence: (16, "3.0e-4", "about 1.0e-3 for lora", "loss")
            }
        return [
            "training:", "  epochs: 3", "  batchSize: \(batch)", Self.line("  learningRate: \(rate)", advice), "  seed: 17",
            "  # earlyStopping: {metric: \(metric), patience: 3}",
        ]
    }

    private var evaluationLine: String {
        switch task {
        case .classification: Self.line("evaluation: {baseline: centroid}", "what the frozen encoder can do; none for other tasks")
        case .instruction:
            Self.line("evaluation: {baseline: untuned}", "test rows before and after; 64 of them (generatedRows) answered in full")
        case .sequenceToSequence:
            Self.line("evaluation: {baseline: untuned, beams: 4}", "test rows before and after; 64 (generatedRows) answered in full")
        case .text, .maskedText: Self.line("evaluation: {baseline: untuned}", "the test rows are measured before training too")
        case .multiLabel, .regression, .tagging, .questionAnswering:
            Self.line("# evaluation: {confidence: 0.95}", "the level of every interval")
        }
    }

    /// A setting with its comment, lined up where there is room.
    private static func line(_ setting: String, _ comment: String) -> String { "\(setting.padded(to: 34)) # \(comment)" }

    /// A JSON string is a YAML string.
    private func quoted(_ path: String) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return String(decoding: try encoder.encode(path), as: UTF8.self)
    }
}
