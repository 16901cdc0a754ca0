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

    /// Encodes every split as the task says and refuses what must not be trained on.
    ///
    /// - Parameter maximum: the most tokens of a row.
    init(_ recipe: Recipe, _ folder: ModelFolder, _ tokenizer: Tokenizer, maximum: Int) throws {
        examples = try ExampleSet(recipe)
        var encoding = ExampleEncoding(recipe: recipe, tokenizer: tokenizer, maximum: maximum)
        switch recipe.task.kind {
        case .instruction, .text:
            let chat = try ChatSetup(folder, tokenizer, template: recipe.task.template)
            promptsAreChats = recipe.task.promptsAreChats ?? (chat.hasOwnTemplate || recipe.task.template != nil)
            guard recipe.task.kind == .text || !chat.tokens.stops.isEmpty else { throw HoneError.noEndToken(folder: folder.url.path) }
            (encoding.chat, encoding.promptsAreChats) = (chat, promptsAreChats)
            if recipe.task.kind == .instruction { note(chat) }
        case .sequenceToSequence: encoding.endID = try folder.sequenceEnd(tokenizer)
        case .tagging:
            let tags = try recipe.task.labels.map { try LabelSet($0) } ?? TaggedEncoder.tags(of: examples[.train])
            (examples.tags, encoding.tags) = (tags, tags)
        case .maskedText, .questionAnswering: break
        case .classification, .multiLabel, .regression: preconditionFailure("rows of one target are no examples")
        }
        for split in SplitName.allCases where !examples[split].isEmpty {
            let encoded = try encoding.encode(examples[split], split)
            if recipe.task.kind == .instruction { try encoded.certificate?.check() }
            rows[split] = encoded.rows
            examples.facts.lengths[split] = encoded.lengths
            examples.facts.certificates[split] = encoded.certificate
            examples.facts.warnings += encoded.notes
            examples.facts.windows[split] = encoded.questions?.report
            // Training needs no way back from tokens to characters.
            if split != .train { examples.windows[split] = encoded.questions?.windows }
        }
    }

    private mutating func note(_ chat: ChatSetup) {
        examples.facts.template = chat.hasOwnTemplate ? "the model's folder" : chat.template.name
        if chat.writesDate {
            examples.facts.warnings.append(
                "The chat template writes the date. Training reads 26 July 2024 whatever the day is, so that it can be repeated.")
        }
        for (id, why) in chat.stops { examples.facts.stops[chat.tokenizer.token(of: id) ?? "\(id)"] = why }
    }
}

extension ModelFolder {
    /// The token that ends what a sequence-to-sequence model writes.
    func sequenceEnd(_ tokenizer: Tokenizer) throws(HoneError) -> Int32 {
        guard let id = endTokens.first ?? tokenizer.specialTokens.eos?.id else { throw .noEndToken(folder: url.path) }
        return id
    }
}
