/// Learns a byte-level BPE vocabulary from text.
///
/// Vocabulary and merges equal those of `tokenizers.trainers.BpeTrainer` behind a `ByteLevel` pre-tokenizer, in the same order: at each step
/// the most frequent pair of neighbours becomes a token; of pairs that are equally frequent the one whose left token has the lower id, then
/// the one whose right token has. Departures: where the library cuts files at line ends before it cuts words, here each text is one piece,
/// as in its `train_from_iterator`; the alphabet cannot be limited.
///
/// ```swift
/// let trained = BPETrainer(vocabularySize: 4096, specialTokens: ["<|endoftext|>"]).train(texts, threads: 8)
/// try trained.write(to: folder, frame: .causal, maximumLength: 512)
/// ```
public struct BPETrainer: Sendable, Equatable {
    /// How text is cut into the words inside which pairs are counted.
    public enum WordPattern: String, Sendable, Codable, CaseIterable {
        /// The expression of GPT-2: letters, digits or symbols, each with a space before.
        case gpt2
        /// The expression of Llama 3: as many as three digits in a word, contractions in any case, line breaks apart.
        case llama3
        /// The expression of Qwen 2: as that of Llama 3, with each digit a word.
        case qwen2
    }

    /// Which characters are tokens from the start.
    public enum Alphabet: String, Sendable, Codable, CaseIterable {
        /// All 256 bytes, so that every text has tokens.
        case bytes
        /// The bytes of the texts.
        case found
    }

    /// Tokens in all: special tokens, the alphabet, and merged ones until there are so many or no pair is left.
    public var vocabularySize: Int
    /// How often a pair must occur to become a token.
    public var minimumFrequency: Int
    /// The first tokens of the vocabulary; they are not looked for in the texts.
    public var specialTokens: [String]
    /// The single characters.
    public var alphabet: Alphabet
    /// The words.
    public var pattern: WordPattern

    /// Makes a trainer.
    ///
    /// - Precondition: `vocabularySize` is above 0.
    public init(
        vocabularySize: Int, minimumFrequency: Int = 0, specialTokens: [String] = [], alphabet: Alphabet = .bytes,
        pattern: WordPattern = .gpt2
    ) {
        precondition(vocabularySize > 0, "a vocabulary of \(vocabularySize) tokens")
        (self.vocabularySize, self.minimumFrequency, self.specialTokens) = (vocabularySize, minimumFrequency, specialTokens)
        (self.alphabet, self.pattern) = (alphabet, pattern)
    }

    /// Learns from texts; the result depends on them and not on `threads`, which count words.
    ///
    /// O(bytes) time for counting, then O(tokens · places of a pair); memory for the different words.
    public func train(_ texts: [String], threads: Int = 1) -> TrainedBPE {
        let counts = WordCounts.counting(texts, WordScanner(pattern.rules, .shared), threads: threads)
        var learner = BPELearner(counts, specialTokens: specialTokens, alphabet: alphabet)
        learner.learn(vocabularySize: vocabularySize, minimumFrequency: minimumFrequency)
        return TrainedBPE(
            tokens: learner.tokens, merges: learner.merges.map { .init(left: $0.left, right: $0.right) },
            specialCount: learner.specialCount, pattern: pattern)
    }
}

extension BPETrainer.WordPattern {
    /// The expression as `tokenizer.json` spells it; nil for the one that ByteLevel has itself.
    var expression: String? {
        switch self {
        case .gpt2: nil
        case .llama3: TokenizerFamily.llama.splitPattern
        case .qwen2: TokenizerFamily.qwen2.splitPattern
        }
    }

    var rules: WordScanner.Rules { expression.flatMap { WordScanner.Rules.known[$0] } ?? .gpt2 }
}
