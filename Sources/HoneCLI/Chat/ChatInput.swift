import Foundation
import Hone
import HoneData

/// A line that a person typed, understood.
enum ChatInput: Equatable {
    case message(String)
    case command(ChatVerb, argument: String)
    case unknown(String, nearest: String?)
    case blank

    /// Reads a line: what begins with `/` is a command, `//` begins a message with one slash.
    init(_ line: String) {
        let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else {
            self = .blank
            return
        }
        guard text.hasPrefix("/"), !text.hasPrefix("//") else {
            self = .message(text.hasPrefix("//") ? String(text.dropFirst()) : text)
            return
        }
        let parts = text.dropFirst().split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
        let word = parts.first?.lowercased() ?? ""
        let argument = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespacesAndNewlines) : ""
        if let verb = ChatVerb.allCases.first(where: { $0.words.contains(word) }) {
            self = .command(verb, argument: argument)
        } else {
            self = .unknown(word, nearest: NearestName.find(word, in: ChatVerb.allCases.map(\.rawValue)))
        }
    }
}

/// The commands of a chat.
enum ChatVerb: String, CaseIterable {
    case help, system, clear, undo, retry, set, adapter, compare, raw, save, quit

    /// What may be typed for it.
    var words: [String] { self == .quit ? [rawValue, "exit", "q"] : [rawValue] }

    /// What follows the word.
    var argument: String {
        switch self {
        case .help, .clear, .undo, .retry, .raw, .quit: ""
        case .system: " [text|off]"
        case .set: " [key value]"
        case .adapter, .compare: " on|off"
        case .save: " file"
        }
    }

    /// What it does.
    var meaning: String {
        switch self {
        case .help: "this list"
        case .system: "show, give or take away the system message"
        case .clear: "forget the conversation; the system message stays"
        case .undo: "take the last message and its answer back"
        case .retry: "answer the last message again, with another seed"
        case .set: "show the settings, or change one: /set temperature 0.8"
        case .adapter: "let the tuned model answer, or its base"
        case .compare: "let both answer, the base and the tuned model"
        case .raw: "show the last prompt as the model saw it, token by token"
        case .save: "add the conversation to a JSONL file, as a row to train on"
        case .quit: "end; Ctrl-D does it too"
        }
    }

    /// The list of all commands.
    static var list: [String] {
        Table(rows: allCases.map { ["/" + $0.rawValue + $0.argument, $0.meaning] }).lines(indent: 2)
            + ["  //text begins a message with a slash.", "  Ctrl-C stops an answer; Alt-Enter breaks a line."]
    }
}

/// What `/set` changes; the names are those of the options.
enum ChatSetting: String, CaseIterable {
    case temperature
    case topK = "top-k"
    case topP = "top-p"
    case minP = "min-p"
    case repetitionPenalty = "repetition-penalty"
    case presencePenalty = "presence-penalty"
    case frequencyPenalty = "frequency-penalty"
    case maxTokens = "max-tokens"
    case stop, seed, stats

    /// Finds a setting by its name, in any of the spellings that people try: `top-p`, `top_p`, `topP`.
    init?(typed: String) {
        func plain(_ text: String) -> String { text.lowercased().filter { $0.isLetter } }
        let wanted = plain(typed) == "maximumtokens" ? "maxtokens" : plain(typed)
        guard let found = Self.allCases.first(where: { plain($0.rawValue) == wanted }) else { return nil }
        self = found
    }

    /// The value as it would be typed.
    func value(_ settings: SamplingSettings, showsStats: Bool) -> String {
        switch self {
        case .temperature: Format.number(settings.temperature)
        case .topK: "\(settings.topK)"
        case .topP: Format.number(settings.topP)
        case .minP: Format.number(settings.minP)
        case .repetitionPenalty: Format.number(settings.repetitionPenalty)
        case .presencePenalty: Format.number(settings.presencePenalty)
        case .frequencyPenalty: Format.number(settings.frequencyPenalty)
        case .maxTokens: "\(settings.maximumTokens)"
        case .stop: settings.stop.isEmpty ? "none" : settings.stop.map(\.withoutLineBreaks).joined(separator: " | ")
        case .seed: "\(settings.seed)"
        case .stats: showsStats ? "on" : "off"
        }
    }

    /// Changes the setting; nil if the value is of another kind.
    ///
    /// - Throws: `GenerationError` for a value out of range.
    func change(_ settings: SamplingSettings, to text: String) throws -> SamplingSettings? {
        var new = settings
        func number(_ path: WritableKeyPath<SamplingSettings, Double>) -> Bool {
            guard let value = Double(text) else { return false }
            new[keyPath: path] = value
            return true
        }
        func count(_ path: WritableKeyPath<SamplingSettings, Int>) -> Bool {
            guard let value = Int(text) else { return false }
            new[keyPath: path] = value
            return true
        }
        let isRead: Bool
        switch self {
        case .temperature: isRead = number(\.temperature)
        case .topK: isRead = count(\.topK)
        case .topP: isRead = number(\.topP)
        case .minP: isRead = number(\.minP)
        case .repetitionPenalty: isRead = number(\.repetitionPenalty)
        case .presencePenalty: isRead = number(\.presencePenalty)
        case .frequencyPenalty: isRead = number(\.frequencyPenalty)
        case .maxTokens: isRead = count(\.maximumTokens)
        case .seed:
            isRead = UInt64(text) != nil
            new.seed = UInt64(text) ?? 0
        case .stop:
            isRead = true
            new.stop = text == "none" ? [] : text.components(separatedBy: " | ").map(\.withLineBreaks)
        case .stats: return nil
        }
        guard isRead else { return nil }
        try new.validate()
        return new
    }
}
