/// Holds one row of a data file as it was written.
public struct TextRow: Sendable, Equatable, Codable {
    /// The file's name as the recipe gave it.
    public var file: String
    /// The line the row starts at, counted from 1 over all lines of the file.
    public var line: Int
    /// The text, character for character.
    public var text: String
    /// The second text of a sentence pair.
    public var pair: String?
    /// What is to be predicted.
    public var target: RowTarget

    /// Makes a row.
    public init(file: String, line: Int, text: String, pair: String? = nil, target: RowTarget = .none) {
        self.file = file
        self.line = line
        self.text = text
        self.pair = pair
        self.target = target
    }

    /// Where the row stands.
    public var place: RowPlace { RowPlace(file: file, line: line) }

    /// What makes two rows the same text: equal keys.
    var key: TextKey { TextKey(text, pair: pair) }
}

/// Says what a row's text is to be mapped to.
public enum RowTarget: Sendable, Equatable, Codable {
    /// Nothing: the row is only read, as for prediction.
    case none
    /// One class.
    case label(String)
    /// Any number of classes, in the file's order.
    case labels([String])
    /// A finite number.
    case value(Double)

    /// The class names in the target; empty for `none` and `value`.
    public var names: [String] {
        switch self {
        case .none, .value: []
        case .label(let name): [name]
        case .labels(let names): names
        }
    }
}

/// Points at a row of a file.
public struct RowPlace: Sendable, Equatable, Codable, CustomStringConvertible {
    /// The file's name as the recipe gave it.
    public var file: String
    /// The line the row starts at, counted from 1.
    public var line: Int

    /// Points at `line` of `file`.
    public init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    /// `file:line`, which editors and terminals open.
    public var description: String { "\(file):\(line)" }
}

/// Points at two rows with the same text.
public struct RowPair: Sendable, Equatable, Codable, CustomStringConvertible {
    /// The row that is kept.
    public var first: RowPlace
    /// The row that repeats it.
    public var second: RowPlace

    /// Puts two places together.
    public init(first: RowPlace, second: RowPlace) {
        self.first = first
        self.second = second
    }

    /// Both places.
    public var description: String { "\(first) and \(second)" }
}
