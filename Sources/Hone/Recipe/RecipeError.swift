public import Foundation

/// Says where in a recipe something was found.
public struct RecipeLocation: Sendable, Equatable, CustomStringConvertible {
    /// The recipe file as it was named, or the `--set` override the value came from; nil for a recipe made in code.
    public var source: String?
    /// The line in `source`, from 1; nil where lines mean nothing.
    public var line: Int?
    /// The dotted key path, such as `training.learningRate`; empty for the recipe as a whole.
    public var key: String

    /// Makes a location; what is left out is not known.
    public init(source: String? = nil, line: Int? = nil, key: String = "") {
        self.source = source
        self.line = line
        self.key = key
    }

    /// The location in one line, such as `recipe.yaml:12: training.learningRate`.
    public var description: String {
        var start = source ?? ""
        if let line { start += start.isEmpty ? "line \(line)" : ":\(line)" }
        return [start, key].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

/// States why a recipe was refused: where, what was found, what was expected, and what to write instead.
public enum RecipeError: Error, Sendable, Equatable {
    /// The file is missing, unreadable, too large or not UTF-8 text.
    case unreadable(file: String, reason: String)
    /// The text is not YAML or not JSON.
    case syntax(RecipeLocation, problem: String)
    /// The text holds no value at all.
    case empty(RecipeLocation)
    /// The same key is given twice in one mapping.
    case duplicateKey(RecipeLocation)
    /// No such key: the nearest key of the same section, the paths of the same key elsewhere, and all keys of the section.
    case unknownKey(RecipeLocation, nearest: String?, elsewhere: [String], allowed: [String])
    /// The value has the wrong type.
    case wrongType(RecipeLocation, found: String, expected: String, advice: String?)
    /// The value is not one of a closed set.
    case notAllowed(RecipeLocation, found: String, allowed: [String], nearest: String?)
    /// The value has the right type and lies outside its bounds.
    case outOfRange(RecipeLocation, found: String, expected: String)
    /// Two settings contradict each other.
    case conflict(RecipeLocation, reason: String)
    /// A key without a default is not given.
    case missing(RecipeLocation, meaning: String)
    /// The override is not of the form `key.path=value`.
    case badOverride(text: String, problem: String)
}

extension RecipeError: CustomStringConvertible, LocalizedError {
    /// The whole message: where, what was found, what was expected, what to do.
    public var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file): \(reason)"
        case .syntax(let place, let problem): Self.line(place, problem)
        case .empty(let place): Self.line(place, "the recipe is empty; it needs at least model and data.train")
        case .duplicateKey(let place): Self.line(place, "given twice in one mapping; keep one of the two")
        case .unknownKey(let place, let nearest, let elsewhere, let allowed):
            Self.line(place, "unknown key; " + Self.hint(nearest: nearest, elsewhere: elsewhere, allowed: allowed))
        case .wrongType(let place, let found, let expected, let advice):
            Self.line(place, "found \(found); expected \(expected)" + (advice.map { "; \($0)" } ?? ""))
        case .notAllowed(let place, let found, let allowed, let nearest):
            Self.line(place, "\(found) is not one of \(allowed.joined(separator: ", "))" + (nearest.map { "; did you mean \($0)?" } ?? ""))
        case .outOfRange(let place, let found, let expected): Self.line(place, "\(found) is out of range; expected \(expected)")
        case .conflict(let place, let reason): Self.line(place, reason)
        case .missing(let place, let meaning): Self.line(place, "missing; this key must be given. \(meaning)")
        case .badOverride(let text, let problem): "--set \(text): \(problem)"
        }
    }

    /// The same message, for Foundation.
    public var errorDescription: String? { description }

    private static func line(_ place: RecipeLocation, _ text: String) -> String {
        let start = place.description
        return start.isEmpty ? text : "\(start): \(text)"
    }

    private static func hint(nearest: String?, elsewhere: [String], allowed: [String]) -> String {
        if let nearest { return "did you mean \(nearest)?" }
        if !elsewhere.isEmpty { return "it belongs to \(elsewhere.joined(separator: " or "))" }
        if allowed.isEmpty { return "no keys are allowed here" }
        return "allowed here: \(allowed.joined(separator: ", "))"
    }
}
