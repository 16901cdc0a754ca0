// Tested by WriterTests.swift.
public import Foundation
internal import HoneData
public import HoneGeneration
internal import HoneLayers
internal import HoneModels
internal import HoneTensors
internal import HoneText

/// A model that writes: conversations, continuations, or answers to texts.
///
/// ```swift
/// let writer = try await Writer(run.model)
/// var conversation = [ChatMessage(role: "user", content: "Tell me a story.")]
/// let answer = try await writer.chat(conversation) { piece in
///     print(piece, terminator: "")
///     return true                                           // false stops the answer
/// }
/// conversation.append(ChatMessage(role: "assistant", content: answer.text))
/// ```
/// An actor on a thread of its own: values in, values out. What it has read stays in memory: a prompt that begins as the last one does,
/// as in a conversation that goes on, is read from where the two part.
public actor Writer {
    private let thread = TorchThread()
    /// The thread that all tensor work of this writer runs on.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    private var writer: LoadedWriter?
    private var setup: ChatSetup?
    /// What the adapted and the bare model have read.
    private var scorers: [Bool: LanguageScorer] = [:]
    /// Whether the adapter takes part; true without one.
    public private(set) var isAdapterOn = true
    /// What was loaded.
    public nonisolated let artifact: Artifact

    /// Loads a model folder and checks its probe, if it has one.
    ///
    /// - Parameters:
    ///   - url: the run's `model` folder, a copy of it, a Hugging Face folder or an adapter's.
    ///   - base: where the base model of an adapter is now; nil for where it was.
    ///   - template: a file with a chat template, or the name of a built-in one; nil for the folder's own.
    ///   - precision: the type in which products run.
    ///   - threads: CPU threads; nil for all.
    /// - Throws: ``HoneError``, `ModelError`, `WeightError`, `AdapterError`, `TokenizerError` or `TemplateError` naming what does not fit.
    public init(
        _ url: URL, base: URL? = nil, template: String? = nil, precision: Recipe.Precision = .auto, threads: Int? = nil
    ) async throws {
        try await self.init(Artifact(url, base: base), template: template, precision: precision, threads: threads)
    }

    /// Loads a model, as ``init(_:base:template:precision:threads:)`` does.
    public init(
        _ artifact: Artifact, template: String? = nil, precision: Recipe.Precision = .auto, threads: Int? = nil
    ) async throws {
        self.artifact = artifact
        try load(template, precision, threads)
    }

    private func load(_ template: String?, _ precision: Recipe.Precision, _ threads: Int?) throws {
        Library.threads = threads ?? Host.cores
        let compute = try PrecisionChoice.resolve(precision, device: .cpu).dtype
        let loaded = try LoadedWriter(artifact, compute: compute, isChecked: true)
        // Template and stop tokens lie beside the tokenizer: with an adapter, not with its base.
        let setup = try ChatSetup(
            ModelFolder.reading(artifact.companions, orElse: loaded.loaded.folder), loaded.loaded.tokenizer, template: template)
        (self.setup, writer) = (setup, loaded)
    }

    deinit { thread.close() }

    /// The loaded parts.
    var parts: (writer: LoadedWriter, setup: ChatSetup) {
        get throws {
            guard let writer, let setup else { throw HoneError.notAModel(folder: artifact.url.path) }
            return (writer, setup)
        }
    }

    /// The largest difference between the recorded and the found probe logits; nil if the folder has no probe.
    public var probeDrift: Double? { get throws { try parts.writer.drift } }

    /// The family and the number of parameters, an adapter's included.
    public var model: (family: String, parameters: Int) {
        get throws {
            let loaded = try parts.writer.loaded
            let all = loaded.text.namedParameters() + loaded.text.wrapperParameters()
            return (loaded.folder.modelType, all.reduce(0) { $0 + $1.parameter.count })
        }
    }

    /// Whether an adapter is loaded that can be switched off.
    public var hasAdapter: Bool { get throws { try parts.writer.loaded.hasAdapter } }

    /// Switches the adapter on or off: with it off, the base model writes.
    public func setAdapter(_ isOn: Bool) throws {
        try parts.writer.loaded.setAdapter(isOn)
        isAdapterOn = isOn
    }

    /// Tokens as the vocabulary spells them, by their ids.
    public func tokenNames(_ ids: [Int32]) throws -> [Int32: String] {
        let tokenizer = try parts.writer.loaded.tokenizer
        return Dictionary(Set(ids).compactMap { id in tokenizer.token(of: id).map { (id, $0) } }) { $1 }
    }

    /// How the folder wants to be sampled, with every token that ends an answer.
    public var sampling: SamplingSettings { get throws { try parts.setup.sampling } }

    /// How many beams the folder wants to be followed (sequence to sequence); 1 for none.
    public var beams: Int { get throws { try parts.setup.defaults?.beams?.beams ?? 1 } }

    /// Wishes of `generation_config.json` that are not followed, by their keys.
    public var ignoredWishes: [String] {
        get throws {
            let defaults = try parts.setup.defaults
            let (wish, limit) = (defaults?.maximumLength, try contextLength)
            let hasLimit = wish != nil && wish != limit
            return (defaults?.notApplied ?? []) + (hasLimit ? ["max_length"] : [])
        }
    }

    /// The template's name; nil where it is the folder's own.
    public var foreignTemplate: String? { get throws { try parts.setup.hasOwnTemplate ? nil : parts.setup.template.name } }

    /// What the model reads at a time when it is talked to.
    public var input: WriterInput {
        get throws {
            if case .sequence = try parts.writer.loaded.model { return .source }
            return artifact.facts.promptsAreChats == false ? .prompt : .conversation
        }
    }

    /// The most tokens of a prompt and its answer together; nil where there is no such limit.
    public var contextLength: Int? { get throws { try parts.writer.scorer(.float32).maximumLength } }

    // MARK: Writing

    /// Answers a conversation; a model that reads one message at a time (``input``) is given the last one only.
    ///
    /// - Parameters:
    ///   - settings: how tokens are chosen; nil for the folder's wish.
    ///   - onText: hears the answer piece by piece, on the writer's thread, and never a part of a character; a token that completes none
    ///     gives an empty piece. Returns whether to go on.
    /// - Throws: `GenerationError.promptTooLong` for a conversation that leaves no room; ``fitting(_:answer:)`` makes some.
    public func chat(
        _ messages: [ChatMessage], settings: SamplingSettings? = nil, onText: @Sendable (String) -> Bool = { _ in true }
    ) throws -> WrittenAnswer {
        try write([try tokens(of: messages)], settings) { _, text in onText(text) }[0]
    }

    /// Goes on with texts: several are written side by side.
    ///
    /// - Parameter onText: as in ``chat(_:settings:onText:)``, with the number of the text.
    public func complete(
        _ texts: [String], settings: SamplingSettings? = nil, onText: @Sendable (Int, String) -> Bool = { _, _ in true }
    ) throws -> [WrittenAnswer] {
        try write(texts.map { try tokens(of: $0) }, settings, onText)
    }

    /// A conversation as the model would be given it.
    public func prompt(of messages: [ChatMessage]) throws -> WriterPrompt {
        let (writer, setup) = try parts
        let text: String
        switch try input {
        case .conversation: text = try setup.text(messages.map { Message(role: $0.role, content: $0.content) })
        case .prompt: text = messages.last?.content ?? ""
        case .source: text = (artifact.facts.prefix ?? "") + (messages.last?.content ?? "")
        }
        let isSource = try input == .source
        let encoding = setup.tokenizer.encode(text, pair: nil, addSpecialTokens: isSource)
        let ids = isSource ? encoding.ids : setup.prompt(text)
        // A begin token that was put in front has no place in the text.
        let offsets = repeatElement(0..<0, count: ids.count - encoding.ids.count) + encoding.offsets
        return WriterPrompt(text: text, tokens: Self.tokens(ids, Array(offsets), Array(text.unicodeScalars), writer.loaded.tokenizer))
    }

    /// Tokens with the text that made each; one that shares its characters with the token before it goes by its name.
    private static func tokens(
        _ ids: [Int32], _ offsets: [Range<Int>], _ scalars: [Unicode.Scalar], _ tokenizer: Tokenizer
    ) -> [WriterPrompt.Token] {
        var done = 0
        return zip(ids, offsets).map { id, range in
            let isSpecial = tokenizer.decode([id]).isEmpty && !tokenizer.decode([id], skipSpecialTokens: false).isEmpty
            let own = max(done, range.lowerBound)..<max(done, range.upperBound)
            done = own.upperBound
            guard !isSpecial, !own.isEmpty else {
                return WriterPrompt.Token(id: id, text: tokenizer.token(of: id) ?? "", isSpecial: isSpecial)
            }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[own])
            return WriterPrompt.Token(id: id, text: String(view), isSpecial: false)
        }
    }

    /// The conversation without its oldest turns, as many as it takes to leave room for an answer; a system message stays.
    ///
    /// - Parameter answer: the tokens to leave free, and no more than a quarter of the model's.
    /// - Returns: what is left, and how many messages are not. A last message that does not fit by itself stays.
    public func fitting(_ messages: [ChatMessage], answer: Int) throws -> (messages: [ChatMessage], dropped: Int) {
        guard let limit = try contextLength, try input == .conversation else { return (messages, 0) }
        let room = limit - min(answer, limit / 4)
        let first = messages.first?.role == "system" ? 1 : 0
        var kept = messages
        while try tokens(of: kept).count > room {
            // A turn is a user's message with all that follows until the next one.
            guard let next = kept.indices.dropFirst(first + 1).first(where: { kept[$0].role == "user" }) else { break }
            kept.removeSubrange(first..<next)
        }
        return (kept, messages.count - kept.count)
    }

    private func tokens(of messages: [ChatMessage]) throws -> [Int32] {
        switch try input {
        case .conversation: try parts.setup.prompt(messages.map { Message(role: $0.role, content: $0.content) })
        case .prompt, .source: try tokens(of: messages.last?.content ?? "")
        }
    }

    /// The tokens of a text to be continued, or to be read.
    func tokens(of text: String) throws -> [Int32] {
        let (writer, setup) = try parts
        guard case .sequence = writer.loaded.model else { return setup.prompt(text) }
        return writer.loaded.tokenizer.encodeIDs((artifact.facts.prefix ?? "") + text, pair: nil)
    }

    /// Writes after prompts, side by side.
    func write(
        _ prompts: [[Int32]], _ settings: SamplingSettings?, _ onText: @Sendable (Int, String) -> Bool
    ) throws -> [WrittenAnswer] {
        let (writer, setup) = try parts
        var settings = try settings ?? sampling
        settings.stopIDs = Array(Set(settings.stopIDs + setup.tokens.stops)).sorted()
        let scorer: any TokenScorer
        var starts: [[Int32]]?
        switch writer.loaded.model {
        case .language(let model):
            // One prompt after another is a conversation: what was read of the last one may serve the next.
            let kept = prompts.count == 1 && settings.samples == 1 ? scorers[isAdapterOn] : nil
            let language = kept ?? LanguageScorer(model, compute: writer.compute)
            if prompts.count == 1, settings.samples == 1 { scorers[isAdapterOn] = language }
            scorer = language
        case .sequence(let model):
            scorer = SequenceScorer(model, compute: writer.compute)
            starts = prompts.map { _ in [model.decoderStart] }
        }
        let clock = ContinuousClock(), begin = clock.now
        var first: ContinuousClock.Instant?
        let found = try Generator(scorer, settings: settings, decoder: setup.decoder).generate(prompts, starts: starts) { event in
            if first == nil { first = clock.now }
            return onText(event.prompt, event.text) ? .next : .endAll
        }
        let (read, seconds) = (begin.duration(to: first ?? clock.now).seconds, begin.duration(to: clock.now).seconds)
        let reused = (scorer as? LanguageScorer)?.reused ?? 0
        return found.map {
            WrittenAnswer(
                text: $0.text, promptTokens: prompts[$0.prompt].count, reusedTokens: reused, tokens: $0.tokens.count, finish: $0.finish,
                readSeconds: read, seconds: seconds, logprobs: $0.logprobs)
        }
    }
}

extension ModelFolder {
    /// The folder, if it has a configuration of its own; an adapter's folder has not, and the base speaks for it.
    static func reading(_ url: URL, orElse base: ModelFolder) throws -> ModelFolder {
        guard FileManager.default.fileExists(atPath: url.appending(path: "config.json").path) else { return base.beside(url) }
        return try ModelFolder(url)
    }
}
