// Tested by DataInspectorTests.swift.
public import HoneData

/// One row as the model sees it: after template, tokenising and cutting, with what is learned.
public struct RowView: Codable, Sendable, Equatable {
    /// One token, or text that made no token.
    public struct Piece: Codable, Sendable, Equatable {
        /// The text that the token covers, or the name of a token that was put in.
        public var text: String
        /// The token's id; nil for text that made no token.
        public var id: Int32?
        /// The token as the vocabulary spells it.
        public var token: String?
        /// Whether the model is to predict something for it: the token itself, what it hides, or its tag.
        public var isLearned: Bool
        /// Whether it is a special token.
        public var isSpecial: Bool
        /// What is to be predicted where that is not the token: the tag of a word, or the hidden token.
        public var answer: String?
    }

    /// One sequence of tokens; a model with encoder and decoder has two.
    public struct Side: Codable, Sendable, Equatable {
        /// `text`, `source` or `target`.
        public var name: String
        /// The pieces in order.
        public var pieces: [Piece]
        /// How many tokens there are.
        public var tokens: Int
        /// How many of them are learned.
        public var learned: Int

        init(_ name: String, _ pieces: [Piece]) {
            (self.name, self.pieces) = (name, pieces)
            tokens = pieces.count { $0.id != nil }
            learned = pieces.count { $0.isLearned }
        }
    }

    /// The split.
    public var split: SplitName
    /// Which row of the split, from 1.
    public var row: Int
    /// Rows of the split.
    public var of: Int
    /// Where the example stands.
    public var place: RowPlace
    /// The sequences.
    public var sides: [Side]
    /// The label, labels or number to be predicted for the whole row; nil for tasks that learn tokens.
    public var label: String?
    /// What stands before, if the row is a later part of a long example: the number of its first token; nil for whole rows.
    public var part: Int?

    /// How many tokens the row has, both sides together.
    public var tokens: Int { sides.reduce(0) { $0 + $1.tokens } }
    /// How many of them are learned.
    public var learned: Int { sides.reduce(0) { $0 + $1.learned } }
    /// The share of tokens that is learned.
    public var learnedShare: Double { tokens == 0 ? 0 : Double(learned) / Double(tokens) }
}
