import Foundation
import Hone

/// A conversation with one model or two, as a value: takes lines, says what is to be done, keeps what was said.
///
/// Knows no terminal and no model.
struct ChatSession: Equatable {
    /// Who may answer.
    enum Voice: Int, CaseIterable {
        /// The model that was named.
        case first
        /// What it is compared with: its base, or another model.
        case second
    }

    /// What the models can do.
    struct Abilities: Equatable {
        /// What the model reads at a time.
        var input = WriterInput.conversation
        /// Whether an adapter can be switched off.
        var hasAdapter = false
        /// Why there is nothing to compare with; nil if there is.
        var cannotCompare: String?
    }

    /// A message and what was answered to it.
    struct Turn: Equatable {
        var message: String
        var answers: [Voice: String] = [:]
    }

    /// What a line asks for.
    enum Action: Equatable {
        /// Let the speakers answer the last turn.
        case answer
        case say([String])
        case complain(String)
        /// Load what is compared with, then call ``startComparing()``.
        case startComparing
        case showPrompt
        case save(String)
        case quit
    }

    var abilities: Abilities
    var system: String?
    private(set) var turns: [Turn] = []
    private(set) var settings: SamplingSettings
    private(set) var showsStats: Bool
    private(set) var isComparing = false
    /// The voice that answers alone.
    private(set) var speaker = Voice.first
    /// How often the last message was tried again.
    private var retries: UInt64 = 0

    init(_ abilities: Abilities, settings: SamplingSettings, system: String? = nil, showsStats: Bool = false) {
        (self.abilities, self.settings, self.system, self.showsStats) = (abilities, settings, system, showsStats)
    }

    /// Who answers now, in the order in which they are shown: the base before the tuned model.
    var speakers: [Voice] { isComparing ? [.second, .first] : [speaker] }

    /// The settings for the last turn: trying again draws other numbers.
    var currentSettings: SamplingSettings {
        var settings = settings
        settings.seed &+= retries
        return settings
    }

    /// What a voice is asked: the conversation up to the last message, each earlier answer its own where it gave one.
    func messages(for voice: Voice) -> [ChatMessage] {
        var messages = system.map { [ChatMessage(role: "system", content: $0)] } ?? []
        for (index, turn) in turns.enumerated() {
            messages.append(ChatMessage(role: "user", content: turn.message))
            guard index < turns.count - 1, let answer = turn.answers[voice] ?? turn.answers.values.first else { continue }
            messages.append(ChatMessage(role: "assistant", content: answer))
        }
        return messages
    }

    /// Keeps an answer to the last message.
    mutating func record(_ answer: String, by voice: Voice) {
        guard !turns.isEmpty else { return }
        turns[turns.count - 1].answers[voice] = answer
    }

    /// Takes the last message back, as after a failure.
    mutating func takeBack() { _ = turns.popLast() }

    /// What is compared with is there: both answer from now on.
    mutating func startComparing() { isComparing = true }

    /// Understands a line.
    mutating func take(_ line: String) -> Action? {
        switch ChatInput(line) {
        case .blank: return nil
        case .message(let text):
            turns.append(Turn(message: text))
            retries = 0
            return .answer
        case .unknown(let word, let nearest):
            return .complain("There is no command /\(word). \(nearest.map { "Did you mean /\($0)?" } ?? "/help lists them.")")
        case .command(let verb, let argument): return take(verb, argument)
        }
    }

    private mutating func take(_ verb: ChatVerb, _ argument: String) -> Action {
        switch verb {
        case .help: return .say(ChatVerb.list)
        case .quit: return .quit
        case .system: return system(argument)
        case .clear:
            turns = []
            return .say(["The conversation is forgotten." + (system == nil ? "" : " The system message stays.")])
        case .undo:
            guard let turn = turns.popLast() else { return .complain("There is nothing to take back.") }
            return .say(["Took back “\(turn.message.oneLine.clipped(to: 60))”."])
        case .retry:
            guard !turns.isEmpty else { return .complain("There is nothing to answer again.") }
            guard !settings.isGreedy else {
                return .complain("The likeliest tokens would give the same answer again. /set temperature 0.8 draws instead.")
            }
            turns[turns.count - 1].answers = [:]
            retries += 1
            return .answer
        case .set: return set(argument)
        case .adapter: return adapter(argument)
        case .compare: return compare(argument)
        case .raw: return turns.isEmpty ? .complain("Nothing was asked yet.") : .showPrompt
        case .save:
            guard !argument.isEmpty else { return .complain("Name a file, such as /save chats.jsonl.") }
            guard turns.contains(where: { !$0.answers.isEmpty }) else { return .complain("There is no answer to save yet.") }
            return .save(argument)
        }
    }

    private mutating func system(_ argument: String) -> Action {
        switch argument {
        case "": return .say([system.map { "The system message is: \($0)" } ?? "There is no system message."])
        case "off":
            system = nil
            return .say(["There is no system message now."])
        default:
            guard abilities.input == .conversation else {
                return .complain("This model reads one \(abilities.input.rawValue) at a time; a system message would not reach it.")
            }
            system = argument
            return .say(["The system message holds from the next answer on."])
        }
    }

    private mutating func set(_ argument: String) -> Action {
        guard !argument.isEmpty else {
            return .say(
                Table(rows: ChatSetting.allCases.map { [$0.rawValue, $0.value(settings, showsStats: showsStats)] }).lines(indent: 2))
        }
        let parts = argument.split(maxSplits: 1, whereSeparator: { $0.isWhitespace || $0 == "=" }).map(String.init)
        guard let setting = ChatSetting(typed: parts[0]) else {
            return .complain("There is no setting \(parts[0]). There are \(ChatSetting.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        guard parts.count > 1 else { return .say(["\(setting.rawValue) is \(setting.value(settings, showsStats: showsStats))."]) }
        let value = parts[1].trimmingCharacters(in: .whitespaces)
        if setting == .stats {
            guard let isOn = Self.switched(value) else { return .complain("stats is on or off.") }
            showsStats = isOn
            return .say(["stats is \(isOn ? "on" : "off")."])
        }
        do {
            guard let changed = try setting.change(settings, to: value) else {
                return .complain("\(setting.rawValue) is a number; \(value) is none.")
            }
            settings = changed
        } catch { return .complain("\(error)") }
        let isIdle = settings.isGreedy && [.topK, .topP, .minP, .seed].contains(setting)
        return .say([
            "\(setting.rawValue) is \(setting.value(settings, showsStats: showsStats))."
                + (isIdle ? " It counts where tokens are drawn, at a temperature above 0." : "")
        ])
    }

    private static func switched(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "on", "yes", "true": true
        case "off", "no", "false": false
        default: nil
        }
    }

    private mutating func adapter(_ argument: String) -> Action {
        guard abilities.hasAdapter else { return .complain("This model has no adapter that could be switched off.") }
        guard let isOn = Self.switched(argument) else {
            return .say(["The adapter is \(speaker == .first ? "on" : "off")\(isComparing ? "; /compare shows both" : "")."])
        }
        speaker = isOn ? .first : .second
        return .say([isOn ? "The tuned model answers." : "The base model answers."] + (isComparing ? ["/compare is on: both answer."] : []))
    }

    private mutating func compare(_ argument: String) -> Action {
        if let reason = abilities.cannotCompare { return .complain(reason) }
        switch Self.switched(argument) {
        case true?: return isComparing ? .say(["Both answer already."]) : .startComparing
        case false?:
            isComparing = false
            return .say(["One model answers from now on."])
        case nil: return .say(["/compare is \(isComparing ? "on" : "off")."])
        }
    }

    /// The conversation as a row of a training file: the answers of the voice that is spoken with.
    var transcript: [ChatMessage] {
        var messages = system.map { [ChatMessage(role: "system", content: $0)] } ?? []
        for turn in turns {
            guard let answer = turn.answers[isComparing ? .first : speaker] ?? turn.answers.values.first else { continue }
            messages += [
                ChatMessage(role: "user", content: turn.message),
                ChatMessage(role: "assistant", content: answer.trimmingCharacters(in: .whitespacesAndNewlines)),
            ]
        }
        return messages
    }
}
