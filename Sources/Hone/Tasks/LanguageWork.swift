// Tested by LanguageRunTests.swift.
internal import Foundation
internal import HoneData
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
    private let measures: LanguageMeasures
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
        measures = LanguageMeasures(
            model: language, measuring: plan.measuring, chat: recipe.task.kind.writes ? chat : nil, promptsAreChats: plan.promptsAreChats,
            masking: recipe.task.kind == .maskedText
                ? try .init(tokenizer, folder: folder.url.path, seed: recipe.training.seed) : nil)
    }

    var model: any TextModel { language }

    func trainingTask() throws -> TrainingTask {
        let (language, smoothing) = (language, plan.recipe.training.labelSmoothing)
        let masking = measures.masking
        return .tokens(row: masking.map { masking in { masking.masked($0, index: $1, epoch: $2) } }) { tensors, _, context in
            guard let targets = tensors.targets else { throw HoneError.noTokenTargets }
            let states = try language.outputStates(tensors.input, context, keeping: targets.rows)
            let terms = try language.vocabularyHead.crossEntropy(states, targets.ids, smoothing: smoothing)
            return LossTerms(sum: terms.sum, weight: Double(targets.count), correct: terms.correct)
        }
    }

    func validate() throws -> [String: Double] {
        var sums = try measures.tokens(plan.validation).sums()
        if plan.recipe.evaluation.samples > 0 { samples = try writeSamples(plan.recipe.evaluation) }
        if plan.recipe.evaluation.generatesInTraining {
            sums += try measures.answers(plan.validation, examples[.validation])?.measures.sums() ?? []
        }
        return sums.values
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
        plan.test.isEmpty ? nil : try measures.result(plan.test, examples[.test])
    }

    // MARK: The deliverable

    func writeWeights(to url: URL) throws {
        let dtype = plan.recipe.model.weights == .random ? DType.float32 : try folder.storedType()
        try folder.write(
            language, language.isCausal ? .causalLanguageModelling : .maskedLanguageModelling, dtype: dtype, to: url)
    }

    func finishModel(_ url: URL, facts: ArtifactFacts) throws {
        var facts = facts
        let prompts = Array(plan.train.prefix(Probe.rowCount)).map { Array($0.ids.prefix(48)) }
        guard language.isCausal else {
            try facts.write(to: url)
            let loaded = try LoadedMasker(Artifact(url), compute: .float32, isChecked: false, isBrief: true)
            return try Probe(rows: prompts.map { try loaded.probe($0) }).write(to: url)
        }
        let isInstruction = plan.recipe.task.kind == .instruction
        // Where only bare prompts were learned from, the template was not, and must not be taken for the model's own.
        let hasConversations = examples[.train].contains { if case .conversation = $0 { true } else { false } }
        if isInstruction { facts.promptsAreChats = plan.promptsAreChats || hasConversations }
        try facts.write(to: url)
        try chat.write(to: url, isUsed: facts.promptsAreChats ?? false)
        let loaded = try LoadedWriter(Artifact(url), compute: .float32, isChecked: false, isBrief: true)
        try Probe(rows: prompts.map { try loaded.probe($0) }).write(to: url)
    }
}
