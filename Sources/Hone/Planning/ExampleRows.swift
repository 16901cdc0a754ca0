// Tested by LanguageRunTests.swift.
internal import Foundation
internal import HoneData
internal import HoneModels
internal import HoneText

/// The rows of a task that reads examples, encoded and certified.
struct ExampleRows {
    var rows: [SplitName: [EncodedRow]] = [:]
    var examples: ExampleSet
    /// Whether prompts and completions go through the chat template.
    var promptsAreChats = false

    /// Encodes every split as the task says; ``refuse(_:)`` says whether the rows may be trained on.
    ///
    /// - Parameter maximum: the most tokens of a row.
    init(_ recipe: Recipe, _ examples: ExampleSet, _ folder: ModelFolder, _ tokenizer: Tokenizer, maximum: Int) throws {
        self.examples = examples
        switch recipe.task.kind {
        case .instruction, .text: try encodeCausal(recipe, folder, tokenizer, maximum)
        case .maskedText:
            let encoder = MaskedTextEncoder(tokenizer: tokenizer, maximum: maximum)
            try forEachSplit { _, list in
                let (rows, lengths) = try encoder.encode(list)
                return (rows, lengths, nil)
            }
        case .sequenceToSequence:
            let encoder = try PairEncoder(recipe, folder, tokenizer, maximum: maximum)
            try forEachSplit { split, list in
                let (rows, source, target) = try encoder.encode(list, split: split)
                return (rows, source, target.truncated > 0 ? "\(split.rawValue): \(target.truncated) targets were cut." : nil)
            }
        case .tagging: try encodeTags(recipe, tokenizer, maximum)
        case .questionAnswering: try encodeQuestions(recipe, tokenizer, maximum)
        case .classification, .multiLabel, .regression: preconditionFailure("rows of one target are no examples")
        }
    }

    /// Refuses rows that would learn nothing, or the wrong thing.
    ///
    /// - Throws: `MaskError`, for the first split that has such rows.
    func refuse(_ recipe: Recipe) throws(MaskError) {
        for split in SplitName.allCases {
            guard let certificate = examples.facts.certificates[split] else { continue }
            if recipe.task.kind == .instruction {
                try certificate.check(droppedText: recipe.data.droppedText)
            } else {
                try certificate.checkText()
            }
        }
    }

    private mutating func forEachSplit(
        _ encode: (SplitName, [TaskExample]) throws -> (rows: [EncodedRow], lengths: LengthReport, warning: String?)
    ) throws {
        for split in SplitName.allCases where !examples[split].isEmpty {
            let encoded = try encode(split, examples[split])
            rows[split] = encoded.rows
            examples.facts.lengths[split] = encoded.lengths
            if let warning = encoded.warning { examples.facts.warnings.append(warning) }
        }
    }

    private mutating func encodeCausal(_ recipe: Recipe, _ folder: ModelFolder, _ tokenizer: Tokenizer, _ maximum: Int) throws {
        let chat = try ChatSetup(folder, tokenizer, template: recipe.task.template, day: recipe.task.date)
        guard recipe.task.kind == .text || !chat.tokens.stops.isEmpty else { throw HoneError.noEndToken(folder: folder.url.path) }
        let encoder = CausalEncoder(recipe, chat, maximum: maximum)
        promptsAreChats = encoder.promptsAreChats
        for split in SplitName.allCases where !examples[split].isEmpty {
            let result = try encoder.encode(examples[split], split: split)
            rows[split] = result.rows
            examples.facts.lengths[split] = result.lengths
            examples.facts.certificates[split] = result.certificate
        }
        guard recipe.task.kind == .instruction else { return }
        examples.facts.template = chat.hasOwnTemplate ? "the model's folder" : chat.template.name
        for (id, why) in chat.stops { examples.facts.stops[tokenizer.token(of: id) ?? "\(id)"] = why }
    }

    private mutating func encodeQuestions(_ recipe: Recipe, _ tokenizer: Tokenizer, _ maximum: Int) throws {
        let encoder = QuestionEncoder(tokenizer: tokenizer, maximum: maximum, stride: recipe.data.stride)
        for split in SplitName.allCases where !examples[split].isEmpty {
            let result = try encoder.encode(examples[split], learns: true)
            rows[split] = result.windows.map(\.row)
            examples.facts.lengths[split] = result.lengths
            examples.facts.windows[split] = result.report
            // Training needs no way back from tokens to characters.
            if split != .train { examples.windows[split] = result.windows }
            if result.report.longContexts > 0 {
                examples.facts.warnings.append(
                    "\(split.rawValue): \(result.report.longContexts) of \(result.report.questions) contexts are longer than"
                        + " \(maximum) tokens with their question; they are read in windows that share \(recipe.data.stride) tokens,"
                        + " \(result.report.answersOutside) of which do not hold the answer.")
            }
        }
    }

    private mutating func encodeTags(_ recipe: Recipe, _ tokenizer: Tokenizer, _ maximum: Int) throws {
        let tags = try recipe.task.labels.map { try LabelSet($0) } ?? TaggedEncoder.tags(of: examples[.train])
        examples.tags = tags
        let encoder = TaggedEncoder(recipe, tokenizer, tags: tags, maximum: maximum)
        for split in SplitName.allCases where !examples[split].isEmpty {
            let result = try encoder.encode(examples[split], split: split)
            rows[split] = result.rows.map(\.row)
            examples.facts.lengths[split] = result.lengths
            if result.wordsWithoutToken > 0 {
                examples.facts.warnings.append("\(split.rawValue): \(result.wordsWithoutToken) words make no token and have no prediction.")
            }
        }
    }
}

extension ModelFolder {
    /// The token that ends what a sequence-to-sequence model writes.
    func sequenceEnd(_ tokenizer: Tokenizer) throws(HoneError) -> Int32 {
        guard let id = endTokens.first ?? tokenizer.specialTokens.eos?.id else { throw .noEndToken(folder: url.path) }
        return id
    }
}

// How a recipe's examples become rows; whoever shows a row makes it in the same way.

extension CausalEncoder {
    init(_ recipe: Recipe, _ chat: ChatSetup, maximum: Int) {
        self.init(
            renderer: chat.renderer, tokenizer: chat.tokenizer, tokens: chat.tokens, learns: recipe.task.learns,
            promptsAreChats: recipe.task.promptsAreChats ?? (chat.hasOwnTemplate || recipe.task.template != nil), maximum: maximum,
            // Running text is cut into rows without losing a token.
            tooLong: recipe.task.kind == .text ? .split : recipe.data.tooLong, templateHash: chat.fingerprint)
    }
}

extension PairEncoder {
    init(_ recipe: Recipe, _ folder: ModelFolder, _ tokenizer: Tokenizer, maximum: Int) throws {
        self.init(
            tokenizer: tokenizer, endID: try folder.sequenceEnd(tokenizer), maximumSource: maximum,
            maximumTarget: recipe.data.maximumTargetTokens ?? maximum, tooLong: recipe.data.tooLong, prefix: recipe.data.prefix ?? "")
    }
}

extension TaggedEncoder {
    init(_ recipe: Recipe, _ tokenizer: Tokenizer, tags: LabelSet, maximum: Int) {
        self.init(
            tokenizer: tokenizer, tags: tags, maximum: maximum, tooLong: recipe.data.tooLong,
            hasLeadingSpaces: Self.wordsNeedSpaces(tokenizer), unknownID: tokenizer.specialTokens.unk?.id)
    }
}
