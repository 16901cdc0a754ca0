// Tested by LanguageRunTests.swift.
internal import Foundation
internal import HoneData
internal import HoneEvaluation
internal import HoneGeneration
internal import HoneLayers
internal import HoneModels
internal import HoneObjectives
internal import HoneTensors
internal import HoneText
internal import HoneTraining

/// Learns tokens of a text: answers of conversations, running text, hidden tokens.
final class LanguageWork: TaskWork {
    private let plan: Plan
    private let examples: ExampleSet
    private let folder: ModelFolder
    private let language: any LanguageModel
    private let chat: ChatSetup
    private let masking: MaskedLanguageModelling?
    let load: LoadReport
    private var samples: [WrittenSample] = []

    init(_ plan: Plan, _ examples: ExampleSet, _ folder: ModelFolder) throws {
        (self.plan, self.examples, self.folder) = (plan, examples, folder)
        let recipe = plan.recipe
        if recipe.model.weights == .random {
            language = try folder.randomLanguageModel(seed: recipe.training.seed)
            load = LoadReport()
        } else {
            (language, load) = try folder.languageModel(seed: recipe.training.seed)
        }
        let tokenizer = try Tokenizer(folder: folder.url)
        chat = try ChatSetup(folder, tokenizer, template: recipe.task.template, day: recipe.task.date)
        masking = recipe.task.kind == .maskedText ? try .init(recipe, tokenizer, folder) : nil
    }

    var model: any TextModel { language }

    func trainingTask() throws -> TrainingTask {
        let (language, smoothing) = (language, plan.recipe.training.labelSmoothing)
        let masking = masking
        return .tokens(row: masking.map { masking in { masking.masked($0, index: $1, epoch: $2) } }) { tensors, _, context in
            guard let targets = tensors.targets else { throw HoneError.noTokenTargets }
            let states = try language.outputStates(tensors.input, context, keeping: targets.rows)
            let terms = try language.vocabularyHead.crossEntropy(states, targets.ids, smoothing: smoothing)
            return LossTerms(sum: terms.sum, weight: Double(targets.count), correct: terms.correct)
        }
    }

    func validate() throws -> [String: Double] {
        var metrics = try tokens(plan.validation).metrics
        if plan.recipe.evaluation.samples > 0 { samples = try writeSamples(plan.recipe.evaluation) }
        guard plan.recipe.evaluation.generatesInTraining, plan.recipe.task.kind.writes else { return metrics }
        for metric in try answers(.validation)?.scores.measured(bootstrap(resamples: 100)) ?? [] { metrics[metric.name] = metric.value }
        return metrics
    }

    func takeSamples() -> [WrittenSample] {
        defer { samples = [] }
        return samples
    }

    /// Texts drawn at a temperature of 0.8, by the recipe's seed: the same draws at each evaluation.
    private func writeSamples(_ spec: Recipe.EvaluationSpec) throws -> [WrittenSample] {
        let prompt = spec.samplePrompt ?? ""
        var start = chat.prompt(prompt)
        if start.isEmpty, let end = chat.tokens.end { start = [end] }
        guard !start.isEmpty else { throw HoneError.noSampleStart(folder: folder.url.path) }
        var settings = SamplingSettings()
        (settings.temperature, settings.maximumTokens, settings.samples) = (0.8, spec.maximumNewTokens, spec.samples)
        (settings.stopIDs, settings.seed) = (chat.tokens.stops.sorted(), plan.recipe.training.seed)
        let generator = try Generator(
            LanguageScorer(language, compute: plan.facts.precision.dtype), settings: settings, decoder: chat.decoder)
        return try generator.generate([start]).map { WrittenSample(prompt: prompt, text: $0.text) }
    }

    func evaluateTest() throws -> EvaluationResult? {
        guard !plan.test.isEmpty else { return nil }
        var metrics = try tokens(plan.test).measured(bootstrap())
        let answers = plan.recipe.task.kind.writes ? try answers(.test) : nil
        if let answers { metrics = try answers.scores.measured(bootstrap()) + metrics }
        return EvaluationResult(
            rows: plan.test.count, answered: answers?.prompts.count, confidence: plan.recipe.evaluation.confidence, metrics: metrics,
            mistakes: answers.map { $0.scores.mistakes($0.prompts) } ?? [])
    }

    private func bootstrap(resamples: Int? = nil) -> Bootstrap {
        var bootstrap = Bootstrap()
        bootstrap.confidence = plan.recipe.evaluation.confidence
        (bootstrap.resamples, bootstrap.seed) = (resamples ?? plan.recipe.evaluation.resamples, plan.recipe.training.seed)
        return bootstrap
    }

    /// Hidden places of held-out rows are the same in every evaluation.
    private func tokens(_ rows: [EncodedRow]) throws -> TokenMeasures {
        let rows = masking.map { masking in rows.enumerated().map { masking.masked($1, index: $0, epoch: .max) } } ?? rows
        return try TokenMeasures(rows, plan: plan) { tensors, context in
            guard let targets = tensors.targets else { throw HoneError.noTokenTargets }
            let states = try language.outputStates(tensors.input, context, keeping: targets.rows)
            return try language.vocabularyHead.rowMeasures(states, targets.ids)
        }
    }

    /// Answers the last turn of the first examples of a split; nil where nothing is to be answered.
    private func answers(_ split: SplitName) throws -> (prompts: [String], scores: AnswerMeasures)? {
        let questions = examples[split].prefix(plan.recipe.evaluation.generatedRows).compactMap { AnswerableExample($0) }
        guard !questions.isEmpty else { return nil }
        let promptsAreChats = plan.promptsAreChats
        let prompts = try questions.map { try $0.prompt(chat, promptsAreChats: promptsAreChats) }
        var settings = SamplingSettings()
        (settings.temperature, settings.maximumTokens) = (0, plan.recipe.evaluation.maximumNewTokens)
        settings.stopIDs = chat.tokens.stops.sorted()
        let generator = try Generator(
            LanguageScorer(language, compute: plan.facts.precision.dtype), settings: settings, decoder: chat.decoder)
        var answers: [String] = []
        for start in stride(from: 0, to: prompts.count, by: 8) {
            answers += try generator.generate(Array(prompts[start..<min(start + 8, prompts.count)])).map(\.text)
        }
        let scores = AnswerMeasures(
            answers: answers.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }, references: questions.map { [$0.answer] })
        return (questions.map(\.question), scores)
    }

    // MARK: The deliverable

    func writeWeights(to url: URL) throws {
        let dtype = plan.recipe.model.weights == .random ? DType.float32 : try folder.storedType()
        try folder.write(
            language, language.isCausal ? .causalLanguageModelling : .maskedLanguageModelling, dtype: dtype, to: url)
    }

    func finishModel(_ url: URL, facts: ArtifactFacts) throws {
        try facts.write(to: url)
        guard language.isCausal else { return }
        try chat.write(to: url, isUsed: plan.recipe.task.kind == .instruction)
        let loaded = try LoadedWriter(url, base: nil, compute: .float32, isChecked: false)
        let prompts = Array(plan.train.prefix(Probe.rowCount)).map { Array($0.ids.prefix(48)) }
        try Probe(rows: prompts.map { try loaded.probe($0) }).write(to: url)
    }
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
    init(_ recipe: Recipe, _ tokenizer: Tokenizer, _ folder: ModelFolder) throws {
        guard let mask = ["[MASK]", "<mask>"].compactMap({ tokenizer.id(of: $0) }).first else {
            throw HoneError.noMaskToken(folder: folder.url.path)
        }
        let frame = tokenizer.encode("", pair: nil).ids + tokenizer.encode("a", pair: "a").ids.filter { tokenizer.decode([$0]).isEmpty }
        let special = tokenizer.specialTokens
        let named = [special.bos, special.eos, special.pad, special.unk].compactMap { $0?.id } + special.additional.map(\.id)
        self.init(
            maskID: mask, specialIDs: Set(frame + named), vocabularySize: tokenizer.vocabularySize, seed: recipe.training.seed)
    }
}
