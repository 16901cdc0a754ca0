/// Says how tokens are chosen and when a sequence ends.
///
/// Applied in this order, Transformers' own: repetition penalty, repeated n-grams, minimum length, presence and frequency penalties,
/// temperature, top-k, top-p, min-p. Greedy choice (`temperature` 0) leaves out the last four.
public struct SamplingSettings: Sendable, Equatable {
    /// Divides logits; 0 takes the most likely token each time (of equals, the lowest).
    public var temperature = 1.0
    /// Keeps the `topK` most likely tokens, with all that equal the last of them; 0 keeps all.
    public var topK = 0
    /// Keeps the fewest most likely tokens that together have this probability; 1 keeps all. (arXiv:1904.09751)
    public var topP = 1.0
    /// Keeps tokens at least this many times as likely as the most likely one; 0 keeps all. (arXiv:2407.01082)
    public var minP = 0.0
    /// Divides positive and multiplies negative logits of tokens in prompt or answer; 1 does nothing. (arXiv:1909.05858)
    public var repetitionPenalty = 1.0
    /// Subtracted once from the logits of tokens in the answer (not the prompt), `-2 ... 2`, as OpenAI defines it.
    public var presencePenalty = 0.0
    /// Subtracted from logits as often as the token is in the answer (not the prompt), `-2 ... 2`, as OpenAI defines it.
    public var frequencyPenalty = 0.0
    /// Runs of so many tokens never come twice, prompt included; 0 allows all.
    public var noRepeatNGramSize = 0
    /// The start of the random numbers; the same seed, prompt and sample number give the same text in any batch.
    public var seed: UInt64 = 0
    /// The most new tokens.
    public var maximumTokens = 256
    /// Before so many new tokens no stop id is chosen and no stop string counts.
    public var minimumTokens = 0
    /// Texts that end a sequence; they are not part of the answer.
    public var stop: [String] = []
    /// Tokens that end a sequence; they are part of the answer's tokens, not of its text.
    public var stopIDs: [Int32] = []
    /// How many alternatives to report with each token's log-probability; nil reports nothing.
    public var logprobs: Int?
    /// Answers for each prompt.
    public var samples = 1

    /// Makes plain sampling: temperature 1, nothing filtered.
    public init() {}

    /// Whether the most likely token is taken each time.
    public var isGreedy: Bool { temperature == 0 }

    /// Refuses settings out of range, with the key's name.
    public func validate() throws(GenerationError) {
        func require(_ holds: Bool, _ key: CodingKeys, _ value: some Any, _ expected: String) throws(GenerationError) {
            guard holds else { throw .setting(key: key.rawValue, value: "\(value)", expected: expected) }
        }
        try require(temperature.isFinite && temperature >= 0, .temperature, temperature, "0 (the most likely token) or a number above 0")
        try require(topK >= 0, .topK, topK, "0 (all tokens) or a number of tokens")
        try require(topP > 0 && topP <= 1, .topP, topP, "a number above 0, at most 1")
        try require(minP >= 0 && minP <= 1, .minP, minP, "a number from 0 to 1")
        try require(
            repetitionPenalty.isFinite && repetitionPenalty > 0, .repetitionPenalty, repetitionPenalty, "a number above 0; 1 for none")
        try require(abs(presencePenalty) <= 2, .presencePenalty, presencePenalty, "a number from -2 to 2")
        try require(abs(frequencyPenalty) <= 2, .frequencyPenalty, frequencyPenalty, "a number from -2 to 2")
        try require(noRepeatNGramSize >= 0, .noRepeatNGramSize, noRepeatNGramSize, "0 (no limit) or a number of tokens")
        try require(maximumTokens >= 1, .maximumTokens, maximumTokens, "at least 1")
        try require(
            (0...maximumTokens).contains(minimumTokens), .minimumTokens, minimumTokens, "from 0 to `maximumTokens`, here \(maximumTokens)")
        try require(!stop.contains(""), .stop, stop, "texts of at least one character")
        try require(stopIDs.allSatisfy { $0 >= 0 }, .stopIDs, stopIDs, "token ids, 0 or more")
        try require((logprobs ?? 0) >= 0 && (logprobs ?? 0) <= 100, .logprobs, logprobs ?? 0, "from 0 to 100 alternatives")
        try require(samples >= 1, .samples, samples, "at least 1")
        try require(samples == 1 || !isGreedy, .samples, samples, "1 with temperature 0, which gives the same answer each time")
    }
}

extension SamplingSettings: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case temperature, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, noRepeatNGramSize, seed, maximumTokens
        case minimumTokens, stop, stopIDs, logprobs, samples
    }

    /// Reads settings; missing keys keep their defaults.
    ///
    /// - Throws: `GenerationError` for unknown keys and values out of range; `DecodingError` for values of another type.
    public init(from decoder: any Decoder) throws {
        for key in try decoder.container(keyedBy: AnyKey.self).allKeys where CodingKeys(rawValue: key.stringValue) == nil {
            throw GenerationError.unknownKey(key.stringValue, known: CodingKeys.allCases.map(\.rawValue))
        }
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, _ value: inout Value) throws {
            if let given = try values.decodeIfPresent(Value.self, forKey: key) { value = given }
        }
        try read(.temperature, &temperature)
        try read(.topK, &topK)
        try read(.topP, &topP)
        try read(.minP, &minP)
        try read(.repetitionPenalty, &repetitionPenalty)
        try read(.presencePenalty, &presencePenalty)
        try read(.frequencyPenalty, &frequencyPenalty)
        try read(.noRepeatNGramSize, &noRepeatNGramSize)
        try read(.seed, &seed)
        try read(.maximumTokens, &maximumTokens)
        try read(.minimumTokens, &minimumTokens)
        try read(.stop, &stop)
        try read(.stopIDs, &stopIDs)
        logprobs = try values.decodeIfPresent(Int.self, forKey: .logprobs)
        try read(.samples, &samples)
        try validate()
    }
}

/// A key of any name, to find those that are no settings.
struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
