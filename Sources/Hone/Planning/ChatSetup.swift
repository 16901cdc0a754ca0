// Tested by LanguageRunTests.swift.
internal import Foundation
internal import HoneData
internal import HoneGeneration
internal import HoneModels
internal import HoneText

/// Everything around a language model that turns conversations into tokens and tokens into text.
///
/// A value; safe anywhere.
struct ChatSetup: Sendable {
    let tokenizer: Tokenizer
    /// Writes conversations.
    let template: ChatTemplate
    /// Whether the model's folder brought the template; otherwise it is one of Hone's own.
    let hasOwnTemplate: Bool
    /// The tokens that begin and end what the model reads and writes.
    let tokens: EndTokens
    /// Why each stop token is one, for the record.
    let stops: [Int32: String]
    /// What `generation_config.json` says; nil where it is absent.
    let defaults: GenerationDefaults?
    /// The date for templates that write one.
    var date: TemplateDate

    /// Reads what a model folder says about writing.
    ///
    /// - Parameters:
    ///   - template: a file with a template, or the name of a built-in one; nil for the model's own.
    ///   - day: the day that a template writes which asks for the date, such as `2026-11-28`; nil for today.
    init(_ folder: ModelFolder, _ tokenizer: Tokenizer, template named: String? = nil, day: String? = nil) throws {
        self.tokenizer = tokenizer
        date = day.flatMap { TemplateDate(day: $0) } ?? TemplateDate(Date(), timeZone: .current)
        let special = tokenizer.specialTokens
        var template: ChatTemplate
        if let named {
            template = try Self.template(named)
            hasOwnTemplate = false
        } else if let own = try ChatTemplate(folder: folder.url) {
            (template, hasOwnTemplate) = (own, true)
        } else {
            let hasChatML = tokenizer.id(of: "<|im_start|>") != nil && tokenizer.id(of: "<|im_end|>") != nil
            (template, hasOwnTemplate) = (try .builtIn(hasChatML ? "chatml" : "plain"), false)
        }
        for (key, token) in [
            ("bos_token", special.bos), ("eos_token", special.eos), ("pad_token", special.pad), ("unk_token", special.unk),
        ]
        where template.variables[key] == nil {
            if let token { template.variables[key] = .string(token.text) }
        }
        self.template = template
        let file = folder.url.appending(path: "generation_config.json")
        defaults = try (try? Data(contentsOf: file)).map { try GenerationDefaults(json: $0, file: file.path) }
        var stops: [Int32: String] = [:]
        for id in folder.endTokens { stops[id] = "eos_token_id in config.json" }
        for id in defaults?.sampling.stopIDs ?? [] { stops[id] = "eos_token_id in generation_config.json" }
        if let eos = special.eos { stops[eos.id] = "the tokenizer's eos token" }
        if let id = Self.turnEnd(template, tokenizer, date), stops[id] == nil { stops[id] = "the template ends an answer with it" }
        self.stops = stops
        let addsBegin = special.bos.map { tokenizer.encode("a", pair: nil, addSpecialTokens: true).ids.first == $0.id } ?? false
        let end = special.eos?.id ?? folder.endTokens.first
        tokens = EndTokens(stops: Set(stops.keys), end: end, begin: addsBegin ? special.bos?.id : nil, addsBegin: addsBegin)
    }

    /// What identifies the template in records.
    var fingerprint: String { template.fingerprint }

    /// Whether what the template writes depends on the day.
    var writesDate: Bool { template.source.contains("strftime_now") || template.toolSource?.contains("strftime_now") ?? false }

    /// Writes conversations of the data.
    var renderer: ChatTemplateRenderer { ChatTemplateRenderer(template, now: date) }

    private static func template(_ named: String) throws -> ChatTemplate {
        if ChatTemplate.builtInNames.contains(named) { return try .builtIn(named) }
        guard let text = try? String(contentsOf: URL(filePath: named), encoding: .utf8) else {
            throw HoneError.noTemplate(path: named, builtIn: ChatTemplate.builtInNames)
        }
        return try ChatTemplate(text, name: named)
    }

    /// The special token that the template puts right after an answer, if it does.
    private static func turnEnd(_ template: ChatTemplate, _ tokenizer: Tokenizer, _ date: TemplateDate) -> Int32? {
        let marker = "Qz7answer"
        let messages: [TemplateValue] = [
            .object(["role": "user", "content": "Qz7question"]), .object(["role": "assistant", "content": .string(marker)]),
        ]
        guard let text = try? template.render(messages: messages, addGenerationPrompt: false, now: date), let range = text.range(of: marker)
        else {
            return nil
        }
        let rest = tokenizer.encode(String(text[range.upperBound...]), pair: nil, addSpecialTokens: false)
        // A token that decoding leaves out is a special one.
        guard let first = rest.ids.first, tokenizer.decode([first]).isEmpty, !tokenizer.decode([first], skipSpecialTokens: false).isEmpty
        else { return nil }
        return first
    }

    /// Sampling as the model's folder wants it, with every stop token.
    var sampling: SamplingSettings {
        var settings = defaults?.sampling ?? SamplingSettings()
        settings.stopIDs = tokens.stops.sorted()
        return settings
    }

    /// The text of a conversation up to where the assistant begins.
    func text(_ messages: [Message], tools: [RawJSON]? = nil) throws -> String {
        try renderer.render(messages: messages.map(\.raw), tools: tools, variables: [], addGenerationPrompt: true)
    }

    /// The tokens of a conversation up to where the assistant begins.
    func prompt(_ messages: [Message], tools: [RawJSON]? = nil) throws -> [Int32] { prompt(try text(messages, tools: tools)) }

    /// The tokens of a text that is to be continued.
    func prompt(_ text: String) -> [Int32] { begun(tokenizer.encode(text, pair: nil, addSpecialTokens: false).ids) }

    private func begun(_ ids: [Int32]) -> [Int32] {
        guard tokens.addsBegin, let begin = tokens.begin, ids.first != begin else { return ids }
        return [begin] + ids
    }

    /// A decoder of tokens as they come.
    func decoder() -> any PieceDecoder { StreamingDecoder(tokenizer) }
}

extension TemplateDate {
    /// Reads a day such as `2026-11-28`; nil for anything else.
    init?(day: String) {
        let parts = day.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.map(\.count) == [4, 2, 2], let year = Int(parts[0]), let month = Int(parts[1]),
            let day = Int(parts[2]), year > 0, 1...12 ~= month, 1...31 ~= day
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// The day as `2026-11-28`.
    var dayText: String {
        func padded(_ number: Int, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - "\(number)".count)) + "\(number)"
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }
}
