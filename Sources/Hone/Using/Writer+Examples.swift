// Tested by WriterTests.swift.
internal import Foundation
public import HoneData
public import HoneGeneration
internal import HoneModels
internal import HoneTensors
internal import HoneText

extension Writer {
    /// Prepares texts to be answered: messages of a conversation, beginnings to go on with, or sources, as the model is made for.
    ///
    /// - Parameter promptsAreChats: whether a text goes through the chat template; nil for as in training, or where a foreign folder has
    ///   one.
    /// - Throws: `TemplateError` where the template refuses a text.
    public func questions(_ texts: [String], promptsAreChats: Bool? = nil) throws -> [WriterQuestion] {
        try questions(
            texts.enumerated().map { .text($1, RowPlace(file: "input", line: $0 + 1)) }, promptsAreChats: promptsAreChats)
    }

    /// Prepares examples to be answered: the last turn of conversations, completions of prompts, targets of sources.
    ///
    /// - Parameter promptsAreChats: as for texts.
    /// - Throws: `MaskError.wrongKind` for examples that cannot be answered; `TemplateError` where the template refuses one.
    public func questions(_ examples: [TaskExample], promptsAreChats: Bool? = nil) throws -> [WriterQuestion] {
        let chats = try promptsAreChats ?? self.promptsAreChats
        return try examples.map { try question($0, promptsAreChats: chats) }
    }

    /// Whether single prompts go through the chat template unless asked otherwise.
    var promptsAreChats: Bool {
        get throws { try artifact.facts.task != .text && (artifact.facts.promptsAreChats ?? parts.setup.hasOwnTemplate) }
    }

    private func question(_ example: TaskExample, promptsAreChats: Bool) throws -> WriterQuestion {
        let (writer, setup) = try parts
        func made(_ text: String, _ expected: [String], _ prompt: [Int32]) -> WriterQuestion {
            WriterQuestion(place: example.place, text: text, expected: expected.filter { !$0.isEmpty }, prompt: prompt)
        }
        if case .sequence = writer.loaded.model {
            if case .text(let source, _) = example { return made(source, [], try tokens(of: source)) }
            let pair = try SequencePair(example)
            return made(pair.source, pair.references, try tokens(of: pair.source))
        }
        if let known = AnswerableExample(example) {
            return made(known.question, [known.answer], try known.prompt(setup, promptsAreChats: promptsAreChats))
        }
        switch example {
        case .text(let text, _):
            let prompt = promptsAreChats ? try setup.prompt([Message(role: "user", content: text)]) : setup.prompt(text)
            return made(text, [], prompt)
        case .conversation(let conversation, _):
            let prompt = try setup.prompt(conversation.messages, tools: conversation.tools)
            return made(conversation.messages.last?.content ?? "", [], prompt)
        case .promptCompletion, .pair, .tagged, .preference, .question:
            throw MaskError.wrongKind(at: example.place, expected: "a conversation, a prompt or a text")
        }
    }

    /// The questions that leave no room for an answer, by their places.
    public func tooLong(_ questions: [WriterQuestion]) throws -> [Int] {
        guard let limit = try contextLength else { return [] }
        return questions.indices.filter { questions[$0].promptTokens >= limit }
    }

    /// Answers questions, eight side by side.
    ///
    /// - Parameters:
    ///   - settings: how tokens are chosen; nil for the folder's wish.
    ///   - beams: how many beams are followed (sequence to sequence); nil for the folder's wish, unless `settings` are given.
    /// - Throws: `GenerationError.promptTooLong` for a question that leaves no room; ``tooLong(_:)`` finds those before.
    public func answer(_ questions: [WriterQuestion], settings: SamplingSettings? = nil, beams: Int? = nil) throws -> [FileAnswer] {
        let (writer, setup) = try parts
        guard case .sequence(let model) = writer.loaded.model else {
            var answers: [FileAnswer] = []
            for start in stride(from: 0, to: questions.count, by: 8) {
                let group = Array(questions[start..<min(start + 8, questions.count)])
                let written = try write(group.map(\.prompt), settings) { _, _ in true }
                answers += zip(group, written).map { FileAnswer($0, $1.text, tokens: $1.tokens, finish: $1.finish, $1.logprobs) }
            }
            return answers
        }
        let sequences = try SequenceWriter(
            model, tokenizer: writer.loaded.tokenizer, endID: writer.loaded.folder.sequenceEnd(writer.loaded.tokenizer),
            compute: writer.compute)
        let prompts = questions.map(\.prompt)
        let written: [SequenceWriter.Answer]
        if let beams {
            written = try sequences.write(prompts, beams: beams, maximumTokens: (try settings ?? sampling).maximumTokens)
        } else if settings == nil, let wish = setup.defaults?.beams {
            written = try sequences.write(prompts, wish)
        } else {
            written = try sequences.write(prompts, settings ?? sampling)
        }
        return zip(questions, written).map { FileAnswer($0, $1.text, tokens: $1.tokens, finish: $1.finish, $1.logprobs) }
    }

    /// Measures the model: losses of target tokens, and answers scored against those of the rows.
    ///
    /// - Throws: ``HoneError/noTest(run:)`` if a run has no test rows, ``HoneError/dataChanged(path:run:)`` if they cannot be found again;
    ///   `DataError` and `MaskError` for rows that do not fit the task.
    public func evaluate(_ rows: EvaluationRows) throws -> EvaluationResult {
        let writer = try parts.writer
        var setup = try parts.setup
        // Rows are read as in training, whatever the day is.
        if let day = rows.recipe.task.date.flatMap({ TemplateDate(day: $0) }) { setup.date = day }
        let loaded = writer.loaded
        let measuring = Measuring(
            compute: writer.compute, device: .cpu, padID: loaded.facts.padID, evaluation: rows.recipe.evaluation,
            seed: rows.recipe.training.seed)
        var recipe = rows.recipe
        let examples = try rows.examples()
        let maximum = recipe.maximumTokens(positions: loaded.text.sizes.maximumPositions)
        switch loaded.model {
        case .language(let model):
            // Rows with answers are measured by these, whatever the model was made for.
            if recipe.task.kind == .text, examples.contains(where: { if case .text = $0 { false } else { true } }) {
                recipe.task.kind = .instruction
            }
            guard recipe.task.kind == .instruction || recipe.task.kind == .text else {
                throw HoneError.wrongTask(found: "a causal model", needed: recipe.task.kind.rawValue, what: "Measuring these rows")
            }
            let chats = recipe.task.promptsAreChats ?? artifact.facts.promptsAreChats ?? setup.hasOwnTemplate
            let encoding = ExampleEncoding(
                recipe: recipe, tokenizer: loaded.tokenizer, maximum: maximum, chat: setup, promptsAreChats: chats)
            let encoded = try encoding.encode(examples, .test)
            let measures = LanguageMeasures(
                model: model, measuring: measuring, chat: recipe.task.kind.writes ? setup : nil, promptsAreChats: chats)
            return try measures.result(encoded.rows, examples).noting(encoded, rows)
        case .sequence(let model):
            guard recipe.task.kind == .sequenceToSequence else {
                throw HoneError.wrongTask(
                    found: "a sequence-to-sequence model", needed: recipe.task.kind.rawValue, what: "Measuring these rows")
            }
            recipe.data.prefix = recipe.data.prefix ?? artifact.facts.prefix
            let end = try loaded.folder.sequenceEnd(loaded.tokenizer)
            let encoded = try ExampleEncoding(recipe: recipe, tokenizer: loaded.tokenizer, maximum: maximum, endID: end)
                .encode(examples, .test)
            let measures = SequenceMeasures(model: model, tokenizer: loaded.tokenizer, endID: end, measuring: measuring)
            return try measures.result(encoded.rows, examples).noting(encoded, rows)
        }
    }

    /// Scores answers against what was expected: exact match and token F1, BLEU, chrF, ROUGE, with intervals.
    ///
    /// - Throws: `EvaluationError.empty` if nothing was expected of any.
    public nonisolated func score(_ answers: [FileAnswer], settings: Recipe.EvaluationSpec = .init(), seed: UInt64 = 17) throws
        -> EvaluationResult
    {
        let known = answers.filter { !$0.expected.isEmpty }
        let measures = AnswerMeasures(
            questions: known.map(\.question), answers: known.map(\.answer), references: known.map(\.expected))
        let measuring = Measuring(compute: .float32, device: .cpu, padID: 0, evaluation: settings, seed: seed)
        return try EvaluationResult(
            rows: known.count, answered: known.count, measures.sums(), measuring, mistakes: measures.mistakes())
    }
}

extension FileAnswer {
    fileprivate init(
        _ question: WriterQuestion, _ text: String, tokens: Int, finish: HoneGeneration.FinishReason,
        _ logprobs: [TokenLogprob]
    ) {
        self.init(
            place: question.place, question: question.text, answer: text.trimmingCharacters(in: .whitespacesAndNewlines),
            expected: question.expected, promptTokens: question.promptTokens, tokens: tokens, finish: finish, logprobs: logprobs)
    }
}

extension EvaluationResult {
    /// The result with what happened to the rows on the way.
    func noting(_ encoded: EncodedExamples, _ rows: EvaluationRows) throws -> EvaluationResult {
        var result = self
        result.notes += encoded.notes
        result.notes += [encoded.lengths.loss(), try rows.change()].compactMap(\.self)
        return result
    }
}
