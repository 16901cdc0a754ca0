public import Foundation

/// Says why text cannot be generated: what is wrong, where, and what to do.
public enum GenerationError: Error, Equatable, Sendable {
    /// A setting lies outside its range; `key` is its name in `SamplingSettings`, `BeamSettings` or the file.
    case setting(key: String, value: String, expected: String)
    /// A key is not a setting.
    case unknownKey(String, known: [String])
    /// A file is not what it should be.
    case file(String, problem: String)
    /// A prompt has no tokens.
    case emptyPrompt(index: Int)
    /// A prompt leaves no room for a new token.
    case promptTooLong(index: Int, tokens: Int, limit: Int)
    /// Logits hold NaN or +infinity, or are all −infinity; `step` counts new tokens from 0.
    case notFinite(sequence: Int, step: Int)
    /// The model broke the agreement of `TokenScorer`.
    case scorer(String)
}

extension GenerationError: CustomStringConvertible, LocalizedError {
    /// The whole message: what is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .setting(let key, let value, let expected): "`\(key)` is \(value); expected \(expected)."
        case .unknownKey(let key, let known):
            "`\(key)` is not a setting of generation. Settings are " + known.map { "`\($0)`" }.joined(separator: ", ") + "."
        case .file(let name, let problem): "\(name): \(problem)."
        case .emptyPrompt(let index): "prompt \(index) has no tokens. Give it at least one, such as the model's start token."
        case .promptTooLong(let index, let tokens, let limit):
            "prompt \(index) has \(tokens) tokens and the model takes at most \(limit), new ones included. Shorten the prompt."
        case .notFinite(let sequence, let step):
            "the logits of sequence \(sequence) at new token \(step) are NaN or infinite. The weights are damaged or training has "
                + "diverged; if the model runs in half precision, use float32 or bfloat16."
        case .scorer(let problem): "the model \(problem). This is a fault of the program: please report it."
        }
    }

    /// The same message, for code that asks through Foundation.
    public var errorDescription: String? { description }
}
