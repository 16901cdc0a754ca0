// Tested by LanguageRunTests.swift.
internal import HoneData
internal import HoneModels
internal import HoneText

/// Rows made of examples, and what happened on the way.
struct EncodedExamples {
    var rows: [EncodedRow]
    var lengths: LengthReport
    /// What is learned; for tasks that learn tokens of a text.
    var certificate: MaskCertificate?
    /// Findings for a person.
    var notes: [String] = []
    /// The rows of questions with their way back to the contexts' characters, and how contexts were cut; nil for other tasks.
    var questions: QuestionEncoder.Result?
}

/// Turns the examples of one task into rows, for training and for measuring alike.
struct ExampleEncoding {
    /// The recipe's task and data sections count; nothing is read from its paths.
    let recipe: Recipe
    let tokenizer: Tokenizer
    /// The most tokens of a row.
    let maximum: Int
    /// How conversations are written; nil for tasks without them.
    var chat: ChatSetup?
    /// Whether prompts and completions go through the chat template.
    var promptsAreChats = false
    /// The tags of a tagging task.
    var tags: LabelSet?
    /// The token that ends what a sequence-to-sequence model writes.
    var endID: Int32?

    /// Encodes the examples of one split.
    ///
    /// - Throws: `DataError`, `MaskError` naming the first example that does not fit the task.
    func encode(_ examples: [TaskExample], _ split: SplitName) throws -> EncodedExamples {
        switch recipe.task.kind {
        case .instruction, .text: return try encodeCausal(examples, split)
        case .maskedText:
            let (rows, lengths) = try MaskedTextEncoder(tokenizer: tokenizer, maximum: maximum).encode(examples)
            return EncodedExamples(rows: rows, lengths: lengths)
        case .sequenceToSequence: return try encodePairs(examples, split)
        case .tagging: return try encodeTags(examples, split)
        case .questionAnswering: return try encodeQuestions(examples, split)
        case .classification, .multiLabel, .regression: preconditionFailure("rows of one target are no examples")
        }
    }

    /// Encodes texts, prompts and conversations.
    var causal: CausalEncoder {
        guard let chat else { preconditionFailure("a causal task has a template") }
        return CausalEncoder(
            renderer: chat.renderer, tokenizer: tokenizer, tokens: chat.tokens, learns: recipe.task.learns,
            promptsAreChats: promptsAreChats, maximum: maximum,
            // Running text is cut into rows without losing a token.
            tooLong: recipe.task.kind == .text ? .split : recipe.data.tooLong, templateHash: chat.fingerprint)
    }

    /// Encodes pairs of a source and a target.
    var pairs: PairEncoder {
        guard let endID else { preconditionFailure("a sequence-to-sequence task has an end token") }
        return PairEncoder(
            tokenizer: tokenizer, endID: endID, maximumSource: maximum, maximumTarget: recipe.data.maximumTargetTokens ?? maximum,
            tooLong: recipe.data.tooLong, prefix: recipe.data.prefix ?? "")
    }

    /// Encodes tagged words.
    var words: TaggedEncoder {
        guard let tags else { preconditionFailure("a tagging task has tags") }
        return TaggedEncoder(tokenizer, tags, maximum: maximum, tooLong: recipe.data.tooLong)
    }

    private func encodeCausal(_ examples: [TaskExample], _ split: SplitName) throws -> EncodedExamples {
        let result = try causal.encode(examples, split: split)
        return EncodedExamples(rows: result.rows, lengths: result.lengths, certificate: result.certificate)
    }

    private func encodePairs(_ examples: [TaskExample], _ split: SplitName) throws -> EncodedExamples {
        let (rows, source, target) = try pairs.encode(examples, split: split)
        let notes = target.truncated > 0 ? ["\(split.rawValue): \(target.truncated) targets were cut."] : []
        return EncodedExamples(rows: rows, lengths: source, notes: notes)
    }

    /// Encodes questions about contexts.
    var questions: QuestionEncoder { QuestionEncoder(tokenizer: tokenizer, maximum: maximum, stride: recipe.data.stride) }

    private func encodeQuestions(_ examples: [TaskExample], _ split: SplitName) throws -> EncodedExamples {
        let result = try questions.encode(examples, learns: true)
        let report = result.report
        let note =
            "\(split.rawValue): \(report.longContexts) of \(report.questions) contexts are longer than \(maximum) tokens with their question; "
            + "they are read in windows that share \(recipe.data.stride) tokens, \(report.answersOutside) of which do not hold the answer."
        return EncodedExamples(
            rows: result.windows.map(\.row), lengths: result.lengths, notes: report.longContexts > 0 ? [note] : [], questions: result)
    }

    private func encodeTags(_ examples: [TaskExample], _ split: SplitName) throws -> EncodedExamples {
        let result = try words.encode(examples, split: split)
        let notes =
            result.wordsWithoutToken > 0
            ? ["\(split.rawValue): \(result.wordsWithoutToken) words make no token and have no prediction."] : []
        return EncodedExamples(rows: result.rows.map(\.row), lengths: result.lengths, notes: notes)
    }
}

extension TaggedEncoder {
    /// An encoder for the tokenizer's way with words inside a sentence.
    init(_ tokenizer: Tokenizer, _ tags: LabelSet, maximum: Int, tooLong: TooLongPolicy) {
        self.init(
            tokenizer: tokenizer, tags: tags, maximum: maximum, tooLong: tooLong, hasLeadingSpaces: Self.wordsNeedSpaces(tokenizer),
            unknownID: tokenizer.specialTokens.unk?.id)
    }
}

extension Recipe {
    /// The most tokens of a row of a task that reads examples, on a model with so many places.
    ///
    /// Rows that are cut out of longer text have a usual length unless the recipe says otherwise, a larger one where all positions must be
    /// learned; other rows are as long as they are.
    func maximumTokens(positions: Int) -> Int {
        let usual =
            switch task.kind {
            case .text, .maskedText: model.weights == .random ? 1024 : 512
            case .questionAnswering: QuestionFacts.usualMaximum
            case .classification, .multiLabel, .regression, .instruction, .sequenceToSequence, .tagging: Int.max
            }
        return min(data.maximumTokens ?? usual, positions)
    }
}

extension LengthReport {
    /// What a policy took away, in a sentence; nil if nothing.
    ///
    /// - Parameter split: what the rows are called.
    func loss(in split: String? = nil) -> String? {
        guard truncated + dropped > 0 else { return nil }
        func rows(_ count: Int, _ fate: String) -> String? { count == 0 ? nil : "\(count) \(count == 1 ? "row was" : "rows were") \(fate)" }
        let parts = [rows(truncated, "cut"), rows(dropped, "left out")]
        let what = parts.compactMap(\.self).joined(separator: " and ")
        return "\(split.map { $0 + ": " } ?? "")\(what) for being longer than \(maximum) tokens."
    }
}
