public import Foundation

/// Describes why a model folder cannot be used.
public enum ModelError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
    /// The folder has no `config.json`, so it is not a model.
    case noConfig(folder: String)
    /// There is no such folder.
    case noFolder(String)
    /// The configuration cannot be read, or contradicts itself.
    case badConfig(file: String, reason: String)
    /// The configuration names a model family that Hone does not have.
    case unknownFamily(String, file: String, known: [String])
    /// The configuration asks for a variant that the family file does not build.
    case unsupported(key: String, value: String, file: String, supported: [String])
    /// The checkpoint lacks weights that the model cannot start without.
    case missingKeys([String], source: String)
    /// The checkpoint has weights that the model has no place for.
    case unexpectedKeys([String], source: String)
    /// A weight has another shape than the configuration says.
    case shape(key: String, expected: [Int], found: [Int], source: String)
    /// The checkpoint holds one weight under two names, so neither can be chosen.
    case twoSpellings(key: String, stored: [String], source: String)
    /// The checkpoint's head is for another number of labels.
    case headMismatch(found: Int, needed: Int, source: String)
    /// The labels to be written do not name the outputs one by one.
    case badLabels([String], outputs: Int)
    /// The family cannot do what is asked.
    case noTask(ModelTask, family: String, supported: [ModelTask], file: String)
    /// A number is above what the model's tables hold.
    case outsideModel(what: String, value: Int, limit: Int)

    /// The same words as the description, for Foundation.
    public var errorDescription: String? { description }

    /// What is wrong, in which file and key, and what to do.
    public var description: String {
        switch self {
        case .noFolder(let folder):
            "There is no folder “\(folder)”. A model is a folder on this machine in Hugging Face's layout; Hone downloads none."
        case .noConfig(let folder):
            "\(folder) has no config.json. A model is a Hugging Face folder: config.json, model.safetensors and tokenizer.json."
        case .badConfig(let file, let reason): "\(file) cannot be used: \(reason)"
        case .unknownFamily(let found, let file, let known):
            "\(file): model_type is “\(found)”. Hone knows: \(known.joined(separator: ", "))."
        case .unsupported(let key, let value, let file, let supported):
            "\(file): “\(key)” is “\(value)”; supported: \(supported.joined(separator: ", "))."
        case .missingKeys(let keys, let source):
            "\(source) lacks \(keys.count) weights that the model needs: \(listed(keys)). Is it a checkpoint of this family?"
        case .unexpectedKeys(let keys, let source):
            "\(source) has \(keys.count) weights that the model has no place for: \(listed(keys)). Does config.json belong to it?"
        case .shape(let key, let expected, let found, let source):
            "\(source): “\(key)” has shape \(found); the model needs \(expected). Check the config.json beside the weights."
        case .twoSpellings(let key, let stored, let source):
            "\(source) holds “\(key)” more than once, as \(listed(stored)). Remove all but the right one."
        case .headMismatch(let found, let needed, let source):
            "\(source) has a classification head for \(found) labels; this task has \(needed). Set model.head to new to replace it."
        case .badLabels(let labels, let outputs):
            "The model has \(outputs) outputs; its labels must be as many different names, not \(listed(labels))."
        case .noTask(let task, let family, let supported, let file):
            "\(file): a “\(family)” model cannot be built for \(task.rawValue); it can be for: \(supported.map(\.rawValue).joined(separator: ", "))."
        case .outsideModel(let what, let value, let limit): "\(what) is \(value); the model takes at most \(limit)."
        }
    }
}

private func listed(_ names: [String]) -> String {
    names.prefix(5).map { "“\($0)”" }.joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
}
