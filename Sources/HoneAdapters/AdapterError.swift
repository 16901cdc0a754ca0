public import Foundation

/// Describes why a tuning method cannot be applied, saved or read.
public enum AdapterError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
    case nothingMatched(method: String, patterns: [String], candidates: [String])
    case notAdaptable(path: String, layer: String)
    case tooManyLayers(asked: Int, model: Int)
    case unreadable(file: String, reason: String)
    case unsupported(key: String, value: String, file: String, supported: String)
    case keyMismatch(missing: [String], unexpected: [String], file: String)
    case shape(key: String, expected: [Int], found: [Int], file: String)
    case notMergeable(paths: [String])
    /// Two patterns of a PEFT folder match one layer with different values.
    case ambiguous(key: String, path: String, patterns: [String])
    /// A pattern of a PEFT folder is no regular expression.
    case badPattern(key: String, pattern: String)

    public var errorDescription: String? { description }

    public var description: String {
        switch self {
        case .nothingMatched(let method, let patterns, let candidates):
            "\(method): \(listed(patterns)) matched no layer. The model's layers are: \(listed(candidates, 12))."
        case .notAdaptable(let path, let layer): "“\(path)” is a \(layer); LoRA adapts linear layers. Narrow tuning.targets."
        case .tooManyLayers(let asked, let model): "tuning.lastLayers is \(asked); the model has \(model) layers. Use method full to train all."
        case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)"
        case .unsupported(let key, let value, let file, let supported): "\(file): “\(key)” is \(value); supported: \(supported)."
        case .keyMismatch(let missing, let unexpected, let file):
            "\(file) does not fit this model:"
                + (missing.isEmpty ? "" : " it lacks \(listed(missing));") + (unexpected.isEmpty ? "" : " it has \(listed(unexpected)), unused here;")
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
