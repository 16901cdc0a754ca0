import ArgumentParser
import Foundation
import Hone

/// How a model that writes chooses its tokens, for the verbs that let one write.
struct SamplingOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "0 takes the likeliest token each time; 1 draws as the model says. Each default is what the folder's generation_config.json says.",
            valueName: "number"))
    var temperature: Double?

    @Option(name: .long, help: ArgumentHelp("Draw from the so many likeliest tokens; 0 for all.", valueName: "count"))
    var topK: Int?

    @Option(name: .long, help: ArgumentHelp("Draw from the fewest tokens that together have this probability.", valueName: "share"))
    var topP: Double?

    @Option(name: .long, help: ArgumentHelp("Draw from tokens at least so many times as likely as the likeliest.", valueName: "share"))
    var minP: Double?

    @Option(name: .long, help: ArgumentHelp("Above 1 makes tokens of prompt and answer less likely.", valueName: "number"))
    var repetitionPenalty: Double?

    @Option(name: .long, help: ArgumentHelp("Above 0 makes tokens of the answer less likely, once.", valueName: "number"))
    var presencePenalty: Double?

    @Option(name: .long, help: ArgumentHelp("Above 0 makes tokens of the answer less likely, each time.", valueName: "number"))
    var frequencyPenalty: Double?

    @Option(name: .long, help: ArgumentHelp("No run of so many tokens comes twice, prompt included.", valueName: "count"))
    var noRepeatNgram: Int?

    @Option(name: .long, help: ArgumentHelp("The longest answer, in tokens.", valueName: "count"))
    var maxTokens: Int?

    @Option(name: .long, help: ArgumentHelp("The shortest answer, in tokens.", valueName: "count"))
    var minTokens: Int?

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("End an answer before this text; may be given again. \\n is a line break.", valueName: "text"))
    var stop: [String] = []

    @Option(name: .long, help: ArgumentHelp("The seed of what is drawn.", valueName: "number"))
    var seed: UInt64?

    /// The options that were given, as they are typed.
    var given: [String] {
        var names: [String] = []
        for (name, isGiven) in [
            ("temperature", temperature != nil), ("top-k", topK != nil), ("top-p", topP != nil), ("min-p", minP != nil),
            ("repetition-penalty", repetitionPenalty != nil), ("presence-penalty", presencePenalty != nil),
            ("frequency-penalty", frequencyPenalty != nil), ("no-repeat-ngram", noRepeatNgram != nil), ("max-tokens", maxTokens != nil),
            ("min-tokens", minTokens != nil), ("stop", !stop.isEmpty), ("seed", seed != nil),
        ] where isGiven { names.append("--" + name) }
        return names
    }

    /// The settings with the given options in place of the folder's wishes.
    ///
    /// - Throws: `GenerationError` for a value out of range; `ValidationError` for a filter where nothing is drawn.
    func applied(to wishes: SamplingSettings) throws -> SamplingSettings {
        var settings = wishes
        if let temperature { settings.temperature = temperature }
        if let topK { settings.topK = topK }
        if let topP { settings.topP = topP }
        if let minP { settings.minP = minP }
        if let repetitionPenalty { settings.repetitionPenalty = repetitionPenalty }
        if let presencePenalty { settings.presencePenalty = presencePenalty }
        if let frequencyPenalty { settings.frequencyPenalty = frequencyPenalty }
        if let noRepeatNgram { settings.noRepeatNGramSize = noRepeatNgram }
        if let maxTokens { settings.maximumTokens = maxTokens }
        if let minTokens { settings.minimumTokens = minTokens }
        if !stop.isEmpty { settings.stop = stop.map(\.withLineBreaks) }
        if let seed { settings.seed = seed }
        try settings.validate()
        let filters = given.filter { ["--top-k", "--top-p", "--min-p", "--seed"].contains($0) }
        if settings.isGreedy, !filters.isEmpty {
            throw ValidationError(
                "\(filters.joined(separator: ", ")) is about what is drawn, and nothing is drawn at temperature 0. Add --temperature 1.")
        }
        return settings
    }
}

extension SamplingSettings {
    /// How tokens are chosen, in a few words.
    var words: String {
        var parts: [String] = []
        if isGreedy {
            parts.append("the likeliest token each time")
        } else {
            parts.append("temperature \(Format.number(temperature))")
            if topK > 0 { parts.append("top-k \(topK)") }
            if topP < 1 { parts.append("top-p \(Format.number(topP))") }
            if minP > 0 { parts.append("min-p \(Format.number(minP))") }
        }
        if repetitionPenalty != 1 { parts.append("repetition penalty \(Format.number(repetitionPenalty))") }
        if presencePenalty != 0 { parts.append("presence penalty \(Format.number(presencePenalty))") }
        if frequencyPenalty != 0 { parts.append("frequency penalty \(Format.number(frequencyPenalty))") }
        return (parts + ["at most \(Format.plural(maximumTokens, "token"))"]).joined(separator: ", ")
    }
}

extension String {
    /// The text with `\n` and `\t` as line break and tab, and `\\` as a backslash.
    var withLineBreaks: String {
        var result = ""
        var isEscaped = false
        for character in self {
            if isEscaped {
                result += character == "n" ? "\n" : character == "t" ? "\t" : character == "\\" ? "\\" : "\\\(character)"
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result + (isEscaped ? "\\" : "")
    }

    /// The same text with line breaks and tabs written out.
    var withoutLineBreaks: String {
        replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\n", with: "\\n").replacingOccurrences(of: "\t", with: "\\t")
    }

    /// The text without control characters but line breaks and tabs, so that it cannot move the cursor or recolour the terminal.
    var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.filter { $0 == "\n" || $0 == "\t" || !($0.value < 0x20 || (0x7F..<0xA0).contains($0.value)) }))
    }
}
