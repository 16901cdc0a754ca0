// Tested by DataSetTests.swift

/// Reports everything that was read, counted, dropped or found odd about a data set; it goes into the run's record.
public struct DataReport: Codable, Sendable, Equatable {
    /// What is learned.
    public var task: TaskKind
    /// The files in the order train, validation, test.
    public var files: [FileReport]
    /// The splits that exist, in the same order.
    public var splits: [SplitReport]
    /// Repeated texts in the training file, counted before it was split.
    public var duplicates: DuplicateReport
    /// Texts shared between splits.
    public var leakage: [LeakageReport]
    /// Token lengths and what was cut or dropped for length; filled in by whoever encodes the rows.
    public var lengths: [SplitName: LengthReport]
    /// Everything a person should look at.
    public var warnings: [DataWarning]

    /// The report of one split.
    public subscript(split: SplitName) -> SplitReport? { splits.first { $0.split == split } }
}

/// Reports the rows of one split as they are used.
public struct SplitReport: Codable, Sendable, Equatable {
    /// The split.
    public var split: SplitName
    /// The file its rows come from.
    public var file: String
    /// Its share of the training file; nil if it has a file of its own or is what the shares left.
    public var fraction: Double?
    /// How many rows it has.
    public var rows: Int
    /// How many rows each label has, in the order of the label set; empty for regression.
    public var classes: [ClassCount]
    /// The range of the numbers; nil unless the task is regression.
    public var values: ValueReport?
}

/// Counts the rows of one label.
public struct ClassCount: Codable, Sendable, Equatable {
    /// The label.
    public var label: String
    /// How many rows have it.
    public var rows: Int

    /// Puts a label and its count together.
    public init(label: String, rows: Int) {
        self.label = label
        self.rows = rows
    }
}

/// Sums up the numbers of a regression split.
public struct ValueReport: Codable, Sendable, Equatable {
    /// The smallest.
    public var minimum: Double
    /// The largest.
    public var maximum: Double
    /// The arithmetic mean.
    public var mean: Double
    /// The standard deviation over all rows (divided by their number).
    public var deviation: Double

    /// Sums up `values`; nil if there are none.
    init?(_ values: [Double]) {
        guard let minimum = values.min(), let maximum = values.max() else { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        (self.minimum, self.maximum, self.mean, deviation) = (minimum, maximum, mean, variance.squareRoot())
    }
}

/// Names something odd that does not stop a run.
public enum DataWarning: Codable, Sendable, Equatable, CustomStringConvertible {
    /// Labels with fewer than two training rows.
    case rareLabels(count: Int, examples: [String])
    /// Labels of the recipe that no training row has; they cannot be learned.
    case untrainedLabels(count: Int, examples: [String])
    /// The most frequent label has at least ten times the rows of the rarest.
    case imbalance(largest: ClassCount, smallest: ClassCount)
    /// Two labels differ only in letter case, white space or Unicode composition.
    case similarLabels(first: String, second: String)
    /// Every training number is the same.
    case constantValue(value: Double)
    /// Training rows repeat others.
    case duplicates(rows: Int, dropped: Int, example: RowPair)
    /// Training texts stand under different targets.
    case conflicts(texts: Int, example: RowPair)
    /// Texts of one split stand in another.
    case leakage(from: SplitName, into: SplitName, rows: Int, dropped: Int, example: RowPair)

    /// One sentence for a person.
    public var description: String {
        switch self {
        case .rareLabels(let count, let examples):
            "\(count) labels have fewer than 2 training rows: \(examples.joined(separator: ", "))."
        case .untrainedLabels(let count, let examples):
            "\(count) labels of task.labels have no training row and cannot be learned: \(examples.joined(separator: ", "))."
        case .imbalance(let largest, let smallest):
            "“\(largest.label)” has \(largest.rows) training rows, “\(smallest.label)” \(smallest.rows);"
                + " look at macro-F1, or set training.classWeights."
        case .similarLabels(let first, let second):
            "The labels “\(first)” and “\(second)” differ only in letter case or white space; are they one label?"
        case .constantValue(let value):
            "Every training row has the value \(value); there is nothing to learn."
        case .duplicates(let rows, let dropped, let example):
            "\(rows) training rows repeat the text and target of another (\(example)); \(dropped) were dropped."
        case .conflicts(let texts, let example):
            "\(texts) training texts stand under different targets (\(example))."
        case .leakage(let from, let into, let rows, let dropped, let example):
            "\(rows) \(into.rawValue) rows stand in \(from.rawValue) too (\(example)); \(dropped) rows were dropped from \(from.rawValue)."
        }
    }
}
