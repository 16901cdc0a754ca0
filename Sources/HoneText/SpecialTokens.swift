// Tested by TokenizerFolderTests.swift

import Foundation

/// The tokens with a meaning of their own, as the files beside a model name them.
public struct SpecialTokens: Sendable, Equatable {
    /// A token and its id.
    public struct Token: Sendable, Equatable {
        /// The spelling.
        public var text: String
        /// The id.
        public var id: Int32

        /// Creates a token.
        public init(text: String, id: Int32) { (self.text, self.id) = (text, id) }
    }

    /// What a text begins with; nil where the files name none.
    public var bos: Token?
    /// What a text ends with.
    public var eos: Token?
    /// What short rows are filled up with.
    public var pad: Token?
    /// What stands for text without a token.
    public var unk: Token?
    /// The others, in the order of the files.
    public var additional: [Token] = []

    /// Creates an empty list.
    public init() {}
}

/// The families of tokenizers whose files do not say everything themselves.
public enum TokenizerFamily: String, Sendable, CaseIterable {
    /// GPT-2 and Whisper.
    case gpt2
    /// RoBERTa.
    case roberta
    /// Qwen 1 and what follows it.
    case qwen2
    /// Llama.
    case llama
    /// T5 and its relatives.
    case t5
    /// XLM-RoBERTa and CamemBERT.
    case xlmRoberta
    /// BERT.
    case bert

    /// Reads a `tokenizer_class` or a `model_type`; nil for an unknown one.
    init?(name: String) {
        switch name.lowercased().replacingOccurrences(of: "tokenizerfast", with: "").replacingOccurrences(of: "tokenizer", with: "") {
        case "gpt2", "whisper": self = .gpt2
        case "roberta": self = .roberta
        case "qwen", "qwen2", "qwen3", "qwen2_moe", "qwen3_moe": self = .qwen2
        case "llama", "mistral", "codellama": self = .llama
        case "t5", "mt5", "umt5": self = .t5
        case "xlmroberta", "xlm-roberta", "camembert": self = .xlmRoberta
        case "bert", "distilbert", "electra": self = .bert
        default: return nil
        }
    }

    /// The pattern that cuts text into words; nil for that of ByteLevel itself.
    var splitPattern: String? {
        let digits: String
        switch self {
        case .llama: digits = #"\p{N}{1,3}"#
        case .qwen2: digits = #"\p{N}"#
        default: return nil
        }
        return #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
            + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }
}
