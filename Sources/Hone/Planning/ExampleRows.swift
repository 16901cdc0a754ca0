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
    /// How the rows were made; whoever shows a row makes it in the same way.
    let encoding: ExampleEncoding

    /// Encodes every split as the task says; ``refuse(_:)`` says whether the rows may be trained on.
    ///
    /// - Parameter maximum: the most tokens of a row.
    init(_ recipe: Recipe, _ examples: ExampleSet, _ folder: ModelFolder, _ tokenizer: Tokenizer, maximum: Int) throws {
        self.examples = examples
        var encoding = ExampleEncoding(recipe: recipe, tokenizer: tokenizer, maximum: maximum)
        switch recipe.task.kind {
        case .instruction, .text:
            let chat = try ChatSetup(folder, tokenizer, template: recipe.task.template, day: recipe.task.date)
            guard recipe.task.kind == .text || !chat.tokens.stops.isEmpty else { throw HoneError.noEndToken(folder: folder.url.path) }
            encoding.chat = chat
            encoding.promptsAreChats = recipe.task.promptsAreChats ?? (chat.hasOwnTemplate || recipe.task.template != nil)
        case .sequenceToSequence: encoding.endID = try folder.sequenceEnd(tokenizer)
        case .tagging:
            encoding.tags = try recipe.task.labels.map { try LabelSet($0) } ?? TaggedEncoder.tags(of: examples[.train])
            self.examples.tags = encoding.tags
        case .maskedText, .questionAnswering: break
        case .classification, .multiLabel, .regression: preconditionFailure("rows of one target are no examples")
        }
        self.encoding = encoding
        promptsAreChats = encoding.promptsAreChats
        if recipe.task.kind == .instruction, let chat = encoding.chat { note(chat) }
        for split in SplitName.allCases where !examples[split].isEmpty {
            let encoded = try encoding.encode(examples[split], split)
            rows[split] = encoded.rows
            self.examples.facts.lengths[split] = encoded.lengths
            self.examples.facts.certificates[split] = encoded.certificate
            self.examples.facts.warnings += encoded.notes
            self.examples.facts.windows[split] = encoded.questions?.report
            // Training needs no way back from tokens to characters.
            if split != .train { self.examples.windows[split] = encoded.questions?.windows }
        }
    }

    private mutating func note(_ chat: ChatSetup) {
        examples.facts.template = chat.hasOwnTemplate ? "the model's folder" : chat.template.name
        for (id, why) in chat.stops { examples.facts.stops[chat.tokenizer.token(of: id) ?? "\(id)"] = why }
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
}

extension ModelFolder {
    /// The token that ends what a sequence-to-sequence model writes.
    func sequenceEnd(_ tokenizer: Tokenizer) throws(HoneError) -> Int32 {
        guard let id = endTokens.first ?? tokenizer.specialTokens.eos?.id else { throw .noEndToken(folder: url.path) }
        return id
    }
}
