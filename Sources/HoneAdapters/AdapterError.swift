public import Foundation

/// Describes why a tuning method cannot be applied, saved or read.
public enum AdapterError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
    /// A pattern names no layer or weight of this model.
    case nothingMatched(method: String, patterns: [String], candidates: [String])
    /// A target is a layer of a kind that cannot carry the adapter.
    case notAdaptable(path: String, layer: String)
    /// More blocks are to be trained than the model has.
    case tooManyLayers(asked: Int, model: Int)
    /// A file of an adapter folder is missing or malformed.
    case unreadable(file: String, reason: String)
    /// An adapter folder asks for a variant that Hone does not compute.
    case unsupported(key: String, value: String, file: String, supported: String)
    /// The weights of an adapter folder are not those that this model needs.
    case keyMismatch(missing: [String], unexpected: [String], file: String)
    /// A weight of an adapter folder has another shape than the model's.
    case shape(key: String, expected: [Int], found: [Int], file: String)
    /// Layers carry an adapter that cannot be folded into their weights.
    case notMergeable(paths: [String])
    /// Two patterns of a PEFT folder match one layer with different values.
    case ambiguous(key: String, path: String, patterns: [String])
    /// A pattern of a PEFT folder is no regular expression.
    case badPattern(key: String, pattern: String)

    /// The same words as the description, for Foundation.
    public var errorDescription: String? { description }

    /// What does not fit, where, and what to do.
    public var description: String {
        switch self {
        case .nothingMatched(let method, let patterns, let candidates):
            "\(method): \(listed(patterns)) matched no layer. The model's layers are: \(listed(candidates, 12))."
        case .notAdaptable(let path, let layer): "“\(path)” is a \(layer); LoRA adapts linear layers. Narrow tuning.targets."
        case .tooManyLayers(let asked, let model):
            "tuning.lastLayers is \(asked); the model has \(model) layers. Use method full to train all."
        case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)"
        case .unsupported(let key, let value, let file, let supported): "\(file): “\(key)” is \(value); supported: \(supported)."
        case .keyMismatch(let missing, let unexpected, let file):
            "\(file) does not fit this model:"
                + (missing.isEmpty ? "" : " it lacks \(listed(missing));")
                + (unexpected.isEmpty ? "" : " it has \(listed(unexpected)), unused here;")
                + " was it made for another base model?"
        case .shape(let key, let expected, let found, let file): "\(file): “\(key)” has shape \(found); expected \(expected)."
        case .ambiguous(let key, let path, let patterns):
            "“\(key)”: \(listed(patterns)) all match “\(path)” with different values. Make the patterns narrower."
        case .badPattern(let key, let pattern): "“\(key)”: “\(pattern)” is not a regular expression."
        case .notMergeable(let paths): "\(listed(paths)) cannot be merged."
        }
    }
}

private func listed(_ names: [String], _ limit: Int = 5) -> String {
    names.prefix(limit).map { "“\($0)”" }.joined(separator: ", ") + (names.count > limit ? " and \(names.count - limit) more" : "")
}
