// Tested by LanguageRunTests.swift.
public import Foundation
internal import HoneAdapters
public import HoneData
public import HoneGeneration
internal import HoneLayers
internal import HoneModels
internal import HoneTensors
internal import HoneText

/// One message of a conversation with a ``Writer``.
public struct ChatMessage: Sendable, Equatable, Codable {
    /// Who says it: `system`, `user` or `assistant`.
    public var role: String
    /// What is said.
    public var content: String

    /// Makes a message.
    public init(role: String, content: String) { (self.role, self.content) = (role, content) }
}

/// What a ``Writer`` wrote.
public struct WrittenAnswer: Sendable, Equatable, Codable {
    /// The text, without what ended it.
    public var text: String
    /// How many tokens were read before.
    public var promptTokens: Int
    /// How many tokens were written, the one that ended it included.
    public var tokens: Int
    /// Why it ended.
    public var finish: HoneGeneration.FinishReason
    /// From the first token read to the last one written.
    public var seconds: Double
    /// Log-probabilities of the tokens, where they were asked for.
    public var logprobs: [TokenLogprob]
}

/// A model that writes: conversations, continuations, or answers to texts.
///
/// ```swift
/// let writer = try await Writer(run.folder.model)
/// let answer = try await writer.chat([ChatMessage(role: "user", content: "Tell me a story.")]) { print($0, terminator: "") }
/// ```
/// An actor on a thread of its own: values in, values out. Loads what Hone wrote, and any Hugging Face folder of a family it knows.
public actor Writer {
    private let thread = TorchThread()
    /// The thread that all tensor work of this writer runs on.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    private var writer: LoadedWriter?
    private var setup: ChatSetup?
    /// The model folder that was loaded.
    public let url: URL

    /// Loads a model folder and checks its probe, if it has one.
    ///
    /// - Parameters:
    ///   - url: the run's `model` folder, a copy of it, or a Hugging Face folder.
    ///   - base: where the base model of an adapter is now; nil for where it was.
    ///   - template: a file with a chat template, or the name of a built-in one; nil for the folder's own.
    ///   - precision: the type in which products run.
    ///   - threads: CPU threads; nil for all.
    /// - Throws: ``HoneError``, `ModelError`, `WeightError`, `AdapterError`, `TokenizerError` or `TemplateError` naming what does not fit.
    public init(
        _ url: URL, base: URL? = nil, template: String? = nil, precision: Recipe.Precision = .auto, threads: Int? = nil
    ) async throws {
        self.url = url
        try load(base, template, precision, threads)
    }

    private func load(_ base: URL?, _ template: String?, _ precision: Recipe.Precision, _ threads: Int?) throws {
        Library.threads = threads ?? Host.cores
        let compute = try PrecisionChoice.resolve(precision, device: .cpu).dtype
        let isOurs = FileManager.default.fileExists(atPath: url.appending(path: ArtifactFacts.file).path)
        let facts = isOurs ? nil : try ArtifactFacts(foreign: url)
        let loaded = try LoadedWriter(url, base: base, compute: compute, isChecked: isOurs, facts: facts)
        // Template and stop tokens lie beside the tokenizer: in the artifact, not in an adapter's base.
        setup = try ChatSetup(
            ModelFolder.reading(url, orElse: loaded.loaded.folder), loaded.loaded.tokenizer, template: template)
        writer = loaded
    }

    deinit { thread.close() }

    private var parts: (writer: LoadedWriter, setup: ChatSetup) {
        get throws {
            guard let writer, let setup else { throw HoneError.notAModel(folder: url.path) }
            return (writer, setup)
        }
    }

    /// What the folder says about itself.
    public var facts: ArtifactFacts { get throws { try parts.writer.loaded.facts } }

    /// The largest difference between the recorded and the found probe logits; nil if the folder has no probe.
    public var probeDrift: Double? { get throws { try parts.writer.drift } }

    /// Whether an adapter is loaded that can be switched off.
    public var hasAdapter: Bool { get throws { try parts.writer.loaded.hasAdapter } }

    /// Switches the adapter on or off: with it off, the base model writes.
    public func setAdapter(_ isOn: Bool) throws { try parts.writer.loaded.setAdapter(isOn) }

    /// How the folder wants to be sampled, with every token that ends an answer.
    public var sampling: SamplingSettings { get throws { try parts.setup.sampling } }

    /// Whether the template is the folder's own; otherwise it is one of Hone's.
    public var hasOwnTemplate: Bool { get throws { try parts.setup.hasOwnTemplate } }

    /// Answers a conversation.
    ///
    /// - Parameters:
    ///   - settings: how tokens are chosen; nil for the folder's wish.
    ///   - onText: hears the answer in pieces, on the writer's thread; returns whether to go on.
    public func chat(
        _ messages: [ChatMessage], settings: SamplingSettings? = nil, onText: @Sendable (String) -> Bool = { _ in true }
    ) throws -> WrittenAnswer {
        let prompt = try parts.setup.prompt(messages.map { Message(role: $0.role, content: $0.content) })
        return try write([prompt], settings, onText)[0]
    }

    /// Continues texts: several are written side by side.
    public func complete(
        _ texts: [String], settings: SamplingSettings? = nil, onText: @Sendable (String) -> Bool = { _ in true }
    ) throws -> [WrittenAnswer] {
        let setup = try parts.setup
        return try write(texts.map { setup.prompt($0) }, settings, onText)
    }

    /// Answers the examples of a file: the last turn of conversations, completions of prompts, targets of sources.
    ///
    /// - Parameter onAnswer: hears each answer as it is done; returns whether to go on.
    public func answer(
        file: URL, data: Recipe.DataSpec, promptsAreChats: Bool? = nil, settings: SamplingSettings? = nil, beams: Int = 1,
        onAnswer: @Sendable (FileAnswer) -> Bool = { _ in true }
    ) throws -> [FileAnswer] {
        let (writer, setup) = try parts
        let reader = ExampleReader(format: data.format, columns: data.columnsOfExamples, options: data.exampleOptions)
        let examples = try reader.read(file).examples
        var answers: [FileAnswer] = []
        for start in stride(from: 0, to: examples.count, by: 8) {
            let group = try examples[start..<min(start + 8, examples.count)].map {
                try FileQuestion(
                    $0, writer.loaded, setup, prefix: writer.loaded.facts.prefix ?? data.prefix ?? "",
                    promptsAreChats: promptsAreChats ?? setup.hasOwnTemplate)
            }
            let written: [String]
            if case .sequence(let model) = writer.loaded.model {
                let tokens = (settings ?? SamplingSettings()).maximumTokens
                written = try SequenceWriter(
                    model, tokenizer: writer.loaded.tokenizer, endID: writer.loaded.folder.sequenceEnd(writer.loaded.tokenizer),
                    compute: writer.compute, beams: beams, maximumTokens: tokens
                ).write(group.map(\.prompt))
            } else {
                written = try write(group.map(\.prompt), settings) { _ in true }.map(\.text)
            }
            for (question, text) in zip(group, written) {
                let answer = FileAnswer(
                    place: question.place, question: question.text, answer: text.trimmingCharacters(in: .whitespacesAndNewlines),
                    expected: question.expected)
                answers.append(answer)
                if !onAnswer(answer) { return answers }
            }
        }
        return answers
    }

    /// Scores answers against what was expected: exact match and token F1, BLEU, chrF, ROUGE, with intervals.
    public nonisolated func score(_ answers: [FileAnswer], settings: Recipe.EvaluationSpec = .init(), seed: UInt64 = 17) throws
        -> EvaluationResult
    {
        try EvaluationResult(answers, settings: settings, seed: seed)
    }

    private func write(
        _ prompts: [[Int32]], _ settings: SamplingSettings?, _ onText: @Sendable (String) -> Bool
    ) throws -> [WrittenAnswer] {
        let (writer, setup) = try parts
        var settings = try settings ?? sampling
        settings.stopIDs = Array(Set(settings.stopIDs + setup.tokens.stops)).sorted()
        let scorer: any TokenScorer
        var starts: [[Int32]]?
        switch writer.loaded.model {
        case .language(let model): scorer = LanguageScorer(model, compute: writer.compute)
        case .sequence(let model):
            scorer = SequenceScorer(model, compute: writer.compute)
            starts = prompts.map { _ in [model.decoderStart] }
        }
        let clock = ContinuousClock(), begin = clock.now
        let found = try Generator(scorer, settings: settings, decoder: setup.decoder).generate(prompts, starts: starts) { event in
            event.text.isEmpty || onText(event.text) ? .next : .endAll
        }
        let seconds = begin.duration(to: clock.now) / .seconds(1)
        return found.map {
            WrittenAnswer(
                text: $0.text, promptTokens: prompts[$0.prompt].count, tokens: $0.tokens.count, finish: $0.finish, seconds: seconds,
                logprobs: $0.logprobs)
        }
    }
}

/// The answer to one example of a file.
public struct FileAnswer: Sendable, Equatable, Codable {
    /// Where the example stands.
    public var place: RowPlace
    /// What was asked, in a few words.
    public var question: String
    /// What the model wrote.
    public var answer: String
    /// What the file says; empty where it says nothing.
    public var expected: [String]
}

/// One example of a file as tokens.
private struct FileQuestion {
    let place: RowPlace
    let text: String
    let prompt: [Int32]
    let expected: [String]

    init(
        _ example: TaskExample, _ loaded: LoadedFolder<LoadedWriter.Kind>, _ setup: ChatSetup, prefix: String, promptsAreChats: Bool
    ) throws {
        place = example.place
        if case .sequence = loaded.model {
            let (source, targets): (String, [String]) =
                switch example {
                case .pair(let pair, _): (pair.source, pair.references.isEmpty ? [pair.target] : pair.references)
                case .promptCompletion(let prompt, let completion, _): (prompt, [completion])
                case .text(let text, _): (text, [])
                case .conversation, .tagged, .preference, .question: throw MaskError.wrongKind(at: example.place, expected: "a source")
                }
            (text, expected) = (source, targets.filter { !$0.isEmpty })
            prompt = loaded.tokenizer.encodeIDs(prefix + source, pair: nil)
            return
        }
        if let question = AnswerableExample(example) {
            (text, expected) = (question.question, [question.answer])
            prompt = try question.prompt(setup, promptsAreChats: promptsAreChats)
        } else if case .text(let content, _) = example {
            (text, expected) = (content, [])
            prompt = promptsAreChats ? try setup.prompt([Message(role: "user", content: content)]) : setup.prompt(content)
        } else if case .conversation(let conversation, _) = example {
            (text, expected) = (conversation.messages.last?.content ?? "", [])
            prompt = try setup.prompt(conversation.messages, tools: conversation.tools)
        } else {
            throw MaskError.wrongKind(at: example.place, expected: "a conversation, a prompt or a text")
        }
    }
}

extension EvaluationResult {
    /// Scores answers that have something to be compared with.
    init(_ answers: [FileAnswer], settings: Recipe.EvaluationSpec, seed: UInt64) throws {
        let known = answers.filter { !$0.expected.isEmpty }
        let scores = AnswerMeasures(answers: known.map(\.answer), references: known.map(\.expected))
        var bootstrap = Bootstrap()
        (bootstrap.confidence, bootstrap.resamples, bootstrap.seed) = (settings.confidence, settings.resamples, seed)
        self.init(
            rows: known.count, answered: known.count, confidence: settings.confidence, metrics: try scores.measured(bootstrap),
            mistakes: scores.mistakes(known.map(\.question)))
    }
}

extension ArtifactFacts {
    /// What a Hugging Face folder is taken for: what its family writes.
    init(foreign url: URL) throws {
        let folder = try ModelFolder(url)
        let writes = folder.tasks.contains(.sequenceToSequence)
        guard writes || folder.tasks.contains(.causalLanguageModelling) else {
            throw ModelError.noTask(.causalLanguageModelling, family: folder.modelType, supported: folder.tasks, file: url.path)
        }
        self.init(
            task: writes ? .sequenceToSequence : .instruction, labels: [], method: "full", maximumTokens: .max, basePath: "", baseHash: "",
            padID: 0)
    }
}

extension ModelFolder {
    /// The folder, if it has a configuration of its own; an adapter's folder has not, and the base speaks for it.
    static func reading(_ url: URL, orElse base: ModelFolder) throws -> ModelFolder {
        guard FileManager.default.fileExists(atPath: url.appending(path: "config.json").path) else { return base.beside(url) }
        return try ModelFolder(url)
    }
}
