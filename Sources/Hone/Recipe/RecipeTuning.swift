extension Recipe {
    /// Says which weights change.
    public enum TuningSpec: Sendable, Equatable {
        /// All of them.
        case full
        /// Some layers or tensors, chosen by position or name; the head always.
        case partial(PartialTuning)
        /// Low-rank additions beside frozen weights; the head always.
        case lora(LoRATuning)

        /// The name of the method, as `tuning.method` writes it.
        public var method: String {
            switch self {
            case .full: "full"
            case .partial: "partial"
            case .lora: "lora"
            }
        }
    }

    /// Chooses the weights that partial tuning changes.
    public struct PartialTuning: Sendable, Equatable {
        /// How many of the model's last layers change; 0 for none but the head.
        public var lastLayers = 2
        /// Patterns of parameter names that change as well; `*` stands for any text.
        public var patterns: [String] = []
        /// True if the embedding tables stay as they are.
        public var freezeEmbeddings = true

        /// Makes the settings; what is left out takes its default.
        public init(lastLayers: Int? = nil, patterns: [String]? = nil, freezeEmbeddings: Bool? = nil) {
            if let lastLayers { self.lastLayers = lastLayers }
            if let patterns { self.patterns = patterns }
            if let freezeEmbeddings { self.freezeEmbeddings = freezeEmbeddings }
        }
    }

    /// Sets up low-rank adaptation.
    ///
    /// `W + s · B · A` with rank `r`; `s = alpha / r`, or `alpha / √r` when rank-stabilised (arXiv:2106.09685, arXiv:2312.03732).
    public struct LoRATuning: Sendable, Equatable {
        /// `r`, the rank of each addition.
        public var rank = 8
        /// `alpha`, the numerator of the scale.
        public var alpha = 16.0
        /// The dropout probability in front of each addition, `0 ..< 1`.
        public var dropout = 0.05
        /// True if the scale is divided by √rank instead of rank.
        public var rankStabilized = false
        /// Name suffixes or patterns of the adapted layers; empty takes the model family's own.
        public var targets: [String] = []
        /// A PEFT adapter folder to go on from; nil starts a new adapter.
        public var initialAdapter: String?
        /// True if the trained head is stored in the adapter folder.
        public var saveHead = true

        /// Makes the settings; what is left out takes its default.
        public init(
            rank: Int? = nil, alpha: Double? = nil, dropout: Double? = nil, rankStabilized: Bool? = nil, targets: [String]? = nil,
            initialAdapter: String? = nil, saveHead: Bool? = nil
        ) {
            if let rank { self.rank = rank }
            if let alpha { self.alpha = alpha }
            if let dropout { self.dropout = dropout }
            if let rankStabilized { self.rankStabilized = rankStabilized }
            if let targets { self.targets = targets }
            self.initialAdapter = initialAdapter
            if let saveHead { self.saveHead = saveHead }
        }
    }
}

extension Recipe.PartialTuning: RecipeSection {
    static var blank: Self { Self() }
    static let fields: [RecipeField<Self>] = [
        .init("lastLayers", \.lastLayers, .integer(.atLeast(0)), "How many of the last layers change; 0 for none but the head."),
        .init("patterns", \.patterns, .list(.text, of: "patterns"), "Patterns of parameter names that change as well."),
        .init("freezeEmbeddings", \.freezeEmbeddings, .flag, "Whether the embedding tables stay as they are."),
    ]
}

extension Recipe.LoRATuning: RecipeSection {
    static var blank: Self { Self() }
    static let fields: [RecipeField<Self>] = [
        .init("rank", \.rank, .integer(.atLeast(1)), "The rank of each addition."),
        .init("alpha", \.alpha, .number(.above(0)), "The numerator of the scale alpha / rank."),
        .init("dropout", \.dropout, .number(.atLeast(0, below: 1)), "The dropout probability in front of each addition."),
        .init("rankStabilized", \.rankStabilized, .flag, "Whether the scale is alpha / √rank instead."),
        .init(
            "targets", \.targets, .list(.text, of: "name suffixes or patterns"),
            "Name suffixes or patterns of the adapted layers; empty takes the model family's own."),
        .init("initialAdapter", \.initialAdapter, .optional(.path), "A PEFT adapter folder to go on from; null starts a new adapter."),
        .init("saveHead", \.saveHead, .flag, "Whether the trained head is stored in the adapter folder."),
    ]
}

extension RecipeShape where Value == Recipe.TuningSpec {
    static var tuning: Self {
        .union(
            tag: "method", meaning: "Which weights change: all, some layers, or low-rank additions.", default: Recipe.blank.tuning,
            [
                .init("full", { (_: RecipeNothing) in .full }, { $0 == .full ? .blank : nil }),
                .init("partial", { .partial($0) }, { if case .partial(let partial) = $0 { partial } else { nil } }),
                .init("lora", { .lora($0) }, { if case .lora(let lora) = $0 { lora } else { nil } }),
            ])
    }
}
