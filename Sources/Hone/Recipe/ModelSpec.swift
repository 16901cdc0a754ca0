// Tested by RecipeTests.swift.

extension Recipe {
    /// Names the model that training starts from.
    public struct ModelSpec: Sendable, Equatable {
        /// Says where the weights come from.
        public enum Weights: String, Sendable, CaseIterable {
            /// The checkpoint in the folder.
            case checkpoint
            /// Random numbers: training starts from nothing.
            case random
        }

        /// Says where the output layer's weights come from.
        public enum Head: String, Sendable, CaseIterable {
            /// A new head with random weights, for the labels of the data.
            case new
            /// The head stored in the model folder; its labels must be those of the data.
            case checkpoint
        }

        /// Says where the model's shape comes from.
        public enum Source: Sendable, Equatable {
            /// A model folder in Hugging Face's layout.
            case folder(String)
            /// A `config.json` of any family that Hone knows; random weights only.
            case config(String)
            /// A shape with a name; random weights only.
            case size(PretrainingSize)
        }

        /// Says where the tokenizer comes from.
        public enum Vocabulary: Sendable, Equatable {
            /// The model folder's own; a named size learns as many tokens as suit it.
            case own
            /// Another folder's; random weights only.
            case folder(String)
            /// Byte-level BPE learned from the training rows, with so many tokens; random weights only.
            case learned(Int)
        }

        /// Where the model's shape comes from.
        public var source: Source
        /// Where the weights come from: the folder's checkpoint, or random numbers (pre-training).
        public var weights = Weights.checkpoint
        /// Where the tokenizer comes from.
        public var vocabulary = Vocabulary.own
        /// Where the output layer's weights come from.
        public var head = Head.new

        /// Starts from the checkpoint of a model folder; what is left out takes its default.
        public init(path: String, head: Head? = nil) {
            source = .folder(path)
            if let head { self.head = head }
        }

        /// Starts from random weights.
        public init(random source: Source, vocabulary: Vocabulary = .own) {
            (self.source, self.vocabulary, weights) = (source, vocabulary, .random)
        }

        /// The model folder; nil where the shape comes from elsewhere, and setting nil changes nothing.
        public var path: String? {
            get { if case .folder(let path) = source, !path.isEmpty { path } else { nil } }
            set { if let newValue { source = .folder(newValue) } }
        }
    }
}

// The shape and the tokenizer are written as several keys each; nil is "written another way", and setting nil changes nothing.
extension Recipe.ModelSpec {
    fileprivate var config: String? {
        get { if case .config(let path) = source { path } else { nil } }
        set { if let newValue { source = .config(newValue) } }
    }
    fileprivate var size: PretrainingSize? {
        get { if case .size(let size) = source { size } else { nil } }
        set { if let newValue { source = .size(newValue) } }
    }
    fileprivate var tokenizer: String? {
        get { if case .folder(let path) = vocabulary { path } else { nil } }
        set { if let newValue { vocabulary = .folder(newValue) } }
    }
    fileprivate var learnedTokens: Int? {
        get { if case .learned(let count) = vocabulary { count } else { nil } }
        set { if let newValue { vocabulary = .learned(newValue) } }
    }

    /// The same with every path passed through `change`.
    func mapping(paths change: (String) -> String) -> Self {
        var copy = self
        switch source {
        case .folder(let path): copy.source = .folder(change(path))
        case .config(let path): copy.source = .config(change(path))
        case .size: break
        }
        if case .folder(let path) = vocabulary { copy.vocabulary = .folder(change(path)) }
        return copy
    }
}

extension Recipe.ModelSpec: RecipeSection {
    static var blank: Self { Self(path: "") }
    static let traits = RecipeSchema.Traits(
        shorthand: "path",
        exclusive: [RecipeExclusive(keys: ["path", "config", "size"]), RecipeExclusive(keys: ["tokenizer", "vocabulary"])])
    static let pathMeaning = "The model folder in Hugging Face's layout."
    static let fields: [RecipeField<Self>] = [
        .init("path", \.path, .optional(.path), hasDefault: false, pathMeaning + " Not needed beside `config` or `size`."),
        .init(
            "config", \.config, .optional(.path),
            "A config.json that gives the shape, instead of a folder (random weights); its vocabulary follows the tokenizer."),
        .init("size", \.size, .optional(.choice), "A Llama shape with a name, instead of a folder (random weights)."),
        .init("weights", \.weights, .choice, "Where the weights come from: the folder's checkpoint, or random numbers (pre-training)."),
        .init(
            "tokenizer", \.tokenizer, .optional(.path),
            "A folder with another tokenizer (random weights); null for the model folder's own."),
        .init(
            "vocabulary", \.learnedTokens, .optional(.integer(.atLeast(PretrainingSize.leastVocabulary))),
            "How many tokens of byte-level BPE to learn from the training rows (random weights); null for as many as suit `size`."),
        .init("head", \.head, .choice, "Where the output layer comes from: new weights, or those in the model folder."),
    ]

    func check(_ site: RecipeSite) throws(RecipeError) {
        if source == .folder("") { throw .missing(site.location("path"), meaning: Self.pathMeaning) }
        if weights == .checkpoint {
            for (key, isGiven) in [
                ("config", config != nil), ("size", size != nil), ("tokenizer", tokenizer != nil), ("vocabulary", learnedTokens != nil),
            ] where isGiven {
                throw site.conflict(key, "is for random weights, and a checkpoint brings its own; set \(site.path("weights")): random")
            }
        }
        if config != nil, vocabulary == .own {
            throw site.conflict(
                "config", "needs a tokenizer; give \(site.path("tokenizer")), or \(site.path("vocabulary")) to learn one from the data")
        }
    }
}
