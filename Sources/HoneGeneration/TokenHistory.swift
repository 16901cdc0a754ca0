// Tested by TokenPenaltiesTests.swift.
/// What a sequence holds so far, kept so that penalties need not read all of it at each step.
struct TokenHistory: Sendable {
    /// Prompt and answer.
    private(set) var tokens: [Int32]
    /// Tokens of the prompt.
    let promptCount: Int
    /// How often each token is in the answer.
    private(set) var counts: [Int32: Int] = [:]
    /// Every token of prompt and answer.
    private(set) var seen: Set<Int32>

    init(prompt: [Int32]) {
        tokens = prompt
        promptCount = prompt.count
        seen = Set(prompt)
    }

    mutating func append(_ token: Int32) {
        tokens.append(token)
        counts[token, default: 0] += 1
        seen.insert(token)
    }

    /// The answer.
    var generated: ArraySlice<Int32> { tokens[promptCount...] }
}
