// Tested by LanguageRunTests.swift.
internal import Foundation
internal import HoneData
internal import HoneEvaluation
internal import HoneGeneration
internal import HoneLayers
internal import HoneModels
internal import HoneText
internal import HoneTraining

/// Measures a language model, causal or masked: losses of tokens, and answers where there is something to answer.
///
/// Lives on the torch thread.
struct LanguageMeasures {
    let model: any LanguageModel
    let measuring: Measuring
    /// How conversations are written; nil where nothing is answered.
    var chat: ChatSetup?
    /// Whether prompts go through the chat template.
    var promptsAreChats = false
    /// Which tokens of masked models are hidden; the same in every evaluation.
    var masking: MaskedLanguageModelling?

    /// Losses of the rows' target tokens.
    func tokens(_ rows: [EncodedRow]) throws -> TokenMeasures {
        let rows = masking.map { masking in rows.enumerated().map { masking.masked($1, index: $0, epoch: .max) } } ?? rows
        return try TokenMeasures(rows, measuring) { tensors, context in
            guard let targets = tensors.targets else { throw HoneError.noTokenTargets }
            let states = try model.outputStates(tensors.input, context, keeping: targets.rows)
            return try model.vocabularyHead.rowMeasures(states, targets.ids)
        }
    }

    /// Answers of some examples.
    struct Answers {
        var measures: AnswerMeasures
        /// Examples whose prompt leaves no room for an answer.
        var tooLong = 0
    }

    /// Answers the last turn of the first examples that rows were made of; nil where nothing is to be answered.
    func answers(_ rows: [EncodedRow], _ examples: [TaskExample]) throws -> Answers? {
        guard let chat else { return nil }
        var answers = Answers(measures: AnswerMeasures(questions: [], answers: [], references: []))
        var asked: [(question: AnswerableExample, prompt: [Int32])] = []
        for source in rows.sources where asked.count + answers.tooLong < measuring.evaluation.generatedRows {
            guard let question = AnswerableExample(examples[source]) else { continue }
            let prompt = try question.prompt(chat, promptsAreChats: promptsAreChats)
            if prompt.count < model.sizes.maximumPositions { asked.append((question, prompt)) } else { answers.tooLong += 1 }
        }
        guard !asked.isEmpty || answers.tooLong > 0 else { return nil }
        var settings = SamplingSettings()
        (settings.temperature, settings.maximumTokens) = (0, measuring.evaluation.maximumNewTokens)
        settings.stopIDs = chat.tokens.stops.sorted()
        let generator = try Generator(LanguageScorer(model, compute: measuring.compute), settings: settings, decoder: chat.decoder)
        var texts: [String] = []
        for start in stride(from: 0, to: asked.count, by: 8) {
            texts += try generator.generate(asked[start..<min(start + 8, asked.count)].map(\.prompt)).map(\.text)
        }
        answers.measures = AnswerMeasures(
            questions: asked.map(\.question.question), answers: texts.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) },
            references: asked.map { [$0.question.answer] })
        return answers
    }

    /// Everything that is measured on rows, and on the examples that they were made of.
    func result(_ rows: [EncodedRow], _ examples: [TaskExample]) throws -> EvaluationResult {
        let answers = try answers(rows, examples)
        let sums = try tokens(rows).sums() + (answers?.measures.sums() ?? [])
        let tooLong = answers?.tooLong ?? 0
        return try EvaluationResult(
            rows: rows.count, answered: answers?.measures.answers.count, sums, measuring,
            mistakes: answers?.measures.mistakes() ?? [],
            notes: tooLong > 0 ? ["Prompts that leave no room for an answer and were not answered: \(tooLong)."] : [])
    }
}

extension [EncodedRow] {
    /// The examples that the rows were made of, each once, in their order.
    var sources: [Int] { reduce(into: []) { if $0.last != $1.source { $0.append($1.source) } } }
}

extension BatchTensors {
    var input: ModelInput { ModelInput(ids: ids, typeIDs: typeIDs, positions: positions) }
}

/// An example with an answer to find.
struct AnswerableExample {
    private enum Question {
        case messages([Message], tools: [RawJSON]?)
        case text(String)
    }

    private let asked: Question
    /// The question in a few words, for a person.
    let question: String
    /// The answer of the data.
    let answer: String

    /// nil where the example ends without an answer.
    init?(_ example: TaskExample) {
        switch example {
        case .conversation(let conversation, _):
            guard let last = conversation.messages.lastIndex(where: { $0.isAssistant && $0.content != nil }), last > 0,
                let content = conversation.messages[last].content
            else { return nil }
            let before = Array(conversation.messages[..<last])
            asked = .messages(before, tools: conversation.tools)
            (question, answer) = (before.last?.content ?? "", content)
        case .promptCompletion(let prompt, let completion, _):
            (asked, question, answer) = (.text(prompt), prompt, completion)
        case .text, .pair, .tagged, .preference, .question: return nil
        }
    }

    /// The tokens of the question, up to where the answer begins.
    func prompt(_ chat: ChatSetup, promptsAreChats: Bool) throws -> [Int32] {
        switch asked {
        case .messages(let messages, let tools): try chat.prompt(messages, tools: tools)
        case .text(let text): promptsAreChats ? try chat.prompt([Message(role: "user", content: text)]) : chat.prompt(text)
        }
    }
}

extension MaskedLanguageModelling {
    /// The usual masking, with the tokenizer's own mask token.
    init(_ tokenizer: Tokenizer, folder: String, seed: UInt64) throws {
        guard let mask = tokenizer.maskToken else { throw HoneError.noMaskToken(folder: folder) }
        let frame = tokenizer.encode("", pair: nil).ids + tokenizer.encode("a", pair: "a").ids.filter { tokenizer.decode([$0]).isEmpty }
        let special = tokenizer.specialTokens
        let named = [special.bos, special.eos, special.pad, special.unk].compactMap { $0?.id } + special.additional.map(\.id)
        self.init(maskID: mask.id, specialIDs: Set(frame + named), vocabularySize: tokenizer.vocabularySize, seed: seed)
    }
}

extension Tokenizer {
    /// The spellings of the token that hides others.
    static let maskSpellings = ["[MASK]", "<mask>"]

    /// The token that hides others; nil where there is none.
    var maskToken: SpecialTokens.Token? {
        Self.maskSpellings.lazy.compactMap { text in self.id(of: text).map { SpecialTokens.Token(text: text, id: $0) } }.first
    }
}
